"""The live board on loopback: what is served, and the server."""

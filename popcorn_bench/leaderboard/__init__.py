"""Statistics over the index, and the board in terminal, files and HTML."""

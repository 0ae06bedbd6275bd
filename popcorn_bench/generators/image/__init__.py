"""Image generators: covers from a brief's cover prompt."""

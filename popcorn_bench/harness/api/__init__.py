"""What Python can do: the same as the command line, with the same objects."""

"""What people would give, from their ratings of a part: file, names, read, compute, say."""

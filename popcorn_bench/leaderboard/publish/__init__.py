"""A board as files that others can read, cite and check; `publish.py` makes all of them."""

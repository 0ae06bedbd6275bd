"""The generators behind a board: their settings, what their clips are, and what they took."""

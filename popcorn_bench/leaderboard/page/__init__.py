"""The board as one self-contained page; `leaderboard/html.py` writes it."""

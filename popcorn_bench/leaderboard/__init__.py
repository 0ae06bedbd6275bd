"""Statistics over the index, and the board in terminal, files and HTML.

The package can be called as `popcorn_bench.leaderboard("results")`.
"""

from popcorn_bench.exports import make_callable

make_callable(__name__)

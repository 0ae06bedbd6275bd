"""Evaluators: predicted popularity and what else a micro-video can be judged by.

The package can be called as `popcorn_bench.evaluators()`, which lists them.
"""

from popcorn_bench.exports import make_callable

make_callable(__name__)

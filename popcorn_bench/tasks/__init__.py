"""Tasks: YAML files of queries with their prompt templates.

The package can be called as `popcorn_bench.tasks()`, which lists them.
"""

from popcorn_bench.exports import make_callable

make_callable(__name__)

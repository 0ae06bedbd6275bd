"""How many rows of the chosen categories are popular, and how many are not."""

from __future__ import annotations

from popcorn_bench.generators.retrieval.settings import Popular


def sizes(n: int, popular: Popular) -> tuple[int, int]:
    """How many of n rows are popular, how many unpopular; together at most n.

    `paper`: the last int(n / 10) rows are unpopular, all others popular. `decile`: the first and
    the last int(n / 10), but one row each where there are fewer than ten.
    """
    tenth = n // 10
    if popular == "paper":
        return n - tenth, tenth
    return min(n, max(1, tenth)), min(n - 1, max(1, tenth))

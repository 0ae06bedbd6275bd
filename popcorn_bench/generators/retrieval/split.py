"""How many rows of the chosen categories are popular, and how many are not."""

from __future__ import annotations

from popcorn_bench.generators.retrieval.settings import Retrieval


def sizes(n: int, settings: Retrieval) -> tuple[int, int]:
    """How many of n rows are popular, how many unpopular; together at most n.

    `paper`: the last int(n / 10) rows are unpopular, all others popular. `decile`: the first and
    the last int(n / 10); where a category is too small to give as many as are asked for, as many
    as are, but no more than its upper and its lower half.
    """
    tenth = n // 10
    if settings.popular == "paper":
        return n - tenth, tenth
    popular = settings.references - settings.unpopular
    head = min((n + 1) // 2, max(1, tenth, popular))
    return head, min(n // 2, max(1, tenth, settings.unpopular))

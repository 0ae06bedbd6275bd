"""Why a table is not ranked."""

from __future__ import annotations

from popcorn_bench.leaderboard import text
from popcorn_bench.leaderboard.trust.block import listed
from popcorn_bench.leaderboard.trust.model import Trust


def leak_line(trust: Trust) -> str:
    """Why a table is not ranked and what ranks instead; nothing where there is no leak."""
    if not trust.leaks:
        return ""
    shown = [
        f"{text.count(n, 'row', 'rows')} in mode {text.clean(mode)}"
        for mode, n in trust.leaks.items()
    ]
    instead = f"It is ranked by {text.clean(trust.instead)} instead."
    return (
        "Not ranked: the predictor was trained on corpus rows that an LLM may have been shown "
        f"({listed(shown)}). {instead if trust.instead else 'Nothing here ranks in its place.'}"
    )

"""What people would give each row, by its corrected estimate: in words and as a table."""

from __future__ import annotations

from popcorn_bench.leaderboard import text
from popcorn_bench.leaderboard.model import Row, Table
from popcorn_bench.leaderboard.trust.block import Block, fixed
from popcorn_bench.leaderboard.trust.ratings.compute import Corrected

TITLE = "People would give"
_LEAST = 2
_SAID = (
    "The mean that people would give, from their ratings of some queries and the scores of all "
    "(prediction-powered inference), in the scale of the ratings. It holds where the rated queries "
    "are a random part of all."
)


def rating_block(table: Table, names: list[str]) -> Block:
    """Corrected means of all rows in their order; one line where no row has any.

    Args:
        table: its rows hold them.
        names: dimensions that tell the rows apart.
    """
    found = [(row, row.ppi) for row in table.rows if row.ppi is not None]
    known = [ppi for _, ppi in found if ppi.estimate is not None]
    if not known:
        return Block(TITLE, (f"No row has {_LEAST} rated queries here, so there is no estimate.",))
    heads = ("Row", "People would give", "95 % interval", "Rated queries", "Weight of scores")
    rows = tuple(_cells(row, ppi, names) for row, ppi in found)
    return Block(TITLE, (_enough(len(known), len(found)), _SAID), heads, rows)


def _enough(known: int, rows: int) -> str:
    have = "has" if known == 1 else "have"
    return (
        f"{known} of {text.count(rows, 'row', 'rows')} {have} at least {_LEAST} rated queries; "
        "without them there is no estimate."
    )


def _cells(row: Row, ppi: Corrected, names: list[str]) -> tuple[str, ...]:
    name = text.clean(", ".join(filter(None, (getattr(row, name) for name in names))))
    rated = f"{ppi.n_rated:,}/{ppi.n_rated + ppi.n_unrated:,}"
    if ppi.estimate is None or ppi.ci_low is None or ppi.ci_high is None:
        return name, text.NOTHING, f"fewer than {_LEAST} rated", rated, text.NOTHING
    margin = ppi.ci_high - ppi.estimate
    low, high = (text.score(end, margin) for end in (ppi.ci_low, ppi.ci_high))
    shown = text.score(ppi.estimate, margin)
    return name, shown, f"{low} to {high}", rated, fixed(ppi.lam, 2)

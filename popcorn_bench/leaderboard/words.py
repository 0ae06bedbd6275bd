"""What the board says about its numbers, the same in every form."""

from __future__ import annotations

from collections.abc import Sequence

from popcorn_bench.leaderboard import text
from popcorn_bench.leaderboard.model import Board, HumanRow, Row, Table

_FEW = 20

HEADINGS = {
    "llm": "LLM",
    "video": "Generator",
    "mode": "Mode",
    "topic": "Topic",
    "kind": "Kind",
}


def caption(table: Table) -> str:
    """What the metric is, what it sees, and what the ranks rest on."""
    card = table.card
    better = f"{card.direction} is better"
    unit = f", {card.unit}" if card.unit else ""
    said = text.clean(f"{card.description.rstrip('.')}{unit}; {better}. It sees: {card.sees}.")
    return f"{said[:1].upper()}{said[1:]}"


def rank_basis(table: Table) -> str:
    """How the rank ranges came to be, or nothing where there are none."""
    if not table.ranked:
        return ""
    dropped = f", {table.rank_dropped} incomplete dropped" if table.rank_dropped else ""
    few = "; few queries, read them as a first impression" if table.rank_queries < _FEW else ""
    return (
        "Rank ranges: all at once with 95 % confidence, "
        f"on {table.rank_queries} shared queries{dropped}{few}."
    )


def human_line(human: HumanRow) -> str:
    """The spread of the human videos in words."""
    p10, p50, p90 = (text.score(value, 1e-2) for value in (human.p10, human.p50, human.p90))
    where = text.clean(human.topic or human.kind or "the same topics")
    return (
        f"Human row: {human.n:,} held-out human videos of {where}, "
        f"p10 {p10}, median {p50}, p90 {p90}; not ranked."
    )


def finding(table: Table) -> str:
    """What the ranks say, in one sentence that claims no more than they do."""
    leaders = [row for row in table.rows if row.rank_low == 1]
    if not leaders:
        return "Nothing is ranked here yet."
    ranked = sum(row.rank_low is not None for row in table.rows)
    if ranked == 1:
        return "Only one row can be ranked, so there is nothing to compare it with."
    if len(leaders) == 1:
        names = [getattr(leaders[0], name) for name in dimensions(table.rows)]
        return f"{text.clean(' with '.join(filter(None, names[:2])))} is ahead of all others."
    if len(leaders) == ranked:
        return f"The data cannot tell any of the {ranked} rows from the best."
    return f"{len(leaders)} of {ranked} rows may be the best: the data cannot tell them apart."


def flags_of(board: Board) -> list[tuple[str, str]]:
    """The flags of a board with their meanings, for a legend."""
    names = {flag.split()[0] for row in board.rows for flag in row.flags}
    return [(name, text.FLAG_MEANINGS[name]) for name in text.FLAG_MEANINGS if name in names]


def dimensions(rows: Sequence[Row]) -> list[str]:
    """The dimensions that tell the rows apart, in reading order."""
    order = ("topic", "kind", "llm", "video", "mode")
    return [name for name in order if any(getattr(row, name) is not None for row in rows)]


def side_by_side(
    tables: Sequence[Table], names: Sequence[str]
) -> dict[tuple[str, ...], list[float | None]]:
    """Means per row of several tables over the same rows."""
    found: dict[tuple[str, ...], list[float | None]] = {}
    for i, table in enumerate(tables):
        for row in table.rows:
            key = tuple(str(getattr(row, name) or "–") for name in names)  # noqa: RUF001
            found.setdefault(key, [None] * len(tables))[i] = row.mean
    return found

"""The agreement of a predictor's members in words and as a table."""

from __future__ import annotations

from collections.abc import Iterator

from popcorn_bench.leaderboard import text
from popcorn_bench.leaderboard.trust.agreement.compute import Agreement
from popcorn_bench.leaderboard.trust.block import Block, fixed

_TITLE = "Families and seeds"
_PAIR = 2


def agreement_block(agreed: Agreement) -> Block:
    """Tau-b per family; two rows only have an order."""
    lines = tuple(_lines(agreed))
    if agreed.rows <= _PAIR:
        return Block(_TITLE, lines)
    heads = ("Family", "Members", "Mean tau-b", "Least")
    rows = tuple(
        (text.clean(family.name), str(family.n), fixed(family.mean, 2), fixed(family.least, 2))
        for family in agreed.families
    )
    return Block(_TITLE, lines, heads, rows)


def _lines(agreed: Agreement) -> Iterator[str]:
    members = text.count(len(agreed.members), "member", "members")
    if agreed.rows <= _PAIR:
        same = sum(member.same_order for member in agreed.members)
        yield f"Of {members} of the predictor, {same} put the two rows in the table's order."
    elif agreed.least is None:
        yield f"All rows tie, for the table or for each of its {members}."
    else:
        yield (
            f"Each of {members} ranks the {agreed.rows} rows anew; Kendall's tau-b with the table: "
            f"mean {fixed(agreed.mean, 2)}, least {fixed(agreed.least.tau, 2)} "
            f"({text.clean(agreed.least.name)})."
        )
    if dependent := sum(agreed.dependent):
        rows = text.count(agreed.rows, "row", "rows")
        yield f"{dependent} of {rows} would leave the rank range under another member."
    else:
        yield "No row leaves its rank range under any member."

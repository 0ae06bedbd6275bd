"""The trust panel of one table in words and small tables."""

from __future__ import annotations

from popcorn_bench.leaderboard.model import Table
from popcorn_bench.leaderboard.trust.agreement_words import agreement_block
from popcorn_bench.leaderboard.trust.block import Block
from popcorn_bench.leaderboard.trust.leak_words import leak_line
from popcorn_bench.leaderboard.trust.probe_table import probe_block
from popcorn_bench.leaderboard.trust.shift_words import shift_block
from popcorn_bench.leaderboard.trust.validity_words import validity_block


def blocks(table: Table) -> list[Block]:
    """All that is known of how far to trust a table."""
    trust, card = table.trust, table.card
    found: list[Block] = []
    if trust.validity:
        found.append(validity_block(trust, trust.validity, card))
    if trust.agreement:
        found.append(agreement_block(trust.agreement))
    if trust.shifts:
        found.append(shift_block(trust.shifts))
    if trust.probes:
        found.append(probe_block(trust.probes, card))
    if leak := leak_line(trust):
        found.append(Block("Leakage", (leak,)))
    return found


def missing(table: Table) -> tuple[str, ...]:
    """What nobody has measured of a table's metric."""
    trust = table.trust
    parts = {
        "held-out figures": trust.validity,
        "families and seeds": trust.agreement or not table.ranked,
        "likeness to human videos": trust.shifts,
        "altered inputs": trust.probes,
    }
    return tuple(name for name, known in parts.items() if not known)

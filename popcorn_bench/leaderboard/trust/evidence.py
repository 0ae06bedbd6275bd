"""All that was read about how far to trust the scores of one board."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from duckdb import DuckDBPyConnection

from popcorn_bench.leaderboard.query import Filter
from popcorn_bench.leaderboard.trust.agreement.read import Members, read_members
from popcorn_bench.leaderboard.trust.leakage import Leaks, read_leaks
from popcorn_bench.leaderboard.trust.probing.read import Probes, read_paid, read_probes
from popcorn_bench.leaderboard.trust.ratings.read import Rated
from popcorn_bench.leaderboard.trust.shift.read import CellShift, read_shifts


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the index says, and ratings where they are given.

    `paid` are ids of evaluators whose scores are paid for.
    """

    members: Members
    shifts: tuple[CellShift, ...]
    probes: Probes
    paid: frozenset[str]
    leaks: Leaks
    rated: Rated | None


def read_evidence(
    connection: DuckDBPyConnection,
    chosen: Filter,
    sizes: Mapping[str, int],
    rated: Rated | None = None,
) -> Evidence:
    """Read it from the index.

    Args:
        connection: an index.
        chosen: what to read.
        sizes: number of queries per task id.
        rated: human ratings of the same cells.
    """
    return Evidence(
        members=read_members(connection, chosen, sizes),
        shifts=read_shifts(connection, chosen),
        probes=read_probes(connection, chosen),
        paid=read_paid(connection),
        leaks=read_leaks(connection),
        rated=rated,
    )

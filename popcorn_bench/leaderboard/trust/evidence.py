"""All that was read about how far to trust the scores of one board."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from duckdb import DuckDBPyConnection

from popcorn_bench.leaderboard.query import Filter
from popcorn_bench.leaderboard.trust.leakage import Leaks, read_leaks
from popcorn_bench.leaderboard.trust.members import Members, read_members
from popcorn_bench.leaderboard.trust.probes import Probes, read_probes
from popcorn_bench.leaderboard.trust.rated import Rated
from popcorn_bench.leaderboard.trust.shift import CellShift, read_shifts


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Members' scores, shifts, probes and leaks of the index, and ratings where they are given."""

    members: Members
    shifts: tuple[CellShift, ...]
    probes: Probes
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
        leaks=read_leaks(connection),
        rated=rated,
    )

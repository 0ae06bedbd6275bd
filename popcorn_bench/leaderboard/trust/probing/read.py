"""What audits found out about metrics by altering their inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from duckdb import DuckDBPyConnection

from popcorn_bench.leaderboard.query import Filter

_PROBES = """
SELECT task_id, evaluator_id, metric, mode, probe, video_id, n, refused, original, altered, se
FROM probes WHERE list_contains(?, task_id) ORDER BY rowid
"""
# As in the bill of a row: a score without a cost is free, unless its evaluator asks a model.
_PAID = """
WITH paid AS (
    SELECT evaluator_id, max(cost_usd) AS most, bool_or(cost_usd IS NULL) AS unknown
    FROM scores GROUP BY evaluator_id
)
SELECT DISTINCT evaluator_id FROM paid JOIN evaluators USING (evaluator_id)
WHERE most > 0 OR (unknown AND json_exists(settings, '$.api_base'))
"""


class Probed(NamedTuple):
    """A probe, and whose clips it altered; `video_id` is '' where it altered titles alone."""

    probe: str
    video_id: str


class Audited(NamedTuple):
    """One probe of one metric on the samples of one LLM and mode, or of one generator."""

    n: int
    refused: int
    original: float | None
    altered: float | None
    se: float | None


Audits = Mapping[Probed, Sequence[Audited]]
Probes = Mapping[tuple[str, str, str], Audits]


def read_probes(connection: DuckDBPyConnection, chosen: Filter) -> Probes:
    """Read them per (task, evaluator, metric), in the order of their measurement."""
    found: dict[tuple[str, str, str], dict[Probed, list[Audited]]] = {}
    rows = connection.execute(_PROBES, [chosen.task_ids]).fetchall()
    for task, evaluator, metric, mode, probe, video, *numbers in rows:
        if chosen.keeps(mode):
            audits = found.setdefault((task, evaluator, metric), {})
            audits.setdefault(Probed(probe, video or ""), []).append(Audited(*numbers))
    return found


def read_paid(connection: DuckDBPyConnection) -> frozenset[str]:
    """Ids of the evaluators whose scores are paid for, which no run probes by itself."""
    return frozenset(evaluator for (evaluator,) in connection.execute(_PAID).fetchall())

"""What the members of an ensemble say, or the repeats of a judge."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from duckdb import DuckDBPyConnection
from numpy.typing import NDArray

from popcorn_bench.leaderboard.query import CELL, NUMBERED, CellKey, Filter
from popcorn_bench.leaderboard.statistics.interval import Floats

Members = Mapping[tuple[CellKey, str], Floats]

_SQL = f"""
WITH {NUMBERED}, parted AS (
    SELECT evaluator_id, metric, len(members) AS parts FROM metrics
    WHERE len(members) > 0 AND direction <> 'none'
)
SELECT {CELL}, metric, any_value(parts) AS parts, list(number) AS numbers,
       flatten(list(members)) AS members
FROM scores JOIN parted USING (evaluator_id, metric) JOIN numbered USING (task_id, query_id)
WHERE {{where}} AND len(members) = parts
GROUP BY {CELL}, metric
"""  # noqa: S608 - only constants are put in


def read_members(
    connection: DuckDBPyConnection, chosen: Filter, sizes: Mapping[str, int]
) -> Members:
    """Read the members' scores per cell and metric, averaged over seeds and repeats.

    Args:
        connection: an index.
        chosen: what to read.
        sizes: number of queries per task id.

    Returns:
        Arrays of shape (M, Q), NaN where a query has none.
    """
    columns = chosen.run(connection, _SQL).fetchnumpy()
    names = (*CellKey._fields, "metric", "parts", "numbers", "members")
    rows = zip(*(columns[name] for name in names), strict=True)
    return {(CellKey(*row[:5]), row[5]): _average(*row[6:], size=sizes[row[0]]) for row in rows}


def _average(parts: int, numbers: NDArray[np.int64], members: Floats, *, size: int) -> Floats:
    """Means per member and query of values that stand score by score, member by member."""
    values = np.ma.filled(np.ma.asarray(members, dtype=np.float64), np.nan)
    places = (numbers[:, None] + size * np.arange(parts)).ravel()
    total = np.bincount(places, weights=values, minlength=parts * size)
    count = np.bincount(places, minlength=parts * size)
    mean: Floats = np.divide(total, count, out=np.full(parts * size, np.nan), where=count > 0)
    return mean.reshape(parts, size)

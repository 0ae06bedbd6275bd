"""What a row cost: its briefs, its own clips, and the scores that were paid for.

Everything is paid once: what was made for another place costs nothing here. Failed attempts count
where it is known what they cost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from duckdb import DuckDBPyConnection

from popcorn_bench.leaderboard.form import FORM, FORM_RULES
from popcorn_bench.leaderboard.query import CELL, CellKey, Filter

Prompted: TypeAlias = tuple[str, str, str]  # task, LLM, mode
Filmed: TypeAlias = tuple[str, str, str, str]  # task, LLM, generator, mode


@dataclass(frozen=True, slots=True)
class Paid:
    """What was paid for, in US dollars, and which rules its briefs broke.

    `cost` is None where a price is unknown. `breaches` counts briefs per broken rule; `form`
    among them counts those that broke any rule of form.
    """

    cost: float | None
    briefs: int
    breaches: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bills:
    """What briefs, clips and scores cost, None where a price is unknown.

    Keys end with the part: a topic or kind, or '' for all queries.
    """

    briefs: Mapping[tuple[Prompted, str], Paid] = field(default_factory=dict)
    clips: Mapping[tuple[Filmed, str], float | None] = field(default_factory=dict)
    scores: Mapping[tuple[CellKey, str], float | None] = field(default_factory=dict)


_BRIEFS = """
WITH paid AS (
    SELECT task_id, query_id, llm_id, mode, cost_usd, cost_usd IS NULL AS unknown, 1 AS brief
    FROM briefs WHERE NOT coalesce(reused, false)
    UNION ALL
    SELECT task_id, query_id, llm_id, mode, 0, false, 1 FROM briefs WHERE reused
    UNION ALL
    SELECT task_id, query_id, llm_id, mode, cost_usd, false, 0 FROM failures
    WHERE stage = 'brief' AND cost_usd IS NOT NULL
)
SELECT task_id, llm_id, mode, {part} AS part, coalesce(sum(cost_usd), 0) AS cost,
       bool_or(unknown) AS unknown, sum(brief)::BIGINT AS briefs
FROM paid JOIN queries AS q USING (task_id, query_id)
WHERE {where} GROUP BY ALL
"""
_BREACHES = f"""
WITH broken AS (
    SELECT task_id, query_id, llm_id, mode, unnest(list_distinct(breaches)) AS rule FROM briefs
    UNION ALL
    SELECT task_id, query_id, llm_id, mode, '{FORM}' FROM briefs
    WHERE list_has_any(breaches, {list(FORM_RULES)})
)
SELECT task_id, llm_id, mode, {{part}} AS part, rule, count(*) AS n
FROM broken JOIN queries AS q USING (task_id, query_id)
WHERE {{where}} GROUP BY ALL
"""  # noqa: S608 - only constants are put in
# A clip that took memory of a GPU here was made here: nobody asked money for it.
_CLIPS = """
WITH paid AS (
    SELECT task_id, query_id, llm_id, video_id, mode, cost_usd,
           cost_usd IS NULL AND peak_gb IS NULL AS unknown
    FROM videos WHERE stage = 'video' AND NOT coalesce(reused, false)
    UNION ALL
    SELECT task_id, query_id, llm_id, video_id, mode, cost_usd, false FROM failures
    WHERE stage = 'video' AND cost_usd IS NOT NULL
)
SELECT task_id, llm_id, video_id, mode, {part} AS part, coalesce(sum(cost_usd), 0) AS cost,
       bool_or(unknown) AS unknown
FROM paid JOIN queries AS q USING (task_id, query_id)
WHERE {where} GROUP BY ALL
"""
# A score without a cost is free, unless its evaluator calls a model at an address of its settings.
_SCORES = f"""
WITH asking AS (
    SELECT DISTINCT evaluator_id, true AS asks FROM evaluators
    WHERE json_exists(settings, '$.api_base')
), paid AS (
    SELECT {CELL}, query_id, sum(cost_usd) AS cost
    FROM scores LEFT JOIN asking USING (evaluator_id)
    WHERE NOT coalesce(reused, false) AND (asks OR cost_usd IS NOT NULL)
    GROUP BY {CELL}, query_id, seed, repeat
    UNION ALL
    SELECT {CELL}, query_id, cost_usd FROM failures
    WHERE stage = 'score' AND cost_usd IS NOT NULL
)
SELECT {CELL}, {{part}} AS part, coalesce(sum(cost), 0) AS cost, bool_or(cost IS NULL) AS unknown
FROM paid JOIN queries AS q USING (task_id, query_id)
WHERE {{where}} GROUP BY ALL
"""  # noqa: S608 - only constants are put in


def read_bills(connection: DuckDBPyConnection, chosen: Filter) -> Bills:
    """Read what was paid for.

    Args:
        connection: an index.
        chosen: what to read.
    """
    clips = chosen.run(connection, _CLIPS).fetchall()
    scores = chosen.run(connection, _SCORES).fetchall()
    return Bills(
        briefs=_briefs(connection, chosen),
        clips={(row[:4], row[4]): _known(*row[5:]) for row in clips},
        scores={(CellKey(*row[:5]), row[5]): _known(*row[6:]) for row in scores},
    )


def paid_for(bills: Bills, cells: Sequence[CellKey], part: str) -> Paid:
    """What the cells of one row cost together.

    Each brief and each clip counts once, however many scores follow. Nothing is known of a row
    without any brief, such as one of imported scores.
    """
    prompted = sorted({cell.prompted for cell in cells})
    briefs = [bills.briefs[key, part] for key in prompted if (key, part) in bills.briefs]
    filmed = {(c.task_id, c.llm_id, c.video_id, c.mode) for c in cells if c.video_id}
    costs = [paid.cost for paid in briefs]
    costs += [bills.clips.get((key, part), 0.0) for key in sorted(filmed)]
    costs += [bills.scores.get((cell, part), 0.0) for cell in cells]
    return Paid(
        cost=_sum(costs) if briefs else None,
        briefs=sum(paid.briefs for paid in briefs),
        breaches=_added(paid.breaches for paid in briefs),
    )


def _briefs(connection: DuckDBPyConnection, chosen: Filter) -> dict[tuple[Prompted, str], Paid]:
    breaches: dict[tuple[Prompted, str], dict[str, int]] = {}
    for task, llm, mode, part, rule, n in chosen.run(connection, _BREACHES).fetchall():
        breaches.setdefault(((task, llm, mode), part), {})[rule] = n
    rows = chosen.run(connection, _BRIEFS).fetchall()
    return {
        (key := ((task, llm, mode), part)): Paid(_known(cost, unknown), n, breaches.get(key, {}))
        for task, llm, mode, part, cost, unknown, n in rows
    }


def _known(cost: float, unknown: object) -> float | None:
    return None if unknown else cost


def _sum(costs: Iterable[float | None]) -> float | None:
    """The total, None where any part of it is unknown."""
    total = 0.0
    for cost in costs:
        if cost is None:
            return None
        total += cost
    return total


def _added(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for found in counts:
        for name, n in found.items():
            total[name] = total.get(name, 0) + n
    return total

"""Names and cards of what the index holds: tasks, models, metrics, anchors, runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from duckdb import DuckDBPyConnection

from popcorn_bench.leaderboard.trust.validity.read import Validity, read_validity
from popcorn_bench.types import Anchor, Direction, Input

IMPORTED = "imported"  # the evaluator of scores that came in a file, often without briefs
_SHORTEST = 4
_NO_SETTINGS = frozenset({None, "", "{}", "null"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCard:
    """A task; `kinds` and `topics` belong to its queries in order of their ids.

    `metrics` are those to show first, in that order.
    """

    task_id: str
    name: str
    version: str
    metrics: tuple[str, ...]
    query_ids: tuple[str, ...]
    kinds: tuple[str, ...]
    topics: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard:
    """An LLM or a generator."""

    id: str
    name: str
    baseline: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricCard:
    """A metric of one evaluator, what that evaluator sees, and what is known of it.

    `settings` of the evaluator are JSON, '' where it has none.
    """

    evaluator_id: str
    evaluator: str
    version: str
    weights: str
    inputs: tuple[str, ...]
    sees_video: bool
    name: str
    description: str
    direction: Direction
    unit: str
    low: float | None
    high: float | None
    anchors: Mapping[str, Anchor]
    members: tuple[str, ...]
    settings: str
    validity: Validity | None

    @property
    def sees(self) -> str:
        """What the scores can be about, in words."""
        order = [item.value for item in Input if item.value in self.inputs]
        rest = sorted(set(self.inputs) - set(order))
        return ", ".join([*order, *rest]) or "not declared"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCard:
    """One run behind the board."""

    run_id: str
    started_at: str
    finished_at: str
    status: str
    version: str
    partial: bool
    spec: str
    environment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """All of them, by id; metrics by (evaluator id, metric)."""

    tasks: Mapping[str, TaskCard]
    llms: Mapping[str, ModelCard]
    generators: Mapping[str, ModelCard]
    metrics: Mapping[tuple[str, str], MetricCard]


def read_catalog(connection: DuckDBPyConnection) -> Catalog:
    """Read the definitions."""
    return Catalog(
        tasks=_tasks(connection),
        llms=_models(connection, "llms", "llm_id"),
        generators=_models(connection, "generators", "video_id"),
        metrics=_metrics(connection),
    )


def read_runs(connection: DuckDBPyConnection) -> tuple[RunCard, ...]:
    """Read the runs in the order of their start."""
    rows = connection.execute(
        "SELECT run_id, started_at, finished_at, status, version, partial, spec, environment "
        "FROM runs ORDER BY started_at, run_id"
    ).fetchall()
    return tuple(
        RunCard(
            run_id=run_id,
            started_at=_when(started),
            finished_at=_when(finished),
            status=status or "",
            version=version or "",
            partial=bool(partial),
            spec=spec or "{}",
            environment=environment or "{}",
        )
        for run_id, started, finished, status, version, partial, spec, environment in rows
    )


def labels(cards: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Displayed name per id: the name, with a piece of the id where two share it.

    Args:
        cards: pairs of id and name; only those that are shown together.
    """
    unique = dict(cards)
    shared = Counter(unique.values())
    clashing = [key for key, name in unique.items() if shared[name] > 1]
    length = _SHORTEST
    while len({key[:length] for key in clashing}) < len(clashing):
        length += 1
    return {
        key: f"{name} #{key[:length]}" if shared[name] > 1 else name for key, name in unique.items()
    }


def _tasks(connection: DuckDBPyConnection) -> dict[str, TaskCard]:
    rows = connection.execute(
        "SELECT task_id, any_value(t.name), any_value(t.version), any_value(t.metrics), "
        "list(query_id ORDER BY query_id), list(kind ORDER BY query_id), "
        "list(topic ORDER BY query_id) "
        "FROM queries LEFT JOIN tasks AS t USING (task_id) GROUP BY task_id ORDER BY 2, 3, 1"
    ).fetchall()
    return {
        task_id: TaskCard(
            task_id=task_id,
            name=name or task_id,
            version=version or "",
            metrics=tuple(metrics or ()),
            query_ids=tuple(ids),
            kinds=tuple(kind or "" for kind in kinds),
            topics=tuple(topic or "" for topic in topics),
        )
        for task_id, name, version, metrics, ids, kinds, topics in rows
    }


def _models(connection: DuckDBPyConnection, table: str, key: str) -> dict[str, ModelCard]:
    rows = connection.execute(f"SELECT {key}, name, baseline FROM {table}").fetchall()  # noqa: S608
    return {
        row[0]: ModelCard(id=row[0], name=row[1] or row[0], baseline=bool(row[2])) for row in rows
    }


def _metrics(connection: DuckDBPyConnection) -> dict[tuple[str, str], MetricCard]:
    anchors = _anchors(connection)
    rows = connection.execute(
        "SELECT m.evaluator_id, e.name, e.version, e.weights, e.inputs, e.sees_video, "
        "m.metric, m.description, m.direction, m.unit, m.low, m.high, m.members, "
        "e.settings::VARCHAR, e.validity::VARCHAR "
        "FROM metrics AS m JOIN evaluators AS e USING (evaluator_id) "
        "ORDER BY m.direction = 'none', e.name, e.version, m.rowid"
    ).fetchall()
    return {
        (row[0], row[6]): MetricCard(
            evaluator_id=row[0],
            evaluator=row[1],
            version=row[2] or "",
            weights=row[3] or "",
            inputs=tuple(row[4] or ()),
            sees_video=bool(row[5]),
            name=row[6],
            description=row[7] or "",
            direction=Direction(row[8] or "none"),
            unit=row[9] or "",
            low=row[10],
            high=row[11],
            anchors=anchors.get((row[0], row[6]), {}),
            members=tuple(row[12] or ()),
            settings="" if row[13] in _NO_SETTINGS else row[13],
            validity=read_validity(row[14]),
        )
        for row in rows
    }


def _anchors(connection: DuckDBPyConnection) -> dict[tuple[str, str], dict[str, Anchor]]:
    found: dict[tuple[str, str], dict[str, Anchor]] = {}
    for evaluator_id, metric, topic, n, mean, sd, quantiles in connection.execute(
        "SELECT evaluator_id, metric, topic, n, mean, sd, quantiles FROM anchors"
    ).fetchall():
        anchor = Anchor(
            metric=metric, topic=topic, n=n, mean=mean, sd=sd, quantiles=tuple(quantiles)
        )
        found.setdefault((evaluator_id, metric), {})[topic] = anchor
    return found


def _when(moment: object) -> str:
    return "" if moment is None else str(moment)[:19]

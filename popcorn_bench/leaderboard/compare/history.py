"""A model family over its release dates, on the queries that all of its versions have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np

from popcorn_bench.errors import UsageError, did_you_mean
from popcorn_bench.leaderboard.catalog import MetricCard
from popcorn_bench.leaderboard.compare import metric as metrics
from popcorn_bench.leaderboard.compare.places import read_scored
from popcorn_bench.leaderboard.compare.side import (
    Model,
    Place,
    Side,
    Wanted,
    cells_of,
    find_model,
    labels_of,
    read_side,
)
from popcorn_bench.leaderboard.query import CellKey
from popcorn_bench.leaderboard.statistics.interval import Floats, mean_interval
from popcorn_bench.leaderboard.statistics.paired import holm, paired_difference
from popcorn_bench.leaderboard.text import clean
from popcorn_bench.types import Direction

_PAIR = 2
_Key = tuple[str, ...]  # task, the other model, mode: what a version's cells are told apart by
_Cells = Mapping[_Key, Mapping[str, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A version over the shared queries, in the metric's scale, and its gain over the one before.

    `gain` is paired by query and positive where it is better; `p_holm` is adjusted over all steps.
    The first version has none of these.
    """

    id: str
    label: str
    version: str
    released: str
    mean: float
    se: float | None
    ci_low: float | None
    ci_high: float | None
    gain: float | None
    gain_low: float | None
    gain_high: float | None
    p: float | None
    p_holm: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The versions of a family by release date; those without a date come last.

    `n` queries are complete in every version, `n_dropped` others have some score. `columns` is how
    many cells each version's mean is over, `columns_left_out` those that not all versions have.
    `without` names versions that were asked for and have no score.
    """

    dimension: str
    family: str
    metric: str
    direction: Direction
    unit: str
    evaluator: str
    tasks: tuple[str, ...]
    n: int
    n_dropped: int
    columns: int
    columns_left_out: int
    steps: tuple[Step, ...]
    without: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What a history is of: a family's name, or models one by one, of one dimension."""

    dimension: str = "llm"
    family: str = ""
    names: tuple[str, ...] = ()


def history(place: Place, line: Line, wanted: Wanted, asked: metrics.Asked) -> History:
    """Follow a family.

    Args:
        place: where its scores are.
        line: which models.
        wanted: tasks, mode, and the other dimension's model.
        asked: which metric.

    Raises:
        UsageError: for unknown names, or fewer than two versions with scores.
    """
    side = read_side(place)
    dimension, models = _models(side, line)
    return _follow(side, models, replace(line, dimension=dimension), wanted, asked)


def histories(place: Place, dimension: str, wanted: Wanted, asked: metrics.Asked) -> list[History]:
    """Every family that has two versions with a date and scores to compare, most versions first."""
    side = read_side(place)
    families: dict[str, list[Model]] = {}
    for model in (side.llms if dimension == "llm" else side.videos).values():
        families.setdefault(model.family, []).append(model)
    found = []
    for name, models in sorted(families.items()):
        line = Line(dimension=dimension, family=name)
        if name and len({model.released for model in models} - {""}) >= _PAIR:
            with suppress(UsageError):  # too few versions with scores: nothing to follow
                found.append(_follow(side, _by_date(models), line, wanted, asked))
    return sorted(found, key=lambda one: -len(one.steps))


def _follow(
    side: Side, models: Sequence[Model], line: Line, wanted: Wanted, asked: metrics.Asked
) -> History:
    cells, dimension = cells_of(side, wanted), line.dimension
    ids = [model.id for model in models]
    own = [cell for cell in cells if _of(cell, dimension) in ids]
    asked = replace(asked, sees_video=dimension == "video")
    card = metrics.offer(side, own, asked).cards[0]
    scores = _scores(side, card, own, dimension)
    scored = [model for model in models if scores.get(model.id)]
    if len(scored) < _PAIR:
        names = ", ".join(clean(model.name) for model in models) or "none"
        raise UsageError(
            f"--history: needs two versions with scores, found {len(scored)} ({names})"
        )
    z, basis = _complete([scores[model.id] for model in scored])
    if len(z) < _PAIR:
        raise UsageError("--history: the versions share fewer than two queries")
    labels = labels_of(side)
    shown = labels.llms if dimension == "llm" else labels.videos
    return History(
        dimension=dimension,
        family=line.family or next((m.family for m in scored if m.family), ""),
        metric=card.name,
        direction=card.direction,
        unit=card.unit,
        evaluator=f"{card.evaluator} {card.version}".strip(),
        tasks=tuple(sorted(labels.tasks.get(task, task) for task in basis.tasks)),
        n=len(z),
        n_dropped=basis.dropped,
        columns=basis.columns,
        columns_left_out=basis.left_out,
        steps=_steps(scored, shown, z, card.direction),
        without=tuple(shown.get(m.id, m.name) for m in models if m not in scored),
    )


def _steps(
    models: Sequence[Model], shown: Mapping[str, str], z: Floats, direction: Direction
) -> tuple[Step, ...]:
    sign = -1 if direction is Direction.LOWER else 1
    changes = [paired_difference(sign * z[:, i], sign * z[:, i - 1]) for i in range(1, len(models))]
    adjusted = holm([change.p or 0.0 for change in changes])
    found = []
    for i, model in enumerate(models):
        mean, change = mean_interval(z[:, i]), changes[i - 1] if i else None
        step = Step(
            id=model.id,
            label=shown.get(model.id, model.name),
            version=model.version,
            released=model.released,
            mean=mean.mean,
            se=mean.se,
            ci_low=mean.low,
            ci_high=mean.high,
            gain=change.estimate.mean if change else None,
            gain_low=change.estimate.low if change else None,
            gain_high=change.estimate.high if change else None,
            p=change.p if change else None,
            p_holm=adjusted[i - 1] if change else None,
        )
        found.append(step)
    return tuple(found)


def _models(side: Side, line: Line) -> tuple[str, list[Model]]:
    """The dimension and its models, by date of release, then as named."""
    known = {"llm": side.llms, "video": side.videos}
    if line.names:
        flag = f"--{line.dimension}"
        models = list(known[line.dimension].values())
        ids = dict.fromkeys(find_model(flag, name, models) for name in line.names)
        named = [known[line.dimension][key] for key in ids]
        return line.dimension, sorted(named, key=lambda m: (not m.released, m.released))
    for dimension, models_of in known.items():
        family = [model for model in models_of.values() if model.family == line.family]
        if family and line.family:
            return dimension, _by_date(family)
    families = {m.family for models_of in known.values() for m in models_of.values() if m.family}
    listed = ", ".join(map(clean, sorted(families))) or "none"
    hint = did_you_mean(line.family, families)
    raise UsageError(f"--history: no family {clean(line.family)!r} here ({listed}){hint}")


def _by_date(models: Iterable[Model]) -> list[Model]:
    return sorted(models, key=lambda m: (not m.released, m.released, m.name, m.version, m.id))


def _of(cell: CellKey, dimension: str) -> str:
    return cell.llm_id if dimension == "llm" else cell.video_id


def _scores(
    side: Side, card: MetricCard, cells: Iterable[CellKey], dimension: str
) -> dict[str, dict[_Key, dict[str, float]]]:
    """Mean over draws per query, by model and by what else tells its cells apart."""
    place, kept = side.place, set(cells)
    found: dict[str, dict[_Key, dict[str, float]]] = {}
    read = read_scored(place.connection, place.run_id, card.evaluator_id, card.name)
    for cell in sorted(kept & read.keys()):
        values: dict[str, list[float]] = {}
        for _, scores in sorted(read[cell].items()):
            for query_id, score in scores.items():
                values.setdefault(query_id, []).append(score)
        other = cell.video_id if dimension == "llm" else cell.llm_id
        means = {query_id: sum(drawn) / len(drawn) for query_id, drawn in values.items()}
        found.setdefault(_of(cell, dimension), {})[cell.task_id, other, cell.mode] = means
    return found


@dataclass(frozen=True, slots=True)
class _Basis:
    """What the shared means rest on."""

    tasks: tuple[str, ...]
    columns: int
    left_out: int
    dropped: int


def _complete(versions: Sequence[_Cells]) -> tuple[Floats, _Basis]:
    """Means over the shared cells for queries that all versions have in all of them.

    Returns:
        Shape (Q, K), and what they rest on.
    """
    every = [set(version) for version in versions]
    shared = sorted(set.intersection(*every))
    tasks = tuple(sorted({key[0] for key in shared}))
    rows: list[list[float]] = []
    begun = 0
    for task in tasks:
        keys = [key for key in shared if key[0] == task]
        tables = [[version[key] for key in keys] for version in versions]
        asked = [set(table) for columns in tables for table in columns]
        begun += len(set.union(*asked))
        rows += [
            [sum(table[query] for table in columns) / len(columns) for columns in tables]
            for query in sorted(set.intersection(*asked))
        ]
    z = np.array(rows, dtype=np.float64).reshape(len(rows), len(versions))
    columns = len({key[1:] for key in shared})
    return z, _Basis(tasks, columns, len(set.union(*every)) - len(shared), begun - len(rows))

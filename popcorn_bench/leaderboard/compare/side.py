"""One side of a comparison: where it is read, and what its names mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from duckdb import DuckDBPyConnection

from popcorn_bench.errors import UsageError, did_you_mean
from popcorn_bench.leaderboard.catalog import Catalog, labels, read_catalog
from popcorn_bench.leaderboard.compare.places import read_cells
from popcorn_bench.leaderboard.modes import ModeCard, read_modes
from popcorn_bench.leaderboard.query import CellKey
from popcorn_bench.leaderboard.text import clean


@dataclass(frozen=True, slots=True)
class Place:
    """A results folder, or one run of it, by an open index."""

    connection: DuckDBPyConnection
    folder: Path
    run_id: str | None = None

    @property
    def label(self) -> str:
        """How it is written on the command line."""
        return f"{self.folder}#{self.run_id}" if self.run_id else str(self.folder)


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """An LLM or a generator of an index."""

    id: str
    name: str
    family: str
    version: str
    released: str
    baseline: bool = False

    @property
    def known_as(self) -> tuple[str, ...]:
        """Its names, the most particular first."""
        versions = (f"{name}@{self.version}" for name in (self.name, self.family) if name)
        return (self.id, self.name, *(versions if self.version else ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """All that one side holds: its cells under every evaluator, and what they are made of."""

    place: Place
    catalog: Catalog
    llms: Mapping[str, Model]
    videos: Mapping[str, Model]
    modes: Sequence[ModeCard]
    cells: frozenset[CellKey]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to restrict a side to; None for all."""

    llm: str | None = None
    video: str | None = None
    task: str | None = None
    mode: str | None = None


@dataclass(frozen=True, slots=True)
class Labels:
    """Displayed name per id over both sides; the version is added where it tells two apart."""

    tasks: Mapping[str, str] = field(default_factory=dict)
    llms: Mapping[str, str] = field(default_factory=dict)
    videos: Mapping[str, str] = field(default_factory=dict)
    modes: Mapping[str, str] = field(default_factory=dict)

    def of(self, dimension: str, pair: tuple[str, str]) -> str:
        """What is shown for a pair of ids: one name, or both where they are not the same."""
        names = {"task": self.tasks, "llm": self.llms, "video": self.videos, "mode": self.modes}
        a, b = (names[dimension].get(key, key) for key in pair)
        return a if pair[0] == pair[1] or a == b else f"{a} → {b}"


def read_side(place: Place) -> Side:
    """Read what a side holds.

    Raises:
        UsageError: for a run that is not in the folder.
    """
    _check_run(place)
    return Side(
        place=place,
        catalog=read_catalog(place.connection),
        llms=_models(place.connection, "llms", "llm_id, name, family, version"),
        videos=_models(place.connection, "generators", "video_id, name, family, revision"),
        modes=read_modes(place.connection),
        cells=read_cells(place.connection, place.run_id),
    )


def cells_of(side: Side, wanted: Wanted) -> frozenset[CellKey]:
    """The cells that are meant, under every evaluator.

    Raises:
        UsageError: for a name that is not there or means several.
    """
    cells = side.cells
    if wanted.llm is not None:
        llm = find_model("--llm", wanted.llm, _present(side.llms, (c.llm_id for c in cells)))
        cells = frozenset(cell for cell in cells if cell.llm_id == llm)
    if wanted.video is not None:
        shown = _present(side.videos, (c.video_id for c in cells if c.video_id))
        video = find_model("--video", wanted.video, shown)
        cells = frozenset(cell for cell in cells if cell.video_id == video)
    if wanted.task is not None:
        tasks = _task_ids(side, wanted.task)
        cells = frozenset(cell for cell in cells if cell.task_id in tasks)
    if wanted.mode is not None:
        modes = _mode_ids(side, wanted.mode)
        cells = frozenset(cell for cell in cells if cell.mode in modes)
    return cells


def find_model(flag: str, name: str, known: Sequence[Model]) -> str:
    """The id of the model that a name means: as displayed, an id, or `name@version`.

    Raises:
        UsageError: if none or several are meant.
    """
    shown = labels((model.id, model.name) for model in known)
    for model in known:
        if name in (shown[model.id], model.id):
            return model.id
    found = [model for model in known if name in model.known_as]
    if len(found) == 1:
        return found[0].id
    if found:
        several = ", ".join(clean(shown[model.id]) for model in found)
        raise UsageError(f"{flag}: {clean(name)!r} is several here: {several}")
    listed = ", ".join(map(clean, sorted(shown.values()))) or "none"
    names = {*shown.values(), *(name for model in known for name in model.known_as[1:])}
    hint = did_you_mean(name, sorted(names))
    raise UsageError(f"{flag}: {clean(name)!r} has no scores here ({listed}){hint}")


def labels_of(*sides: Side) -> Labels:
    """Names for what any of the sides holds."""
    cells = [cell for side in sides for cell in side.cells]
    return Labels(
        tasks=labels((k, t.name) for side in sides for k, t in side.catalog.tasks.items()),
        llms=_labels((side.llms for side in sides), {cell.llm_id for cell in cells}),
        videos=_labels((side.videos for side in sides), {cell.video_id for cell in cells} - {""}),
        modes=labels((mode.id, mode.name) for side in sides for mode in side.modes),
    )


def _labels(models: Iterable[Mapping[str, Model]], ids: set[str]) -> dict[str, str]:
    cards = {key: model for known in models for key, model in known.items()}
    present = [cards.get(i) or _nameless(i) for i in sorted(ids)]
    names = [model.name for model in present]

    def told_apart(model: Model) -> str:
        if names.count(model.name) > 1 and model.version:
            return f"{model.name}@{model.version}"
        return model.name

    return labels((model.id, told_apart(model)) for model in present)


def _present(models: Mapping[str, Model], ids: Iterable[str]) -> list[Model]:
    return [models.get(i) or _nameless(i) for i in sorted(set(ids))]


def _nameless(model_id: str) -> Model:
    return Model(id=model_id, name=model_id, family="", version="", released="")


def _models(connection: DuckDBPyConnection, table: str, columns: str) -> dict[str, Model]:
    rows = connection.execute(f"SELECT {columns}, release_date, baseline FROM {table}").fetchall()  # noqa: S608
    return {
        row[0]: Model(
            id=row[0],
            name=row[1] or row[0],
            family=row[2] or "",
            version=row[3] or "",
            released=row[4] or "",
            baseline=bool(row[5]),
        )
        for row in rows
    }


def _task_ids(side: Side, name: str) -> set[str]:
    tasks = side.catalog.tasks.values()
    found = {task.task_id for task in tasks if name in (task.task_id, task.name)}
    if not found:
        names = sorted({task.name for task in tasks})
        listed = ", ".join(map(clean, names)) or "none"
        hint = did_you_mean(name, names)
        raise UsageError(f"--task: {clean(name)!r} is not in {side.place.label} ({listed}){hint}")
    return found


def _mode_ids(side: Side, name: str) -> set[str]:
    found = {mode.id for mode in side.modes if name in mode.known_as}
    if not found:
        names = [mode.label for mode in side.modes]
        listed = ", ".join(map(clean, names)) or "none"
        hint = did_you_mean(name, names)
        raise UsageError(f"--mode: {clean(name)!r} is not in {side.place.label} ({listed}){hint}")
    return found


def _check_run(place: Place) -> None:
    if place.run_id is None:
        return
    rows = place.connection.execute("SELECT run_id FROM runs ORDER BY started_at").fetchall()
    runs = [row[0] for row in rows]
    if place.run_id not in runs:
        hint = did_you_mean(place.run_id, runs)
        listed = ", ".join(map(clean, runs[-3:])) or "none"
        raise UsageError(
            f"{clean(place.run_id)!r} is no run of {place.folder} (the last: {listed}){hint}"
        )

"""Which parts of two sides belong together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from popcorn_bench.leaderboard.compare.side import Side
from popcorn_bench.leaderboard.query import CellKey


class Pair(NamedTuple):
    """Ids of what stands for the same on both sides."""

    a: str
    b: str


class Column(NamedTuple):
    """LLM, generator and mode on both sides; queries are averaged over columns."""

    llm: Pair
    video: Pair
    mode: Pair


@dataclass(frozen=True, slots=True)
class Matched:
    """Pairs of one dimension, and the ids that stand alone."""

    pairs: tuple[Pair, ...]
    only_a: tuple[str, ...] = ()
    only_b: tuple[str, ...] = ()

    @property
    def of_a(self) -> dict[str, Pair]:
        """Pairs by their id in A."""
        return {pair.a: pair for pair in self.pairs}

    @property
    def changed(self) -> tuple[Pair, ...]:
        """Pairs whose identity is not the same."""
        return tuple(pair for pair in self.pairs if pair.a != pair.b)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """Two sides under one evaluator each, matched.

    `cells` are the matched cells of each task and column; those that only one side has are
    counted in `only_a` and `only_b`.
    """

    tasks: Matched
    llms: Matched
    videos: Matched
    modes: Matched
    cells: dict[tuple[Pair, Column], tuple[CellKey, CellKey]]
    only_a: int
    only_b: int


def pair_sides(a: Side, cells_a: Iterable[CellKey], b: Side, cells_b: Iterable[CellKey]) -> Pairing:
    """Match tasks, LLMs, generators and modes, and with them cells.

    By identity first, then by name. Where each side has a single LLM (generator, mode) those two
    belong together whatever they are called, since someone asked to compare them.
    """
    own, other = set(cells_a), set(cells_b)

    def match(
        part: Callable[[CellKey], str], name: Callable[[Side, str], str], *, alone: bool = True
    ) -> Matched:
        return _match(
            {part(cell): name(a, part(cell)) for cell in own},
            {part(cell): name(b, part(cell)) for cell in other},
            alone=alone,
        )

    tasks = match(lambda cell: cell.task_id, _task_name, alone=False)
    llms = match(lambda cell: cell.llm_id, _llm_name)
    videos = match(lambda cell: cell.video_id, _video_name)
    modes = match(lambda cell: cell.mode, _mode_name)
    found, unmatched = {}, 0
    for cell in sorted(own):
        task = tasks.of_a.get(cell.task_id)
        column = _column(cell, llms, videos, modes)
        twin = _twin(other, task, column) if task and column else None
        if task and column and twin:
            found[task, column] = (cell, twin)
        else:
            unmatched += 1
    return Pairing(
        tasks=tasks,
        llms=llms,
        videos=videos,
        modes=modes,
        cells=found,
        only_a=unmatched,
        only_b=len(other) - len(found),
    )


def _match(a: dict[str, str], b: dict[str, str], *, alone: bool) -> Matched:
    """Match ids with their names."""
    pairs = [Pair(key, key) for key in sorted(a.keys() & b.keys())]
    own = {key: name for key, name in a.items() if key not in b}
    other = {key: name for key, name in b.items() if key not in a}
    for name in sorted(set(own.values()) & set(other.values())):
        mine = [key for key in own if own[key] == name]
        theirs = [key for key in other if other[key] == name]
        if len(mine) == len(theirs) == 1:
            pairs.append(Pair(mine[0], theirs[0]))
            del own[mine[0]], other[theirs[0]]
    if alone and len(a) == len(b) == len(own) == len(other) == 1:
        pairs.append(Pair(*own, *other))
        own, other = {}, {}
    return Matched(tuple(pairs), tuple(sorted(own)), tuple(sorted(other)))


def _column(cell: CellKey, llms: Matched, videos: Matched, modes: Matched) -> Column | None:
    llm, video = llms.of_a.get(cell.llm_id), videos.of_a.get(cell.video_id)
    mode = modes.of_a.get(cell.mode)
    return Column(llm, video, mode) if llm and video and mode else None


def _twin(other: set[CellKey], task: Pair, column: Column) -> CellKey | None:
    """B's cell; its evaluator is the one that all of `other` are under."""
    for evaluator in {cell.evaluator_id for cell in other}:
        cell = CellKey(task.b, column.llm.b, column.video.b, column.mode.b, evaluator)
        if cell in other:
            return cell
    return None


def _task_name(side: Side, key: str) -> str:
    return side.catalog.tasks[key].name if key in side.catalog.tasks else key


def _llm_name(side: Side, key: str) -> str:
    return side.llms[key].name if key in side.llms else key


def _video_name(side: Side, key: str) -> str:
    return side.videos[key].name if key in side.videos else key


def _mode_name(side: Side, key: str) -> str:
    return next((mode.name for mode in side.modes if mode.id == key), key)

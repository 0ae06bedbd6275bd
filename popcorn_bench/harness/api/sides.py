"""What a comparison is of: the names on each side, and the results folders or runs behind them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from popcorn_bench.errors import UsageError
from popcorn_bench.harness.api.telling import Folder, damage
from popcorn_bench.harness.spec import DEFAULT_OUTPUT
from popcorn_bench.leaderboard.compare.history import Line
from popcorn_bench.leaderboard.compare.side import Place, Wanted
from popcorn_bench.results import index

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SIDES = 2


def line_of(
    family: str, llm: tuple[str, ...] | None, video: tuple[str, ...] | None
) -> tuple[Line, Wanted]:
    """Whose history: of a family, or of the option that names several."""
    if family:
        if llm and video:
            raise UsageError("--history FAMILY: takes --llm or --video, not both")
        beside = Wanted(llm=_alone("--llm", llm), video=_alone("--video", video))
        return Line(family=family), beside
    if llm and len(llm) > 1:
        return Line(dimension="llm", names=llm), Wanted(video=_alone("--video", video))
    if video and len(video) > 1:
        return Line(dimension="video", names=video), Wanted(llm=_alone("--llm", llm))
    raise UsageError("--history: needs a FAMILY, or several models by --llm or --video")


def _alone(flag: str, names: tuple[str, ...] | None) -> str | None:
    if names and len(names) > 1:
        raise UsageError(f"{flag}: takes one name beside what the history is of")
    return names[0] if names else None


def name_at(flag: str, names: tuple[str, ...] | None, at: int) -> str | None:
    """One name holds for both sides, of two the first is A's."""
    if not names:
        return None
    if len(names) > SIDES:
        raise UsageError(f"{flag}: takes one name or two, got {len(names)} (more with --history)")
    return names[min(at, len(names) - 1)]


def references(sides: Sequence[Folder], results: Folder | None, *, models: bool) -> list[str]:
    """Two places, or one that holds both models; by default the results folder."""
    if len(sides) < SIDES and models:
        return [str(sides[0] if sides else results or DEFAULT_OUTPUT)]
    if len(sides) != SIDES:
        raise UsageError("compare: needs A and B, or one folder and --llm X,Y or --video X,Y")
    return [str(side) for side in sides]


@contextmanager
def opened(
    refs: Sequence[str], results: Folder | None
) -> Iterator[tuple[list[Place], tuple[str, ...]]]:
    """The places by an open index each, and what to warn of."""
    opened: dict[Path, DuckDBPyConnection] = {}
    places: list[Place] = []
    warnings: list[str] = []
    with ExitStack() as stack:
        for ref in refs:
            folder, run = _parsed(ref, Path(results or DEFAULT_OUTPUT))
            if folder not in opened:
                opened[folder] = stack.enter_context(closing(index.connect([folder])))
                warnings += damage(opened[folder])
            places.append(Place(opened[folder], folder, run))
        yield places, tuple(warnings)


def _parsed(ref: str, results: Path) -> tuple[Path, str | None]:
    """A folder, `DIR#RUN`, or a run of the results folder."""
    if Path(ref).is_dir():
        return Path(ref), None
    folder, mark, run = ref.rpartition("#")
    if mark and Path(folder).is_dir():
        return Path(folder), run
    if results.is_dir() and not mark and "/" not in ref:
        return results, ref
    raise UsageError(f"{ref}: no such results folder or run")

"""What of two sides is under test: baselines stand on every board and never change."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from popcorn_bench.leaderboard.compare.side import Model, Side, Wanted
from popcorn_bench.leaderboard.query import CellKey


@dataclass(frozen=True, slots=True)
class UnderTest:
    """The cells of A and of B, and the names of the baselines that were left out of them."""

    a: tuple[CellKey, ...]
    b: tuple[CellKey, ...]
    baselines: tuple[str, ...] = ()

    def without(self, baseline: Callable[[CellKey], Model | None]) -> UnderTest:
        """The same without cells of a baseline, unless one side would have nothing left."""
        a, b = (tuple(c for c in cells if not baseline(c)) for cells in (self.a, self.b))
        if not a or not b:
            return self
        gone = {found.name for cell in (*self.a, *self.b) if (found := baseline(cell))}
        return UnderTest(a, b, tuple(sorted({*self.baselines, *gone})))


def under_test(
    sides: tuple[Side, Side],
    cells: tuple[Iterable[CellKey], Iterable[CellKey]],
    wanted: tuple[Wanted, Wanted],
) -> UnderTest:
    """Leave out baseline LLMs, and baseline generators, that nobody named.

    They make the same of the same in every run. Averaged in, they would hide a part of every
    change: beside two baselines an LLM's loss of 0.3 is one of 0.1, and passes a gate.

    Args:
        sides: A and B.
        cells: of each, under one evaluator.
        wanted: what was asked for by name, which stays.
    """
    llms, videos = ({**sides[0].llms, **sides[1].llms}, {**sides[0].videos, **sides[1].videos})
    found = UnderTest(tuple(sorted(cells[0])), tuple(sorted(cells[1])))
    if all(one.llm is None for one in wanted):
        found = found.without(lambda cell: _baseline(llms.get(cell.llm_id)))
    if all(one.video is None for one in wanted):
        found = found.without(lambda cell: _baseline(videos.get(cell.video_id)))
    return found


def _baseline(model: Model | None) -> Model | None:
    return model if model and model.baseline else None

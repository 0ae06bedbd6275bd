"""What all meters have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from popcorn_bench.evaluators.quality.frames import Frame


@dataclass(frozen=True, slots=True)
class Moment:
    """A frame and what is known of its place in the clip.

    `cut`: a new scene starts with it. `eighth` and `quarter` mark the first frame of every eighth
    and quarter of a second, for meters that are slow or must not depend on the frame rate.
    """

    frame: Frame
    cut: bool
    eighth: bool
    quarter: bool


class Meter(Protocol):
    """Sees every frame of a clip in turn and says its numbers at the end."""

    def see(self, moment: Moment) -> None:
        """Take in a frame."""
        ...

    def values(self) -> Mapping[str, float]:
        """What was measured, by the name of the metric."""
        ...


def mean(values: list[float]) -> float:
    """Their mean; 0 where there are none."""
    return sum(values) / len(values) if values else 0.0

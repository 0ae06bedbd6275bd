"""In what the clips of several generators differ that makes a comparison unfair."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from popcorn_bench.leaderboard.generators.model import ShownGenerator, Span

# Sizes come in steps: under the profile `matched` pixels differ by up to a factor of 1.19.
_ALIKE = {"seconds": 1.02, "fps": 1.02, "pixels": 1.25}


@dataclass(frozen=True, slots=True)
class Aspect:
    """One property of the clips over all generators; `pixels` are per frame."""

    name: str
    span: Span

    @property
    def differs(self) -> bool:
        """Whether it differs by more than coding and the steps of sizes explain."""
        return self.span.high > self.span.low * _ALIKE[self.name]


def aspects(shown: Sequence[ShownGenerator]) -> tuple[Aspect, ...]:
    """Length, frames per second and pixels of the clips; nothing below two generators of clips."""
    facts = [one.facts for one in shown if one.clips and not one.covers]
    if len(facts) < 2:  # noqa: PLR2004 - nothing to compare
        return ()
    pixels = [Span(s[0].width * s[0].height, s[-1].width * s[-1].height)
              for f in facts if (s := f.sizes)]  # fmt: skip
    found = {
        "seconds": _over(f.seconds for f in facts),
        "fps": _over(f.fps for f in facts),
        "pixels": _over(pixels),
    }
    return tuple(Aspect(name, span) for name, span in found.items() if span is not None)


def _over(spans: Iterable[Span | None]) -> Span | None:
    known = [span for span in spans if span is not None]
    if not known:
        return None
    return Span(min(span.low for span in known), max(span.high for span in known))

"""The noise of scores, from what audits and second runs wrote down."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt

from popcorn_bench.leaderboard.trust.probing.read import Audited, Audits

# Probes that alter nothing: scored again by the same process, and by another run.
AGAIN, REPRODUCED = "scored_again", "reproduced"
NOISE = frozenset({AGAIN, REPRODUCED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """Standard deviation of one score of a unit that is scored again, over `n` units scored twice.

    `sd` is in the metric's unit; `how` is `scored_again` (by the same process) or `reproduced` (by
    another run). None stands for not measured in that way.
    """

    how: str
    n: int
    sd: float


def rerun_noise(audits: Audits) -> tuple[Noise, ...]:
    """The noise of one metric, in each way in which it was measured.

    With two scores of each unit, sd = sqrt(sum of squared differences / (2 n)), as for duplicate
    determinations (Dahlberg 1940). A part's mean difference and its standard error give back its
    sum of squares: (n - 1) n se^2 + n mean^2.

    Args:
        audits: of one metric.
    """
    found = (_noise(how, _parts(audits, how)) for how in (AGAIN, REPRODUCED))
    return tuple(noise for noise in found if noise is not None)


def alterations(audits: Audits) -> Audits:
    """The probes that alter something."""
    return {probed: parts for probed, parts in audits.items() if probed.probe not in NOISE}


def _parts(audits: Audits, how: str) -> list[Audited]:
    return [part for probed, parts in audits.items() if probed.probe == how for part in parts]


def _noise(how: str, parts: Iterable[Audited]) -> Noise | None:
    units, squares = 0, 0.0
    for part in parts:
        if part.n and part.original is not None and part.altered is not None:
            units += part.n
            squares += part.n * (part.altered - part.original) ** 2
            squares += (part.n - 1) * part.n * (part.se or 0.0) ** 2
    return Noise(how=how, n=units, sd=sqrt(squares / (2 * units))) if units else None

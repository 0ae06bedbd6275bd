"""The noise of scores in words."""

from __future__ import annotations

from collections.abc import Iterator

from popcorn_bench.leaderboard import text
from popcorn_bench.leaderboard.trust.block import Block
from popcorn_bench.leaderboard.trust.noise.compute import AGAIN, REPRODUCED, Noise

TITLE = "Re-run noise"
_HOW = {AGAIN: "Scored again by the same process", REPRODUCED: "Scored again by another run"}


def noise_block(noise: tuple[Noise, ...], unit: str) -> Block:
    """What was measured of it, and in which way it was not."""
    return Block(TITLE, tuple(_lines(noise, f" {text.clean(unit)}" if unit else "")))


def _lines(noise: tuple[Noise, ...], unit: str) -> Iterator[str]:
    known = {found.how: found for found in noise}
    for how, said in _HOW.items():
        if how not in known:
            yield f"{said}: not measured."
            continue
        found = known[how]
        units = text.count(found.n, "unit", "units")
        if found.sd:
            yield f"{said}: standard deviation {found.sd:.3g}{unit} ({units} scored twice)."
        else:
            yield f"{said}: no noise, both scores were equal ({units} scored twice)."

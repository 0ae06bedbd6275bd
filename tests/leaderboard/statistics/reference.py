"""The crossed data as one array."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from popcorn_bench.leaderboard.statistics.interval import Floats

DECIMALS = 6e-9  # agreement to 8 decimals, as far as the reference is printed
MONTE_CARLO = 0.02


@dataclass(frozen=True, slots=True)
class Crossed:
    """`values` has the axes LLM, generator, mode (basic, pe), query, seed."""

    llms: list[str]
    generators: list[str]
    values: Floats

    def by_llm(self) -> Floats:
        """Mode basic, averaged over seeds and generators, shape (Q, L)."""
        means: Floats = self.values[:, :, 0].mean(axis=(1, 3)).T
        return means

    def by_generator(self) -> Floats:
        """Mode basic, averaged over seeds and LLMs, shape (Q, V)."""
        means: Floats = self.values[:, :, 0].mean(axis=(0, 3)).T
        return means

    def gain(self, llm: str) -> Floats:
        """Uplift of mode pe within queries, shape (Q,)."""
        values = self.values[self.llms.index(llm)].mean(axis=(0, 3))
        gain: Floats = values[1] - values[0]
        return gain


def exactly(expected: object) -> object:
    return pytest.approx(expected, rel=0, abs=DECIMALS)

"""Where the spread of scores comes from: queries, LLMs, generators and their interactions.

Closed form, from expected mean squares (Searle, Casella and McCulloch, "Variance Components", 1992,
chapter 4; Brennan, "Generalizability Theory", 2001, chapters 3 and 5).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from math import prod, sqrt

from popcorn_bench.leaderboard.statistics.interval import Floats

FACTORS = "qlv"  # query, LLM, video generator; `e` is what seeds differ by
_LEAST = 2


@dataclass(frozen=True, slots=True)
class Components:
    """Sums of squares, degrees of freedom and variance components by source.

    Sources are `q`, `l`, `v`, `ql`, `qv`, `lv`, `qlv` and `e`. With one seed there is no `e`:
    `qlv` holds it.
    """

    squares: Mapping[str, float]
    df: Mapping[str, int]
    variance: Mapping[str, float]

    @property
    def share(self) -> dict[str, float]:
        """Share (0..1) of each component in their sum; nothing where there is no spread."""
        total = sum(self.variance.values())
        return {name: value / total for name, value in self.variance.items()} if total else {}


@dataclass(frozen=True, slots=True)
class Dependability:
    """How well a design ranks LLMs: the error variance of a difference to the mean of all.

    `error` is the standard error (SEM). `relative` (E rho^2) is the share of the spread of means
    that is between LLMs, for ranking; `absolute` (Phi) for the values themselves.
    """

    error_variance: float
    error: float
    relative: float | None
    absolute: float | None


def variance_components(scores: Floats) -> Components:
    """Take a complete crossed table apart.

    All factors are taken as random. A component below zero, which no variance can be, is 0.

    Args:
        scores: shape (Q, L, V, S), finite: queries, LLMs, generators, seeds; Q, L, V >= 2.

    Raises:
        ValueError: if a factor has fewer than two levels.
    """
    levels = dict(zip("qlve", scores.shape, strict=True))
    if min(levels[name] for name in FACTORS) < _LEAST:
        raise ValueError("every factor needs two levels")
    effects = _effects(scores.mean(axis=3))
    squares = {
        name: float((effect**2).sum()) * scores.size / effect.size
        for name, effect in effects.items()
    }
    df = {name: prod(levels[f] - 1 for f in name) for name in effects}
    if levels["e"] > 1:
        squares["e"] = float(((scores - scores.mean(axis=3, keepdims=True)) ** 2).sum())
        df["e"] = prod(levels[f] for f in FACTORS) * (levels["e"] - 1)
    return Components(squares, df, _variances(squares, df, levels))


def dependability(
    found: Components, queries: int, generators: int, seeds: int, *, fixed_generators: bool = False
) -> Dependability:
    """What a design of that size would give (a decision study).

    Args:
        found: components of a study.
        queries: of the design.
        generators: of the design.
        seeds: per query and cell.
        fixed_generators: whether the result is meant for these very generators, so that what LLMs
            do differently with them belongs to the LLMs.
    """
    part = found.variance
    cells = queries * generators
    relative = part["ql"] / queries + part["qlv"] / cells
    relative += part.get("e", 0.0) / (cells * seeds)
    absolute = part["q"] / queries + part["qv"] / cells
    between, interaction = part["l"], part["lv"] / generators
    if fixed_generators:
        between += interaction
    else:
        relative += interaction
        absolute += part["v"] / generators
    return Dependability(
        relative,
        sqrt(relative),
        _share(between, relative),
        _share(between, relative + absolute),
    )


def _effects(cells: Floats) -> dict[str, Floats]:
    """Effects of each source, as arrays that broadcast to (Q, L, V)."""
    grand = cells.mean()
    effects: dict[str, Floats] = {}
    for size in range(1, len(FACTORS) + 1):
        for factors in combinations(FACTORS, size):
            gone = tuple(axis for axis, name in enumerate(FACTORS) if name not in factors)
            within = [effect for name, effect in effects.items() if set(name) < set(factors)]
            rest = cells.mean(axis=gone, keepdims=True) - grand
            effects["".join(factors)] = rest - sum(within)
    return effects


def _variances(
    squares: Mapping[str, float], df: Mapping[str, int], levels: Mapping[str, int]
) -> dict[str, float]:
    """Solve E[MS] for each source from the largest interaction down.

    E[MS] of a source is the sum of its own component and those of all sources that hold its
    factors, each times the number of scores behind one of its effects. Its component is the
    alternating sum of mean squares over the sources above it.
    """
    mean = {name: squares[name] / df[name] for name in squares}
    found = {"e": max(0.0, mean["e"])} if "e" in mean else {}
    for name in sorted((n for n in mean if n != "e"), key=len, reverse=True):
        above = [n for n in mean if set(name) <= set(n) <= set(FACTORS)]
        total = sum((-1) ** (len(n) - len(name)) * mean[n] for n in above)
        if len(name) == len(FACTORS):
            total -= mean.get("e", 0.0)
        behind = levels["e"] * prod(levels[f] for f in FACTORS if f not in name)
        found[name] = max(0.0, total / behind)
    return found


def _share(between: float, error: float) -> float | None:
    return between / (between + error) if between + error > 0 else None

"""Whether the order of a table hangs on which member of the predictor made it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from popcorn_bench.leaderboard.statistics.interval import Floats
from popcorn_bench.leaderboard.statistics.kendall import orders, tau_b

_RANKED = 3  # rows from which a correlation of rankings says anything
_PAIR = 2
_NUMBER = re.compile(r"[\s_#-]*\d+$")
_REPEATS = "repeat"


@dataclass(frozen=True, slots=True)
class Member:
    """One member: `tau` is Kendall's tau-b of its ranking with the table's.

    None below three ranked rows or where all tie; `same_order` says it for two rows.
    """

    name: str
    family: str
    tau: float | None
    same_order: bool


@dataclass(frozen=True, slots=True)
class Family:
    """The members of one family: mean and least tau."""

    name: str
    n: int
    mean: float | None
    least: float | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """Every member's ranking of a table beside the table's own.

    `rows` are ranked on `queries` complete ones. `dependent` (K,) marks those that some member
    puts outside their own rank range.
    """

    rows: int
    queries: int
    members: tuple[Member, ...]
    dependent: tuple[bool, ...]

    @property
    def mean(self) -> float | None:
        """Mean tau over all members."""
        return _mean(self.members)

    @property
    def least(self) -> Member | None:
        """The member that agrees least."""
        known = [member for member in self.members if member.tau is not None]
        return min(known, key=lambda member: member.tau or 0.0, default=None)

    @property
    def families(self) -> tuple[Family, ...]:
        """Families in the order of their first members."""
        groups: dict[str, list[Member]] = {}
        for member in self.members:
            groups.setdefault(member.family, []).append(member)
        return tuple(_family(name, members) for name, members in groups.items())


def agreement(
    names: Sequence[str],
    members: Floats,
    table: Floats,
    ranges: Sequence[tuple[int, int]],
    *,
    higher: bool,
) -> Agreement | None:
    """Rank the rows by each member on the queries that all of them have.

    Args:
        names: M members.
        members: shape (K, M, Q): values of the K ranked rows, NaN where missing.
        table: shape (K, Q): what the table ranks by, NaN where missing.
        ranges: K rank ranges.
        higher: whether larger means are better.

    Returns:
        None with a single row, or where no query has all values.
    """
    complete = np.isfinite(members).all(axis=(0, 1)) & np.isfinite(table).all(axis=0)
    if len(table) < _PAIR or not complete.any():
        return None
    own = table[:, complete].mean(axis=1)
    means = members[:, :, complete].mean(axis=2)
    outside = [_outside(mean, ranges, higher=higher) for mean in means.T]
    return Agreement(
        rows=len(table),
        queries=int(complete.sum()),
        members=tuple(_member(n, m, own) for n, m in zip(names, means.T, strict=True)),
        dependent=tuple(bool(any(marks)) for marks in zip(*outside, strict=True)),
    )


def _member(name: str, mean: Floats, own: Floats) -> Member:
    return Member(
        name=name,
        family=_NUMBER.sub("", name) or _REPEATS,
        tau=tau_b(mean, own) if len(own) >= _RANKED else None,
        same_order=bool((orders(mean) == orders(own)).all()),
    )


def _outside(mean: Floats, ranges: Sequence[tuple[int, int]], *, higher: bool) -> list[bool]:
    """Whether every place that a member leaves a row is outside of its range."""
    order = orders(mean if higher else -mean)
    best = 1 + (order < 0).sum(axis=1)
    worst = len(mean) - (order > 0).sum(axis=1)
    return [
        bool(first > high or last < low)
        for first, last, (low, high) in zip(best, worst, ranges, strict=True)
    ]


def _family(name: str, members: Sequence[Member]) -> Family:
    known = [member.tau for member in members if member.tau is not None]
    return Family(name, len(members), _mean(members), min(known, default=None))


def _mean(members: Sequence[Member]) -> float | None:
    known = [member.tau for member in members if member.tau is not None]
    return sum(known) / len(known) if known else None

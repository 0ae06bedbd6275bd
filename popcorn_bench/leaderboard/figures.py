"""How the means of one table are written: equal decimals, points and margins under each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from popcorn_bench.leaderboard import text
from popcorn_bench.leaderboard.model import HumanRow, Row, Table, Uplift

_ROUNDING = 1e-9  # a margin below it is what the order of adding leaves of none


@dataclass(frozen=True, slots=True)
class Figures:
    """One precision for a table.

    `width` is that of the widest margin with its sign, 0 where none is known. `signed` puts a
    plus before what is above zero.
    """

    decimals: int
    width: int
    signed: bool = False

    def number(self, value: float | None) -> str:
        """A value in the precision of the table."""
        if value is None:
            return text.NOTHING
        return f"{value:{'+' if self.signed else ''},.{self.decimals}f}"

    def with_margin(self, row: Row | HumanRow | Uplift) -> str:
        """A mean and half of its 95 % interval, `6.45 ±0.31`."""
        margin = _margin(row)
        mean = self.number(_mean(row))
        return mean if margin is None else f"{mean} {_written(margin, self.decimals)}"

    def aligned(self, row: Row | HumanRow | Uplift, pad: str = " ") -> str:
        """The same, filled up so that right-justified cells have their points in one line."""
        mean, margin = self.number(_mean(row)), _margin(row)
        if not self.width:
            return mean
        written = text.NOTHING if margin is None else _written(margin, self.decimals)
        return f"{mean} {written.rjust(self.width, pad)}"


def figures_of(table: Table) -> Figures:
    """The precision of a table.

    The smallest margin keeps two digits, that of a human row one; three decimals where none is
    known and above zero.
    """
    decimals = text.decimals(_smallest(table.rows))
    if human := _smallest(table.human):
        decimals = max(decimals, text.decimals(human, 1))
    return _figures([*table.rows, *table.human], decimals)


def uplift_figures(uplifts: Sequence[Uplift]) -> Figures:
    """The precision of a table of changes."""
    return _figures(uplifts, text.decimals(_smallest(uplifts)), signed=True)


def _figures(
    shown: Sequence[Row | HumanRow | Uplift], decimals: int, *, signed: bool = False
) -> Figures:
    margins = [margin for margin in map(_margin, shown) if margin is not None]
    width = max((len(_written(margin, decimals)) for margin in margins), default=0)
    return Figures(decimals, width, signed)


def _smallest(shown: Sequence[Row | HumanRow | Uplift]) -> float | None:
    margins = (margin for margin in map(_margin, shown) if margin and margin > _ROUNDING)
    return min(margins, default=None)


def _mean(row: Row | HumanRow | Uplift) -> float | None:
    return row.delta if isinstance(row, Uplift) else row.mean


def _margin(row: Row | HumanRow | Uplift) -> float | None:
    mean = _mean(row)
    return None if mean is None or row.ci_high is None else row.ci_high - mean


def _written(margin: float, decimals: int) -> str:
    return f"±{margin:,.{decimals}f}"

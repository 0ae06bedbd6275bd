"""How many failed units a run bears before it stops."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from popcorn_bench.errors import UsageError
from popcorn_bench.types import Stage

_FORM = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<share>%?)")
_ALL = 100.0


@dataclass(frozen=True, slots=True)
class Tolerance:
    """Stop once so many units failed in this run, or such a share of a stage's planned units."""

    units: int | None = None
    percent: float | None = None

    @classmethod
    def read(cls, text: str | None) -> Self:
        """Read `10` or `5%`; None bears everything.

        Raises:
            UsageError: for anything else.
        """
        if text is None:
            return cls()
        form = _FORM.fullmatch(text.strip())
        number = float(form["number"]) if form else 0.0
        fits = bool(form) and (0 < number <= _ALL if form and form["share"] else number >= 1)
        if form is None or not fits or (not form["share"] and number % 1):
            raise UsageError(f"--fail-on-error: {text!r} is neither a number of units nor a share")
        return cls(percent=number) if form["share"] else cls(units=int(number))

    def passed(self, failed: Mapping[Stage, int], planned: Mapping[Stage, int]) -> str:
        """Why to stop, or '' while the failures are borne."""
        total = sum(failed.values())
        if self.units is not None and total >= self.units:
            return f"{total:,} units failed; --fail-on-error {self.units} stops the run"
        for stage, n in failed.items() if self.percent is not None else ():
            if 100 * n >= (self.percent or 0) * planned.get(stage, 0) > 0:
                of = f"{n:,} of {planned[stage]:,} {stage}s failed"
                return f"{of}; --fail-on-error {self.percent:g}% stops the run"
        return ""

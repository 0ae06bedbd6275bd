"""How many failures a run bears."""

from __future__ import annotations

import pytest

from popcorn_bench.errors import UsageError
from popcorn_bench.harness.limits.tolerance import Tolerance
from popcorn_bench.types import Stage

_PLANNED = {Stage.BRIEF: 40, Stage.SCORE: 400}


@pytest.mark.parametrize(
    ("text", "failed", "stops"),
    [
        (None, {Stage.BRIEF: 40}, False),
        ("3", {Stage.BRIEF: 2}, False),
        ("3", {Stage.BRIEF: 2, Stage.SCORE: 1}, True),
        ("5%", {Stage.BRIEF: 1, Stage.SCORE: 19}, False),
        ("5%", {Stage.BRIEF: 2}, True),
        ("0.5 %", {Stage.SCORE: 2}, True),
        ("100%", {Stage.BRIEF: 39}, False),
    ],
)
def test_units_and_shares(text: str | None, failed: dict[Stage, int], *, stops: bool) -> None:
    assert bool(Tolerance.read(text).passed(failed, _PLANNED)) is stops


@pytest.mark.parametrize("text", ["", "0", "0%", "101%", "1.5", "-3", "many", "5%%", "nan", "1e3"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--fail-on-error"):
        Tolerance.read(text)

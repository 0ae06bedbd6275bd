"""A number that JSON cannot hold is stopped where it is made, not where a run writes it down."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from popcorn_bench.generators.protocol import Made
from popcorn_bench.types import Score

_WRONG = [float("nan"), float("inf"), float("-inf")]


@pytest.mark.parametrize("number", _WRONG)
@pytest.mark.parametrize("field", ["value", "percentile", "low", "high", "cost_usd", "members"])
def test_no_part_of_a_score(field: str, number: float) -> None:
    given: dict[str, Any] = {"metric": "m", "value": 1.0}
    given[field] = (0.0, number) if field == "members" else number
    with pytest.raises(ValueError, match="not all finite"):
        Score(**given)


@pytest.mark.parametrize("number", _WRONG)
@pytest.mark.parametrize("field", ["cost_usd", "seconds", "peak_gb"])
def test_nothing_that_a_clip_took(field: str, number: float) -> None:
    given: dict[str, Any] = {field: number}
    with pytest.raises(ValueError, match="not all finite"):
        Made(Path("clip.mp4"), **given)


def test_what_is_not_known_is_no_number() -> None:
    assert Score(metric="m", value=0.0, members=(1.0,)).low is None
    assert Made(Path("clip.mp4")).cost_usd is None

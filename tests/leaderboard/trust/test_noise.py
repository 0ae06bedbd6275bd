"""How far scores are apart when the same unit is scored again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.leaderboard.index import Index
from tests.leaderboard.trust.made import POP, everywhere, predicted, record


def noisy(index: Index, how: str, **values: object) -> None:
    """Three units, scored 1, 2, 3 and then 1.1, 1.8, 3.2: differences .1, -.2, .2."""
    se = (0.13 / 3) ** 0.5 / 3**0.5  # variance ((.1-.1/3)^2 + (-.2-.1/3)^2 + (.2-.1/3)^2) / 2
    known = {"n": 3, "original": 2.0, "altered": 2.0 + 0.1 / 3, "se": se, **values}
    index.probe("popularity", how, POP, **known)


def test_noise_is_told_on_every_board(index: Index, tmp_path: Path) -> None:
    predicted(index, [[1.0], [2.0]])
    noisy(index, "reproduced")
    sd = (0.09 / 6) ** 0.5
    (found,) = record(index)["noise"]

    assert (found["how"], found["n"]) == ("reproduced", 3)
    assert found["sd"] == pytest.approx(sd, rel=1e-3)
    assert record(index)["probes"] == [], "it alters nothing"
    for shown in everywhere(index, tmp_path):
        assert "Scored again by the same process: not measured." in shown
        assert "Scored again by another run: standard deviation 0.122 points (3 units" in shown


def test_no_noise_is_told_as_such(index: Index, tmp_path: Path) -> None:
    predicted(index, [[1.0], [2.0]])
    noisy(index, "scored_again", altered=2.0, se=0.0)
    for shown in everywhere(index, tmp_path):
        assert "no noise, both scores were equal (3 units scored twice)." in shown
        assert "re-run noise" not in shown


def test_what_nobody_measured_is_no_zero(index: Index, tmp_path: Path) -> None:
    predicted(index, [[1.0], [2.0]])
    noisy(index, "scored_again", n=0, original=None, altered=None, se=None)

    assert record(index)["noise"] == []
    for shown in everywhere(index, tmp_path):
        assert "re-run noise" in shown
        assert "no noise" not in shown


def test_parts_are_pooled_by_their_units(index: Index) -> None:
    """One unit without a standard error, twice: differences .3 and .5."""
    predicted(index, [[1.0], [2.0]])
    for mode, moved in (("basic", 0.3), ("", 0.5)):
        noisy(index, "reproduced", n=1, original=1.0, altered=1.0 + moved, se=None, mode=mode)
    (found,) = record(index)["noise"]

    assert found["n"] == 2
    assert found["sd"] == pytest.approx(((0.09 + 0.25) / 4) ** 0.5, rel=1e-3)

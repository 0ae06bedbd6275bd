"""Versions over time, as they are drawn."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from popcorn_bench.leaderboard.compare.history import History, Step
from popcorn_bench.leaderboard.page.plots.axis import uncrowded
from popcorn_bench.leaderboard.page.plots.timeline import released, timeline
from popcorn_bench.types import Direction


def _step(name: str, day: str, mean: float = 1.0) -> Step:
    return Step(
        id=name, label=name, version="", released=day, mean=mean, se=0.1, ci_low=mean - 0.2,
        ci_high=mean + 0.2, gain=None, gain_low=None, gain_high=None, p=None, p_holm=None,
    )  # fmt: skip


def _history(*steps: Step) -> History:
    return History(
        dimension="llm", family="m", metric="popularity", direction=Direction.HIGHER, unit="",
        evaluator="e", tasks=("t",), n=9, n_dropped=0, columns=1, columns_left_out=0, steps=steps,
        without=(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("2025-03-09", date(2025, 3, 9)), ("2025-03", date(2025, 3, 1)),
        ("2025", date(2025, 1, 1)), ("", None), ("soon", None), ("2025-13-01", None),
        ("2025-02-30", None), ("0000", None),
    ],
)  # fmt: skip
def test_dates_as_catalogs_write_them(said: str, day: date | None) -> None:
    assert released(_step("m", said)) == day


def test_time_goes_right_and_better_goes_up() -> None:
    found = timeline([_history(_step("a", "2024-01", 1), _step("b", "2025-01", 2))])
    assert found is not None
    [family] = found.families
    first, second = family.points
    assert first.x < second.x
    assert first.y > second.y
    assert first.low > first.y > first.high
    assert first.said == "a, 2024-01: 1.00 ±0.20"
    labels = [label for _, label in found.x_ticks]
    assert "Jul 2024" in labels


def test_without_two_dates_nothing_is_drawn_and_undated_ones_are_named() -> None:
    dated, undated = _step("a", "2024-01"), _step("z", "")
    assert timeline([]) is None
    assert timeline([_history(dated, undated)]) is None
    assert timeline([_history(dated, replace(dated, id="b"))]) is None, "one day is no course"
    found = timeline([_history(dated, _step("b", "2024-02"), undated)])
    assert found is not None
    assert found.undated == ("z",)
    assert [p.name for p in found.families[0].points] == ["a", "b"]


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.integers(1, 20_000))
def test_ticks_are_few_and_in_order(start: date, days: int) -> None:
    end = date.fromordinal(start.toordinal() + days)
    found = timeline([_history(_step("a", start.isoformat()), _step("b", end.isoformat()))])
    assert found is not None
    places = [x for x, _ in found.x_ticks]
    assert len(places) <= 9
    assert places == sorted(places)


_LABELS = st.lists(
    st.tuples(st.floats(0, 700), st.floats(0, 300), st.text("abc", max_size=12)), max_size=15
)


@given(_LABELS)
def test_names_do_not_run_into_each_other(labels: list[tuple[float, float, str]]) -> None:
    kept = uncrowded(labels)
    assert not labels or 0 in kept, "the most important one is always there"
    for i in kept:
        for j in kept - {i}:
            (x, y, name), (other_x, other_y, _) = labels[i], labels[j]
            if x <= other_x and abs(y - other_y) < 15:
                assert other_x - x >= 8 * len(name)

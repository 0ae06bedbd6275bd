"""What altered inputs do to a metric, pooled over who made them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popcorn_bench.leaderboard.board import board
from popcorn_bench.leaderboard.statistics.interval import mean_interval
from popcorn_bench.leaderboard.trust.probes import Audited, effects
from tests.leaderboard.index import Index
from tests.leaderboard.trust.made import POP, everywhere, page, predicted, record, terminal


def _audited(before: list[float], after: list[float]) -> Audited:
    moved = np.array(after) - np.array(before)
    se = float(moved.std(ddof=1)) / len(moved) ** 0.5 if len(moved) > 1 else None
    return Audited(len(before), 0, float(np.mean(before)), float(np.mean(after)), se)


_pairs = st.lists(st.tuples(st.floats(-20, 20), st.floats(-20, 20)), min_size=1, max_size=8)


@settings(deadline=None)
@given(st.lists(_pairs, min_size=1, max_size=5))
def test_pooled_parts_are_what_all_samples_give(parts: list[list[tuple[float, float]]]) -> None:
    audited = [_audited([b for b, _ in part], [a for _, a in part]) for part in parts]
    [found] = effects({"title_shuffled": audited}, None)
    every = [pair for part in parts for pair in part]
    want = mean_interval(np.array([after - before for before, after in every]))
    assert found.n == len(every)
    assert found.change == pytest.approx(want.mean, abs=1e-9)
    assert found.original == pytest.approx(np.mean([b for b, _ in every]), abs=1e-9)
    for mine, theirs in ((found.se, want.se), (found.ci_low, want.low), (found.ci_high, want.high)):
        assert mine == (None if theirs is None else pytest.approx(theirs, abs=1e-6))


def _probed(index: Index, **numbers: Any) -> dict[str, Any]:
    index.probe("popularity", "title_shuffled", POP, **numbers)
    found = record(index)["probes"]
    assert isinstance(found, list)
    [effect] = found
    assert isinstance(effect, dict)
    return effect


def test_the_share_is_of_what_lies_above_the_floor(index: Index, tmp_path: Path) -> None:
    predicted(index, [[1.0], [2.0]], low=2.0)
    found = _probed(index, n=100, original=6.0, altered=5.0, se=0.1)
    assert found["share"] == pytest.approx(0.25)
    assert (found["change"], found["outcome"]) == (-1.0, "worse")
    assert "title shuffled: -1.00 ±0.20, 25.0% of the score. Part of it goes" in " ".join(
        terminal(index).split()
    )
    shown = page(index, tmp_path)
    assert '<td class="num">-1.00 ±0.20</td><td class="num">25.0%</td>' in shown


def test_no_floor_or_a_score_on_it_has_no_share(index: Index) -> None:
    predicted(index, [[1.0], [2.0]])
    assert _probed(index, n=100, original=6.0, altered=5.0, se=0.1)["share"] is None
    index.connection.execute("UPDATE metrics SET low = 6.0")
    assert record(index)["probes"][0]["share"] is None


@pytest.mark.parametrize(
    ("altered", "direction", "outcome"),
    [
        (5.0, "higher", "worse"),
        (7.0, "higher", "better"),
        (5.0, "lower", "better"),
        (7.0, "lower", "worse"),
        (6.05, "higher", "same"),
        (5.0, "none", "moved"),
    ],
)
def test_the_outcome_follows_the_interval_and_the_direction(
    index: Index, altered: float, direction: str, outcome: str
) -> None:
    predicted(index, [[1.0], [2.0]], direction=direction)
    assert _probed(index, n=50, original=6.0, altered=altered, se=0.1)["outcome"] == outcome


def test_refused_clips_and_single_samples_are_said(index: Index, tmp_path: Path) -> None:
    predicted(index, [[1.0], [2.0]])
    index.probe("popularity", "clip_blanked", POP, n=0, refused=8)
    index.probe("popularity", "clip_frozen", POP, n=1, refused=2, original=4.0, altered=4.5)
    index.probe("popularity", "<b>mine</b>", POP, n=9, original=4.0, altered=4.5, se=0.01)
    by_name = {probe["probe"]: probe for probe in record(index)["probes"]}
    assert by_name["clip_blanked"]["outcome"] == "refused"
    assert by_name["clip_blanked"]["refused"] == 8
    assert (by_name["clip_frozen"]["outcome"], by_name["clip_frozen"]["ci_low"]) == ("unsure", None)
    said = " ".join(terminal(index).split())
    assert "clip blanked: refused. Blanked clips get no score" in said
    assert "clip frozen: +0.500, 2 refused. Too few samples to tell." in said
    shown = page(index, tmp_path)
    assert "refused" in shown
    assert "&lt;b&gt;mine&lt;/b&gt;" in shown


def test_llms_and_modes_are_pooled_and_a_mode_can_be_asked_for(index: Index) -> None:
    queries = predicted(index, [[1.0], [2.0]])
    index.score(("a", "", "pe", POP), "popularity", dict.fromkeys(queries, 1.0))
    for llm, mode, altered in (("a", "basic", 5.0), ("b", "basic", 4.0), ("a", "pe", 0.0)):
        numbers = {"n": 10, "original": 6.0, "altered": altered, "se": 0.1}
        index.probe("popularity", "title_emptied", POP, llm_id=llm, mode=mode, **numbers)
    assert record(index)["probes"][0]["altered"] == pytest.approx(3.0)
    assert record(index, mode="basic")["probes"][0]["altered"] == pytest.approx(4.5)


def test_descriptions_show_what_they_hang_on(index: Index, tmp_path: Path) -> None:
    queries = index.simple_task(4)
    index.llm("a")
    index.video("x")
    index.evaluator("q", "motion", inputs=("video",), direction="none")
    index.score(("a", "x", "basic", "q"), "motion", dict.fromkeys(queries, 1.0))
    index.evaluator(POP, "popularity")
    index.score(("a", "", "basic", POP), "popularity", dict.fromkeys(queries, 1.0))
    numbers = {"n": 8, "original": 3.0, "altered": 0.1, "se": 0.1}
    index.probe("motion", "clip_frozen", "q", mode="", video_id="x", **numbers)
    shown = page(index, tmp_path)
    assert "What the descriptions hang on" in shown
    assert "It changes with motion." in shown
    assert "It changes with motion." not in terminal(index), "the terminal keeps to what ranks"
    assert board(index.connection, mode="basic").tables[1].trust.probes, "clips are of all modes"


def test_everywhere_says_the_same(index: Index, tmp_path: Path) -> None:
    predicted(index, [[1.0], [2.0]], low=0.0)
    index.probe("popularity", "title_clickbait", POP, n=50, original=4.0, altered=5.0, se=0.1)
    for shown in everywhere(index, tmp_path):
        assert "+1.00 ±0.20" in shown
        assert "adds 25.0% to the score" in shown or "-25.0%" in shown
        assert "Clickbait pays: a model could gain by bait alone." in shown

"""What altered inputs do to a metric: titles of all LLMs together, clips per generator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popcorn_bench.leaderboard.board import board
from popcorn_bench.leaderboard.catalog import MetricCard, read_catalog
from popcorn_bench.leaderboard.statistics.interval import mean_interval
from popcorn_bench.leaderboard.trust.probing.compute import effects
from popcorn_bench.leaderboard.trust.probing.read import Audited, Probed
from tests.leaderboard.index import Index
from tests.leaderboard.trust.made import POP, everywhere, page, predicted, record, terminal


def _audited(before: list[float], after: list[float]) -> Audited:
    moved = np.array(after) - np.array(before)
    se = float(moved.std(ddof=1)) / len(moved) ** 0.5 if len(moved) > 1 else None
    return Audited(len(before), 0, float(np.mean(before)), float(np.mean(after)), se)


def _card() -> MetricCard:
    index = Index()
    index.evaluator(POP, "popularity")
    return read_catalog(index.connection).metrics[POP, "popularity"]


_pairs = st.lists(st.tuples(st.floats(-20, 20), st.floats(-20, 20)), min_size=1, max_size=8)


_CARD = _card()


@settings(deadline=None)
@given(st.lists(_pairs, min_size=1, max_size=5))
def test_pooled_parts_are_what_all_samples_give(parts: list[list[tuple[float, float]]]) -> None:
    audited = [_audited([b for b, _ in part], [a for _, a in part]) for part in parts]
    [found] = effects({Probed("title_shuffled", ""): audited}, _CARD, {})
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
    assert "title shuffled: worse by 1.00 ±0.20, 25.0% of the score. Part of it goes" in " ".join(
        terminal(index).split()
    )
    shown = page(index, tmp_path)
    assert '<td class="num">worse by 1.00 ±0.20</td><td class="num">25.0%</td>' in shown


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
    assert "clip blanked: a run refuses such clips. Blanked clips get no score" in said
    assert "clip frozen: +0.500 (a run refuses 2). Too few samples to tell." in said
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
        assert "better by 1.00 ±0.20" in shown
        assert "adds 25.0% to the score" in shown or ">-25.0%<" in shown
        assert "Clickbait pays: a model could gain by bait alone." in shown


def _filmed(index: Index, **card: Any) -> None:
    """Clips of two generators under a metric that sees them, two LLMs each."""
    queries = index.simple_task(8)
    index.evaluator("q", "stillness", inputs=("video",), **card)
    for llm in "ab":
        index.llm(llm)
        for video in ("still", "storyboard"):
            values = {q: 0.1 * (i % 3) for i, q in enumerate(queries)}
            index.score((llm, video, "basic", "q"), "stillness", values)
    index.video("still")
    index.video("storyboard")


def _clips(index: Index, probe: str, video: str, **numbers: Any) -> None:
    numbers = {"n": 8, "se": 0.0, **numbers}
    index.probe("stillness", probe, "q", mode="", video_id=video, **numbers)


def test_clips_of_generators_are_never_pooled(index: Index, tmp_path: Path) -> None:
    """Lower is better: freezing costs the one all that it has, the other has nothing to lose."""
    _filmed(index, direction="lower", low=0.0)
    index.connection.execute("UPDATE metrics SET high = 1.0")
    _clips(index, "clip_frozen", "storyboard", original=0.0, altered=1.0)
    _clips(index, "clip_frozen", "still", original=1.0, altered=1.0)
    found = record(index)["probes"]
    assert [(p["video"], p["n"], p["change"], p["share"], p["outcome"]) for p in found] == [
        ("still", 8, 0.0, None, "same"),
        ("storyboard", 8, 1.0, 1.0, "worse"),
    ]
    said = " ".join(terminal(index).split())
    assert (
        "clip frozen, storyboard: worse by 1.000 ±0.000, 100% of the way to the worst. Part of it "
        "goes with motion." in said
    )
    assert "clip frozen, still: +0.000 ±0.000. The same for each of 8 clips." in said
    for shown in everywhere(index, tmp_path):
        assert "clip frozen, storyboard" in shown
        assert "16" not in shown.partition("Altered inputs")[2].partition("Not measured")[0]


def test_seeds_of_one_generator_are_pooled(index: Index) -> None:
    _filmed(index, direction="lower")
    _clips(index, "clip_frozen", "still", original=1.0, altered=1.5)
    _clips(index, "clip_frozen", "still", original=2.0, altered=1.5, seed=7)
    [found] = record(index)["probes"]
    assert (found["n"], found["original"], found["change"]) == (16, 1.5, 0.0)


@pytest.mark.parametrize(("direction", "word"), [("higher", "better"), ("lower", "worse")])
def test_a_change_is_told_in_the_direction_of_the_metric(
    index: Index, direction: str, word: str
) -> None:
    _filmed(index, direction=direction, low=0.0)
    _clips(index, "clip_frozen", "still", original=0.5, altered=0.7, se=0.01)
    assert f"clip frozen, still: {word} by 0.200 ±0.024" in " ".join(terminal(index).split())


@pytest.mark.parametrize("direction", ["higher", "lower", "none"])
def test_what_is_not_distinguishable_is_no_finding(index: Index, direction: str) -> None:
    predicted(index, [[1.0], [2.0]], direction=direction, low=0.0)
    found = _probed(index, n=16, original=4.0, altered=3.99, se=0.1)
    assert found["says"] == "Not distinguishable from no change with 16 titles."


def test_a_blanked_clip_has_what_it_would_get(index: Index, tmp_path: Path) -> None:
    _filmed(index, direction="higher", low=0.0)
    _clips(index, "clip_blanked", "still", refused=8, original=0.8, altered=0.2, se=0.05)
    [found] = record(index)["probes"]
    assert (found["n"], found["refused"], found["altered"]) == (8, 8, pytest.approx(0.2))
    assert (found["outcome"], found["warning"]) == ("worse", None)
    said = " ".join(terminal(index).split())
    assert (
        "clip blanked, still: would get 0.20 instead of 0.80, worse by 0.60 ±0.12, 75.0% of the "
        "score (a run refuses such clips). Part of it goes with what the picture shows." in said
    )
    assert "0.20 (a run refuses such clips)" in page(index, tmp_path)


@pytest.mark.parametrize(
    ("direction", "altered", "refused", "said"),
    [
        ("higher", 0.9, 8, " Only the refusal keeps it from that."),
        ("higher", 0.9, 0, ""),
        ("higher", 0.9, 3, ""),
        ("lower", 0.1, 8, " Only the refusal keeps it from that."),
        ("higher", 0.7, 8, None),
        ("higher", 0.8, 8, None),
        ("lower", 0.9, 8, None),
        ("none", 0.9, 8, None),
    ],
)
def test_a_metric_that_prefers_a_blank_clip_is_warned_of(
    index: Index, tmp_path: Path, direction: str, *, altered: float, refused: int, said: str | None
) -> None:
    _filmed(index, direction=direction)
    _clips(index, "clip_blanked", "still", refused=refused, original=0.8, altered=altered, se=0.1)
    want = f"Warning: it would prefer a blank clip to the clips of still.{said}"
    assert record(index)["probes"][0]["warning"] == (None if said is None else want)
    if direction != "none":
        assert ("Warning" in terminal(index)) == (said is not None)
    if said and direction == "lower":
        assert all(want in shown for shown in everywhere(index, tmp_path))


@pytest.mark.parametrize(
    ("cost", "settings", "paid"),
    [
        (0.01, {"model": "x/y", "api_base": ""}, True),
        (0.01, {}, True),
        (None, {"model": "x/y", "api_base": "http://there"}, True),
        (0.0, {"model": "x/y", "api_base": "http://here"}, False),
        (None, {}, False),
    ],
)
def test_what_costs_money_is_said_not_to_be_probed(
    index: Index, cost: float | None, settings: dict[str, object], *, paid: bool
) -> None:
    predicted(index, [[1.0], [2.0]], settings=settings)
    index.connection.execute("UPDATE scores SET cost_usd = ?", [cost])
    assert record(index)["paid"] is paid
    probed = " (not probed: each score is paid for)" if paid else ""
    twice = " (nothing is scored twice unasked)" if paid else ""
    gap = f"altered inputs{probed}, re-run noise{twice}."
    assert gap in " ".join(terminal(index).split())
    index.probe("popularity", "title_emptied", POP, n=9, original=2.0, altered=1.0, se=0.1)
    assert "not probed" not in terminal(index), "asked for by hand"

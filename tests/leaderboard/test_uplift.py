"""What modes change over `basic`, on data whose answers are known."""

from __future__ import annotations

import csv
import json
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from popcorn_bench.leaderboard.board import board
from popcorn_bench.leaderboard.model import Board, Uplift
from popcorn_bench.leaderboard.statistics.paired import holm
from tests.leaderboard.index import Index

_POP, _SHARP, _MOTION = "popularity-1", "quality-1", "motion-1"
_PE = "ab12ab12ab12ab12"


def _one(made: Board, **wanted: str) -> Uplift:
    [found] = [u for u in made.uplift if all(getattr(u, k) == v for k, v in wanted.items())]
    return found


def _started(index: Index, n: int = 8, llms: str = "a") -> list[str]:
    """A task, LLMs, an evaluator and the two modes, `pe` under a hashed id."""
    queries = index.simple_task(n)
    for llm in llms:
        index.llm(llm)
    index.evaluator(_POP, "popularity")
    index.mode("basic", "basic")
    index.mode(_PE, "pe", references=50)
    return queries


def _scores(index: Index, queries: list[str], llm: str, mode: str, values: list[float]) -> None:
    index.score((llm, "", mode, _POP), "popularity", dict(zip(queries, values, strict=True)))


def test_the_change_is_paired_by_query(index: Index) -> None:
    """Differences 1, 2, 3, 4 and -1: mean 1.8, s = 1.9235, SE = 0.8602, df = 4."""
    queries = _started(index, 5)
    _scores(index, queries, "a", "basic", [10.0, 20, 30, 40, 50])
    _scores(index, queries, "a", _PE, [11.0, 22, 33, 44, 49])
    [found] = board(index.connection).uplift
    assert (found.llm, found.mode, found.baseline) == ("a", "pe", "basic")
    assert (found.n_pairs, found.n_dropped, found.videos) == (5, 0, ())
    assert found.delta == pytest.approx(1.8)
    assert found.se == pytest.approx(0.8602325)
    assert found.ci_low == pytest.approx(1.8 - 2.776445 * 0.8602325)
    assert found.ci_high == pytest.approx(1.8 + 2.776445 * 0.8602325)
    assert found.p == pytest.approx(stats.ttest_1samp([1, 2, 3, 4, -1], 0).pvalue)
    assert found.p_holm == pytest.approx(found.p)
    assert found.hedges_gz == pytest.approx((1 - 3 / 15) * 1.8 / 3.7**0.5)
    assert found.share_improved == pytest.approx(0.8)
    assert (found.copying, found.copied_share) == (None, None)


def test_only_complete_pairs_count_and_the_others_are_said(index: Index) -> None:
    queries = _started(index, 6)
    _scores(index, queries[:5], "a", "basic", [1.0] * 5)
    _scores(index, queries[2:], "a", _PE, [2.0, 2.5, 3.0, 9.0])
    [found] = board(index.connection).uplift
    assert (found.n_pairs, found.n_dropped) == (3, 3)
    assert found.delta == pytest.approx(1.5)


def test_seeds_are_averaged_first(index: Index) -> None:
    queries = _started(index, 2)
    for seed, extra in ((1, 0.0), (2, 2.0)):
        for mode, level in (("basic", 1.0), (_PE, 2.0)):
            values = {queries[0]: level + extra}
            index.score(("a", "", mode, _POP), "popularity", values, seed=seed)
    _scores(index, queries[1:], "a", "basic", [1.0])
    _scores(index, queries[1:], "a", _PE, [4.0])
    [found] = board(index.connection).uplift
    assert found.delta == pytest.approx(2.0)
    assert found.n_pairs == 2
    assert found.hedges_gz is None, "two pairs leave no correction"


def test_generators_are_averaged_first_and_are_the_same_in_both_modes(index: Index) -> None:
    queries = _started(index, 4)
    index.evaluator(_SHARP, "sharpness", inputs=("video",))
    for video in "xyz":
        index.video(video)
    levels = {"x": (1.0, 2.0), "y": (1.0, 4.0), "z": (100.0, None)}
    for video, both in levels.items():
        for mode, level in zip(("basic", _PE), both, strict=True):
            if level is not None:
                values = {q: level + 0.1 * i * (mode == _PE) for i, q in enumerate(queries)}
                index.score(("a", video, mode, _SHARP), "sharpness", values)
    found = _one(board(index.connection), metric="sharpness")
    assert found.videos == ("x", "y")
    assert found.delta == pytest.approx(2.0 + 0.15)
    index.connection.execute("DELETE FROM scores WHERE video_id = 'y' AND query_id = 'q000'")
    found = _one(board(index.connection, by="video"), metric="sharpness")
    assert (found.n_pairs, found.n_dropped) == (3, 1), "a query needs every shared generator"


def test_lower_may_be_better_and_descriptions_have_no_uplift(index: Index) -> None:
    queries = _started(index, 4)
    index.evaluator("flick", "flicker", direction="lower")
    index.evaluator(_MOTION, "motion", direction="none")
    for mode, level in (("basic", 5.0), (_PE, 3.0)):
        for evaluator, metric in (("flick", "flicker"), (_MOTION, "motion")):
            values = {q: level + (i == 0) * 4 * (mode == _PE) for i, q in enumerate(queries)}
            index.score(("a", "", mode, evaluator), metric, values)
    [found] = board(index.connection).uplift
    assert found.metric == "flicker"
    assert found.delta == pytest.approx(-1.0)
    assert found.share_improved == pytest.approx(0.75), "three of four flicker less"


def test_p_is_adjusted_over_the_llms_of_one_mode(index: Index) -> None:
    queries = _started(index, 12, "abc")
    index.mode("cd34", "pe[n=20]", references=20)
    noise = np.random.default_rng(3).normal(size=(3, 3, 12))
    for (i, llm), (j, mode) in product(enumerate("abc"), enumerate(("basic", _PE, "cd34"))):
        _scores(index, queries, llm, mode, list(noise[i, j] + i * j))
    made = board(index.connection).uplift
    assert [u.mode for u in made] == ["pe"] * 3 + ["pe[n=20]"] * 3, "in the order of definition"
    for mode in ("pe", "pe[n=20]"):
        family = [u for u in made if u.mode == mode]
        assert [u.p_holm for u in family] == pytest.approx(holm([u.p or 0 for u in family]))
        gains = [u.delta or 0 for u in family]
        assert gains == sorted(gains, reverse=True)


def test_an_llm_without_basic_has_no_uplift_and_one_that_failed_has_no_number(
    index: Index,
) -> None:
    queries = _started(index, 4, "abc")
    cells = [(llm, "", mode, _POP) for llm in "ab" for mode in ("basic", _PE)]
    index.plan(queries, [*cells, ("c", "", _PE, _POP)])
    for llm, mode in (("a", "basic"), ("a", _PE), ("b", "basic"), ("c", _PE)):
        _scores(index, queries, llm, mode, [1.0, 2, 3, 4 + (mode == _PE)])
    made = board(index.connection)
    assert [u.llm for u in made.uplift] == ["a", "b"]
    failed = _one(made, llm="b")
    assert (failed.delta, failed.p, failed.p_holm, failed.share_improved) == (None,) * 4
    assert (failed.n_pairs, failed.n_dropped) == (0, 4)
    works = _one(made, llm="a")
    assert works.p_holm == works.p, "what has no test is not corrected for"


def test_equal_scores_are_no_change_whatever_the_order_of_adding(index: Index) -> None:
    """0.1 + 0.2 + 0.3 depends on its order in the last digit; nothing may come of that."""
    queries = _started(index, 30)
    for mode, order in (("basic", (0.1, 0.2, 0.3)), (_PE, (0.3, 0.2, 0.1))):
        for seed, value in enumerate(order):
            index.score(
                ("a", "", mode, _POP), "popularity", dict.fromkeys(queries, value), seed=seed
            )
    [found] = board(index.connection).uplift
    assert (found.delta, found.se, found.p, found.share_improved) == (0.0, 0.0, 1.0, 0.0)
    assert found.hedges_gz is None


def test_without_basic_or_without_another_mode_there_is_none(index: Index) -> None:
    queries = _started(index, 4)
    _scores(index, queries, "a", "basic", [1.0, 2, 3, 4])
    assert board(index.connection).uplift == ()
    _scores(index, queries, "a", _PE, [1.0, 2, 3, 5])
    assert len(board(index.connection).uplift) == 1
    assert len(board(index.connection, by="topic").uplift) == 1
    assert board(index.connection, mode="pe").uplift == ()
    assert board(index.connection, mode="basic").uplift == ()


def test_copying_is_averaged_over_titles(index: Index) -> None:
    queries = _started(index, 4)
    _scores(index, queries, "a", "basic", [1.0] * 4)
    _scores(index, queries, "a", _PE, [1.0] * 4)
    for query, copying in zip(queries, (0.1, 0.9, 1.0, None), strict=True):
        index.brief(query, "a", "basic")
        index.brief(query, "a", _PE, copying=copying)
    [found] = board(index.connection).uplift
    assert found.copying == pytest.approx(2 / 3)
    assert found.copied_share == pytest.approx(2 / 3)


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.one_of(st.none(), st.floats(-50, 50)), st.one_of(st.none(), st.floats(-50, 50))
        ),
        min_size=3,
        max_size=9,
    )
)
def test_pairs_and_dropped_make_up_what_was_asked(
    values: list[tuple[float | None, float | None]],
) -> None:
    index = Index()
    queries = _started(index, len(values))
    index.plan(queries, [("a", "", mode, _POP) for mode in ("basic", _PE)])
    for i, mode in enumerate(("basic", _PE)):
        found = {q: v[i] for q, v in zip(queries, values, strict=True)}
        known = {q: value for q, value in found.items() if value is not None}
        if known:
            index.score(("a", "", mode, _POP), "popularity", known)
    [uplift] = board(index.connection).uplift
    gaps = [after - before for before, after in values if None not in (before, after)]  # type: ignore[operator]  # None is ruled out
    assert uplift.n_pairs == len(gaps)
    assert uplift.n_dropped == sum(pair != (None, None) for pair in values) - len(gaps)
    if gaps:
        assert uplift.delta == pytest.approx(np.mean(gaps), abs=1e-9)
    index.connection.close()


@pytest.mark.shared
def test_uplift_agrees_with_the_reference(index: Index, stats_folder: Path) -> None:
    with (stats_folder / "crossed.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    want = json.loads((stats_folder / "expected.json").read_text())["pe_uplift"]
    index.task(sorted({(r["query"], r["type"], r["topic"]) for r in rows}))
    index.evaluator(_SHARP, "rating", inputs=("video",))
    for llm in {r["llm"] for r in rows}:
        index.llm(llm)
    for video in {r["gen"] for r in rows}:
        index.video(video)
    cells: dict[tuple[str, str, str, int], dict[str, float]] = {}
    for r in rows:
        place = (r["llm"], r["gen"], r["mode"], int(r["seed"]))
        cells.setdefault(place, {})[r["query"]] = float(r["score"])
    for (llm, video, mode, seed), values in cells.items():
        index.score((llm, video, mode, _SHARP), "rating", values, seed=seed)
    found = board(index.connection).uplift
    assert len(found) == 4
    assert found[0].llm == "llm_d", "the largest gain first"
    for uplift in found:
        wanted = want[uplift.llm]
        assert uplift.delta == pytest.approx(wanted["uplift"], abs=6e-9)
        assert uplift.se == pytest.approx(wanted["se"], abs=6e-9)
        assert [uplift.ci_low, uplift.ci_high] == pytest.approx(wanted["ci95"], abs=6e-9)
        assert uplift.p == pytest.approx(wanted["p"], abs=6e-9)
        assert uplift.p_holm == pytest.approx(wanted["p_holm"], abs=6e-9)
        assert uplift.share_improved == pytest.approx(wanted["share_improved"])
        assert uplift.hedges_gz == pytest.approx(wanted["dz"] * (1 - 3 / (4 * 39 - 1)), abs=6e-9)
        assert (uplift.n_pairs, uplift.n_dropped) == (40, 0)

"""What a comparison finds, on data whose answers are known."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from popcorn_bench.errors import UsageError
from popcorn_bench.leaderboard.statistics.gate import Verdict
from popcorn_bench.leaderboard.statistics.paired import holm
from tests.leaderboard.compare.sides import CELL, GAP, POP, Filling, held, noise, overall, two
from tests.leaderboard.index import TASK, Index

_SAME, _BETTER, _WORSE = Filling(), Filling(gain=GAP), Filling(gain=-GAP)


def test_the_change_is_b_minus_a_paired_by_query() -> None:
    with two(_SAME, _BETTER) as (a, b):
        found = overall(held(a, b))
        back = overall(held(b, a))
    assert found.delta == pytest.approx(GAP, abs=0.05)
    assert found.se is not None
    assert found.se < 0.05, "the queries' own spread of 1 is gone"
    assert (found.n, found.n_dropped, found.share_improved) == (24, 0, 1.0)
    assert found.mean_b is not None
    assert found.mean_a is not None
    assert found.mean_b - found.mean_a == pytest.approx(found.delta)
    assert back.delta == pytest.approx(-(found.delta or 0))


def test_numbers_by_hand() -> None:
    """Differences 1, 2, 3, 4, -1: mean 1.8 and SE 0.8602 with 4 degrees of freedom."""
    a, b = Index(), Index()
    for index, values in ((a, (10.0, 20, 30, 40, 50)), (b, (11.0, 22, 33, 44, 49))):
        queries = index.simple_task(5)
        index.llm("a")
        index.evaluator(POP, "popularity")
        index.score(CELL, "popularity", dict(zip(queries, values, strict=True)))
    found = overall(held(a, b, margin=0.5))
    assert (found.delta, found.se) == pytest.approx((1.8, 0.8602325))
    assert found.ci_low == pytest.approx(1.8 - 2.776445 * 0.8602325)
    assert found.p == pytest.approx(stats.ttest_1samp([1, 2, 3, 4, -1], 0).pvalue)
    assert found.hedges_gz == pytest.approx((1 - 3 / 15) * 1.8 / 3.7**0.5)
    assert found.share_improved == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("b", "verdict", "code"),
    [
        (_BETTER, Verdict.IMPROVED, 0),
        (_SAME, Verdict.EQUIVALENT, 0),
        (_WORSE, Verdict.REGRESSED, 4),
    ],
)
def test_a_gate_passes_and_fails(b: Filling, verdict: Verdict, code: int) -> None:
    with two(_SAME, b) as sides:
        found = held(*sides, gate=True, margin=0.1)
    assert (found.differences, found.verdict, found.exit_code) == ((), verdict, code)


def test_without_a_gate_nothing_fails_and_without_a_margin_nothing_is_judged() -> None:
    with two(_SAME, _WORSE) as sides:
        judged, plain = held(*sides, margin=0.1), held(*sides)
        with pytest.raises(UsageError, match="--margin"):
            held(*sides, gate=True)
    assert (judged.verdict, judged.exit_code) == (Verdict.REGRESSED, 0)
    assert (plain.verdict, plain.judgement, plain.exit_code) == (None, None, 0)


_UNLIKE = {
    "task": Filling(task_version="2"),
    "query_set": Filling(queries=23),
    "query_set (text)": Filling(text="another text"),
    "evaluator": Filling(evaluator="popularity-2", version="2"),
    "evaluator (settings)": Filling(evaluator="popularity-3", settings={"frames": 4}),
    "seed": Filling(seeds=(1,)),
    "seed (more)": Filling(seeds=(0, 1)),
    "mode": Filling(mode="terse"),
    "llm": Filling(llms=("a", "b")),
    "coverage": Filling(scored=20),
    "leakage": Filling(leak=True),
}


@pytest.mark.parametrize("name", list(_UNLIKE))
def test_a_gate_fails_closed_on_anything_unlike(name: str) -> None:
    what = name.partition(" ")[0]
    with two(_SAME, replace(_UNLIKE[name], gain=GAP)) as (a, b):
        if what == "task":
            for table in ("tasks", "queries", "plan_cells", "plan_queries", "scores"):
                b.connection.execute(f"UPDATE {table} SET task_id = 'task-1'")
        found, free = held(a, b, gate=True, margin=0.1), held(a, b, margin=0.1)
        back = held(b, a, gate=True, margin=0.1)
    assert what in [difference.what for difference in found.differences]
    assert (found.verdict, found.exit_code) == (Verdict.NOT_COMPARABLE, 5)
    assert (back.verdict, back.exit_code) == (Verdict.NOT_COMPARABLE, 5)
    assert free.exit_code == 0
    shared = Verdict.NOT_COMPARABLE if what == "evaluator" else Verdict.IMPROVED
    assert free.verdict is shared, "what is shared is judged where no gate is asked for"


@pytest.mark.parametrize(
    ("b", "text"),
    [
        (Filling(queries=23), "query set: 1 query only in A (q023)"),
        (Filling(seeds=(0, 1)), "seed: 0 in A, 0, 1 in B"),
        (Filling(evaluator="popularity-2", version="2"), "evaluator popularity: version 1 and 2"),
        (Filling(mode="terse"), "mode: basic in A, terse in B"),
        (Filling(llms=("a", "b", "c")), "LLM: only B has b, c"),
        (Filling(scored=20), "incomplete in B: a 20 of 24 scores"),
    ],
)
def test_what_differs_is_named(b: Filling, text: str) -> None:
    with two(_SAME, b) as sides:
        assert text in [difference.text for difference in held(*sides).differences]


def test_incomplete_cells_may_be_allowed_and_then_only_complete_queries_count() -> None:
    with two(_SAME, Filling(scored=20, gain=GAP)) as sides:
        found = held(*sides, gate=True, margin=0.1, allow_incomplete=True)
    assert (found.verdict, found.exit_code) == (Verdict.IMPROVED, 0)
    assert (overall(found).n, overall(found).n_dropped) == (20, 4)


def test_a_cell_just_over_the_threshold_passes_and_drops_what_is_missing() -> None:
    with two(_SAME, Filling(scored=23, gain=GAP)) as sides:
        found = held(*sides, gate=True, margin=0.1)
    assert (found.exit_code, overall(found).n, overall(found).n_dropped) == (0, 23, 1)


def test_only_seeds_that_both_have_are_averaged() -> None:
    """Seed 1 of B would add 100 to every query."""
    with two(_SAME, Filling(gain=GAP)) as (a, b):
        queries = [f"q{i:03d}" for i in range(24)]
        b.score(CELL, "popularity", dict.fromkeys(queries, 1000.0), seed=1)
        assert overall(held(a, b)).delta == pytest.approx(GAP, abs=0.05)


def test_lower_may_be_better() -> None:
    lower = Filling(direction="lower")
    with two(lower, replace(lower, gain=GAP)) as sides:
        found = held(*sides, gate=True, margin=0.1)
    assert overall(found).delta == pytest.approx(-GAP, abs=0.05)
    assert found.verdict is Verdict.REGRESSED
    assert overall(found).share_improved == 0


def test_parts_are_one_family_for_holm() -> None:
    with two(_SAME, _BETTER) as sides:
        found, fewer = held(*sides), held(*sides, by=("topic",))
    assert [(part.dimension, part.value) for part in found.slices] == [
        ("kind", "abstract"), ("kind", "concrete"), ("topic", "film"), ("topic", "food"),
    ]  # fmt: skip
    p_values = [part.p or 0.0 for part in found.slices]
    assert [part.p_holm for part in found.slices] == pytest.approx(holm(p_values))
    assert [part.n for part in found.slices] == [12, 12, 12, 12]
    assert [part.dimension for part in fewer.slices] == ["topic", "topic"]


def _crossed(index: Index, gains: dict[tuple[str, str], float], n: int = 12) -> None:
    """Two LLMs with two generators under a metric that sees the video."""
    queries = index.simple_task(n)
    index.evaluator("sharp", "sharpness", inputs=("video",))
    for llm, video in gains:
        index.llm(llm)
        index.video(video)
    for i, ((llm, video), gain) in enumerate(gains.items()):
        values = np.array(noise(0, n)) + gain + 0.01 * np.array(noise(i, n))
        cell = (llm, video, "basic", "sharp")
        index.score(cell, "sharpness", dict(zip(queries, values.tolist(), strict=True)))


def test_two_models_of_one_index_by_generator(index: Index) -> None:
    _crossed(index, {("a", "x"): 0, ("a", "y"): 0, ("b", "x"): 1, ("b", "y"): 3})
    found = held(index, index, {"llm": ("a", "b")})
    assert overall(found).delta == pytest.approx(2, abs=0.05)
    by_video = {s.value: s.delta for s in found.slices if s.dimension == "video"}
    assert by_video == {"x": pytest.approx(1, abs=0.05), "y": pytest.approx(3, abs=0.05)}
    assert found.differences == ()
    [first] = found.movers[:1]
    assert (first.llm, first.video) == ("a → b", "y"), "the cell that moved most"


def test_two_generators_of_one_index_by_llm(index: Index) -> None:
    _crossed(index, {("a", "x"): 0, ("a", "y"): 1, ("b", "x"): 0, ("b", "y"): 2})
    found = held(index, index, {"video": ("x", "y")})
    assert overall(found).delta == pytest.approx(1.5, abs=0.05)
    assert {s.value for s in found.slices if s.dimension == "llm"} == {"a", "b"}


def test_a_query_needs_every_column(index: Index) -> None:
    _crossed(index, {("a", "x"): 0, ("a", "y"): 0, ("b", "x"): 1, ("b", "y"): 3})
    index.connection.execute(
        "DELETE FROM scores WHERE llm_id = 'b' AND video_id = 'y' AND query_id = 'q000'"
    )
    found = held(index, index, {"llm": ("a", "b")}, by=("video",))
    assert (overall(found).n, overall(found).n_dropped) == (11, 1)
    assert [part.n for part in found.slices] == [12, 11]


def test_generators_are_not_compared_by_what_does_not_see_them() -> None:
    with two(_SAME, _SAME) as (a, _):
        a.video("x")
        a.video("y")
        for video in "xy":
            a.score(("a", video, "basic", POP), "popularity", {"q000": 1.0})
        with pytest.raises(UsageError, match="does not see the video"):
            held(a, a, {"video": ("x", "y")})


@pytest.mark.parametrize(
    ("wanted", "options", "message"),
    [
        ({"llm": ("a", "bb")}, {}, "--llm: 'bb' has no scores here"),
        ({"task": "popcrn"}, {}, "did you mean 'popcorn'"),
        ({"mode": "basik"}, {}, "did you mean 'basic'"),
        ({}, {"metric": "popularty"}, "did you mean 'popularity'"),
        ({}, {"evaluator": "popularty"}, "did you mean 'popularity'"),
        ({}, {"metric": "motion"}, "describes and ranks nobody"),
    ],
)
def test_unknown_names_are_said(
    wanted: dict[str, str], options: dict[str, str], message: str
) -> None:
    with two(_SAME, _SAME) as (a, b):
        for index in (a, b):
            index.evaluator("m", "motion", direction="none")
            index.score(("a", "", "basic", "m"), "motion", {"q000": 1.0})
        with pytest.raises(UsageError, match=message):
            held(a, b, wanted, **options)


def test_models_go_by_name_version_and_id(index: Index) -> None:
    queries = index.simple_task(4)
    index.evaluator(POP, "popularity")
    for key, version in (("aa11", "2024-08"), ("bb22", "2024-11")):
        index.insert("llms", llm_id=key, name="gpt", model="m", family="g", version=version)
        index.score((key, "", "basic", POP), "popularity", dict.fromkeys(queries, len(version) / 7))
    for pair in product(("aa11", "gpt #aa11", "gpt@2024-08", "g@2024-08"), ("gpt@2024-11",)):
        found = held(index, index, {"llm": pair})
        assert (found.a.llms, found.b.llms) == (("gpt@2024-08",), ("gpt@2024-11",))
    with pytest.raises(UsageError, match="'gpt' is several here: gpt #aa11, gpt #bb22"):
        held(index, index, {"llm": ("gpt", "gpt@2024-11")})


def test_the_only_llm_of_each_side_belongs_together() -> None:
    with two(_SAME, replace(_BETTER, llms=("b",))) as sides:
        found = held(*sides, gate=True, margin=0.1)
    assert (found.a.llms, found.b.llms) == (("a",), ("b",))
    assert found.verdict is Verdict.IMPROVED


def test_one_exchanged_llm_among_others_is_not_taken_for_its_successor() -> None:
    two_llms, other = Filling(llms=("a", "b")), Filling(llms=("a", "c"), gain=GAP)
    with two(two_llms, other) as sides:
        found = held(*sides, gate=True, margin=0.1)
    assert [difference.text for difference in found.differences] == [
        "LLM: only A has b", "LLM: only B has c",
    ]  # fmt: skip
    assert found.exit_code == 5
    assert (found.a.llms, found.b.llms) == (("a",), ("a",)), "the rest is compared"


def test_models_of_one_name_with_other_settings_are_told_apart() -> None:
    with two(_SAME, _BETTER) as (a, b):
        for index, key in ((a, "aaaa1111"), (b, "bbbb2222")):
            index.connection.execute("UPDATE llms SET llm_id = ?, name = 'm'", [key])
            for table in ("scores", "plan_cells"):
                index.connection.execute(f"UPDATE {table} SET llm_id = ?", [key])
        found = held(a, b, gate=True, margin=0.1)
    assert (found.a.llms, found.b.llms) == (("m #aaaa",), ("m #bbbb",))
    assert found.exit_code == 0


def test_a_metric_that_both_sides_have_is_found_by_itself() -> None:
    with two(_SAME, _BETTER) as (a, b):
        for index, name in ((a, "zzz"), (b, "aaa")):
            index.evaluator(name, name)
            index.score(("a", "", "basic", name), name, {"q000": 1.0})
        assert held(a, b).metric == "popularity"
        with pytest.raises(UsageError, match="not in b"):
            held(a, b, metric="zzz")


def test_what_rests_on_a_leak_is_the_last_choice() -> None:
    with two(_SAME, _BETTER) as (a, b):
        for index in (a, b):
            index.evaluator("disjoint", "popularity", name="popularity-disjoint")
            values = dict(zip([f"q{i:03d}" for i in range(24)], noise(3), strict=True))
            index.score(("a", "", "basic", "disjoint"), "popularity", values)
        assert held(a, b).evaluator == "popularity 1"
        a.leak("basic", POP, 3)
        assert held(a, b).evaluator == "popularity-disjoint 1"
        assert held(a, b, evaluator="popularity").differences[0].what == "leakage"


def test_tasks_are_taken_together_and_apart(index: Index) -> None:
    """Each query counts once; a task without a column of the other loses nothing."""
    index.evaluator(POP, "popularity")
    for task in (TASK, "task-9"):
        index.task([(f"q{i}", "concrete", "food") for i in range(6)], task, f"name of {task}")
        for llm, gain in (("a", 0.0), ("b", 1.0 if task == TASK else 3.0)):
            index.llm(llm)
            for i in range(6):
                index.insert(
                    "scores", task_id=task, query_id=f"q{i}", llm_id=llm, mode="basic", seed=0,
                    repeat=0, video_id="", evaluator_id=POP, metric="popularity",
                    score=gain + i * 0.01, done_at="2025-01-01",
                )  # fmt: skip
    found = held(index, index, {"llm": ("a", "b")})
    assert overall(found).n == 12
    assert overall(found).delta == pytest.approx(2.0)
    parts = {part.value: part.delta for part in found.slices}
    assert parts == {"name of task-0": pytest.approx(1.0), "name of task-9": pytest.approx(3.0)}
    alone = held(index, index, {"llm": ("a", "b"), "task": "name of task-9"})
    assert overall(alone).delta == pytest.approx(3.0)


def test_movers_are_the_largest_changes_with_what_was_made(index: Index) -> None:
    queries = index.simple_task(4)
    index.evaluator(POP, "popularity")
    for llm, values in (("a", (1.0, 1.0, 1.0, 1.0)), ("b", (1.5, -2.0, 1.0, 2.0))):
        index.llm(llm)
        scores = dict(zip(queries, values, strict=True))
        index.score((llm, "", "basic", POP), "popularity", scores)
        for query in queries:
            index.brief(query, llm, title=f"{llm} on {query}")
    found = held(index, index, {"llm": ("a", "b")}, movers=3).movers
    assert [(m.query_id, m.delta) for m in found] == [("q001", -3), ("q003", 1), ("q000", 0.5)]
    assert (found[0].text, found[0].a.title, found[0].b.title) == (
        "text of q001", "a on q001", "b on q001",
    )  # fmt: skip
    assert (found[0].a.score, found[0].b.score, found[0].a.video) == (1.0, -2.0, None)
    assert len(held(index, index, {"llm": ("a", "b")}, movers=9).movers) == 3, "one did not move"


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.tuples(st.none() | st.floats(-50, 50), st.none() | st.floats(-50, 50)),
        min_size=3,
        max_size=9,
    )
)
def test_complete_and_dropped_make_up_what_was_scored(
    values: list[tuple[float | None, float | None]],
) -> None:
    index = Index()
    queries = index.simple_task(len(values))
    index.evaluator(POP, "popularity")
    index.plan(queries, [(llm, "", "basic", POP) for llm in "ab"])
    for at, llm in enumerate("ab"):
        index.llm(llm)
        known = {q: v[at] for q, v in zip(queries, values, strict=True) if v[at] is not None}
        if known:
            index.score((llm, "", "basic", POP), "popularity", known)  # type: ignore[arg-type]  # None is ruled out
    gaps = [after - before for before, after in values if None not in (before, after)]  # type: ignore[operator]  # None is ruled out
    found = held(index, index, {"llm": ("a", "b")}, gate=True, margin=1.0)
    if gaps:
        assert overall(found).n == len(gaps)
        assert overall(found).delta == pytest.approx(np.mean(gaps), abs=1e-9)
        begun = sum(pair != (None, None) for pair in values)
        assert overall(found).n_dropped == begun - len(gaps)
    else:
        assert found.overall is None
    if len(gaps) < len(values):
        assert found.verdict is Verdict.NOT_COMPARABLE, "less than 95 % is there"
    index.connection.close()

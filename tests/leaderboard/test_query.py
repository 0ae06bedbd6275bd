"""What is read from the index is what a walk through its rows finds."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from math import inf, isfinite, nan

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from popcorn_bench.leaderboard.query import CellKey, Filter, read_counts, read_scores
from tests.leaderboard.index import TASK, Index

_LLMS, _VIDEOS, _MODES = ("a", "b"), ("", "x"), ("basic", "pe")
_EVALUATOR, _METRICS, _QUERIES = "judge", ("liking", "sense"), ("q0", "q1", "q2", "q3")
_KINDS = ("concrete", "abstract")
_ALL = Filter((TASK,))
_PLACES = st.tuples(
    st.sampled_from(_LLMS), st.sampled_from(_VIDEOS), st.sampled_from(_MODES)
)  # what tells the cells of one evaluator apart
_QUARTERS = st.integers(-40, 40).map(lambda n: n / 4)  # sums of them are exact in any order
_PERCENTILES = st.one_of(st.none(), st.sampled_from([nan, inf]), _QUARTERS)


@dataclass(frozen=True)
class Scored:
    place: tuple[str, str, str]
    query: str
    metric: str
    seed: int
    score: float
    percentile: float | None


@dataclass(frozen=True)
class Asked:
    """One line of a plan: a cell with a seed in one run."""

    run: str
    place: tuple[str, str, str]
    seed: int
    repeats: int


@dataclass(frozen=True)
class Failed:
    stage: str
    place: tuple[str, str, str]
    query: str
    seed: int
    repeat: int
    mended: bool

    @property
    def video(self) -> str:
        """A brief is made before any clip."""
        return "" if self.stage == "brief" else self.place[1]


_SCORED = st.builds(
    Scored, _PLACES, st.sampled_from(_QUERIES), st.sampled_from(_METRICS), st.integers(0, 3),
    _QUARTERS, _PERCENTILES,
)  # fmt: skip
_ASKED = st.builds(
    Asked, st.sampled_from(("r", "s", "t")), _PLACES, st.integers(0, 1), st.integers(1, 3)
)
_FAILED = st.builds(
    Failed, st.sampled_from(("brief", "video", "score")), _PLACES, st.sampled_from(_QUERIES),
    st.integers(0, 1), st.integers(0, 2), st.booleans(),
)  # fmt: skip
_RUNS = st.dictionaries(
    st.sampled_from(("r", "s", "t")), st.sets(st.sampled_from(_QUERIES)), max_size=3
)


def _made() -> Index:
    index = Index()
    index.task([(q, _KINDS[i % 2], "food") for i, q in enumerate(_QUERIES)])
    return index


def _cell(place: tuple[str, str, str]) -> CellKey:
    llm, video, mode = place
    return CellKey(TASK, llm, video, mode, _EVALUATOR)


@settings(max_examples=40, deadline=None)
@given(st.lists(_SCORED, max_size=30))
def test_scores_are_averaged_per_query(rows: list[Scored]) -> None:
    index = _made()
    found: dict[tuple[CellKey, str], dict[str, list[Scored]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for row in rows:
        llm, video, mode = row.place
        index.insert(
            "scores", task_id=TASK, query_id=row.query, llm_id=llm, video_id=video, mode=mode,
            evaluator_id=_EVALUATOR, metric=row.metric, seed=row.seed, repeat=0, score=row.score,
            percentile=row.percentile,
        )  # fmt: skip
        found[_cell(row.place), row.metric][row.query].append(row)
    read = read_scores(index.connection, _ALL, {TASK: len(_QUERIES)})
    assert read.keys() == found.keys()
    for key, by_query in found.items():
        groups = [by_query[query] for query in _QUERIES]
        given_ = [[r.percentile for r in g if isfinite(r.percentile or 0.0)] for g in groups]
        known = [[p for p in group if p is not None] for group in given_]
        np.testing.assert_array_equal(read[key].counts, [len(group) for group in groups])
        np.testing.assert_array_equal(
            read[key].scores, [_mean([r.score for r in group]) for group in groups]
        )
        np.testing.assert_array_equal(read[key].percentiles, [_mean(group) for group in known])
    index.connection.close()


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else nan


@settings(max_examples=40, deadline=None)
@given(
    st.lists(_ASKED, max_size=12),
    _RUNS,
    st.lists(_FAILED, max_size=12, unique_by=lambda f: (f.stage, f.place, f.query, f.seed)),
    st.sampled_from([None, ("basic",)]),
    st.sampled_from([None, "kind"]),
)
def test_plans_and_failures_are_counted_once(
    asked: list[Asked],
    runs: dict[str, set[str]],
    failed: list[Failed],
    modes: tuple[str, ...] | None,
    part: str | None,
) -> None:
    index = _made()
    _write(index, asked, runs, failed)
    units: dict[tuple[CellKey, str], set[tuple[str, int, int]]] = defaultdict(set)
    for ask in asked:
        if modes is None or ask.place[2] in modes:
            for query in runs.get(ask.run, ()):
                kind = _KINDS[_QUERIES.index(query) % 2] if part else ""
                units[_cell(ask.place), kind] |= {(query, ask.seed, i) for i in range(ask.repeats)}
    broken = {
        key: {unit for unit in planned if any(_breaks(fail, key[0], unit) for fail in failed)}
        for key, planned in units.items()
    }
    counts = read_counts(index.connection, Filter((TASK,), modes, part))
    assert {key: found.units for key, found in counts.planned.items()} == {
        key: len(found) for key, found in units.items()
    }
    partial = {_cell(ask.place) for ask in asked} - {
        _cell(ask.place) for ask in asked if ask.run != "r"
    }
    assert {cell for (cell, _), found in counts.planned.items() if found.partial} == {
        cell for cell, _ in units if cell in partial
    }
    assert counts.failed == {key: len(found) for key, found in broken.items() if found}
    index.connection.close()


def _write(
    index: Index, asked: list[Asked], runs: dict[str, set[str]], failed: list[Failed]
) -> None:
    """Run `r` is a limited one."""
    index.insert("evaluators", evaluator_id=_EVALUATOR, name="judge", inputs=["title"])
    for run, queries in runs.items():
        index.insert("runs", run_id=run, partial=run == "r")
        for query in queries:
            index.insert("plan_queries", run_id=run, task_id=TASK, query_id=query)
    for ask in asked:
        llm, video, mode = ask.place
        index.insert(
            "plan_cells", run_id=ask.run, task_id=TASK, llm_id=llm, video_id=video, mode=mode,
            evaluator_id=_EVALUATOR, seed=ask.seed, repeats=ask.repeats,
        )  # fmt: skip
    for fail in failed:
        llm, _, mode = fail.place
        evaluator = _EVALUATOR if fail.stage == "score" else ""
        place = {
            "video_id": fail.video, "seed": fail.seed, "repeat": fail.repeat, "mode": mode,
            "evaluator_id": evaluator,
        }  # fmt: skip
        index.failure(fail.query, llm, fail.stage, **place)
        if fail.mended:
            _mend(index, fail, place)


def _mend(index: Index, fail: Failed, place: dict[str, object]) -> None:
    table = {"brief": "briefs", "video": "videos", "score": "scores"}[fail.stage]
    unit = {**place, "task_id": TASK, "query_id": fail.query, "llm_id": fail.place[0]}
    if fail.stage != "score":
        del unit["evaluator_id"]
    if fail.stage == "brief":
        del unit["video_id"]
    if fail.stage == "video":
        unit["stage"] = "video"
    index.insert(table, **unit)


def _breaks(fail: Failed, cell: CellKey, unit: tuple[str, int, int]) -> bool:
    """Whether a failure is what keeps a cell from a unit."""
    llm, _, mode = fail.place
    here = (cell.llm_id, cell.mode, *unit) == (llm, mode, fail.query, fail.seed, fail.repeat)
    reaches = fail.stage == "brief" or (
        cell.video_id == fail.video and (fail.stage == "score" or bool(fail.video))
    )
    return here and reaches and not fail.mended


def test_tasks_of_different_sizes_are_kept_apart() -> None:
    index = Index()
    index.task([("q0", "concrete", "food"), ("q1", "concrete", "food")], task_id="short")
    index.task([(f"q{i}", "concrete", "food") for i in range(5)], task_id="long")
    for task, query in (("short", "q1"), ("long", "q1"), ("long", "q4")):
        index.insert(
            "scores", task_id=task, query_id=query, llm_id="a", video_id="", mode="basic",
            evaluator_id=_EVALUATOR, metric="liking", seed=0, repeat=0, score=float(query[1]),
        )  # fmt: skip
    read = read_scores(index.connection, Filter(("short", "long")), {"short": 2, "long": 5})
    values = {cell.task_id: found.scores for (cell, _), found in read.items()}
    np.testing.assert_array_equal(values["short"], [nan, 1.0])
    np.testing.assert_array_equal(values["long"], [nan, 1.0, nan, nan, 4.0])
    assert all(np.isnan(found.percentiles).all() for found in read.values())
    index.connection.close()


def test_an_index_without_scores_has_none(index: Index) -> None:
    index.simple_task(3)
    assert read_scores(index.connection, _ALL, {TASK: 3}) == {}

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from popcorn_bench.errors import UsageError
from popcorn_bench.tasks.task import Task
from popcorn_bench.types import BriefRules, Kind, Query


def task_of(strata: list[tuple[Kind, str]]) -> Task:
    queries = tuple(
        Query(id=f"q{i}", text=f"text {i}", kind=kind, topic=topic)
        for i, (kind, topic) in enumerate(strata)
    )
    return Task(
        name="t",
        version="1",
        task_id="0123456789abcdef",
        description="",
        queries=queries,
        templates={},
        topics=(),
        metrics=("popularity",),
        rules=BriefRules(),
        path=Path("t.yaml"),
    )


STRATA = st.lists(st.tuples(st.sampled_from(Kind), st.sampled_from("abc")), max_size=40)


def stratum(query: Query) -> tuple[Kind, str]:
    return query.kind, query.topic


@given(strata=STRATA, n=st.integers(1, 50))
def test_limited_is_even_ordered_and_deterministic(strata: list[tuple[Kind, str]], n: int) -> None:
    task = task_of(strata)
    limited = task.limited(n)
    assert len(limited.queries) == min(n, len(strata))
    assert list(limited.queries) == [q for q in task.queries if q in limited.queries]
    assert limited == task.limited(n)
    assert limited.task_id == task.task_id
    there, taken = Counter(map(stratum, task.queries)), Counter(map(stratum, limited.queries))
    for one in there:
        assert taken[one] == there[one] or taken[one] >= max(taken.values()) - 1
        firsts = [q for q in task.queries if stratum(q) == one][: taken[one]]
        assert [q for q in limited.queries if stratum(q) == one] == firsts


@given(strata=STRATA, n=st.integers(1, 50))
def test_a_larger_limit_keeps_what_a_smaller_one_took(
    strata: list[tuple[Kind, str]], n: int
) -> None:
    task = task_of(strata)
    assert {q.id for q in task.limited(n).queries} <= {q.id for q in task.limited(n + 1).queries}


def test_no_limit_is_the_task_itself_and_none_is_refused() -> None:
    task = task_of([(Kind.CONCRETE, "a")])
    assert task.limited(None) is task
    with pytest.raises(UsageError, match="--limit: 0 is below 1"):
        task.limited(0)

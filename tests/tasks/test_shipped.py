from __future__ import annotations

import re
from collections import Counter
from difflib import SequenceMatcher
from itertools import combinations

import pytest

from popcorn_bench.tasks.catalog import TaskCatalog
from popcorn_bench.tasks.task import Task
from popcorn_bench.types import Kind

TOPICS = ("anime", "food", "life hacks", "film", "games")


@pytest.fixture(scope="module", params=list(Kind))
def task(request: pytest.FixtureRequest) -> Task:
    return TaskCatalog().load(f"popcorn_{request.param}")


def test_a_hundred_queries_in_five_topics_of_twenty(task: Task) -> None:
    assert Counter(query.topic for query in task.queries) == dict.fromkeys(TOPICS, 20)
    assert {query.kind for query in task.queries} == {Kind(task.name.removeprefix("popcorn_"))}
    assert task.topics == TOPICS
    assert (task.version, task.metrics, task.groups) == ("1", ("popularity",), ("popcorn",))
    for query in task.queries:
        slug = query.topic.replace(" ", "-")
        assert re.fullmatch(rf"{query.kind}-{slug}-\d\d", query.id)


def test_queries_are_varied(task: Task) -> None:
    lengths = [len(query.text) for query in task.queries]
    assert min(lengths) >= 10
    assert max(lengths) <= 160
    assert max(lengths) >= 4 * min(lengths)
    openings = Counter(" ".join(query.text.lower().split()[:2]) for query in task.queries)
    assert max(openings.values()) <= 5


def test_no_two_queries_are_nearly_the_same() -> None:
    catalog = TaskCatalog()
    texts = [q.text.lower() for k in Kind for q in catalog.load(f"popcorn_{k}").queries]
    near = [
        (one, two)
        for one, two in combinations(texts, 2)
        if (match := SequenceMatcher(None, one, two)).quick_ratio() > 0.6 and match.ratio() > 0.6
    ]
    assert near == []


def test_the_prompt_holds_the_request_and_the_rules(task: Task) -> None:
    for query in task.queries:
        system, user = task.render("basic", query)
        assert (system.role, user.role) == ("system", "user")
        assert query.text in user.content
        assert "at most 50 characters" in user.content
        for name in ("title", "cover_prompt", "video_prompt"):
            assert f'"{name}"' in user.content
    assert len(task.rules.example_titles[0]) <= task.rules.title_max

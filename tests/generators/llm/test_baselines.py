from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from popcorn_bench.generators.llm import baselines
from popcorn_bench.generators.llm.answer import parse
from popcorn_bench.remote.response import Reply
from popcorn_bench.types import BriefRules

QUERIES = st.text(min_size=1, max_size=200).filter(lambda text: text.strip(" .!?\n\t"))


def write(name: str, query: str, seed: int = 1, title_max: int = 50) -> dict[str, str]:
    text = baselines.write(name, f"x <query>{query}</query> y", seed, title_max)
    answer: dict[str, str] = json.loads(text)
    return answer


@pytest.mark.parametrize(
    ("message", "query"),
    [
        ("Please: <query> a  cat\n</query> now", "a cat"),
        ("<query>no</query> or <query>yes</query>", "yes"),
        ("no tags at all", "no tags at all"),
        ("<query>never closed", "<query>never closed"),
    ],
)
def test_the_query_is_found_in_the_message(message: str, query: str) -> None:
    assert json.loads(baselines.write("echo", message, 1, 50))["video_prompt"] == query


def test_echo_cuts_the_title_between_words_and_the_prompts_never() -> None:
    query = "a very long query about the taste of rain on a tin roof in may"
    said = write("echo", query, title_max=20)
    assert said["title"] == "a very long query"
    assert said["cover_prompt"] == said["video_prompt"] == query
    assert write("echo", "x" * 60)["title"] == "x" * 50


def test_template_is_the_same_for_a_seed_and_varied_over_seeds() -> None:
    answers = [json.dumps(write("template", "street noodles", seed)) for seed in range(40)]
    assert answers == [json.dumps(write("template", "street noodles", s)) for s in range(40)]
    assert len(set(answers)) > 30
    assert len({json.loads(a)["title"] for a in answers}) >= 5


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("spicy noodle soup", ("counter", "stall", "kitchen", "slate")),
        ("an anime duel", ("rooftop", "alley", "cherry", "island")),
        ("a movie chase scene", ("street", "cinema", "desert", "harbour")),
        ("the final boss level", ("pixel", "arena", "dungeon", "arcade")),
        ("cleaning hacks", ("desk", "flat", "workshop", "bathroom")),
        ("zebra", ("studio", "square", "lakeside", "garden")),
    ],
)
def test_template_sets_the_scene_by_topic(query: str, words: tuple[str, ...]) -> None:
    for seed in range(8):
        assert any(word in write("template", query, seed)["video_prompt"] for word in words)


def test_template_words_an_idea_otherwise_than_a_thing() -> None:
    assert "stands for" in write("template", "why we love rain")["cover_prompt"]
    assert "stands for" not in write("template", "a red umbrella")["cover_prompt"]


@given(
    QUERIES, st.integers(0, 2**31 - 1), st.integers(1, 80), st.sampled_from(["echo", "template"])
)
def test_a_baseline_never_breaks_a_rule(query: str, seed: int, limit: int, name: str) -> None:
    text = baselines.write(name, query, seed, limit)
    said = json.loads(text)
    assert 0 < len(said["title"]) <= limit
    assert all(part for part in said.values())
    if query.isprintable() and query.isascii():
        parsed = parse(Reply(content=text, finish_reason="stop"), BriefRules(title_max=limit))
        assert parsed.breaches in {(), ("title_repaired",)}

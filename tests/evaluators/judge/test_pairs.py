"""A clip against anchors in both orders: wins, and what they hang on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from popcorn_bench.errors import AdapterError, UsageError
from popcorn_bench.evaluators.judge import JudgePairs
from popcorn_bench.evaluators.judge.pairs import level
from popcorn_bench.evaluators.protocol import Sample
from popcorn_bench.fingerprint import evaluator_id
from popcorn_bench.types import Score
from tests.evaluators.judge.eye import brighter, clip, in_turn, look, sample, winner
from tests.loopback import Answer, ChatRequest, ChatServer, Reply

Serve = Callable[[Answer], ChatServer]
ROWS = "middle.mp4,Grey skies over the town,\nnight.mp4,A walk at night,food\n"


@pytest.fixture
def anchors(tmp_path: Path) -> Path:
    return folder(tmp_path / "anchors", ROWS)


def folder(path: Path, rows: str, header: str = "file,title,topic") -> Path:
    path.mkdir(exist_ok=True)
    for name, light in {"middle": 130, "night": 20}.items():
        clip(path / f"{name}.mp4", *[light] * 6)
    (path / "anchors.csv").write_text(f"{header}\n{rows}", "utf-8")
    return path


def compare(
    server: ChatServer, anchors: Path, *samples: Sample, **settings: str
) -> list[Mapping[str, Score] | AdapterError]:
    given = pairs(server, anchors, **settings).score(samples)
    return [f if isinstance(f, AdapterError) else {s.metric: s for s in f} for f in given]


def pairs(server: ChatServer, anchors: Path, **settings: str) -> JudgePairs:
    known = {"model": "openai/eye", "api_base": server.base_url, "anchors": str(anchors)}
    return JudgePairs(JudgePairs.card(known | settings), "cpu")


def values(found: Mapping[str, Score] | AdapterError) -> tuple[float, float]:
    """Wins and flips."""
    assert not isinstance(found, AdapterError), found
    return found["judge_pairs"].value, found["judge_pairs_flips"].value


def test_a_fair_judge_ranks_clips_and_never_flips(
    serve: Serve, anchors: Path, bright: Path, dark: Path
) -> None:
    found = compare(serve(brighter), anchors, sample(bright), sample(dark))

    assert values(found[0]) == (1.0, 0.0)
    assert values(found[1]) == (0.5, 0.0)  # brighter than the night, darker than the middle


@pytest.mark.parametrize("always", ["first", "second"])
def test_a_judge_that_looks_at_the_order_alone_is_exposed(
    serve: Serve, anchors: Path, bright: Path, always: str
) -> None:
    (found,) = compare(serve(lambda _: winner(always)), anchors, sample(bright))

    assert values(found) == (0.5, 1.0)
    assert not isinstance(found, AdapterError)
    assert found["judge_pairs"].members == ((1.0, 0.0) if always == "first" else (0.0, 1.0))


def test_both_orders_are_asked_with_the_clips_changing_places(
    serve: Serve, anchors: Path, bright: Path
) -> None:
    server = serve(brighter)
    compare(server, anchors, sample(bright, topic="travel"), frames="3", connections="1")

    one, two = (look(request) for request in server.requests)  # one anchor has another topic
    assert one.system == two.system
    assert len(one.pictures) == 6
    for seen, light_first in ((one, True), (two, False)):
        halves = seen.pictures[:3], seen.pictures[3:]
        first, second = (sum(float(p.mean()) for p in half) / 3 for half in halves)
        assert (first > second) == light_first
    assert one.exhibits[0] == two.exhibits[0] == {"topic": "travel"}
    assert one.exhibits[1:] == two.exhibits[:0:-1]
    assert {"title": "Noodles at dawn"} in one.exhibits


def test_a_judge_that_likes_long_titles_is_exposed(
    serve: Serve, anchors: Path, bright: Path
) -> None:
    def longer(request: ChatRequest) -> str:
        first, second = (shown["title"] for shown in look(request).exhibits[1:])
        return winner("first" if len(first) > len(second) else "second")

    server = serve(longer)
    (short,) = compare(server, anchors, sample(bright, "N" * 18))  # below the common length
    (long,) = compare(server, anchors, sample(bright, "N" * 30, topic="travel"))

    assert not isinstance(short, AdapterError)
    assert not isinstance(long, AdapterError)
    shown = [[len(e["title"]) for e in look(r).exhibits[1:]] for r in server.requests]
    assert sorted(map(sorted, shown)) == [
        [15, 18],
        [15, 18],
        [18, 20],
        [18, 20],
        [24, 24],
        [24, 24],
    ]
    assert short["judge_pairs_longer"].value == 1.0
    assert values(short) == (0.5, 0.0)
    assert long["judge_pairs_longer"].value == 0.5
    assert values(long) == (0.5, 1.0)


@given(st.text(max_size=80), st.text(max_size=80), st.integers(20, 80))
def test_titles_are_shown_at_a_common_length(one: str, two: str, longest: int) -> None:
    cut = level(one, two, longest)

    short, long = sorted(map(len, cut))
    assert long <= longest
    assert long <= max(min(len(one), len(two)), 20)
    assert short == long or short <= min(len(one), len(two))
    for shown, whole in zip(cut, (one, two), strict=True):
        assert shown == whole or (shown[-1] == "…" and whole.startswith(shown[:-1]))


def test_a_failed_comparison_fails_the_sample_and_the_rest_is_kept(
    serve: Serve, anchors: Path, bright: Path
) -> None:
    server = serve(in_turn("hm", winner("first"), winner("second"), winner("first")))
    asked = pairs(server, anchors, connections="1", price_input="1", price_output="1")

    (first,) = asked.score([sample(bright)])
    (second,) = asked.score([sample(bright)])  # the one that failed is the fifth: "hm" again
    server.answer = lambda _: winner("first")
    (third,) = asked.score([sample(bright)])

    assert isinstance(first, AdapterError)
    assert isinstance(second, AdapterError)
    assert first.kind == second.kind == "malformed_answer"
    assert "1 of 4" in str(first)
    assert (first.cost_usd or 0) > (second.cost_usd or 0) > 0
    assert not isinstance(third, AdapterError)
    assert server.count == 4 + 1 + 1
    assert [score.value for score in third[:2]] == [0.25, 0.5]  # one choice of four
    assert third[0].cost_usd is not None
    assert third[1].cost_usd is None


@pytest.mark.parametrize("text", ['{"winner": "third"}', '{"winner": true}', '{"winner": "tie"}'])
def test_only_a_choice_is_a_choice(serve: Serve, anchors: Path, bright: Path, text: str) -> None:
    (found,) = compare(serve(lambda _: Reply(content=text)), anchors, sample(bright))

    assert isinstance(found, AdapterError)
    assert (found.kind, found.retriable) == ("malformed_answer", True)


def test_what_cannot_be_compared_is_a_failure(serve: Serve, tmp_path: Path, bright: Path) -> None:
    only = folder(tmp_path / "only", "night.mp4,At night,food\n")
    found = compare(serve(brighter), only, sample(bright, topic="sports"), sample(None))

    kinds = [one.kind if isinstance(one, AdapterError) else "" for one in found]
    assert kinds == ["no_anchor", "missing_input"]


def card(anchors: Path) -> str:
    return evaluator_id(JudgePairs.card({"model": "openai/eye", "anchors": str(anchors)}))


def test_the_anchors_are_part_of_the_identity_and_their_place_is_not(
    tmp_path: Path, anchors: Path
) -> None:
    first = card(anchors)
    assert card(folder(tmp_path / "elsewhere", ROWS)) == first
    assert card(folder(tmp_path / "retitled", ROWS.replace("Grey", "Blue"))) != first
    clip(anchors / "night.mp4", *[21] * 6)
    assert card(anchors) != first


def test_anchors_that_change_under_a_run_are_noticed(anchors: Path) -> None:
    known = {"model": "openai/eye", "api_base": "http://127.0.0.1:9/v1", "anchors": str(anchors)}
    made = JudgePairs.card(known)
    clip(anchors / "night.mp4", *[90] * 6)

    with pytest.raises(AdapterError, match="anchors changed"):
        JudgePairs(made, "cpu")
    (anchors / "anchors.csv").unlink()
    with pytest.raises(AdapterError, match=r"anchors\.csv"):
        JudgePairs(made, "cpu")


@pytest.mark.parametrize(
    ("header", "rows", "message"),
    [
        ("file,title", "gone.mp4,x\n", "anchors.csv:2: file: gone.mp4: No such file"),
        ("file,title", "../night.mp4,x\n", "anchors.csv:2: file: must be the name"),
        ("file,title", "/etc/passwd,x\n", "anchors.csv:2: file: must be the name"),
        ("file,title", "night.mp4,\n", "anchors.csv:2: title: must not be empty"),
        ("file,title", "night.mp4,a,b\n", "anchors.csv:2: more values than columns"),
        ("file,titel", "night.mp4,x\n", "titel: unknown column; did you mean 'title'?"),
        ("file", "night.mp4\n", "anchors.csv:1: title: this column is missing"),
        ("file,title", "", "holds 0 clips"),
        ("file,title", "night.mp4,x\nnight.mp4,x\n", "lists a clip twice"),
    ],
)
def test_faults_of_the_table_have_their_line(
    tmp_path: Path, header: str, rows: str, message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        card(folder(tmp_path / "faulty", rows, header))
    assert message in str(caught.value)


def test_without_anchors_it_says_what_it_needs() -> None:
    lacking = JudgePairs.missing(JudgePairs.card({"model": "hosted_vllm/eye"}))
    assert any("anchors=DIR" in phrase for phrase in lacking)
    with pytest.raises(UsageError, match="anchors"):
        JudgePairs.card({"anchors": "/nowhere/at/all"})

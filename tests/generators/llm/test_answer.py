from __future__ import annotations

import json
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from popcorn_bench.errors import AdapterError
from popcorn_bench.generators.llm.answer import Parsed, parse
from popcorn_bench.remote.response import Reply
from popcorn_bench.types import BriefRules

RULES = BriefRules(title_max=20, example_titles=("A Golden Example!",))
GOOD = {"title": "Cat drums", "cover_prompt": "a cat", "video_prompt": "a cat drums"}
TEXT = json.dumps(GOOD)
KINDS = {
    "empty_answer",
    "refusal",
    "truncated",
    "malformed_answer",
    "missing_field",
    "copied_example",
}


def read(content: str, finish: str = "stop", refusal: str = "") -> Parsed:
    return parse(Reply(content=content, finish_reason=finish, refusal=refusal), RULES)


def kind(content: str, finish: str = "stop", refusal: str = "") -> str:
    with pytest.raises(AdapterError) as caught:
        read(content, finish, refusal)
    return caught.value.kind


def either(content: str, finish: str, refusal: str) -> Parsed | AdapterError:
    try:
        return read(content, finish, refusal)
    except AdapterError as error:
        return error


@pytest.mark.parametrize(
    ("content", "breaches"),
    [
        (TEXT, ()),
        (f"\n  {TEXT}\n", ()),
        (f"```json\n{TEXT}\n```", ("code_fence",)),
        (f"Here you are:\n```\n{TEXT}\n```\nEnjoy!", ("code_fence", "extra_text")),
        (f"Sure! {TEXT}", ("extra_text",)),
        (f"Notes {{like this}} and [1].\n{TEXT}", ("extra_text",)),
        (TEXT[:-1] + ",}", ("json_repaired",)),
        (TEXT.replace('"', "'"), ("json_repaired",)),
        (TEXT[:-1], ("json_repaired",)),
        (TEXT.replace("Cat drums", 'Cat "drums"'), ("json_repaired",)),
        (json.dumps([GOOD]), ("wrapped_object",)),
        (json.dumps({"response": {"brief": GOOD}}), ("wrapped_object",)),
        (TEXT.replace("video_prompt", "videoPrompt"), ("renamed_keys",)),
        (TEXT.replace("video_prompt", "Video Prompt"), ("renamed_keys",)),
        (TEXT.replace("title", "TITLE"), ("renamed_keys",)),
        (json.dumps(GOOD | {"video_prompt": ["a cat", "drums"]}), ("joined_list",)),
        (json.dumps(GOOD | {"reasoning": "because", "n": None}), ()),
        ("<think>{}</think>" + TEXT, ()),
        ("<thinking>a</thinking> <think>b</think>" + TEXT, ()),
        ('{"title": "a draft"} was thought</think>' + TEXT, ()),
        (TEXT.replace("a cat drums", "a\ncat\tdrums"), ()),
    ],
)
def test_the_forms_that_models_write(content: str, breaches: tuple[str, ...]) -> None:
    parsed = read(content)
    assert parsed.breaches == breaches
    assert parsed.cover_prompt == "a cat"
    assert parsed.title.replace('"', "") == "Cat drums"
    assert parsed.video_prompt.split() == ["a", "cat", "drums"] or "joined_list" in breaches


@pytest.mark.parametrize(
    ("content", "finish", "refusal", "expected"),
    [
        ("", "stop", "", "empty_answer"),
        (" \n\t", "stop", "", "empty_answer"),
        ("<think>hm</think>", "stop", "", "empty_answer"),
        ("", "length", "", "truncated"),
        ("<think>hm, let me see", "length", "", "truncated"),
        (TEXT[:-9], "length", "", "truncated"),
        ("a long story", "length", "", "truncated"),
        ("a long story", "stop", "", "malformed_answer"),
        ("[1, 2]", "stop", "", "malformed_answer"),
        ("{}", "stop", "", "malformed_answer"),
        ("null", "stop", "", "malformed_answer"),
        ('{"name": "x"}', "stop", "", "malformed_answer"),
        ('{"title": "x"}', "stop", "", "missing_field"),
        (json.dumps(GOOD | {"cover_prompt": ""}), "stop", "", "missing_field"),
        (json.dumps(GOOD | {"cover_prompt": None}), "stop", "", "missing_field"),
        (json.dumps(GOOD | {"title": {"en": "x"}}), "stop", "", "missing_field"),
        (json.dumps(GOOD | {"title": "\u202e\x07"}), "stop", "", "missing_field"),
        (TEXT, "content_filter", "", "refusal"),
        ("", "content_filter", "", "refusal"),
        ("", "stop", "I won't.", "refusal"),
        ("I'm sorry, but I can't help with that.", "stop", "", "refusal"),
        ("I\u2019m unable to write this.", "stop", "", "refusal"),
        ('{"error": "I cannot assist with this request."}', "stop", "", "refusal"),
        (
            json.dumps(dict.fromkeys(GOOD, "I'm sorry, I cannot provide this.")),
            "stop",
            "",
            "refusal",
        ),
        (json.dumps(GOOD | {"title": "a golden  EXAMPLE"}), "stop", "", "copied_example"),
    ],
)
def test_what_is_no_brief_has_a_name(
    content: str, finish: str, refusal: str, expected: str
) -> None:
    assert kind(content, finish, refusal) == expected


def test_a_title_that_only_sounds_like_a_refusal_is_a_title() -> None:
    title = "I can't stop now"
    assert read(json.dumps(GOOD | {"title": title})).title == title


def test_a_complete_answer_is_taken_though_it_was_cut_off_later() -> None:
    assert read(TEXT + " and furthermo", "length").breaches == ("extra_text",)


def test_a_long_title_is_kept_as_it_was_written() -> None:
    parsed = read(json.dumps(GOOD | {"title": "x" * 21}))
    assert parsed.title == "x" * 21
    assert parsed.breaches == ("title_too_long",)
    assert read(json.dumps(GOOD | {"title": "\U0001f408" * 20})).breaches == ()


def test_the_last_of_several_answers_counts_and_the_first_of_a_list() -> None:
    other = GOOD | {"title": "Dog sings"}
    sequence = read(f"{TEXT}\nBetter:\n{json.dumps(other)}")
    assert (sequence.title, sequence.breaches) == ("Dog sings", ("several_answers", "extra_text"))
    listed = read(json.dumps([GOOD, other]))
    assert (listed.title, listed.breaches) == ("Cat drums", ("several_answers", "wrapped_object"))


def test_hostile_characters_are_removed_and_recorded() -> None:
    parsed = read(json.dumps(GOOD | {"title": "Ca\x1b[0mt \u202edrums\ud800", "x": "\ud83d"}))
    assert parsed.title == "Ca[0mt drums"
    assert parsed.breaches == ("bidi_removed", "title_repaired")
    assert read(json.dumps(GOOD | {"video_prompt": "a\x00b"})).breaches == ("prompt_repaired",)
    assert read(json.dumps(GOOD | {"title": "two\nlines"})).title == "two lines"


def test_the_cost_of_the_message_is_bounded() -> None:
    with pytest.raises(AdapterError) as caught:
        read("no " * 10_000)
    assert len(caught.value.message) < 300


_JSONISH = st.text(alphabet="{}[]\"':,\\ntilecovrpmd_`<>/ \u202e\ud800\x00", max_size=300)
_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*GOOD, "videoPrompt", "x"]) | st.text(max_size=5), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(
    content=st.text() | _JSONISH | _JSON.map(json.dumps) | _JSON.map(repr),
    finish=st.sampled_from(["stop", "length", "content_filter", "", "weird"]),
    refusal=st.sampled_from(["", "no"]),
)
@example(content="{" * 100_000, finish="stop", refusal="")
@example(content="[" * 100_000, finish="stop", refusal="")
@example(content='{"a":' * 50_000, finish="stop", refusal="")
@example(content='{"title": ' + "9" * 10_000 + "}", finish="stop", refusal="")
@example(content='{"title": "' + "\\" * 50_000, finish="stop", refusal="")
@example(content="<think></think>" * 30_000, finish="stop", refusal="")
@example(content="<think>" * 50_000, finish="stop", refusal="")
@example(content="```json" * 20_000, finish="stop", refusal="")
@example(content='{"title": "' + "' " * 20_000, finish="stop", refusal="")
@example(content='[{"title":"' * 40 + 'x"' * 900, finish="stop", refusal="")
@example(content='[{"title":"' * 140 + 'x"' * 10_000, finish="stop", refusal="")
@example(content="{" + "```json{" * 20, finish="stop", refusal="")
@example(content="I am " * 80_000, finish="stop", refusal="")
@example(content=" " * 390_000 + "{", finish="stop", refusal="")
def test_any_answer_is_a_brief_or_a_named_error_soon(
    content: str, finish: str, refusal: str
) -> None:
    started = time.thread_time()
    outcome = either(content, finish, refusal)
    assert time.thread_time() - started < 2
    if isinstance(outcome, AdapterError):
        assert outcome.kind in KINDS
        assert outcome.message.isprintable()
    else:
        parts = [outcome.title, outcome.cover_prompt, outcome.video_prompt]
        assert all(part.strip() for part in parts)
        json.dumps(parts, ensure_ascii=False).encode()
        assert "\n" not in outcome.title


@settings(max_examples=200, deadline=None)
@given(
    st.fixed_dictionaries(
        {name: st.text(min_size=1).filter(lambda t: t.strip() and t.isprintable()) for name in GOOD}
    ),
    st.sampled_from(["{}", "```json\n{}\n```", "Here: {}"]),
)
def test_what_was_written_in_json_is_what_is_read(brief: dict[str, str], frame: str) -> None:
    parsed = parse(
        Reply(content=frame.replace("{}", json.dumps(brief)), finish_reason="stop"), BriefRules()
    )
    assert parsed.cover_prompt == brief["cover_prompt"].strip()
    assert parsed.video_prompt == brief["video_prompt"].strip()

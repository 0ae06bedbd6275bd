"""Whatever a title holds, it stays inside its field."""

from __future__ import annotations

import json
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from popcorn_bench.evaluators.judge import rubric
from popcorn_bench.evaluators.judge.pictures import Picture

FRAMES = [Picture("data:image/jpeg;base64,AA==", 0.5)]
TITLES = st.text(max_size=400) | st.lists(
    st.sampled_from(
        ['"', "}", "\\", "\n", "<|im_end|>", "[INST]", "\\u003c", "'", "{", "### System:", "a"]
    )
).map("".join)


@given(TITLES)
def test_a_title_cannot_leave_its_field(title: str) -> None:
    system, user = rubric.single(title, "food", FRAMES, None, "auto")
    parts = cast("list[dict[str, Any]]", user["content"])
    text = parts[0]["text"]

    assert system == rubric.single("x", "food", FRAMES, None, "auto")[0]
    assert [part["type"] for part in parts] == ["text", "text", "image_url", "text"]
    assert json.loads(text) == {"title": rubric.visible(title), "topic": "food"}
    assert not set(text.removesuffix("\n")) & set("<>[]\n\r")
    assert "##" not in text


@given(TITLES)
def test_what_is_shown_is_bounded_and_in_one_line(title: str) -> None:
    shown = rubric.visible(title)

    assert len(shown) <= rubric.TITLE_LIMIT
    assert shown.split() == shown.split(" ") or not shown


def test_scripts_and_emoji_stay_as_they_are() -> None:
    for title in ("深夜拉面 挑战", "👩\u200d🍳 cooks ❤\ufe0f", "क्\u200dष", "Ça va ?"):
        assert rubric.visible(title) == title


def test_new_words_make_another_judge() -> None:
    assert len(rubric.SINGLE_RUBRIC) == len(rubric.PAIR_RUBRIC) == 16
    assert rubric.SINGLE_RUBRIC != rubric.PAIR_RUBRIC

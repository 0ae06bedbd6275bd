"""Texts are cut into parts that fit, and nothing is lost."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from popcorn_bench.evaluators.alignment.text import pieces


@settings(deadline=None)  # the machine may be busy
@given(st.text(max_size=300), st.integers(1, 20))
def test_parts_fit_and_hold_the_text_in_order(text: str, longest: int) -> None:
    found = pieces(text, lambda part: len(part) <= longest)
    assert all(len(part) <= longest for part in found)
    assert "".join("".join(found).split()) == "".join(text.split())
    assert all(found) or found == [""]


@settings(deadline=None)  # the machine may be busy
@given(st.lists(st.text("abc", min_size=1, max_size=5), max_size=60))
def test_words_stay_whole_where_they_fit(words: list[str]) -> None:
    found = pieces(" ".join(words), lambda part: len(part) <= 12)
    assert [word for part in found for word in part.split()] == words


def test_a_text_that_fits_is_left_alone() -> None:
    assert pieces(" a red clip ", lambda _: True) == ["a red clip"]
    assert pieces("", lambda _: False) == [""]


def test_parts_are_of_like_length() -> None:
    found = pieces("word " * 100, lambda part: len(part) <= 130)
    assert max(map(len, found)) - min(map(len, found)) <= len("word ")

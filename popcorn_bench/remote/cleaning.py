"""Text as models write it, made safe to store and to show."""

from __future__ import annotations

import re

# U+202A..U+202E and U+2066..U+2069 reorder what follows, U+200E, U+200F and U+061C nudge it.
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")
_THOUGHT = re.compile(r"\s*<(think|thinking|reasoning)>.*?(</\1>|\Z)", re.DOTALL | re.IGNORECASE)
_THOUGHT_END = re.compile(r"</(?:think|thinking|reasoning)>", re.IGNORECASE)
_THOUGHT_TAG = re.compile(r"</?(?:think|thinking|reasoning)>", re.IGNORECASE)
_BLANKS = re.compile(r"\s+")
_NOT_WORD = re.compile(r"[\W_]+")


def storable(text: str) -> str:
    """The text without lone surrogates, which no UTF-8 file can hold."""
    return _SURROGATE.sub("\ufffd", text)


def without_thoughts(text: str) -> str:
    """The text after a model's thinking aloud.

    A start tag alone means that the model was cut off while it thought; some servers send the
    end tag alone, because the start tag was part of the prompt.
    """
    start = 0
    while thought := _THOUGHT.match(text, start):
        start = thought.end()
    ends = [end.end() for end in _THOUGHT_END.finditer(text, start)]
    return text[ends[-1] if ends else start :]


def thoughts(text: str) -> str:
    """What `without_thoughts` leaves out, without its tags."""
    spoken = text[: len(text) - len(without_thoughts(text))]
    return _THOUGHT_TAG.sub("", spoken).strip()


def has_bidi(text: str) -> bool:
    """Whether invisible marks change the direction of the text."""
    return _BIDI.search(text) is not None


def clean(text: str) -> str:
    """The text without control characters, lone surrogates and marks of direction.

    Line breaks and tabs stay.
    """
    return _CONTROL.sub("", _BIDI.sub("", text.replace("\r\n", "\n"))).strip()


def one_line(text: str) -> str:
    """The text with every run of blanks made one space."""
    return _BLANKS.sub(" ", text).strip()


def excerpt(text: str, limit: int = 120) -> str:
    """The start of a text in one visible line, for messages."""
    line = one_line(clean(text[: 4 * limit]))
    return repr(line if len(line) <= limit else line[: limit - 3] + "...")


def same_words(text: str) -> str:
    """The letters and digits of a text, to compare two texts by."""
    return _NOT_WORD.sub("", text.casefold())

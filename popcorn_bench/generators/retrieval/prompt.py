"""What a `pe` template is given, and how references are cut to the context of a model."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from math import ceil

from popcorn_bench.generators.retrieval.found import Found, Label, Reference

TEXT_LIMIT = 600  # characters of one text of a reference

_ENGAGEMENT = ("likes", "views", "comments")
_BRACKETS = str.maketrans("<>", "\u2039\u203a")
_json = json.JSONEncoder(ensure_ascii=False).encode
_BREAK = 2  # tokens between two references

Entry = Mapping[str, str | int]


def values(found: Found, *, show_engagement: bool) -> dict[str, Sequence[Entry]]:
    """The variable `references` of a template: entries under `popular` and `unpopular`.

    An entry holds `title`, `cover` and `caption` where they say something, and `likes`, `views`
    and `comments` only where `show_engagement` lets them out. Texts of a corpus may come from
    anyone: they are one line, without control characters, and cannot close a tag of the prompt.
    """
    labels: tuple[Label, Label] = ("popular", "unpopular")
    return {
        label: [_entry(item, show_engagement=show_engagement) for item in found.labelled(label)]
        for label in labels
    }


def tokens(text: str) -> int:
    """An estimate of the tokens of a text, on the high side.

    Four ASCII characters, or two UTF-8 bytes of other characters, make a token: 1.5 tokens for a
    Chinese character, 2 for an emoji.
    """
    plain = len(text.encode("ascii", "ignore"))
    other = len(text.encode("utf-8", "surrogatepass")) - plain
    return ceil(plain / 4 + other / 2)


def trim(found: Found, budget_tokens: int, *, show_engagement: bool) -> Found:
    """Drop the farthest references until the others fit into `budget_tokens`.

    The budget is for the references alone: what the model's context leaves after the prompt
    without references and the answer. Popular and unpopular ones are treated alike.
    """
    near = sorted(found.references, key=lambda item: item.distance)
    room, kept = budget_tokens, set[str]()
    for item in near:
        entry = _entry(item, show_engagement=show_engagement)
        room -= tokens(_json(entry)) + _BREAK
        if room < 0:
            break
        kept.add(item.id)
    references = tuple(item for item in found.references if item.id in kept)
    lost = len(found.references) - len(references)
    return replace(found, references=references, dropped=found.dropped + lost)


def _entry(item: Reference, *, show_engagement: bool) -> Entry:
    entry: dict[str, str | int] = {**_texts(item.title, item.cover_desc, item.caption)}
    if show_engagement:
        numbers = {name: getattr(item, name) for name in _ENGAGEMENT}
        entry |= {name: number for name, number in numbers.items() if number is not None}
    return entry


@lru_cache(maxsize=20_000)  # the same texts are near many queries
def _texts(title: str, cover: str, caption: str) -> Mapping[str, str]:
    lines = {"title": _line(title), "cover": _line(cover), "caption": _line(caption)}
    return {name: line for name, line in lines.items() if line}


def _line(text: str) -> str:
    line = text[:TEXT_LIMIT]
    if not line.isprintable():
        line = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in line)
    return " ".join(line.split()).translate(_BRACKETS)

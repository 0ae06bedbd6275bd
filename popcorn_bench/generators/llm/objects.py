"""JSON objects in free text: found strictly where possible, repaired where not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

FIELDS = ("title", "cover_prompt", "video_prompt")

_OPENING = re.compile(r"[{\[]")
_NOT_LETTER = re.compile(r"[^a-z]")
_FENCE = re.compile(r"```[\w-]*")
_FIELD_OF = {name.replace("_", ""): name for name in FIELDS}
_ATTEMPTS = 200  # places where an object may start
_REPAIR_OPENINGS = 30  # the repairer recurses
_REPAIR_CHARS = 20_000
_REPAIR_WORK = 5_000_000  # and may read on from every mark: characters times marks
_MARK = re.compile(r"[^\w\s]")
_DEPTH = 3
_WIDTH = 50


@dataclass(frozen=True, slots=True)
class Found:
    """An object with at least one field of a brief.

    Attributes:
        fields: what stands under each field of a brief, as text; absent where there is none.
        renamed: whether a key was spelled otherwise than asked (`videoPrompt`).
        wrapped: whether it lay inside another object or a list.
        joined: whether a field held a list of texts.
        start: where the outermost value starts in the text.
        end: where that ends.
    """

    fields: Mapping[str, str]
    renamed: bool
    wrapped: bool
    joined: bool
    start: int
    end: int

    @property
    def complete(self) -> bool:
        """Whether every field holds text."""
        return len(self.fields) == len(FIELDS)


def strict(text: str) -> list[Found]:
    """The objects that stand as valid JSON in `text`, in order."""
    return [found for value, start, end in _values(text) for found in _search(value, start, end)]


def repaired(text: str) -> list[Found]:
    """The objects in the part of `text` that looks like JSON, after repair."""
    start = text.find("{")
    stop = text.rfind("}") + 1 or len(text)
    part = text[start:stop] if start >= 0 else ""
    if not part or not _may_repair(part):
        return []
    import json_repair

    try:
        value = json_repair.loads(part, skip_json_loads=True)
    except Exception:  # noqa: BLE001 - hostile text finds the repairer's own bugs, whatever they raise
        return []
    return list(_search(value, start, stop))


def outside(text: str, found: Found) -> tuple[bool, bool]:
    """What stands around an object: (whether there is a code fence, whether there is prose)."""
    around = text[: found.start] + "\n" + text[found.end :]
    return _FENCE.search(around) is not None, bool(_FENCE.sub("", around).strip())


def _may_repair(part: str) -> bool:
    """Whether the repairer ends soon: hostile text makes it take time with the square of it."""
    openings = part.count("{") + part.count("[")
    marks = sum(1 for _ in _MARK.finditer(part))
    work = marks * len(part)
    return openings <= _REPAIR_OPENINGS and len(part) <= _REPAIR_CHARS and work <= _REPAIR_WORK


def _values(text: str) -> Iterator[tuple[Any, int, int]]:
    """Every JSON object or list in `text` with its place; the largest from each start."""
    decoder = json.JSONDecoder(strict=False)
    position = 0
    for _ in range(_ATTEMPTS):
        opening = _OPENING.search(text, position)
        if opening is None:
            return
        start = opening.start()
        try:
            value, position = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            position = start + 1
        else:
            yield value, start, position


def _search(value: object, start: int, end: int, depth: int = 0) -> Iterator[Found]:
    """Objects with fields of a brief: `value` itself, or else those inside it."""
    if isinstance(value, dict):
        found = _found(value, start, end, wrapped=depth > 0)
        if found.fields:
            yield found
            return
    inside = value.values() if isinstance(value, dict) else value
    if depth < _DEPTH and isinstance(value, dict | list):
        for child in list(inside)[:_WIDTH]:  # type: ignore[call-overload]  # narrowed above
            yield from _search(child, start, end, depth + 1)


def _found(value: Mapping[Any, object], start: int, end: int, *, wrapped: bool) -> Found:
    named = {key: _FIELD_OF.get(_NOT_LETTER.sub("", str(key).casefold())) for key in value}
    fields: dict[str, str] = {}
    for key, name in named.items():
        text = _text(value[key])
        if name and text.strip() and (key == name or name not in fields):
            fields[name] = text
    used = {key: name for key, name in named.items() if name in fields}
    return Found(
        fields=fields,
        renamed=any(name not in value for name in fields),
        wrapped=wrapped,
        joined=any(isinstance(value[key], list) for key in used),
        start=start,
        end=end,
    )


def _text(value: object) -> str:
    """A field as text: a list of texts is joined, a number is written out, all else is ''."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        return "\n".join(value)
    return ""

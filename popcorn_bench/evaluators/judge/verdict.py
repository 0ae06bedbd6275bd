"""From what a judge said to its verdict, or to the name of what is wrong with it.

- `empty_answer`: nothing was said (may pass).
- `refusal`: the model or its provider declined.
- `truncated`: the answer was cut off before it was complete.
- `malformed_answer`: no verdict in the form asked for, or several that disagree (may pass).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError

from popcorn_bench.errors import AdapterError
from popcorn_bench.remote.cleaning import excerpt
from popcorn_bench.remote.refusals import is_apology, is_cut_off, spoken
from popcorn_bench.remote.response import Reply

LOWEST: Final = 0.0
HIGHEST: Final = 100.0
_MAX_CHARS = 100_000
_ATTEMPTS = 200  # places where an object may start


def _number(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("a flag is no number")  # noqa: TRY004 - what pydantic asks for
    return value


def _on_scale(value: float) -> float:
    if not LOWEST <= value <= HIGHEST:  # NaN too
        raise ValueError(f"must lie in [{LOWEST:g}, {HIGHEST:g}]")
    return value


def _lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


def _bare(schema: dict[str, Any]) -> None:
    """What we say of a class is not for the model: it is told by the rubric."""
    schema.pop("description", None)


class _Verdict(BaseModel):
    model_config = ConfigDict(json_schema_extra=_bare)

    reason: str


class Rating(_Verdict):
    """The answer of a judge of one clip. The reason comes first, so that it precedes the number.

    The range stands outside the schema: not every provider takes bounds.
    """

    score: Annotated[float, BeforeValidator(_number), AfterValidator(_on_scale)]


class Choice(_Verdict):
    """The answer of a judge of two clips."""

    winner: Annotated[Literal["first", "second"], BeforeValidator(_lower)]


V = TypeVar("V", Rating, Choice)


def read(reply: Reply, form: type[V]) -> V:
    """The verdict in an answer.

    Raises:
        AdapterError: of a kind that the module names.
    """
    text = spoken(reply, _MAX_CHARS)
    found = [verdict for value in _objects(text) for verdict in _fitting(value, form)]
    if found and all(_same(verdict, found[0]) for verdict in found):
        return found[0]
    if found:
        raise _malformed(f"{len(found)} verdicts that disagree", text)
    if is_cut_off(reply):
        raise AdapterError("truncated", f"cut off: {excerpt(text[-60:], 60)}; raise max_tokens")
    if is_apology(text):
        raise AdapterError("refusal", f"the model declined: {excerpt(text)}")
    raise _malformed("no verdict in the form asked for", text)


def _fitting(value: dict[str, Any], form: type[V]) -> Iterator[V]:
    """The verdict that an object holds; its reason is asked for but not needed."""
    try:
        yield form.model_validate({**value, "reason": str(value.get("reason", ""))})
    except ValidationError:
        return


def _same(one: BaseModel, two: BaseModel) -> bool:
    return one.model_dump(exclude={"reason"}) == two.model_dump(exclude={"reason"})


def _malformed(what: str, text: str) -> AdapterError:
    return AdapterError("malformed_answer", f"{what}: {excerpt(text)}", retriable=True)


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """The outermost JSON objects in a text, in order."""
    decoder = json.JSONDecoder(strict=False)
    position = 0
    for _ in range(_ATTEMPTS):
        start = text.find("{", position)
        if start < 0:
            return
        try:
            value, position = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            position = start + 1
        else:
            yield value

"""Asking a model again: its answer could not be used, and it is told why."""

from __future__ import annotations

from collections.abc import Sequence

from popcorn_bench.errors import AdapterError
from popcorn_bench.harness.limits.faults import Fault, fault_of
from popcorn_bench.types import Message

ASKED_AGAIN = "asked_again"  # a breach: the model was helped

_COMPLAINT = """\
Your last message could not be used: {why}.
Answer the request above once more. Give one JSON object with the text fields title, cover_prompt \
and video_prompt, and nothing around it."""


def asked_again(
    messages: Sequence[Message], last: AdapterError | None
) -> tuple[Sequence[Message], bool]:
    """The messages, with what was wrong where the last answer was malformed; and whether it was."""
    if last is None or fault_of(last) is not Fault.MALFORMED:
        return messages, False
    said = [Message("assistant", last.answer)] if last.answer else []
    complaint = Message("user", _COMPLAINT.format(why=last.message.rstrip(".")))
    return [*messages, *said, complaint], True

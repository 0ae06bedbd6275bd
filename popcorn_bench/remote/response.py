"""What LiteLLM returns, as far as we need it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from popcorn_bench.errors import AdapterError
from popcorn_bench.types import Usage

_MOST_TOKENS = 10**9  # of one call; no context is nearly so long


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back from a model.

    `refusal` and `reasoning` are the provider's own fields; neither is the answer.
    """

    content: str
    finish_reason: str = ""
    refusal: str = ""
    reasoning: str = ""


class ChatMessage(Protocol):
    """The assistant's message; thoughts may stand in a field of their own."""

    content: object


class Choice(Protocol):
    """One of the answers; one is asked for."""

    message: ChatMessage
    finish_reason: str | None


class Response(Protocol):
    """A chat completion."""

    choices: Sequence[Choice]
    usage: object


def reply_of(response: Response) -> Reply:
    """The answer proper.

    Raises:
        AdapterError: `bad_response` if there is none.
    """
    if not response.choices:
        raise AdapterError("bad_response", "the reply holds no choice", retriable=True)
    choice = response.choices[0]
    extra = getattr(choice.message, "provider_specific_fields", None)
    further = extra.get("refusal") if isinstance(extra, Mapping) else None
    return Reply(
        content=_text(choice.message.content),
        finish_reason=str(choice.finish_reason or ""),
        refusal=str(getattr(choice.message, "refusal", None) or further or ""),
        reasoning=_text(getattr(choice.message, "reasoning_content", None)),
    )


def usage_of(response: Response) -> Usage | None:
    """Tokens of the call; None where the server did not count them."""
    counted = getattr(response, "usage", None)
    usage = Usage(
        prompt_tokens=_count(counted, "prompt_tokens"),
        completion_tokens=_count(counted, "completion_tokens"),
    )
    return usage if usage.prompt_tokens or usage.completion_tokens else None


def _text(content: object) -> str:
    """The text of a message; some servers send it as a list of parts."""
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, Mapping)]
        return "".join(part for part in parts if isinstance(part, str))
    return content if isinstance(content, str) else ""


def _count(usage: object, name: str) -> int:
    """Tokens as the server counted them; a number that no call can have is none."""
    value = getattr(usage, name, None)
    return int(value) if isinstance(value, int | float) and 0 <= value <= _MOST_TOKENS else 0

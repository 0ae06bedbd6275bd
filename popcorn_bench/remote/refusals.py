"""How models and their providers decline, cut an answer off, or say nothing."""

from __future__ import annotations

import re

from popcorn_bench.errors import AdapterError
from popcorn_bench.remote import cleaning
from popcorn_bench.remote.response import Reply

_SHORT = 1_000
_CUT_OFF = frozenset({"length", "max_tokens"})
_FILTERED = frozenset({"content_filter", "safety", "refusal", "prohibited_content"})
_APOLOGY = re.compile(
    r"\b(?:i['\u2019]?m|i am|we are|we['\u2019]re) (?:very |really |so )?(?:sorry|unable)\b"
    r"|\b(?:sorry|i apologi[sz]e),? (?:but )?(?:i|we)\b"
    r"|\b(?:i|we) (?:can['\u2019]?t|cannot|can not|won['\u2019]?t|will not|must decline to) "
    r"(?:help|assist|provide|create|generate|produce|fulfil+|comply|write|do|support"
    r"|judge|rate|score|assess|evaluate|predict|compare|choose)\b"
    r"|\bas an ai\b"
    r"|\u62b1\u6b49|\u5bf9\u4e0d\u8d77|\u65e0\u6cd5(?:\u63d0\u4f9b|\u751f\u6210|\u534f\u52a9|\u6ee1\u8db3)",
    re.IGNORECASE,
)


def spoken(reply: Reply, longest: int) -> str:
    """What a model said after its thoughts, at most `longest` characters with them.

    Raises:
        AdapterError: `refusal` where it or its provider declined, `truncated` or `empty_answer`
            (retriable) where nothing was said.
    """
    text = cleaning.without_thoughts(reply.content[:longest]).strip()
    filtered = reply.finish_reason.lower() in _FILTERED
    if filtered or (reply.refusal.strip() and not text):
        said = reply.refusal.strip() or text
        why = "the provider filtered the answer" if filtered else "the model declined"
        raise AdapterError("refusal", f"{why}: {cleaning.excerpt(said)}" if said else why)
    if not text and is_cut_off(reply):
        raise AdapterError("truncated", "cut off before an answer began; raise max_tokens")
    if not text:
        raise AdapterError("empty_answer", "the answer is empty", retriable=True)
    return text


def is_cut_off(reply: Reply) -> bool:
    """Whether the answer met its limit of tokens."""
    return reply.finish_reason.lower() in _CUT_OFF


def is_apology(text: str) -> bool:
    """Whether a short answer declines in words."""
    return len(text) <= _SHORT and _APOLOGY.search(text) is not None

"""What a service's answer means: a refusal, a failure that may pass, one that will not."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from http import HTTPStatus

import httpx

from popcorn_bench.errors import AdapterError
from popcorn_bench.generators.remote_media.line import TooLargeError
from popcorn_bench.remote import faults
from popcorn_bench.remote.cleaning import clean, one_line

_REFUSAL = re.compile(
    r"content[ _-]?(?:policy|filter|moderation|violation)|moderat|safety|nsfw|flagged"
    r"|prohibited|sensitive|responsible ai|usage (?:guidelines|polic)|\brai[_A-Z]",
    re.IGNORECASE,
)
_PASSING = re.compile(
    r"internal|server[ _]error|overload|capacity|time[ _-]?out|unavailable|try again|throttl",
    re.IGNORECASE,
)
# A gateway without an answer (520 to 527 are Cloudflare's) cannot tell whether the server behind it
# took the job; a conflict may be with the job itself.
_UNTOLD = frozenset(
    {HTTPStatus.CONFLICT, HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT, *range(520, 528)}
)
UNKNOWN_JOB = "not_found"
_DONE = frozenset({"completed", "succeeded", "success", "done"})
_FAILED = frozenset(
    {"failed", "error", "cancelled", "canceled", "rejected", "expired", "incomplete"}
)


class AnswerError(Exception):
    """An HTTP answer that says no, in the shape that `remote.faults` reads."""

    def __init__(self, status: int, headers: Mapping[str, str], message: str) -> None:
        self.status_code, self.litellm_response_headers, self.message = status, headers, message
        super().__init__(message)


def of_call(error: Exception, model: str) -> AdapterError:
    """The failure of one call of `model`.

    Raises:
        Exception: the error itself where it looks like a bug.
    """
    if isinstance(error, AdapterError):
        return error
    for link in _links(error):
        if isinstance(link, TooLargeError):
            said = "the answer is longer than `max_mb` allows, or compressed"
            return AdapterError("too_large", said)
        if isinstance(link, httpx.UnsupportedProtocol | httpx.InvalidURL):
            said = one_line(clean(f"the service names a URL that is not followed: {link}"))
            return AdapterError("bad_url", said)
    found = faults.fault(error, model)
    if found is None:
        raise error
    if getattr(error, "status_code", 0) == HTTPStatus.GONE:
        found.kind = UNKNOWN_JOB
    if found.kind == "bad_request" and _REFUSAL.search(str(error)):
        found.kind = "refusal"
    return found


def may_be_taken(status: int, *, sent: bool) -> bool:
    """Whether a submission that raised may have been taken by the service all the same."""
    return sent and (status < HTTPStatus.MULTIPLE_CHOICES or status in _UNTOLD)


def is_done(status: str) -> bool:
    """Whether a job's file can be had."""
    return status.lower() in _DONE


def is_failed(status: str) -> bool:
    """Whether a job ended without a file."""
    return status.lower() in _FAILED


def of_failed_job(status: str, error: object, cost_usd: float | None) -> AdapterError:
    """The failure of a job that the service ended without a file."""
    facts = error if isinstance(error, Mapping) else {"message": error}
    words = [str(facts.get(name) or "") for name in ("code", "type", "message")]
    said = one_line(clean(" ".join(dict.fromkeys(word for word in words if word))))
    if _REFUSAL.search(said):
        return AdapterError("refusal", f"the service refused: {said}", cost_usd=cost_usd)
    passing = bool(_PASSING.search(said))
    what = f"the service ended the job as {status!r}: {said or 'it does not say why'}"
    return AdapterError("job_failed", what, retriable=passing, cost_usd=cost_usd)


def of_answer_without_file(answer: object) -> AdapterError:
    """The failure of a job that is done, in an answer where its file should be."""
    facts = answer if isinstance(answer, Mapping) else {}
    if facts.get("error"):
        return of_failed_job("done", facts["error"], None)
    if found := _REFUSAL.search(json.dumps(answer)):
        return AdapterError("refusal", f"the service filtered the clip ({found[0]})")
    return AdapterError("no_media", "the service is done but its answer names no file")


def _links(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found

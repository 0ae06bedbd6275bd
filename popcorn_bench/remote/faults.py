"""What LiteLLM raises, as kinds that people can act on.

LiteLLM gives most providers' faults a common exception, but not always the fitting one: a refused
connection may come as an internal server error, and a reply without choices as an IndexError of
its own. So the original exception and the status code are looked at as well.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from popcorn_bench.errors import AdapterError
from popcorn_bench.remote.cleaning import clean, one_line
from popcorn_bench.remote.providers import key_variable

_PREFIX = re.compile(r"^(?:litellm\.)?(?:\w+(?:Error|Exception|Timeout)|Timeout)\s*(?::|-)\s*")
_TRACEBACK = re.compile(r"\s*(?:Traceback \(most recent|\.? ?Handle with `litellm).*")
_KEY = re.compile(
    r"\b(?:sk|gsk|xai|hf|r8|pplx|csk|tgp|nvapi|AIza|key)[-_]?[\w*-]*[\w*]{12,}"
    r"|(?<=[?&]key=)[^&\s'\"]+|(?<=[Bb]earer )\S+"
)
# Names of exceptions of openai, httpx, httpcore and aiohttp, which need not be imported here.
_CONNECTION = frozenset(
    {"APIConnectionError", "ConnectError", "ClientConnectorError", "ClientConnectorDNSError"}
    | {"RemoteProtocolError", "ReadError", "WriteError", "ServerDisconnectedError"}
    | {"ClientOSError", "ClientPayloadError"}
)
_TIMEOUT = frozenset(
    {"APITimeoutError", "Timeout", "TimeoutError", "ReadTimeout", "ConnectTimeout"}
    | {"PoolTimeout", "WriteTimeout", "ServerTimeoutError", "SocketTimeoutError"}
)
_TOO_LONG_ANSWER = "AnswerTooLongError"  # of `bounds.py`, which is loaded with LiteLLM
_LITELLM = "litellm"
_GARBLED = re.compile(r"unable to get json response|empty or invalid response", re.IGNORECASE)
_UNREADABLE = (AttributeError, IndexError, KeyError, TypeError, ValueError)
_NO_MONEY = re.compile(r"insufficient_quota|exceeded your current quota|credit balance|billing")
_TOO_LONG = re.compile(
    r"context.{0,3}(?:length|window)|maximum context|prompt is too long|too many (?:input )?tokens",
    re.IGNORECASE,
)
_POLICY = re.compile(
    r"content[ _-](?:policy|filter|management)|safety (?:system|filter)|moderation", re.IGNORECASE
)
_NO_SCHEMA = re.compile(
    r"response[_ ]?format|json[_ ]?schema|structured.output|guided|grammar", re.IGNORECASE
)
_LONGEST_WAIT = 3_600.0
_CHAIN = 8
_PAID_FOR = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.BAD_REQUEST})
_OF_STATUS: Mapping[int, tuple[str, bool]] = {
    HTTPStatus.UNAUTHORIZED: ("authentication", False),
    HTTPStatus.PAYMENT_REQUIRED: ("quota", False),
    HTTPStatus.FORBIDDEN: ("authentication", False),
    HTTPStatus.NOT_FOUND: ("not_found", False),
    HTTPStatus.REQUEST_TIMEOUT: ("timeout", True),
    HTTPStatus.CONFLICT: ("overload", True),
    HTTPStatus.TOO_EARLY: ("overload", True),
    HTTPStatus.TOO_MANY_REQUESTS: ("rate_limit", True),
}


def fault(error: Exception, model: str) -> AdapterError | None:
    """The error of a call of `model` by its kind; None if it looks like a bug of ours."""
    kind, retriable = _kind(error)
    if not kind:
        return None
    too_long = (link for link in _chain(error) if type(link).__name__ == _TOO_LONG_ANSWER)
    said = _said(next(too_long, error))
    if kind == "authentication":
        said = f"the provider refused the key; check {key_variable(model)} ({said})"
    if kind == "bad_response":
        said = f"the reply could not be read: {said}"
    wait = _retry_after(error) if retriable else None
    return AdapterError(kind, said, retriable=retriable, retry_after=wait)


def refuses_schema(error: Exception) -> bool:
    """Whether an endpoint may have refused a request for its schema."""
    if _kind(error)[0] == "bad_request":
        return True
    return _status(error) >= HTTPStatus.BAD_REQUEST and bool(_NO_SCHEMA.search(str(error)))


def _kind(error: Exception) -> tuple[str, bool]:
    """Kind and whether the same call may succeed later; '' for what is no fault of a call."""
    below = {type(link).__name__ for link in _chain(error) if not _is_litellm(link)}
    if _TOO_LONG_ANSWER in below:
        return "bad_response", True
    own, status = type(error).__name__, _status(error)
    if (below | {own}) & _TIMEOUT:
        return "timeout", True
    if below & _CONNECTION and not _headers(error):
        return "connection", True
    if _GARBLED.search(str(error)) or _could_not_read(error):
        return "bad_response", True
    if own == "APIConnectionError":
        return "connection", True
    return _of_status(error, status) if status else ("", False)


def _all_said(error: Exception) -> str:
    """The message, and the codes that the provider's own client kept."""
    return " ".join([str(error), *(str(getattr(link, "code", "")) for link in _chain(error))])


def _could_not_read(error: Exception) -> bool:
    """Whether LiteLLM stumbled over a reply: then its own code raised, and no headers are kept."""
    return not _headers(error) and any(isinstance(e, _UNREADABLE) for e in _chain(error))


def _is_litellm(error: BaseException) -> bool:
    return type(error).__module__.partition(".")[0] == _LITELLM


def _of_status(error: Exception, status: int) -> tuple[str, bool]:
    if status in _PAID_FOR and _NO_MONEY.search(_all_said(error)):
        return "quota", False
    if status in _OF_STATUS:
        return _OF_STATUS[status]
    if status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return _bad_request(error), False
    return ("overload" if _headers(error) else "bad_response"), True


def _bad_request(error: Exception) -> str:
    name, text = type(error).__name__, _all_said(error)
    if name == "ContextWindowExceededError" or _TOO_LONG.search(text):
        return "context_overflow"
    if name == "ContentPolicyViolationError" or _POLICY.search(text):
        return "refusal"
    return "bad_request"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and those it came from."""
    for _ in range(_CHAIN):
        if error is None:
            return
        yield error
        error = error.__cause__ or error.__context__


def _status(error: Exception) -> int:
    """The HTTP status, or the one that LiteLLM made up; 0 if there is none."""
    try:
        return int(getattr(error, "status_code", 0) or 0)
    except (TypeError, ValueError):
        return 0


def _headers(error: Exception) -> Mapping[str, str]:
    """The headers of the provider's answer, empty if none came."""
    for link in _chain(error):
        response = getattr(link, "response", None)
        for found in (
            getattr(link, "litellm_response_headers", None),
            getattr(response, "headers", None),
        ):
            if found:
                return {str(name).lower(): str(value) for name, value in dict(found).items()}
    return {}


def _retry_after(error: Exception) -> float | None:
    """Seconds that the provider asked to wait: `Retry-After` as seconds or as a date."""
    headers = _headers(error)
    text = headers.get("retry-after", "").strip()
    try:
        if milliseconds := headers.get("retry-after-ms", ""):
            return _bounded(float(milliseconds) / 1_000)
        return _bounded(float(text)) if text else None
    except ValueError:
        return _until(text)


def _until(text: str) -> float | None:
    try:
        when = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return _bounded((when - datetime.now(UTC)).total_seconds())


def _bounded(seconds: float) -> float | None:
    return min(max(seconds, 0.0), _LONGEST_WAIT) if seconds == seconds else None  # noqa: PLR0124 - NaN


def _said(error: BaseException) -> str:
    """What the provider said, in one line without LiteLLM's prefixes and without keys."""
    text = one_line(clean(str(getattr(error, "message", "") or error)))
    text = _TRACEBACK.sub("", text)
    while (shorter := _PREFIX.sub("", text)) != text:
        text = shorter
    return _KEY.sub("<key>", _message_of(text)) or type(error).__name__


def _message_of(text: str) -> str:
    """The message inside an error body, or the text itself."""
    start = text.find("{")
    try:
        body, _ = json.JSONDecoder(strict=False).raw_decode(text, max(start, 0))
    except (ValueError, RecursionError):
        return text
    inner = body.get("error", body) if isinstance(body, dict) else None
    message = inner.get("message") if isinstance(inner, dict) else inner
    return message if isinstance(message, str) and message else text

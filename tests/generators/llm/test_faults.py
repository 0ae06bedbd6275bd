from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from popcorn_bench.errors import AdapterError
from tests.generators.llm.conftest import Asker
from tests.loopback import Reply

_PROVIDERS = ["openai", "hosted_vllm", "anthropic"]
_LATER = "in 90 seconds"  # told as a date when it is asked

_FAULTS = {
    "bad key": (Reply(status=401, content="Incorrect API key"), "authentication", False),
    "no right": (Reply(status=403, content="not allowed"), "authentication", False),
    "no model": (Reply(status=404, content="no such model"), "not_found", False),
    "bad": (Reply(status=400, content="that is no good"), "bad_request", False),
    "too long": (
        Reply(status=400, content="maximum context length is 4096 tokens"),
        "context_overflow",
        False,
    ),
    "policy": (
        Reply(status=400, content="content policy violation", error_code="content_policy"),
        "refusal",
        False,
    ),
    "pay first": (Reply(status=402, content="pay first"), "quota", False),
    "no money": (
        Reply(status=429, content="over quota", error_code="insufficient_quota"),
        "quota",
        False,
    ),
    "slow down": (Reply(status=429, content="slow down"), "rate_limit", True),
    "broken": (Reply(status=500, content="boom"), "overload", True),
    "busy": (Reply(status=503, content="busy"), "overload", True),
    "hung up": (Reply(hang_up=True), "connection", True),
    "a page": (Reply(raw=b"<html>It works!</html>"), "bad_response", True),
    "no choice": (Reply(raw=b'{"choices": []}'), "bad_response", True),
    "a list": (Reply(raw=b"[]"), "bad_response", True),
}


async def _failed(asker: Asker, model: str, url: str, **settings: str) -> AdapterError:
    with pytest.raises(AdapterError) as caught:
        await asker.brief(asker.entry(model, url, **settings))
    return caught.value


@pytest.mark.parametrize("provider", _PROVIDERS)
@pytest.mark.parametrize("name", _FAULTS)
async def test_a_fault_has_its_kind(asker: Asker, provider: str, name: str) -> None:
    reply, kind, retriable = _FAULTS[name]
    server = asker.server(lambda _: reply)
    error = await _failed(asker, f"{provider}/mock", server.base_url)
    assert (error.kind, error.retriable) == (kind, retriable), error.message
    assert "litellm." not in error.message
    assert "Traceback" not in error.message


@pytest.mark.parametrize("provider", _PROVIDERS)
async def test_silence_is_a_timeout(asker: Asker, provider: str) -> None:
    server = asker.server(lambda _: Reply(delay=5))
    error = await _failed(asker, f"{provider}/mock", server.base_url, timeout="0.3")
    assert (error.kind, error.retriable) == ("timeout", True)


@pytest.mark.parametrize("provider", _PROVIDERS)
async def test_nobody_there_is_a_connection(asker: Asker, provider: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    error = await _failed(asker, f"{provider}/mock", f"http://127.0.0.1:{port}/v1")
    assert (error.kind, error.retriable) == ("connection", True)


@pytest.mark.parametrize(
    ("headers", "low", "high"),
    [
        ({"Retry-After": "7"}, 7, 7),
        ({"retry-after-ms": "1500"}, 1.5, 1.5),
        ({"Retry-After": _LATER}, 1, 90),
        ({"Retry-After": "-3"}, 0, 0),
        ({"Retry-After": "1e9"}, 3600, 3600),
    ],
)
@pytest.mark.parametrize("provider", _PROVIDERS)
async def test_the_wait_that_was_asked_for_is_kept(
    asker: Asker, provider: str, headers: dict[str, str], low: float, high: float
) -> None:
    server = asker.server(
        lambda _: Reply(status=429, content="slow", headers=dict(map(_dated, headers.items())))
    )
    error = await _failed(asker, f"{provider}/mock", server.base_url)
    assert error.retry_after is not None
    assert low <= error.retry_after <= high


def _dated(header: tuple[str, str]) -> tuple[str, str]:
    name, value = header
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    return name, later if value == _LATER else value


@pytest.mark.parametrize("text", ["soon", "nan", ""])
async def test_a_wait_that_says_nothing_is_none(asker: Asker, text: str) -> None:
    reply = Reply(status=429, content="slow", headers={"Retry-After": text})
    server = asker.server(lambda _: reply)
    assert (await _failed(asker, "openai/mock", server.base_url)).retry_after is None


async def test_a_refused_key_names_its_variable_and_never_the_key(
    asker: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "my-very-secret-value")
    said = "Incorrect API key provided: my-very-secret-value and sk-proj-Abc123Abc123Abc123"
    server = asker.server(lambda _: Reply(status=401, content=said))
    error = await _failed(asker, "openai/mock", server.base_url)
    assert "check OPENAI_API_KEY" in error.message
    assert "my-very-secret-value" not in error.message
    assert "Abc123" not in error.message


async def test_a_message_is_one_line_without_control_characters(asker: Asker) -> None:
    server = asker.server(lambda _: Reply(status=400, content="one\n\x1b[31mtwo\u202e"))
    error = await _failed(asker, "openai/mock", server.base_url)
    assert error.message == "one [31mtwo"

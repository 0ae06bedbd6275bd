"""An answer may be packed, but it is not read without end."""

from __future__ import annotations

import asyncio
import gzip
import json
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from popcorn_bench.errors import AdapterError
from tests.generators.llm.conftest import Asker
from tests.loopback import Reply, brief_json

_PROVIDERS = ["openai", "hosted_vllm", "anthropic"]
_MIB = 1 << 20
_PACKED: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "deflate": zlib.compress}


def _completion() -> bytes:
    message = {"role": "assistant", "content": brief_json("a cat")}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return json.dumps({"id": "1", "object": "chat.completion", "choices": [choice]}).encode()


@pytest.mark.parametrize("coding", _PACKED)
async def test_a_packed_answer_is_read(asker: Asker, coding: str) -> None:
    packed = _PACKED[coding](_completion())
    server = asker.server(lambda _: Reply(raw=packed, headers={"content-encoding": coding}))
    brief = await asker.brief(asker.entry("openai/mock", server.base_url))
    assert "a cat" in brief.title


@pytest.mark.parametrize("provider", _PROVIDERS)
@pytest.mark.parametrize("coding", [*_PACKED, "identity"])
async def test_an_answer_that_unfolds_to_more_than_is_read_fails(
    asker: Asker, provider: str, coding: str
) -> None:
    body = _PACKED.get(coding, bytes)(b'{"a": "' + b"x" * (17 * _MIB) + b'"}')
    server = asker.server(lambda _: Reply(raw=body, headers={"content-encoding": coding}))
    with pytest.raises(AdapterError) as caught:
        await asker.brief(asker.entry(f"{provider}/mock", server.base_url))
    assert (caught.value.kind, caught.value.retriable) == ("bad_response", True)
    assert "longer than 16 MiB" in caught.value.message


async def test_an_answer_packed_otherwise_is_not_read(asker: Asker) -> None:
    server = asker.server(lambda _: Reply(raw=b"?", headers={"content-encoding": "br"}))
    with pytest.raises(AdapterError) as caught:
        await asker.brief(asker.entry("openai/mock", server.base_url))
    assert caught.value.kind == "bad_response"
    assert "packed as 'br'" in caught.value.message


@asynccontextmanager
async def _endless() -> AsyncIterator[tuple[str, list[int]]]:
    """A server whose answer never ends, and how many MiB it got rid of."""
    sent: list[int] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n")
        try:
            while True:
                writer.write(b" " * _MIB)
                await writer.drain()
                sent.append(1)
        except ConnectionError:
            pass
        finally:
            writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", sent


async def test_an_answer_without_end_is_cut_off(asker: Asker) -> None:
    async with _endless() as (url, sent):
        with pytest.raises(AdapterError) as caught:
            await asker.brief(asker.entry("openai/mock", url))
    assert caught.value.kind == "bad_response"
    assert len(sent) < 64  # what is in the buffers of the system may be more than was read

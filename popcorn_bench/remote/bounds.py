"""No answer of a model is read without end: the HTTP transport under LiteLLM, with a bound.

LiteLLM reads whatever a server sends. One that never stops, or that sends a few kilobytes which
unfold to gigabytes, would take the memory of the machine long before a call times out.
"""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator

import httpx
from litellm.llms.custom_httpx import aiohttp_transport

MOST = 16 << 20  # bytes of an answer, unfolded; a brief takes a few thousand
_EITHER = 32 + zlib.MAX_WBITS  # gzip and zlib
_CODED = frozenset({"gzip", "deflate"})
_PLAIN = frozenset({"", "identity"})


class AnswerTooLongError(httpx.TransportError):
    """An answer is longer than any that is read, or packed in a way that was not asked for."""


class _Bounded(httpx.AsyncByteStream):
    """A body, unfolded, that ends with an error where it is too long."""

    def __init__(self, body: httpx.AsyncByteStream, *, coded: bool) -> None:
        self._body = body
        self._unfold = zlib.decompressobj(_EITHER) if coded else None
        self._left = MOST

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._body:
            plain = self._plain(chunk)
            self._left -= len(plain)
            if self._left < 0:
                raise AnswerTooLongError(f"the answer is longer than {MOST >> 20} MiB")
            yield plain

    def _plain(self, chunk: bytes) -> bytes:
        if self._unfold is None:
            return chunk
        try:
            return self._unfold.decompress(chunk, self._left + 1)
        except zlib.error as error:
            raise httpx.DecodingError(str(error)) from error

    async def aclose(self) -> None:
        await self._body.aclose()


class BoundedTransport(aiohttp_transport.LiteLLMAiohttpTransport):
    """LiteLLM's transport; asks for what it can unfold itself, and bounds what comes."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; the body of its answer is bounded."""
        request.headers["accept-encoding"] = "gzip, deflate"
        response: httpx.Response = await super().handle_async_request(request)
        coding = response.headers.get("content-encoding", "").strip().lower()
        if coding not in _CODED | _PLAIN:
            await response.aclose()
            raise AnswerTooLongError(f"the answer is packed as {coding[:40]!r}")
        response.headers.pop("content-encoding", None)  # else it would be unfolded once more
        response.headers.pop("content-length", None)
        body = response.stream
        if isinstance(body, httpx.AsyncByteStream):
            response.stream = _Bounded(body, coded=coding in _CODED)
        return response


def install() -> None:
    """Make every client that LiteLLM builds from now on use it."""
    vars(aiohttp_transport)["LiteLLMAiohttpTransport"] = BoundedTransport

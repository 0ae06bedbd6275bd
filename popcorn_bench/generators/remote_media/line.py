"""The HTTP client under LiteLLM: it reads no more than it should, and knows how far a call came.

LiteLLM's own client may send a POST once more when the connection breaks, which orders and pays a
job twice, reads answers of any length, and follows redirects with most kinds of key. This one does
not.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from importlib import import_module
from typing import Any
from urllib.parse import urljoin

import httpx

_HANDLER = "litellm.llms.custom_httpx.http_handler"
_NOTHING_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
)
_MAX_REDIRECTS = 5
_HARMLESS = frozenset({"accept", "accept-encoding", "user-agent"})


class TooLargeError(httpx.TransportError):
    """An answer is longer than it may be, or compressed so that nobody knows."""


class Line(httpx.AsyncClient):
    """A client for one job.

    `sent` tells whether the last request may have reached the server, `status` what it answered
    (0 for nothing).

    Args:
        max_bytes: longest answer that is read, in bytes.
        seconds: how long the server may be silent.
    """

    def __init__(self, max_bytes: int, seconds: float) -> None:
        tls = import_module(_HANDLER).get_ssl_configuration()
        super().__init__(
            timeout=seconds,
            verify=tls,
            headers={"accept-encoding": "identity"},
            cookies=_NoCookies(),
        )
        self.max_bytes = max_bytes
        self.sent, self.status = False, 0

    def reset(self) -> None:
        """Forget the last request."""
        self.sent, self.status = False, 0

    async def send(
        self,
        request: httpx.Request,
        *,
        stream: bool = False,
        **options: Any,  # noqa: ANN401 - as httpx has it
    ) -> httpx.Response:
        """Send a request; a POST once and to one place, a GET along redirects.

        Raises:
            httpx.TransportError: also `TooLargeError`, and `ReadError` for what LiteLLM would take
                as a reason to send a POST again.
        """
        options["follow_redirects"] = False
        response = await self._sent(request, options)
        for _ in range(_MAX_REDIRECTS):
            following = _following(response) if request.method == "GET" else None
            if following is None:
                break
            await response.aclose()
            response = await self._sent(following, options)
        await self._bound(response)
        if not stream:
            await response.aread()
        return response

    async def _sent(self, request: httpx.Request, options: Mapping[str, Any]) -> httpx.Response:
        self.sent, self.status = True, 0
        try:
            response = await super().send(request, stream=True, **options)
        except _NOTHING_SENT as error:
            self.sent = False
            if isinstance(error, httpx.ConnectError):
                raise httpx.ReadError(str(error), request=request) from error
            raise
        except httpx.RemoteProtocolError as error:
            raise httpx.ReadError(str(error), request=request) from error
        self.status = response.status_code
        return response

    async def _bound(self, response: httpx.Response) -> None:
        """Cut the answer where it grows too long."""
        coded = response.headers.get("content-encoding", "identity").lower() != "identity"
        declared = response.headers.get("content-length", "")
        if coded or (declared.isdigit() and int(declared) > self.max_bytes):
            await response.aclose()
            raise TooLargeError(_too_large(self.max_bytes), request=response.request)
        body = response.stream
        if isinstance(body, httpx.AsyncByteStream):
            response.stream = _Bounded(body, self.max_bytes, response.request)


class _Bounded(httpx.AsyncByteStream):
    """A body that ends with an error where it is longer than it may be."""

    def __init__(self, body: httpx.AsyncByteStream, limit: int, request: httpx.Request) -> None:
        self._body, self._limit, self._request = body, limit, request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        read = 0
        async for chunk in self._body:
            read += len(chunk)
            if read > self._limit:
                raise TooLargeError(_too_large(self._limit), request=self._request)
            yield chunk

    async def aclose(self) -> None:
        await self._body.aclose()


class _NoCookies(httpx.Cookies):
    """Services need none, and none should wander from one to another."""

    def extract_cookies(self, response: httpx.Response) -> None:
        del response


def handler(line: Line) -> object:
    """The line as LiteLLM's endpoints take it; LiteLLM has to be loaded."""
    found = import_module(_HANDLER).AsyncHTTPHandler(follow_redirects=False)
    found.client = line
    return found


def _following(response: httpx.Response) -> httpx.Request | None:
    """The request that a redirect asks for; another host is told no key.

    Raises:
        httpx.UnsupportedProtocol: for anything but http and https, and from https to http.
    """
    request = response.request
    if not response.has_redirect_location:
        return None
    url = httpx.URL(urljoin(str(request.url), response.headers["location"]))
    allowed = {"https"} if request.url.scheme == "https" else {"http", "https"}
    if url.scheme not in allowed:
        raise httpx.UnsupportedProtocol(f"a redirect to {url.scheme!r} is not followed")
    headers: Mapping[str, str] = request.headers
    if _origin(url) != _origin(request.url):
        headers = {name: value for name, value in headers.items() if name in _HARMLESS}
    kept = {name: value for name, value in headers.items() if name != "host"}
    return httpx.Request("GET", url, headers=kept, extensions=request.extensions)


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _too_large(limit: int) -> str:
    return f"the answer is longer than {limit / 1e6:g} MB, or compressed"

"""The server: loopback only, reading only, for nobody but pages of its own address."""

from __future__ import annotations

import json
import re
import socket
import sys
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from typing import Any, ClassVar

from popcorn_bench.harness.viewing.live import Live
from popcorn_bench.harness.viewing.spans import Span, Unsatisfiable, span

LOOPBACK = ("127.0.0.1", "::1")
_ARTEFACT = re.compile(r"/artifacts/([0-9a-f]{2})/(\1[0-9a-f]{62}\.[a-z0-9]{1,5})", re.ASCII)
_POSTER = re.compile(r"/posters/([0-9a-f]{64})\.webp", re.ASCII)
_TYPES = {
    ".mp4": "video/mp4",
    ".webm": "video/webm",
    ".webp": "image/webp",
    ".png": "image/png",
    ".jpg": "image/jpeg",
}
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_CHUNK = 1 << 16
_IDLE_S = 30


class Viewer(ThreadingHTTPServer):
    """Serves one `Live` until it is shut down.

    Args:
        live: what to show.
        host: 127.0.0.1 or ::1.
        port: 0 takes one that is free.

    Raises:
        ValueError: for another host.
        OSError: where the port cannot be had.
    """

    daemon_threads = True

    def __init__(self, live: Live, host: str = LOOPBACK[0], port: int = 0) -> None:
        if host not in LOOPBACK:
            raise ValueError(f"{host} is not loopback")
        self.live = live
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), _Handler)

    def server_bind(self) -> None:
        """Bind without asking a name server who we are."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]  # stdlib types the address loosely

    @property
    def names(self) -> frozenset[str]:
        """What a request may call this host: a page of another name could be anybody's."""
        return frozenset(
            f"{name}:{self.server_port}" for name in ("127.0.0.1", "localhost", "[::1]")
        )

    @property
    def url(self) -> str:
        """Where the page is."""
        host = str(self.server_address[0])
        return f"http://{f'[{host}]' if ':' in host else host}:{self.server_port}/"

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - stdlib's
        """Say nothing of a browser that went away."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "popcorn-bench", ""
    error_content_type = "text/plain; charset=utf-8"
    error_message_format = "%(code)d\n"
    timeout = _IDLE_S
    server: Viewer
    allowed: ClassVar[str] = "GET, HEAD"

    def do_GET(self) -> None:
        """Serve the page, the progress, a clip or a poster."""
        hosts = self.headers.get_all("Host") or []
        if len(hosts) != 1 or hosts[0].strip().lower() not in self.server.names:
            return self._refuse(HTTPStatus.MISDIRECTED_REQUEST)
        path = self.path.partition("?")[0]
        if path in {"/", "/index.html"}:
            return self._text(self.server.live.page(), "text/html; charset=utf-8")
        if path == "/progress.json":
            return self._text(json.dumps(self.server.live.progress()), "application/json")
        file = self._file(path)
        return self._refuse(HTTPStatus.NOT_FOUND) if file is None else self._media(file)

    do_HEAD = do_GET  # noqa: N815 - the library's name; a body is never sent for it

    def do_POST(self) -> None:
        """Refuse what could change something."""
        self.close_connection = True  # its body is not read
        self._refuse(HTTPStatus.METHOD_NOT_ALLOWED)

    do_PUT = do_DELETE = do_PATCH = do_POST  # noqa: N815 - the library's names
    do_OPTIONS = do_TRACE = do_CONNECT = do_POST  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Keep the terminal quiet."""

    def _file(self, path: str) -> Path | None:
        """A stored file by its full name: nothing else can be asked for, however it is written."""
        live = self.server.live
        if found := _ARTEFACT.fullmatch(path):
            return live.clip(found[2])
        if found := _POSTER.fullmatch(path):
            return live.poster(found[1])
        return None

    def _text(self, text: str, kind: str) -> None:
        body = text.encode("utf-8", "replace")
        self._head(HTTPStatus.OK, kind, len(body), {"Cache-Control": "no-store"})
        if self.command != "HEAD":
            self.wfile.write(body)

    def _media(self, file: Path) -> None:
        tag = f'"{file.stem}"'
        with file.open("rb") as opened:
            size = opened.seek(0, 2)
            header = self.headers.get("Range")
            if self.headers.get("If-Range", tag) != tag:
                header = None
            try:
                part = span(header, size)
            except Unsatisfiable:
                extra = {"Content-Range": f"bytes */{size}"}
                return self._refuse(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, extra)
            headers = {"Accept-Ranges": "bytes", "ETag": tag}
            headers["Cache-Control"] = "private, max-age=31536000, immutable"
            if part:
                headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{size}"
            status = HTTPStatus.PARTIAL_CONTENT if part else HTTPStatus.OK
            sent = part or Span(0, size)
            kind = _TYPES.get(file.suffix, "application/octet-stream")
            self._head(status, kind, sent.stop - sent.start, headers)
            if self.command != "HEAD":
                opened.seek(sent.start)
                self._copy(opened.read, sent.stop - sent.start)
        return None

    def _copy(self, read: Callable[[int], bytes], left: int) -> None:
        while left and (chunk := read(min(_CHUNK, left))):
            self.wfile.write(chunk)
            left -= len(chunk)
        if left:  # the file became shorter: only an end tells the browser
            self.close_connection = True

    def _refuse(self, status: HTTPStatus, extra: dict[str, str] | None = None) -> None:
        body = f"{status.value} {status.phrase}\n".encode()
        headers = {"Allow": self.allowed} if status is HTTPStatus.METHOD_NOT_ALLOWED else {}
        self._head(status, "text/plain; charset=utf-8", len(body), headers | (extra or {}))
        if self.command != "HEAD":
            self.wfile.write(body)

    def _head(self, status: HTTPStatus, kind: str, length: int, extra: dict[str, str]) -> None:
        self.send_response(status)
        headers = _HEADERS | {"Content-Type": kind, "Content-Length": str(length)} | extra
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

"""A hub on loopback that takes what the client library sends, and writes it down."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit


@dataclass(slots=True)
class Hub:
    """`requests` are method, path and token in their order; `files` what the repository holds."""

    url: str = ""
    private: bool = False
    refuse: int = 0
    requests: list[tuple[str, str, str]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    created: list[dict[str, Any]] = field(default_factory=list)
    commits: int = 0


@contextmanager
def fake_hub(hub: Hub) -> Iterator[Hub]:
    """Serve it while the block runs."""

    class Handler(_Handler):
        state = hub

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    state: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
        pass

    def _answer(self, value: object, status: int = 200) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _noted(self) -> str:
        path = urlsplit(self.path).path
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        self.state.requests.append((self.command, path, token))
        return path

    def do_GET(self) -> None:
        path = self._noted()
        if "/tree/" in path:
            files = self.state.files.items()
            return self._answer(
                [{"type": "file", "path": n, "size": len(b), "oid": "0" * 40} for n, b in files]
            )
        name = "/".join(path.split("/")[3:5])
        info = {"id": name, "private": self.state.private, "sha": "0" * 40, "siblings": []}
        return self._answer(info)

    def do_POST(self) -> None:
        path = self._noted()
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.state.refuse:
            return self._answer({"error": "no"}, self.state.refuse)
        if path == "/api/repos/create":
            asked = json.loads(body)
            self.state.created.append(asked)
            sort = f"{asked.get('type', 'model')}s"
            owner = asked.get("organization") or asked["name"].split("/")[0]
            name = asked["name"].split("/")[-1]
            return self._answer({"url": f"{self.state.url}/{sort}/{owner}/{name}"})
        if path.endswith("/validate-yaml"):
            return self._answer({"errors": [], "warnings": []})
        if "/preupload/" in path:
            files = json.loads(body)["files"]
            return self._answer(
                {
                    "files": [
                        {"path": f["path"], "uploadMode": "regular", "shouldIgnore": False}
                        for f in files
                    ]
                }
            )
        return self._commit(body)

    def _commit(self, body: bytes) -> None:
        for line in map(json.loads, body.splitlines()):
            value = line["value"]
            if line["key"] == "file":
                self.state.files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "deletedFile":
                self.state.files.pop(value["path"], None)
        self.state.commits += 1
        oid = f"{self.state.commits:040x}"
        self._answer({"commitUrl": f"{self.state.url}/datasets/lab/board/commit/{oid}",
                      "commitOid": oid, "success": True})  # fmt: skip

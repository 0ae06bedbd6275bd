"""A hub on loopback: the calls of huggingface_hub that a download makes, with real hashes."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

COMMIT = "0123456789abcdef0123456789abcdef01234567"
Files = Mapping[str, bytes]


@dataclass
class Hub:
    """Repositories by name. `gated` ones refuse; `spoilt` files arrive other than announced."""

    repos: Mapping[str, Files]
    gated: set[str] = field(default_factory=set)
    spoilt: set[str] = field(default_factory=set)
    fetched: list[str] = field(default_factory=list)
    url: str = ""

    @contextmanager
    def serving(self) -> Iterator[Hub]:
        handler = type("Handler", (_Handler,), {"hub": self})
        with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            self.url = f"http://127.0.0.1:{server.server_port}"
            thread = threading.Thread(target=server.serve_forever, daemon=True)
            thread.start()
            try:
                yield self
            finally:
                server.shutdown()
                thread.join()


class _Handler(BaseHTTPRequestHandler):
    hub: Hub

    def log_message(self, *args: object) -> None:
        """Be quiet."""

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        path = self.path.partition("?")[0].strip("/")
        if path.startswith("api/models/"):
            repo = "/".join(path.split("/")[2:4])
            self._reply(json.dumps(_info(repo, self.hub.repos[repo])).encode(), {}, body=body)
            return
        repo, _, rest = path.partition("/resolve/")
        name = rest.partition("/")[2]
        if repo in self.hub.gated and name != "model_index.json":
            self.send_response(403)
            self.send_header("X-Error-Code", "GatedRepo")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        data = self.hub.repos[repo][name]
        if body:
            self.hub.fetched.append(name)
        headers = {"X-Repo-Commit": COMMIT, "ETag": f'"{_hash(name, data)}"'}
        sent = data[::-1] if name in self.hub.spoilt else data
        self._reply(sent, headers, body=body)

    def _reply(self, data: bytes, headers: Mapping[str, str], *, body: bool) -> None:
        self.send_response(200)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if body:
            self.wfile.write(data)


def _hash(name: str, data: bytes) -> str:
    if name.endswith(".safetensors"):
        return hashlib.sha256(data).hexdigest()
    return hashlib.sha1(f"blob {len(data)}\0".encode() + data, usedforsecurity=False).hexdigest()


def _info(repo: str, files: Files) -> dict[str, Any]:
    siblings = []
    for name, data in files.items():
        item: dict[str, Any] = {"rfilename": name, "size": len(data), "blobId": _hash(name, data)}
        if name.endswith(".safetensors"):
            item |= {
                "blobId": "0" * 40,
                "lfs": {"sha256": _hash(name, data), "size": len(data), "pointerSize": 130},
            }
        siblings.append(item)
    return {"id": repo, "modelId": repo, "sha": COMMIT, "siblings": siblings, "tags": []}

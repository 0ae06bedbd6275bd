"""`popcorn-bench doctor`."""

from __future__ import annotations

import socket
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from popcorn_bench import plugins
from tests.e2e.cli import popcorn

SECRET = "sk-a-value-that-nobody-may-see"


def _found(cwd: Path, *args: str, **env: str) -> dict[tuple[str, str], dict[str, Any]]:
    done = popcorn("doctor", "--json", *args, cwd=cwd, env=env)
    assert done.code == 0, done.err
    assert SECRET not in done.out + done.err
    return {(row["area"], row["name"]): row for row in done.json}


def test_the_embedded_default_runs_and_keys_are_told_by_name(tmp_path: Path) -> None:
    without = _found(tmp_path, "--offline")
    assert {row["state"] for (area, _), row in without.items() if area == "core"} == {"ok"}
    assert without["videos", "storyboard"]["state"] == "ok"
    assert without["codecs", "libx264 (encode)"]["state"] == "ok"
    openai = without["llms", "openai"]
    assert (openai["state"], openai["mend"]) == ("missing", "export OPENAI_API_KEY")
    assert "popcorn-bench pull ltx" in without["videos", "ltx"]["mend"]

    with_key = _found(tmp_path, "--offline", OPENAI_API_KEY=SECRET)
    assert with_key["llms", "openai"]["state"] == "ok"
    assert not list(tmp_path.iterdir())


def test_a_terminal_shows_the_same(tmp_path: Path) -> None:
    done = popcorn("doctor", "--offline", cwd=tmp_path, env={"COLUMNS": "200"})
    assert done.code == 0
    assert "export OPENAI_API_KEY" in done.out


class _Hub(BaseHTTPRequestHandler):
    def do_HEAD(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


def test_the_hub_is_reached_or_not(tmp_path: Path) -> None:
    server = HTTPServer(("127.0.0.1", 0), _Hub)
    Thread(target=server.serve_forever, daemon=True).start()
    there = f"http://127.0.0.1:{server.server_port}"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{free.getsockname()[1]}"
    assert _found(tmp_path, HF_ENDPOINT=there)["hub", "hub"]["state"] == "ok"
    server.shutdown()
    server.server_close()
    row = _found(tmp_path, HF_ENDPOINT=nowhere)["hub", "hub"]
    assert row["state"] == "missing"
    assert "cannot be reached" in row["detail"]
    assert _found(tmp_path, HF_HUB_OFFLINE="1")["hub", "hub"]["mend"] == "unset HF_HUB_OFFLINE"


def test_plugins_are_told_with_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("PLUGINS = {'tasks': {'here': '.', 'gone': '/nowhere'}}")
    found = _found(tmp_path, "--offline", **{plugins.VARIABLE: str(tmp_path / "mine.py")})
    assert found["plugins", "tasks: here"]["state"] == "ok"
    assert "neither a folder" in found["plugins", "tasks: gone"]["detail"]

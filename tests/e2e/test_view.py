"""`popcorn-bench view`: a real server, real requests, and a run beside it."""

from __future__ import annotations

import http.client
import json
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.cli import popcorn, start

_PATIENCE_S = 90


@dataclass(frozen=True, slots=True)
class View:
    """A running viewer."""

    process: subprocess.Popen[str]
    host: str
    port: int

    def ask(
        self, path: str, method: str = "GET", **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """One request; the path goes out as it stands."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        try:
            connection.putrequest(method, path, skip_host=True)
            sent = {"Host": f"127.0.0.1:{self.port}"} | {
                name.replace("_", "-"): value for name, value in headers.items()
            }
            for name, value in sent.items():
                connection.putheader(name, value)
            connection.endheaders()
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def progress(self) -> Any:
        return json.loads(self.ask("/progress.json")[2])


def _view(folder: Path, *args: str) -> View:
    process = start("view", folder, "--no-open", *args, cwd=folder.parent)
    assert process.stderr is not None
    line = process.stderr.readline()
    found = re.search(r"http://(127\.0\.0\.1|\[::1\]):(\d+)/", line)
    assert found, line + process.stderr.read()
    return View(process, found[1].strip("[]"), int(found[2]))


def _stop(view: View, number: int = signal.SIGINT) -> tuple[int, str]:
    view.process.send_signal(number)
    _, err = view.process.communicate(timeout=30)
    return view.process.returncode, err


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    done = popcorn("--tasks", "popcorn_concrete", "--llms", "echo", "--videos", "still",
                   "--limit", "1", "--evaluators", "popularity",
                   "--display", "none", cwd=folder)  # fmt: skip
    assert done.code == 0, done.err
    return folder / "results"


@pytest.fixture(scope="module")
def view(results: Path) -> Iterator[View]:
    (results / "secret.txt").write_text("secret")
    (results.parent / "secret.txt").write_text("secret")
    found = _view(results)
    yield found
    _stop(found)


@pytest.fixture(scope="module")
def clip(results: Path) -> tuple[str, bytes]:
    path = next((results / "artifacts").rglob("*.mp4"))
    return f"/artifacts/{path.parent.name}/{path.name}", path.read_bytes()


def test_the_page_is_the_board_with_a_line_of_progress(view: View) -> None:
    status, headers, body = view.ask("/")
    page = body.decode()
    assert status == 200
    assert headers["Content-Type"].startswith("text/html")
    assert "popularity" in page
    assert '<div id="live" role="status"' in page
    assert "1 of 1 briefs" in page
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    assert "unsafe" not in policy[1]
    assert "http:" not in policy[1]
    assert "connect-src &#x27;self&#x27;" in policy[1]


def test_progress_is_json(view: View) -> None:
    found = view.progress()
    assert found["state"] == "stopped"
    assert found["stages"]["briefs"] == {"done": 1, "failed": 0, "planned": 1}
    assert found["stages"]["clips"]["done"] == 1
    page = view.ask("/")[2].decode()
    assert f'data-page="{found["page"]}"' in page, "the page is of the newest results"


def test_clips_and_posters_are_served(view: View, clip: tuple[str, bytes]) -> None:
    path, content = clip
    status, headers, body = view.ask(path)
    assert (status, body) == (200, content)
    assert headers["Content-Type"] == "video/mp4"
    assert headers["Accept-Ranges"] == "bytes"
    assert headers["X-Content-Type-Options"] == "nosniff"
    poster = f"/posters/{Path(path).stem}.webp"
    for _ in range(2):  # made when it is asked for, then kept
        status, headers, body = view.ask(poster)
        assert (status, headers["Content-Type"], body[:4]) == (200, "image/webp", b"RIFF")
    assert view.ask(f"/posters/{'0' * 64}.webp")[0] == 404


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-99", 0, 100),
        ("bytes=100-", 100, None),
        ("bytes=-50", -50, None),
        ("bytes=5-5", 5, 6),
        ("bytes=0-99999999", 0, None),
    ],
)
def test_ranges_let_a_player_seek(
    view: View, clip: tuple[str, bytes], asked: str, start: int, stop: int | None
) -> None:
    path, content = clip
    status, headers, body = view.ask(path, Range=asked)
    assert status == 206
    assert body == content[start:stop]
    first = content.index(body) if start >= 0 else len(content) + start
    assert headers["Content-Range"] == f"bytes {first}-{first + len(body) - 1}/{len(content)}"
    assert int(headers["Content-Length"]) == len(body)


@pytest.mark.parametrize("asked", ["bytes=99999999-", "bytes=-0"])
def test_a_range_behind_the_end_is_told(view: View, clip: tuple[str, bytes], asked: str) -> None:
    path, content = clip
    status, headers, _ = view.ask(path, Range=asked)
    assert (status, headers["Content-Range"]) == (416, f"bytes */{len(content)}")


@pytest.mark.parametrize(
    "asked", ["bytes=5-1", "lines=1-2", "bytes=0-1,5-6", "bytes=x-y", "bytes=-"]
)
def test_what_is_no_range_gives_the_whole(view: View, clip: tuple[str, bytes], asked: str) -> None:
    path, content = clip
    status, _, body = view.ask(path, Range=asked)
    assert (status, body) == (200, content)


def test_another_version_of_a_file_is_sent_whole(view: View, clip: tuple[str, bytes]) -> None:
    path, content = clip
    status, _, body = view.ask(path, Range="bytes=0-9", If_Range='"other"')
    assert (status, body) == (200, content)


def test_head_has_the_headers_only(view: View, clip: tuple[str, bytes]) -> None:
    path, content = clip
    for asked in ("/", path, "/progress.json"):
        status, headers, body = view.ask(asked, "HEAD")
        assert (status, body) == (200, b"")
        assert int(headers["Content-Length"]) > 0
    assert int(view.ask(path, "HEAD")[1]["Content-Length"]) == len(content)


@pytest.mark.parametrize(
    "path",
    [
        "/artifacts/../secret.txt",
        "/artifacts/../../secret.txt",
        "/artifacts/%2e%2e/secret.txt",
        "/artifacts/..%2fsecret.txt",
        "/artifacts/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/artifacts/..\\secret.txt",
        "/artifacts//etc/passwd",
        "//etc/passwd",
        "/../secret.txt",
        "/posters/../index.html",
        "/journal/",
        "/popcorn.duckdb",
        "/secret.txt",
        "/artifacts/",
        "/artifacts/ab/" + "0" * 64 + ".mp4",
        "/artifacts/00/" + "0" * 64 + ".mp4%00.txt",
        "/artifacts/00/" + "0" * 64 + ".mp4\\..\\..",
        "http://evil.example/secret.txt",
    ],
)
def test_nothing_else_can_be_asked_for(view: View, path: str) -> None:
    status, _, body = view.ask(path)
    assert status == 404
    assert b"secret" not in body
    assert b"root:" not in body


def test_a_link_out_of_the_store_is_not_followed(results: Path, view: View) -> None:
    name = "cd" + "0" * 62 + ".mp4"
    link = results / "artifacts" / "cd" / name
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(results / "secret.txt")
    try:
        assert view.ask(f"/artifacts/cd/{name}")[0] == 404
    finally:
        link.unlink()


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "localhost:{port}.evil"],
)
def test_other_hosts_are_refused(view: View, host: str) -> None:
    for path in ("/", "/progress.json"):
        status, _, body = view.ask(path, Host=host.format(port=view.port))
        assert status == 421
        assert b"popularity" not in body


def test_a_request_without_a_host_is_refused(view: View) -> None:
    with socket.create_connection((view.host, view.port), timeout=20) as link:
        link.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert link.recv(64).startswith(b"HTTP/1.1 421 ")


def test_localhost_is_this_host(view: View) -> None:
    assert view.ask("/progress.json", Host=f"localhost:{view.port}")[0] == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_only_reading_is_allowed(view: View, method: str) -> None:
    status, headers, _ = view.ask("/", method)
    assert (status, headers["Allow"]) == (405, "GET, HEAD")


def test_no_other_page_may_embed_it(view: View, clip: tuple[str, bytes]) -> None:
    for path in ("/", "/progress.json", clip[0]):
        headers = view.ask(path)[1]
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert headers["X-Frame-Options"] == "DENY"
        assert "Access-Control-Allow-Origin" not in headers


def test_it_listens_on_loopback_only(view: View) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing: asks which address would be ours
            own = probe.getsockname()[0]
        except OSError:
            pytest.skip("this machine has no address but loopback")
    with pytest.raises(OSError, match=r"refused|timed out|unreachable"):
        socket.create_connection((own, view.port), timeout=2).close()


def test_imported_scores_promise_no_briefs(tmp_path: Path) -> None:
    head = "query,kind,topic,llm,video,mode,seed,metric,score"
    (tmp_path / "s.csv").write_text(f"{head}\nq1,concrete,food,a,v,basic,0,m,1\n")
    done = popcorn("results", "import", "s.csv", cwd=tmp_path)
    assert done.code == 0, done.err
    found = _view(tmp_path / "results")
    try:
        assert found.progress()["line"] == "No run is going on · 1 of 1 scores"
    finally:
        _stop(found)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_quietly(results: Path, number: int) -> None:
    found = _view(results)
    found.ask("/progress.json")
    assert _stop(found, number) == (0, "")


def test_a_taken_port_is_told(results: Path, view: View) -> None:
    done = popcorn("view", results, "--no-open", "--port", str(view.port), cwd=results.parent)
    assert done.code == 2
    assert f"--port {view.port}" in done.err
    assert len(done.err.splitlines()) == 1


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    done = popcorn("view", tmp_path / "nothing", "--no-open", cwd=tmp_path)
    assert done.code == 2


def test_the_board_appears_and_grows_while_a_run_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "results"
    folder.mkdir()
    view = _view(folder)
    try:
        page = view.ask("/")[2].decode()
        assert "The board appears here" in page
        assert view.progress()["state"] == "waiting"
        run = start("--tasks", "popcorn_concrete", "--llms", "echo,template", "--videos",
                    "storyboard", "--limit", "5", "--output-path", folder, "--display", "none",
                    cwd=tmp_path)  # fmt: skip
        seen = _watch(view, run)
        _, err = run.communicate(timeout=60)
        assert run.returncode == 0, err
        states, counts, pages = zip(*seen, strict=True)
        assert "running" in states
        assert len(set(counts)) > 2, "progress was seen to grow"
        assert len(set(pages)) > 2, "so was the board"
        last = _settled(view)
        assert last["state"] == "stopped"
        assert last["stages"]["clips"] == {"done": 10, "failed": 0, "planned": 10}
        page = view.ask("/")[2].decode()
        assert "popularity" in page
        assert "The board appears here" not in page
    finally:
        assert _stop(view)[0] == 0


def _watch(view: View, run: subprocess.Popen[str]) -> list[tuple[str, int, str]]:
    """State, number of scores and clips, and version of the page, until the run ends."""
    seen = []
    deadline = time.monotonic() + _PATIENCE_S
    while run.poll() is None and time.monotonic() < deadline:
        found = view.progress()
        page = re.search(r'data-page="([^"]*)"', view.ask("/")[2].decode())
        stages = found["stages"].values()
        assert page is not None
        seen.append((found["state"], sum(s["done"] for s in stages), page[1]))
        time.sleep(0.3)
    return seen


def _settled(view: View) -> Any:
    """Progress once the page is of the newest results."""
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        found = view.progress()
        page = view.ask("/")[2].decode()
        done = found["state"] == "stopped" and f'data-page="{found["page"]}"' in page
        if done and found["stages"] == view.progress()["stages"]:
            return view.progress()
        time.sleep(0.5)
    raise AssertionError("the page never came up to the results")

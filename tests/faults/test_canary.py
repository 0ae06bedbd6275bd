"""A key that every error echoes is found nowhere afterwards."""

from __future__ import annotations

import json
import os
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from popcorn_bench.harness import cli
from popcorn_bench.results import index
from tests.e2e.cli import popcorn
from tests.faults.zygote import Zygote
from tests.loopback import ChatRequest, ChatServer, Reply, brief_json

CANARY = "sk-canary-0f8e1d2c3b4a59687766554433221100"
_ENV = {"OPENAI_API_KEY": CANARY}
_PLAIN = ("--videos=none", "--covers=none", "--evaluators=popularity", "--limit=12")


def _echoing(request: ChatRequest) -> str | Reply:
    """Every second answer is an error that repeats what came in the headers, as servers do."""
    headers = json.dumps(dict(request.headers))
    assert CANARY in headers, "the key is to travel, and to stay out of everything else"
    match request.index % 6:
        case 0:
            return Reply(status=400, content=f"bad request with headers {headers}")
        case 1:
            return Reply(status=500, content=f"Incorrect API key provided: {CANARY}")
        case 2:
            return Reply(status=200, raw=f"<html>{headers}".encode())
        case _:
            return brief_json(request.query)


def _nowhere(folder: Path, secret: str = CANARY) -> None:
    files = _files(folder)
    assert files
    assert not [path for path in files if secret.encode() in path.read_bytes()]


def test_a_key_that_errors_echo_is_found_nowhere(zygote: Zygote, tmp_path: Path) -> None:
    with ChatServer(_echoing) as server:
        code, _, err = zygote.run(
            *("--llms=openai/mock", f"--llm-args=api_base={server.base_url}", *_PLAIN),
            *("--tasks=popcorn", "--retry-on-error=1", "--display=plain"),
            cwd=tmp_path,
            env=_ENV,
        )
        refused = _refusing(zygote, tmp_path, server)

    assert code == 3, err
    assert "bad_request" in err
    assert refused.count("check OPENAI_API_KEY") >= 1
    assert (tmp_path / "results" / "index.html").is_file()
    _nowhere(tmp_path)
    with closing(index.connect([tmp_path / "results"])) as connection:
        tables = [row[0] for row in connection.sql("SHOW TABLES").fetchall()]
        assert {"failures", "briefs", "runs"} <= set(tables)
        for table in tables:
            assert CANARY not in str(connection.table(table).fetchall())


def _refusing(zygote: Zygote, folder: Path, server: ChatServer) -> str:
    """What a refused key is told as, on the terminal."""
    server.answer = lambda _: Reply(status=401, content=f"Incorrect API key provided: {CANARY}")
    code, _, err = zygote.run(
        *("--llms=openai/other", f"--llm-args=api_base={server.base_url}", *_PLAIN),
        cwd=folder,
        env=_ENV,
    )
    assert code == 3
    return err


@pytest.mark.parametrize("way", ["flag", "environment", "file"])
def test_a_key_in_the_user_part_of_a_url_is_refused_unseen(
    zygote: Zygote, tmp_path: Path, way: str
) -> None:
    url = f"http://me:{CANARY}@127.0.0.1:9/v1"
    args, env = [*_PLAIN, "--llms=openai/mock"], {}
    if way == "flag":
        args.append(f"--llm-args=api_base={url}")
    elif way == "environment":
        env = {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": "x"}
    else:
        (tmp_path / "own").mkdir()
        (tmp_path / "own" / "llms.yaml").write_text(
            f"llms:\n  house:\n    model: openai/mock\n    params: {{api_base: '{url}'}}\n"
        )
        args += ["--include-path=own", "--llms=house"]

    code, _, _ = zygote.run(*args, cwd=tmp_path, env=env)

    (tmp_path / "own" / "llms.yaml").unlink(missing_ok=True)
    assert code == 2
    _nowhere(tmp_path)


_DEBUG = {"LITELLM_LOG": "DEBUG", "OPENAI_LOG": "debug", "HTTPX_LOG_LEVEL": "debug",
          "DATASETS_VERBOSITY": "debug", "HF_DEBUG": "1"}  # fmt: skip
_OTHER = "hf_canary0123456789abcdefABCDEF"  # of a service that is never asked
_WHOLE = ("--videos=still", "--covers=storyboard", "--limit=2", "--retry-on-error=1")


@contextmanager
def _watched_titles() -> Iterator[list[str]]:
    """The command lines and names of all processes that are seen meanwhile."""
    seen: dict[str, None] = {}
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.02):
            for number in filter(str.isdecimal, os.listdir("/proc")):  # noqa: PTH208 - names are all
                for name in ("cmdline", "comm"):
                    with suppress(OSError):  # it has ended meanwhile
                        title = Path("/proc", number, name).read_bytes()
                        seen.setdefault(title.decode("utf-8", "replace"))

    watcher = threading.Thread(target=watch)
    watcher.start()
    found: list[str] = []
    try:
        yield found
    finally:
        over.set()
        watcher.join()
        found += seen


def test_a_whole_run_with_debug_logs_tells_no_key(tmp_path: Path) -> None:
    """Fresh processes, every stage, every logger as loud as it goes, and all that is made of it."""
    env = {**_ENV, **_DEBUG, "HF_TOKEN": _OTHER, "AWS_SECRET_ACCESS_KEY": _OTHER}
    told = []
    with ChatServer(_echoing) as server, _watched_titles() as titles:
        asked = ("--llms=openai/mock,echo", f"--llm-args=openai/mock:api_base={server.base_url}")
        ran = popcorn(*asked, *_WHOLE, cwd=tmp_path, env=env)
        assert ran.code == 3, ran.err
        told.append(ran)
        for args in (
            ("retry", "results", "--json"),
            ("leaderboard", "results", "--html=page", "--inline-videos=1"),
            ("results", "export", "results", "--format=json", "--to=exported"),
            ("publish", "results", "--to=published", "--with-clips=1"),
            ("ls", "llms", "--json"),
        ):
            told.append(popcorn(*args, cwd=tmp_path, env=env))  # noqa: PERF401 - each takes long
    assert server.count
    for secret in (CANARY, _OTHER):
        assert not [done for done in told if secret in done.out + done.err]
        assert not [title for title in titles if secret in title]
        assert not [p for p in _files(tmp_path) if secret.encode() in p.read_bytes()]
    assert any("popcorn_bench" in title for title in titles), "the watcher saw the run"
    assert list((tmp_path / "published").rglob("*.mp4"))


def test_a_run_that_is_killed_with_debug_logs_tells_no_key(tmp_path: Path) -> None:
    """What a run leaves behind that had no time to clean up, and the run that goes on from it.

    Its streams are files: nobody reads a pipe meanwhile, and loud logs would fill it and block.
    """
    loud = {**_ENV, **_DEBUG, "HF_TOKEN": _OTHER, "AWS_SECRET_ACCESS_KEY": _OTHER}
    with ChatServer(_echoing, delay=0.1) as server, Zygote(loud) as zygote:
        args = ("--llms=openai/mock,echo", f"--llm-args=openai/mock:api_base={server.base_url}")
        started = zygote.start(*args, *_WHOLE, "--limit=6", cwd=tmp_path)
        _until(lambda: server.count > 4 or not started.is_running())
        assert started.is_running(), started.err.read_text()
        os.kill(started.pid, signal.SIGKILL)
        assert zygote.wait(started) == -signal.SIGKILL
        assert list((tmp_path / "results" / "journal").glob("*.jsonl"))
        _nowhere(tmp_path)
        code, _, err = zygote.run(*args, *_WHOLE, "--limit=6", cwd=tmp_path)
        assert code == 3, err
    assert started.err.stat().st_size > 10_000, "the logs were loud"
    _nowhere(tmp_path, _OTHER)
    _nowhere(tmp_path)


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


_REFUSED = (
    "api_key={key}",
    "extra_headers={{'Authorization': 'Bearer {key}'}}",
    "headers=Authorization: {key}",
    "openai/mock:api_key={key}",
    "extra_body.api_key={key}",
    "api_base=http://127.0.0.1:9/{key}",
    "organization={key}",
)


@pytest.mark.parametrize("setting", _REFUSED)
@pytest.mark.parametrize("way", ["flag", "file"])
def test_a_key_as_a_setting_is_refused_unseen(
    zygote: Zygote, tmp_path: Path, setting: str, way: str
) -> None:
    text = setting.format(key=CANARY)
    args = [*_PLAIN, "--llms=openai/mock"]
    if way == "flag":
        args.append(f"--llm-args={text}")
    else:
        name, _, value = re.sub("^openai/mock:", "", text).partition("=")
        own = {"llms": {"house": {"model": "openai/mock", "params": {name: value}}}}
        (tmp_path / "own").mkdir()
        (tmp_path / "own" / "llms.yaml").write_text(json.dumps(own))
        args += ["--include-path=own", "--llms=house"]

    code, _, _ = zygote.run(*args, cwd=tmp_path, env=_ENV)

    (tmp_path / "own" / "llms.yaml").unlink(missing_ok=True)
    assert code == 2
    _nowhere(tmp_path)


def test_the_traceback_of_a_bug_tells_no_key(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(**_: object) -> None:
        raise RuntimeError(f"cannot send Authorization: Bearer {CANARY} to http://me:pw@host/")

    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    monkeypatch.setattr(cli.cli, "main", broken)
    with pytest.raises(SystemExit, match="1"):
        cli.main()
    told = capsys.readouterr().err
    assert "Traceback" in told
    assert "<OPENAI_API_KEY>" in told
    assert CANARY not in told
    assert "me:pw" not in told

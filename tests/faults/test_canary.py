"""A key that every error echoes is found nowhere afterwards."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from popcorn_bench.results import index
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


def _nowhere(folder: Path) -> None:
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    hits = [path for path in files if CANARY.encode() in path.read_bytes()]
    assert not hits


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

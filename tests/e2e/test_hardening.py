"""What a reviewer tried to break the command with."""

from __future__ import annotations

import fcntl
import json
import os
import re
import signal
import termios
import time
from array import array
from pathlib import Path
from typing import TextIO

import pytest

from tests.e2e.cli import popcorn, start

_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_ESCAPE = "\x1b]0;evil\x07\u202e"


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hardening") / "results"
    ended = popcorn(
        "--limit", "1", "--videos", "none", "--evaluators", "popularity", "--display", "none",
        "--output-path", folder, cwd=folder.parent,
    )  # fmt: skip
    assert ended.code == 0, ended.err
    return folder


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_before_the_run_begins_is_an_interrupt(
    tmp_path: Path, number: signal.Signals
) -> None:
    config = tmp_path / "config.yaml"
    os.mkfifo(config)
    process = start("--config", config, cwd=tmp_path)
    with config.open("w") as pipe:  # opens when the command has opened it, too
        pipe.write("# more is to come\n")
        pipe.flush()
        _wait_until_read(pipe)
        process.send_signal(number)
        _, err = process.communicate(timeout=250)
    assert process.returncode == 130
    assert "Traceback" not in err


def test_where_no_llm_can_be_called_the_plan_says_so(tmp_path: Path) -> None:
    plan = popcorn("--dry-run", "--limit", "1", "--llms", "openai/x", cwd=tmp_path)
    assert plan.code == 2
    assert "OPENAI_API_KEY" in plan.out + plan.err
    assert "Traceback" not in plan.err


def test_what_stands_in_a_folder_steers_no_terminal(done: Path, tmp_path: Path) -> None:
    journal = tmp_path / "strange" / "journal"
    journal.mkdir(parents=True)
    [written] = (done / "journal").glob("*.jsonl")
    records = [json.loads(line) for line in written.read_text("utf-8").splitlines()]
    lines = [json.dumps(_named(record)) for record in records]
    path = journal / f"{written.stem}{_ESCAPE}.jsonl"
    path.write_text("\n".join([*lines, "damaged", "torn"]), "utf-8")
    for command in (["leaderboard"], ["ls", "runs"], ["costs"], ["retry", "--display", "none"]):
        told = popcorn(*command, journal.parent, cwd=tmp_path)
        assert told.code in {0, 3}, told.err
        assert not _STEERING.search(told.out + told.err), command


def test_a_file_name_in_a_fault_steers_no_terminal(tmp_path: Path) -> None:
    (tmp_path / f"{_ESCAPE}.yaml").write_text("task: [")
    told = popcorn("validate", f"{_ESCAPE}.yaml", cwd=tmp_path)
    assert told.code == 2
    assert not _STEERING.search(told.out + told.err)


def test_a_page_that_is_a_link_is_replaced_and_not_followed(done: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.write_text("what I would not lose")
    page = done / "index.html"
    page.unlink()
    page.symlink_to(mine)
    assert popcorn("retry", done, "--display", "none", cwd=tmp_path).code == 0
    assert mine.read_text() == "what I would not lose"
    assert not page.is_symlink()
    assert page.read_bytes().startswith(b"<!doctype html>")


def test_a_folder_without_scores_is_exported(tmp_path: Path) -> None:
    journal = tmp_path / "results" / "journal"
    journal.mkdir(parents=True)
    (journal / "20260101T000000-abcdef.jsonl").write_text("{}\n")
    told = popcorn("results", "export", "results", "--format", "csv", "--to", "out", cwd=tmp_path)
    assert told.code == 0, told.err
    assert (tmp_path / "out" / "cells.csv").read_text().startswith("task,")


def _wait_until_read(pipe: TextIO) -> None:
    """Wait until a pipe is empty: who reads it waits for the rest."""
    unread = array("i", [1])
    while unread[0]:
        fcntl.ioctl(pipe, termios.FIONREAD, unread)
        time.sleep(0.01)


def _named(record: dict[str, object]) -> dict[str, object]:
    """A record whose names end with what a terminal would obey."""
    if record["t"] == "run":
        return {**record, "version": f"1{_ESCAPE}"}
    data = record.get("data")
    if record["t"] in {"llm", "task", "evaluator", "generator"} and isinstance(data, dict):
        return {**record, "data": {**data, "name": f"{data['name']}{_ESCAPE}"}}
    return record

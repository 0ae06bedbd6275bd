"""A results folder of a stranger, or one that was damaged: its journal, its index, its settings."""

from __future__ import annotations

import json
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from popcorn_bench.results import index
from tests.fuzz.campaign import SOAK, Tally, campaign, picked
from tests.fuzz.hostile import deep, spoiled, texts, torn
from tests.fuzz.pen import Ended, Pen

_BY_HAND = {
    "deep": b"[" * 100_000 + b"\n",
    "deep object": b'{"t":' * 50_000 + b"\n",
    "long number": b'{"t":"unit","place":[' + b"9" * 100_000 + b"]}\n",
    "zeros": bytes(1_000_000) + b"\n",
    "no line end": b"x" * 10_000_000,
    "many lines": b"\n" * 200_000,
    "other": b'{"t":"of a later version","x":1}\n' * 1000,
    "constants": b'{"t":"unit","data":NaN,"place":Infinity}\n',
    "twice": b'{"t":"run","t":"end","run":"a","run":"b"}\n',
    "surrogate": b'{"t":"run","run":"\\ud800","at":"2026-01-01","spec":{}}\n',
    "not text": bytes(range(128, 256)) * 100 + b"\n",
}
_DAMAGE = ("empty", "zeros", "text", "cut", "flipped", "folder", "other tables", "old tables",
           "no tables", "another folder's")  # fmt: skip


@cache
def _lines(folder: Path) -> list[bytes]:
    (journal,) = (folder / "journal").glob("*.jsonl")
    return journal.read_bytes().splitlines(keepends=True)


@cache
def _kinds(folder: Path) -> dict[str, dict[str, Any]]:
    """One record of each kind."""
    records = [json.loads(line) for line in _lines(folder)]
    return {f"{r['t']} {r.get('stage', '')}": r for r in records}


def _written(folder: Path, lines: list[bytes]) -> Path:
    results = folder / "results"
    (results / "journal").mkdir(parents=True)
    (results / "journal" / "20260101T000000-000000.jsonl").write_bytes(b"".join(lines))
    return results


_WAYS = (
    ("leaderboard", "results", "--json"),
    ("ls", "runs", "results", "--json"),
    ("results", "rebuild", "results"),
    ("retry", "results", "--dry-run"),
)


def _readers(
    pen: Pen, tally: Tally, folder: Path, *, whole: bool = False, inputs: int = 1
) -> list[Ended]:
    """The commands that read a results folder: nothing in it may break one of them."""
    (journal,) = (folder / "results" / "journal").glob("*.jsonl")
    return [
        tally.command(
            pen.run(*args, cwd=folder), codes={0, 2, 3}, inputs=inputs * (args == _WAYS[0])
        )
        for args in (_WAYS if whole else picked(_WAYS, journal.read_bytes()))
    ]


@campaign(6, 120)
@given(data=st.data())
def test_spoiled_records(pen: Pen, tally: Tally, results: Path, data: st.DataObject) -> None:
    """One at a time, or several of one stranger: a line must not hide what the next one does."""
    kinds = _kinds(results)
    one = st.sampled_from(sorted(kinds)).flatmap(lambda name: spoiled(kinds[name]))
    records = data.draw(st.one_of(one.map(lambda r: [r]), st.lists(one, min_size=2, max_size=8)))
    lines = [json.dumps(r).encode("utf-8", "surrogatepass") + b"\n" for r in records]
    with pen.place() as folder:
        _written(folder, [*_lines(results), *lines])
        _readers(pen, tally, folder, inputs=len(lines))


@campaign(4, 150)
@given(data=st.data())
def test_torn_journals(pen: Pen, tally: Tally, results: Path, data: st.DataObject) -> None:
    with pen.place() as folder:
        _written(folder, [data.draw(torn(b"".join(_lines(results))))])
        _readers(pen, tally, folder)


@pytest.mark.parametrize("name", _BY_HAND)
def test_lines_by_hand(pen: Pen, tally: Tally, results: Path, name: str) -> None:
    with pen.place() as folder:
        lines = _lines(results)
        _written(folder, [*lines[:-1], _BY_HAND[name], lines[-1]])
        assert _readers(pen, tally, folder, whole=SOAK)[0].code == 0


@pytest.mark.parametrize("levels", [7, 9, 600])
def test_deep_specs(pen: Pen, tally: Tally, results: Path, levels: int) -> None:
    first, *lines = _lines(results)
    run = json.loads(first)
    run["spec"] |= {"llm_args": deep(levels)}
    with pen.place() as folder:
        _written(folder, [json.dumps(run).encode() + b"\n", *lines])
        assert tally.command(pen.run(*_WAYS[-1], cwd=folder)).code == 2


@campaign(2, 40)
@given(levels=st.integers(1, 990), name=texts())
def test_deep_and_odd_specs(pen: Pen, tally: Tally, results: Path, levels: int, name: str) -> None:
    lines = _lines(results)
    run = json.loads(lines[0])
    run["spec"] |= {"llms": [name], "llm_args": deep(levels)}
    with pen.place() as folder:
        _written(folder, [json.dumps(run).encode() + b"\n", *lines[1:]])
        _readers(pen, tally, folder)


def _damage(path: Path, how: str) -> None:
    """Put something else in the place of the index."""
    whole = path.read_bytes()
    path.unlink()
    match how:
        case "folder":
            path.mkdir()
        case "other tables":
            _tables(path, "CREATE TABLE briefs (x INTEGER); CREATE TABLE runs AS SELECT 1 AS a")
        case "old tables":
            sql = "CREATE TABLE migrations (name VARCHAR, applied_at TIMESTAMP)"
            _tables(path, f"{sql}; INSERT INTO migrations VALUES ('0001_tables.sql', now())")
        case "no tables":
            _tables(path, "SELECT 1")
        case "another folder's":
            path.write_bytes(whole)
            _tables(
                path, "UPDATE journal_files SET file = 'x.jsonl'; UPDATE briefs SET title = 'x'"
            )
        case _:
            cut = {"empty": b"", "zeros": bytes(len(whole)), "text": b"x" * 9999}
            flipped = whole[:9000] + bytes(b ^ 255 for b in whole[9000:9400]) + whole[9400:]
            path.write_bytes({**cut, "cut": whole[: len(whole) // 2], "flipped": flipped}[how])


def _tables(path: Path, sql: str) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute(sql)


@pytest.fixture(scope="session")
def right(pen: Pen, results: Path) -> Any:
    """The rows of the board."""
    with pen.place() as folder:
        shown = pen.run("leaderboard", results, "--json", cwd=folder)
        assert shown.code == 0, shown.err
        return json.loads(shown.out)["rows"]


@pytest.mark.parametrize("how", _DAMAGE)
def test_a_damaged_index_changes_no_board(
    pen: Pen, tally: Tally, results: Path, right: Any, how: str
) -> None:
    with pen.place() as folder:
        shutil.copytree(results, folder / "results")
        _damage(folder / "results" / index.FILE, how)
        board = tally.command(pen.run("leaderboard", "results", "--json", cwd=folder), codes={0})
        assert json.loads(board.out)["rows"] == right


@campaign(3, 80)
@given(data=st.data())
def test_a_torn_index(pen: Pen, tally: Tally, results: Path, data: st.DataObject) -> None:
    whole = (results / index.FILE).read_bytes()
    at = data.draw(st.integers(0, len(whole)))
    with pen.place() as folder:
        shutil.copytree(results / "journal", folder / "results" / "journal")
        spoilt = data.draw(torn(whole[at : at + 512]))
        (folder / "results" / index.FILE).write_bytes(whole[:at] + spoilt + whole[at + 512 :])
        args = ("leaderboard", "results", "--json")
        board = tally.command(pen.run(*args, cwd=folder), codes={0, 1})
        if board.code == 1:
            assert "results rebuild" in board.err
            mended = pen.run("results", "rebuild", "results", cwd=folder)
            tally.command(mended, codes={0}, inputs=0)
            tally.command(pen.run(*args, cwd=folder), codes={0}, inputs=0)

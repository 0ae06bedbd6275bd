from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from popcorn_bench.errors import UsageError
from popcorn_bench.results import index
from popcorn_bench.results.definitions import evaluator_record
from popcorn_bench.results.journal import journal_files
from popcorn_bench.results.records import failure_record, unit_record
from popcorn_bench.results.store import Store
from popcorn_bench.types import Direction, EvaluatorCard, Input, Metric, Stage
from tests.values import BRIEF, FAILURE, SCORES, VIDEO, unit


def _write(folder: Path, run: str, *records: dict[str, object]) -> None:
    with Store(folder) as store, store.writing(run):
        for record in records:
            store.write(record)


def _counts(folder: Path) -> dict[str, int]:
    tables = ("briefs", "videos", "scores", "failures", "open_failures")
    with closing(index.connect([folder])) as connection:
        return {t: connection.table(t).count("*").fetchall()[0][0] for t in tables}


def _all(run: str) -> list[dict[str, object]]:
    return [
        unit_record(unit(Stage.BRIEF, "1" * 64), BRIEF, run, reused=False),
        unit_record(unit(Stage.VIDEO, "2" * 64, video_id="v"), VIDEO, run, reused=True),
        unit_record(unit(Stage.SCORE, "3" * 64, evaluator_id="e"), SCORES, run, reused=False),
        failure_record(unit(Stage.BRIEF, "4" * 64, query_id="q2"), FAILURE, run),
    ]


_ANOTHER = unit(key="5" * 64, query_id="q9")
_EXPECTED = {"briefs": 1, "videos": 1, "scores": 1, "failures": 1, "open_failures": 1}


def test_records_become_rows(tmp_path: Path) -> None:
    _write(tmp_path, "run-1", *_all("run-1"))

    assert _counts(tmp_path) == _EXPECTED
    with closing(index.connect([tmp_path])) as connection:
        brief = connection.sql(
            "SELECT title, breaches, completion_tokens, cost_usd, reused FROM briefs"
        ).fetchall()
    assert brief == [("Noodles at dawn", ["json_repaired"], 20, 0.001, False)]


def test_an_answer_that_is_no_unicode_is_indexed_all_the_same(tmp_path: Path) -> None:
    odd = replace(BRIEF, raw="half a pair: \ud83c, and a null: \0")
    _write(tmp_path, "run-1", unit_record(unit(key="1" * 64), odd, "run-1", reused=False))

    with closing(index.connect([tmp_path])) as connection:
        raw = connection.sql("SELECT raw FROM briefs").fetchall()
    assert raw == [("half a pair: ?, and a null: \0",)]


def test_each_line_is_read_once(tmp_path: Path) -> None:
    _write(tmp_path, "run-1", *_all("run-1"))
    _counts(tmp_path)
    _write(tmp_path, "run-2", unit_record(_ANOTHER, BRIEF, "run-2", reused=False))

    assert _counts(tmp_path) == {**_EXPECTED, "briefs": 2}
    assert _counts(tmp_path) == {**_EXPECTED, "briefs": 2}


def test_definitions_are_kept_once_and_in_order(tmp_path: Path) -> None:
    names = ["motion", "flicker", "sharpness", "exposure", "colourfulness", "freeze"]
    metrics = tuple(Metric(name=n, description="", direction=Direction.NONE) for n in names)
    card = EvaluatorCard(name="e", version="1", inputs=(Input.VIDEO,), metrics=metrics)
    for run in ("run-1", "run-2"):
        _write(tmp_path, run, evaluator_record(card), evaluator_record(card))
        with closing(index.connect([tmp_path])) as connection:
            rows = connection.sql("SELECT metric FROM metrics ORDER BY rowid").fetchall()
        assert [name for (name,) in rows] == names


def test_a_torn_line_is_read_when_it_is_whole(tmp_path: Path) -> None:
    _write(tmp_path, "run-1", *_all("run-1"))
    (path,) = journal_files(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-10])
    assert _counts(tmp_path)["failures"] == 0

    path.write_bytes(whole)
    assert _counts(tmp_path) == _EXPECTED


def test_damaged_lines_are_counted_and_hide_nothing_else(tmp_path: Path) -> None:
    _write(tmp_path, "run-1", *_all("run-1"))
    (path,) = journal_files(tmp_path)
    first, *rest = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([b"XX" + first[2:], *rest]))

    assert _counts(tmp_path) == {**_EXPECTED, "briefs": 0}
    with closing(index.connect([tmp_path])) as connection:
        assert index.damaged(connection) == [("run-1.jsonl", 1)]


def test_a_success_mends_a_failure(tmp_path: Path) -> None:
    failed = unit(Stage.BRIEF, "4" * 64, query_id="q2")
    _write(tmp_path, "run-1", *_all("run-1"))
    _write(tmp_path, "run-2", unit_record(failed, BRIEF, "run-2", reused=False))

    assert _counts(tmp_path)["open_failures"] == 0


def test_the_index_can_be_deleted_and_rebuilt(tmp_path: Path) -> None:
    _write(tmp_path, "run-1", *_all("run-1"))
    (tmp_path / index.FILE).write_bytes(b"not a database" * 100)
    assert _counts(tmp_path) == _EXPECTED  # read from the journal instead

    index.rebuild(tmp_path)

    assert _counts(tmp_path) == _EXPECTED
    with duckdb.connect(str(tmp_path / index.FILE), read_only=True) as connection:
        assert connection.table("briefs").count("*").fetchall() == [(1,)]


def test_several_folders_make_one_board_where_each_place_counts_once(tmp_path: Path) -> None:
    for name in ("a", "b"):
        _write(tmp_path / name, f"run-{name}", *_all(f"run-{name}"))
    _write(tmp_path / "b", "run-c", unit_record(_ANOTHER, BRIEF, "run-c", reused=False))

    with closing(index.connect([tmp_path / "a", tmp_path / "b"])) as connection:
        rows = connection.sql("SELECT query_id, run_id FROM briefs ORDER BY query_id").fetchall()
    assert rows == [("q1", "run-b"), ("q9", "run-c")]


def test_records_of_another_version_and_nonsense_are_counted_not_fatal(tmp_path: Path) -> None:
    good = unit_record(_ANOTHER, BRIEF, "run-1", reused=False)
    _write(
        tmp_path,
        "run-1",
        {"t": "unit"},
        {**good, "stage": "smell"},
        {**good, "at": "noon"},
        {"t": "of a later version"},
        {**good, "key": "not hex"},
        {"t": "llm", "data": {"name": "x"}},
        {"t": "mode", "data": {"mode": ["x"], "name": "y", "settings": {}}},
        {"t": "end", "run": ["x"], "at": "2026-01-01T00:00:00", "status": "finished"},
        {**good, "data": {**good["data"], "a_later_field": 1}},
    )
    with Store(tmp_path) as store:
        assert store.result(_ANOTHER) == BRIEF
    with closing(index.connect([tmp_path])) as connection:
        assert connection.table("briefs").count("*").fetchall() == [(1,)]
        assert index.damaged(connection) == [("run-1.jsonl", 6)]


def test_someone_who_keeps_the_file_open_blocks_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "_PATIENCE_S", 0.2)
    _write(tmp_path, "run-1", *_all("run-1"))
    index.sync(tmp_path)
    code = (
        f"import duckdb; c = duckdb.connect({str(tmp_path / index.FILE)!r});"
        "print('open', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        _write(tmp_path, "run-2", unit_record(_ANOTHER, BRIEF, "run-2", reused=False))
        counts = _counts(tmp_path)
        other.communicate("\n")

    assert counts == {**_EXPECTED, "briefs": 2}


def test_a_folder_without_results_is_said_to_have_none(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no results there"):
        index.connect([tmp_path])


def test_the_schema_is_sql_that_runs() -> None:
    with duckdb.connect() as connection:
        connection.execute(index.schema())
        assert connection.table("planned").columns[0] == "task_id"


def test_a_run_that_is_read_after_its_end_has_its_status(tmp_path: Path) -> None:
    run: dict[str, object] = {"t": "run", "run": "run-1", "at": "2026-01-01T00:00:00", "spec": {}}
    end: dict[str, object] = {
        "t": "end",
        "run": "run-1",
        "at": "2026-01-01T00:01:00",
        "status": "finished",
    }
    _write(tmp_path, "run-1", run, *_all("run-1"), end)

    with closing(index.connect([tmp_path])) as connection:
        assert connection.sql("SELECT status FROM runs").fetchall() == [("finished",)]

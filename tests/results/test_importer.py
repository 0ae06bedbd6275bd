from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from popcorn_bench.errors import FileError
from popcorn_bench.fingerprint import mode_id
from popcorn_bench.results import index
from popcorn_bench.results.definitions import mode_record
from popcorn_bench.results.import_csv import COLUMNS
from popcorn_bench.results.importer import import_scores
from popcorn_bench.results.journal import journal_files
from popcorn_bench.results.store import Store
from popcorn_bench.types import Mode

_ROW = "q1,concrete,food,m,ltx,basic,0,rating,4.5"


def _csv(folder: Path, *rows: str, header: str = ",".join(COLUMNS)) -> Path:
    path = folder / "scores.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def _query(folder: Path, sql: str) -> Sequence[tuple[Any, ...]]:
    with closing(index.connect([folder])) as connection:
        return connection.execute(sql).fetchall()


def test_scores_land_with_their_names(tmp_path: Path) -> None:
    path = _csv(tmp_path, _ROW, "q2,abstract,film,m,ltx,basic,1,rating,-2e-1")

    assert import_scores(path, tmp_path / "results", "mine") == (2, 0)

    rows = _query(
        tmp_path / "results",
        "SELECT task, query, kind, topic, llm, video, mode, seed, metric, score "
        "FROM named_scores ORDER BY query",
    )
    assert rows == [
        ("mine", "q1", "concrete", "food", "m", "ltx", "basic", 0, "rating", 4.5),
        ("mine", "q2", "abstract", "film", "m", "ltx", "basic", 1, "rating", -0.2),
    ]


def test_the_same_file_again_adds_nothing(tmp_path: Path) -> None:
    path, results = _csv(tmp_path, _ROW), tmp_path / "results"
    import_scores(path, results, "mine")

    assert import_scores(path, results, "mine") == (0, 1)
    assert len(journal_files(results)) == 1


def test_a_second_file_joins_the_first(tmp_path: Path) -> None:
    results = tmp_path / "results"
    import_scores(_csv(tmp_path, _ROW), results, "mine")
    import_scores(_csv(tmp_path, _ROW.replace("q1", "q2")), results, "mine")

    assert _query(results, "SELECT count(*), count(DISTINCT task_id) FROM scores") == [(2, 1)]
    assert _query(results, "SELECT count(DISTINCT query_id) FROM planned") == [(2,)]


def test_scores_join_a_mode_of_the_same_name(tmp_path: Path) -> None:
    mode = Mode(name="pe", settings={"references": 50})
    with Store(tmp_path / "results") as store, store.writing("run-1"):
        store.write(mode_record(mode))
    import_scores(_csv(tmp_path, _ROW.replace("basic", "pe")), tmp_path / "results", "mine")

    assert _query(tmp_path / "results", "SELECT mode, mode_name FROM named_scores") == [
        (mode_id(mode), "pe")
    ]


def test_rows_without_video_judge_the_brief(tmp_path: Path) -> None:
    results = tmp_path / "results"
    import_scores(_csv(tmp_path, _ROW.replace("ltx", "")), results, "mine")

    assert _query(results, "SELECT sees_video FROM evaluators") == [(False,)]
    assert _query(results, "SELECT video_id FROM scores") == [("",)]


@pytest.mark.parametrize(
    ("rows", "header", "message"),
    [
        ([_ROW.replace("4.5", "nan")], None, r":2: score: 'nan' is not a finite number"),
        ([_ROW, _ROW.replace(",0,", ",x,")], None, r":3: seed: 'x' is not an integer"),
        ([_ROW.replace("concrete", "solid")], None, r":2: kind: 'solid' is not"),
        ([_ROW.replace("food", "")], None, r":2: topic: is empty"),
        ([_ROW + ",more"], None, r":2: has another number of cells"),
        ([_ROW, _ROW.replace("4.5", "1")], None, r":3: score: this place has the score 4.5"),
        (
            [_ROW, _ROW.replace(",0,", ",1,").replace("food", "film")],
            None,
            r":3: topic: query 'q1'",
        ),
        ([_ROW, _ROW.replace("q1", "q2").replace("ltx", "")], None, r":3: video: 'rating' has"),
        ([], None, r":1: holds no row"),
        ([], ",".join(COLUMNS).replace("llm", "lm"), r":1: llm: missing column; did you mean 'lm'"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(
    tmp_path: Path, rows: list[str], header: str | None, message: str
) -> None:
    path = _csv(tmp_path, *rows, header=header or ",".join(COLUMNS))

    with pytest.raises(FileError, match=message):
        import_scores(path, tmp_path / "results", "mine")

    assert not (tmp_path / "results").exists()


@given(data=st.binary(max_size=200))
def test_any_bytes_are_scores_or_a_clear_error(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    folder = tmp_path_factory.mktemp("bytes")
    path = folder / "scores.csv"
    path.write_bytes(",".join(COLUMNS).encode() + b"\n" + data)

    with suppress(FileError):
        added, there = import_scores(path, folder / "results", "mine")
        assert added + there <= data.count(b"\n") + 1

"""Corpora from files that a YAML describes."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from popcorn_bench.errors import UsageError
from popcorn_bench.tasks.corpora.catalog import CorpusCatalog
from popcorn_bench.tasks.corpora.corpus import Corpus
from tests.corpora.conftest import Write
from tests.corpora.making import one_line

ROWS = [
    {"key": 1, "headline": "A, b", "topic": "Game", "hearts": 12, "clip": "clips/1.mp4"},
    {"key": 2, "headline": "", "topic": "Anime", "hearts": None, "clip": ""},
    {"key": 3, "headline": "1984", "topic": "", "hearts": 7, "clip": ""},
]
WANTED = [
    ("1", "A, b", "Game", 12, "clips/1.mp4"),
    ("2", "", "Anime", None, ""),
    ("3", "1984", "", 7, ""),
]
YAML = """
    corpus: mine
    path: {path}
    columns: {{id: key, title: headline, category: topic, likes: hearts, video_path: clip}}
    licence: CC-BY-4.0
    source: made up
"""


def load(path: Path) -> Corpus:
    return CorpusCatalog().load(str(path))


def store(path: Path, rows: list[dict[str, object]]) -> None:
    if path.suffix == ".parquet":
        pl.DataFrame(rows).write_parquet(path)
    elif path.suffix == ".csv":
        pl.DataFrame(rows).write_csv(path)
    elif path.suffix == ".jsonl":
        path.write_text("\n".join(map(json.dumps, rows)))
    else:
        path.write_text(json.dumps(rows))


@pytest.mark.parametrize("suffix", [".csv", ".json", ".jsonl", ".parquet"])
def test_every_format_gives_the_same_rows(write: Write, tmp_path: Path, suffix: str) -> None:
    store(tmp_path / f"rows{suffix}", ROWS)
    corpus = load(write("mine.yaml", YAML.format(path=f"rows{suffix}")))
    columns = ("id", "title", "category", "likes", "video_path")
    assert corpus.frame.select(columns).rows() == WANTED
    assert corpus.frame["caption"].to_list() == ["", "", ""]
    assert (corpus.name, corpus.licence, corpus.source, corpus.synthetic, corpus.bad) == (
        "mine", "CC-BY-4.0", "made up", False, (),
    )  # fmt: skip
    assert (corpus.numbering, corpus.folder) == ("mine", tmp_path)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"key": 1}, "id: a second time"),
        ({"headline": "no key"}, "id: missing"),
        ({"key": 9, "hearts": "1.5"}, "likes: not a whole number"),
        ({"key": 9, "hearts": -1}, "likes: not a whole number"),
        ({"key": 9, "hearts": True}, "likes: not a whole number"),
        ({"key": 9, "hearts": 10**19}, "likes: not a whole number"),
        ({"key": 9, "headline": ["a"]}, "title: not text"),
        ({"key": 9, "headline": "a" * 20_001}, "title: longer than 20,000 characters"),
        ({"key": 9, "headline": "caf\udce9"}, "title: not UTF-8"),
        ({"key": 9, "clip": "../../secrets"}, "video_path: leaves the folder of the corpus"),
        ({"key": 9, "clip": "/etc/passwd"}, "video_path: leaves the folder of the corpus"),
        ({"key": 9, "clip": "C:\\windows"}, "video_path: leaves the folder of the corpus"),
        ("text", "not an object"),
    ],
)
def test_bad_rows_are_listed(write: Write, row: object, reason: str) -> None:
    write("rows.jsonl", "\n".join(json.dumps(r) for r in (*ROWS, row)))
    corpus = load(write("mine.yaml", YAML.format(path="rows.jsonl")))
    assert [str(bad) for bad in corpus.bad] == [f"rows.jsonl:4: {reason}"]
    assert corpus.frame.height == 3


def test_bad_lines_of_csv_and_jsonl_are_listed(write: Write) -> None:
    write("rows.csv", "id,title\n1,a\n2\n3,b,c\n4,d\n")
    corpus = load(write("mine.yaml", "corpus: mine\npath: rows.csv\n"))
    assert [str(bad) for bad in corpus.bad] == [
        "rows.csv:3: fewer cells than the header has",
        "rows.csv:4: more cells than the header has",
    ]
    write("rows.jsonl", '{"id": 1, "title": "a"}\n{oops\n')
    corpus = load(write("mine.yaml", "corpus: mine\npath: rows.jsonl\n"))
    assert [str(bad) for bad in corpus.bad] == ["rows.jsonl:2: not JSON"]


def test_numbers_as_files_with_gaps_write_them(write: Write) -> None:
    write("rows.csv", "id,title,likes,views,comments\n1,a,12.0,,3\n2,nan,1.,0,NaN\n")
    corpus = load(write("mine.yaml", "corpus: mine\npath: rows.csv\n"))
    assert corpus.frame.select("likes", "views", "comments").rows() == [(12, None, 3)]
    assert corpus.bad[0].reason == "comments: not a whole number"


@pytest.mark.parametrize(
    ("yaml", "message"),
    [
        (
            "path: rows.csv\ncolumns: {title: titel}",
            "mine.yaml:3: columns.title: the rows have no column 'titel'; did you mean 'title'?",
        ),
        (
            "path: rows.csv\ncolumns: {titel: title}",
            "mine.yaml:3: columns.titel: unknown field; did you mean 'title'?",
        ),
        (
            "path: rows.csv\ncolums: {}",
            "mine.yaml:3: colums: unknown field; did you mean 'columns'?",
        ),
        ("path: other.csv", "mine.yaml:2: path: no such file: other.csv"),
        ("path: rows.txt", "mine.yaml:2: path: is no .csv, .json, .jsonl, .parquet file"),
        ("path: ../rows.csv", "mine.yaml:2: path: leaves "),
        (
            "path: rows.csv\nsynthetic: maybe",
            "mine.yaml:3: synthetic: input should be a valid boolean",
        ),
        ("", "give either path or dataset"),
        ("path: rows.csv\ndataset: a/b", "give either path or dataset"),
        ("path: empty.csv", "--corpus mine: no row can be used; it has no rows"),
        ("path: bad.csv", "no row can be used; the first of 1 bad rows: bad.csv:2: id: missing"),
        ("path: list.json", "list.json:1: expected a list of objects"),
        ("path: no.parquet", "no.parquet:1: not Parquet: "),
    ],
)
def test_what_is_wrong_is_said_in_one_line(write: Write, yaml: str, message: str) -> None:
    write("rows.csv", "id,title\n1,a\n")
    write("empty.csv", "id,title\n")
    write("bad.csv", "id,title\n,a\n")
    write("list.json", "{}")
    write("no.parquet", "no")
    with pytest.raises(UsageError) as error:
        load(write("mine.yaml", f"corpus: mine\n{yaml}"))
    assert message in str(error.value)
    assert "\n" not in str(error.value)


SUFFIXES = st.sampled_from([".csv", ".json", ".jsonl", ".parquet"])
PIECES = st.sampled_from(['{"id": 1', '"', "title", ":", ",", "\n", "id", "}", "[", "]", "1", "é"])


@settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100
)
@given(suffix=SUFFIXES, raw=st.binary(max_size=80) | st.lists(PIECES).map("".join).map(str.encode))
def test_any_bytes_are_a_corpus_or_one_clear_line(tmp_path: Path, suffix: str, raw: bytes) -> None:
    (tmp_path / f"rows{suffix}").write_bytes(raw)
    yaml = tmp_path / "mine.yaml"
    yaml.write_text(f"corpus: mine\npath: rows{suffix}\n")
    corpus = one_line(lambda: load(yaml))
    if corpus is not None:
        assert corpus.frame["id"].n_unique() == corpus.frame.height > 0

"""A page stays small, and says what it leaves out."""

from __future__ import annotations

import base64
import gzip
import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.board_data import Size, fill
from popcorn_bench.leaderboard import html
from popcorn_bench.leaderboard.board import board
from popcorn_bench.leaderboard.html import MOST, write_html
from popcorn_bench.leaderboard.page import gallery
from popcorn_bench.leaderboard.page.pack import as_gzip, as_many


def _packed(page: str, name: str) -> Any:
    [found] = re.findall(rf'id="{name}">([^<]*)<', page)
    return json.loads(gzip.decompress(base64.b64decode(found)))


def _write(connection: duckdb.DuckDBPyConnection, folder: Path) -> tuple[str, list[str]]:
    told: list[str] = []
    path = write_html(board(connection), connection, folder, warn=told.append)
    assert path.stat().st_size <= MOST
    return path.read_text("utf-8"), told


def test_a_page_that_its_tables_outgrow_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(html, "MOST", 50_000)
    with duckdb.connect() as connection:
        fill(connection, Size(queries=8, llms=3, generators=2))
        write_html(board(connection), connection, tmp_path, warn=told.append)
    assert told[-1].endswith("more than the 0.1 MB that a page keeps to: its tables are whole")


@given(st.lists(st.text(max_size=400), max_size=300), st.integers(0, 20_000))
def test_as_many_as_fit_from_the_first_on(values: list[str], room: int) -> None:
    packed, lacking = as_many(values, room)
    found = json.loads(gzip.decompress(base64.b64decode(packed)))
    kept = len(values) - lacking
    assert found[kept:] == [None] * lacking
    if lacking == 0:
        assert packed == as_gzip(values)
    if kept:
        assert len(packed) <= room + 4 * 300


def test_a_page_with_room_lacks_nothing(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        fill(connection, Size(queries=8, llms=3, generators=2))
        page, told = _write(connection, tmp_path)
    assert not told
    assert "to keep the page small" not in page
    assert None not in _packed(page, "d-texts")


def test_long_answers_are_left_out_and_that_is_said(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        fill(connection, Size(queries=120, llms=6, generators=2))
        connection.execute(
            "UPDATE briefs SET raw = (SELECT string_agg(md5(key || llm_id || i::VARCHAR), '') "
            "FROM range(180) AS r(i))"
        )
        page, told = _write(connection, tmp_path)
    texts = _packed(page, "d-texts")
    lacking = texts.count(None)
    assert 0 < lacking < len(texts)
    [line] = told
    assert f"prompts and answers of {lacking} of {len(texts)} briefs" in line
    assert f"prompts and answers of {lacking} of {len(texts)} briefs" in page


def test_more_queries_than_a_page_holds_are_chosen_from_every_kind_and_topic(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gallery, "_SAMPLES", 16 * 6)
    with duckdb.connect() as connection:
        fill(connection, Size(queries=64, llms=3, generators=2))
        page, told = _write(connection, tmp_path)
    index = _packed(page, "d-gallery")
    assert 16 <= len(index["queries"]) <= 17
    assert len({(kind, topic) for _, _, _, kind, topic in index["queries"]}) == 16
    assert {brief[0] for brief in index["briefs"]} == set(range(len(index["queries"])))
    assert f"gallery and list hold {len(index['queries'])} of 64 queries" in told[0]


def test_an_index_that_is_too_large_is_made_smaller(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with duckdb.connect() as connection:
        fill(connection, Size(queries=64, llms=3, generators=2))
        whole = gallery.read_gallery(connection, board(connection))
        assert whole is not None
        monkeypatch.setattr(gallery, "_BYTES", len(whole.index) // 2)
        page, told = _write(connection, tmp_path)
    index = _packed(page, "d-gallery")
    assert 20 < len(index["queries"]) < 40
    assert "of 64 queries" in told[0]

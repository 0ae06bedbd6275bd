"""The table in a README: between its markers, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from popcorn_bench.errors import FileError
from popcorn_bench.leaderboard.board import board
from popcorn_bench.leaderboard.publish.summary import BEGIN, END, block, updated
from tests.leaderboard.index import Index
from tests.leaderboard.publish.filled import filled

_README = Path("README.md")
_TEXT = st.text(st.characters(exclude_characters="\r", exclude_categories=["Cs"]))


def test_it_is_appended_once_and_then_replaced() -> None:
    first = updated("# Mine\n\ntext\n", f"{BEGIN}\none\n{END}", _README)
    assert first == f"# Mine\n\ntext\n\n{BEGIN}\none\n{END}\n"
    second = updated(first, f"{BEGIN}\ntwo\n{END}", _README)
    assert second == first.replace("one", "two")


@given(before=_TEXT, after=_TEXT, old=_TEXT, new=_TEXT)
def test_all_around_the_markers_stays(before: str, after: str, old: str, new: str) -> None:
    document = f"{before}{BEGIN}{old}{END}{after}"
    fresh = f"{BEGIN}\n{new}\n{END}"
    found = updated(document, fresh, _README)
    assert found == f"{before}{fresh}{after}"
    assert updated(found, fresh, _README) == found


@given(_TEXT)
def test_appending_is_done_once(document: str) -> None:
    fresh = f"{BEGIN}\ntable\n{END}"
    found = updated(document, fresh, _README)
    assert found.startswith(document.rstrip())
    assert updated(found, fresh, _README) == found


def test_line_ends_stay_as_they_are() -> None:
    found = updated(f"a\r\n{BEGIN}\r\nold\r\n{END}\r\n", f"{BEGIN}\nnew\n{END}", _README)
    assert found == f"a\r\n{BEGIN}\r\nnew\r\n{END}\r\n"


@pytest.mark.parametrize(
    "document",
    [f"x\n{BEGIN}\n", f"x\n{END}\n", f"x\n{END}\n{BEGIN}\n", f"x\n{BEGIN}{END}{BEGIN}{END}"],
)
def test_markers_that_do_not_fit_are_told_with_their_line(document: str) -> None:
    with pytest.raises(FileError, match=r"README\.md:2: needs"):
        updated(document, "new", _README)


def test_the_table_says_what_the_board_says(index: Index) -> None:
    shown = block(board(filled(index).connection))
    assert shown.startswith(BEGIN)
    assert shown.endswith(END)
    assert "**popularity** on popcorn" in shown
    assert "| 1 | echo | basic |" in shown
    assert "motion" not in shown, "descriptions rank nobody"


def test_a_long_table_is_cut_and_says_so(index: Index) -> None:
    found = board(filled(index).connection, metric="popularity")
    [table] = found.tables
    shown = block(replace(found, tables=(replace(table, rows=table.rows * 15),)))
    assert len([line for line in shown.splitlines() if line.startswith("|")]) == 22
    assert "10 more rows stand on the page" in shown

"""CSV files of titles: what is read from them, and what is said of bad ones."""

from __future__ import annotations

import csv
import io
import os
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from popcorn_bench.errors import FileError
from popcorn_bench.harness.titlefile import Titled, TitleFile, open_titles

HEAD = "id,title,category,comment_count\n"
PATH = Path("titles.csv")

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
labelled = st.builds(Titled, texts, texts, texts, st.integers(1, 10**17))


def read(data: str | bytes) -> list[Titled]:
    raw = data.encode() if isinstance(data, str) else data
    return list(TitleFile(PATH, io.BytesIO(raw)).rows())


def fault(data: str | bytes) -> str:
    with pytest.raises(FileError) as caught:
        read(data)
    return str(caught.value)


@given(
    rows=st.lists(labelled, max_size=5),
    order=st.permutations(["id", "title", "category", "comment_count", "extra", ""]),
    bom=st.booleans(),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_what_was_written_is_read(
    rows: list[Titled], order: list[str], bom: bool, end: str
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator=end)
    writer.writerow(order)
    for row in rows:
        cells = {"id": row.id, "title": row.title, "category": row.category, "extra": 'x,"y"\n'}
        writer.writerow([{**cells, "comment_count": row.comments}.get(name, "") for name in order])
    assert read(text.getvalue().encode("utf-8-sig" if bom else "utf-8")) == rows


@given(titles=st.lists(st.text("ab\n,\"'", max_size=8), max_size=6))
def test_a_fault_is_told_with_the_line_that_its_row_begins_at(titles: list[str]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(
        [["id", "title", "category", "comment_count"], *(["1", t, "c", "3"] for t in titles)]
    )
    line = text.getvalue().count("\n") + 1
    text.write('2,"a\nb",c,0\n')
    said = "comment_count: '0' is not a whole number of at least 1"
    assert fault(text.getvalue()) == f"titles.csv:{line}: {said}"


@given(data=st.binary(max_size=60))
def test_any_bytes_are_rows_or_one_fault(data: bytes) -> None:
    for head in (b"", HEAD.encode()):
        said = ""
        try:
            read(head + data)
        except FileError as error:
            said = str(error)
        assert not said or said.isprintable()


@given(count=st.one_of(st.integers(max_value=10**17), st.floats(), texts))
def test_a_count_is_a_whole_number_of_at_least_one(count: float | str) -> None:
    row = io.StringIO(newline="")
    csv.writer(row, quoting=csv.QUOTE_ALL).writerow(["1", "t", "c", count])
    try:
        (found,) = read(HEAD + row.getvalue())
    except FileError:
        assert not (isinstance(count, int) and count >= 1)
    else:
        assert found.comments is not None
        assert found.comments >= 1
        assert Decimal(str(count).strip()) == found.comments


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("", "titles.csv:1: is empty; expected a header with id, title, category"),
        ("\ufeff", "titles.csv:1: is empty; expected a header with id, title, category"),
        ("id,titel,category\n", "titles.csv:1: title: no such column; did you mean 'titel'?"),
        ("id;title;category\n", "titles.csv:1: id: no such column; there are 'id;title;category'"),
        ("id,title,tag\n1,a,b\n", "category: no such column; there are 'id', 'title', 'tag'"),
        ("id,title,category,id\n", "titles.csv:1: id: two columns of this name"),
        ("id,title,category\n1,a\n", "titles.csv:2: 2 cells where the header has 3"),
        ("id,title,category\n1,a,b\n2,a,b,c\n", "titles.csv:3: 4 cells where the header has 3"),
        ('id,title,category\n1,"a"b,c\n', "titles.csv:2: not CSV: "),
        ('id,title,category\n1,a,b\n2,"a,c\n\n', "titles.csv:3: not CSV: unexpected end of data"),
        (b"id,title,category\n1,\xff\xfe,c\n", "titles.csv:2: title: not UTF-8"),
        ("id,title,category\n".encode("utf-16"), "titles.csv:1: not UTF-8: it looks like UTF-16"),
        ("id,title,category\n".encode("utf-16-le"), "titles.csv:1: not UTF-8: it looks"),
        ("id,title,category\n".encode("utf-16-be"), "titles.csv:1: not UTF-8: it looks"),
        ("id,title,category,prénom\n".encode("latin-1"), "titles.csv:1: not UTF-8"),
        ("id,title,category\n1,café,c\n".encode("latin-1"), "titles.csv:2: title: not UTF-8"),
        ("id,title,category,ID\n", "titles.csv:1: id: two columns of this name"),
        (f"id,title,category\n1,{'a' * 200_000},c\n", "titles.csv:2: not CSV: field larger"),
        (HEAD + "1,a,b,\n", "titles.csv:2: comment_count: '' is not a whole number"),
        (HEAD + "1,a,b,2\n\n2,a,b,-3\n", "titles.csv:4: comment_count: '-3' is not"),
        (HEAD + "1,a,b,1.5\n", "comment_count: '1.5' is not"),
        (HEAD + "1,a,b,inf\n", "comment_count: 'inf' is not"),
        (HEAD + "1,a,b,\x1b[31mred\n", r"comment_count: '\x1b[31mred' is not"),
    ],
)
def test_faults(data: str | bytes, message: str) -> None:
    assert message in fault(data)


def test_headers_are_read_in_any_case() -> None:
    data = "ID, Title,CATEGORY , Comment_Count\n7,a,b,12\n"
    assert read(data) == [Titled("7", "a", "b", 12)]


def test_blank_lines_spaces_in_the_header_and_whole_floats_are_taken() -> None:
    data = "\n id , title,category ,comment_count\n\n7, a ,b,12.0\n\n"
    assert read(data) == [Titled("7", " a ", "b", 12)]


def test_labels_are_not_needed() -> None:
    assert read("category,title,id\nc,t,i") == [Titled("i", "t", "c", None)]


def test_a_file_can_be_read_again(tmp_path: Path) -> None:
    path = tmp_path / "titles.csv"
    path.write_text(HEAD + "1,a,b,2\n")
    with open_titles(path) as titles:
        assert next(titles.rows()).id == "1"
        assert list(titles.rows()) == list(titles.rows()) == [Titled("1", "a", "b", 2)]


def test_so_can_a_pipe() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"id,title,category\n1,a,b\n")
    os.close(writing)
    with open_titles(Path(f"/dev/fd/{reading}")) as titles:
        assert len(list(titles.rows())) == len(list(titles.rows())) == 1
    os.close(reading)

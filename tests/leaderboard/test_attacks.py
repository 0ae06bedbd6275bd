"""The whole corpus of attacks through every way out: it stays text, and stays readable."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from popcorn_bench.leaderboard import text
from popcorn_bench.leaderboard.board import board
from popcorn_bench.leaderboard.compare import terminal as versus
from popcorn_bench.leaderboard.compare.compare import Options, compare
from popcorn_bench.leaderboard.compare.junit import to_junit
from popcorn_bench.leaderboard.compare.markdown import to_markdown as to_comment
from popcorn_bench.leaderboard.compare.model import Comparison
from popcorn_bench.leaderboard.compare.side import Place, Wanted
from popcorn_bench.leaderboard.export import to_csv, to_markdown
from popcorn_bench.leaderboard.html import write_html
from popcorn_bench.leaderboard.model import Board
from popcorn_bench.leaderboard.terminal import render
from tests.leaderboard.index import Index
from tests.leaderboard.pages import ATTACKS, Page

_UNSEEN = set("\x1b\x07\u202e\u2066\u2028")
_CODE = re.compile(r"(?<!\\)[<\[](?:script|img|svg|iframe|a |math|x\])", re.IGNORECASE)


@pytest.fixture
def attacked(index: Index) -> Index:
    """Two LLMs; every attack is a topic, a query, a title, and one of several more LLMs' names."""
    queries = [(f"q{i:02d}", "concrete", attack) for i, attack in enumerate(ATTACKS)]
    index.task(queries, name=ATTACKS[0])
    index.connection.execute("UPDATE queries SET text = topic")
    index.evaluator("pop", "popularity")
    for i, attack in enumerate(ATTACKS):
        index.llm(f"m{i}", name=f"{attack}")
        values = {query: i + j / 9 for j, (query, *_) in enumerate(queries)}
        index.score((f"m{i}", "", "basic", "pop"), "popularity", values)
        if i < 2:
            for query, _, title in queries:
                index.brief(query, f"m{i}", title=title)
    return index


@pytest.fixture
def made(attacked: Index) -> Board:
    return board(attacked.connection)


@pytest.fixture
def found(attacked: Index) -> Comparison:
    place = Place(attacked.connection, Path(ATTACKS[0]))
    wanted = Wanted(llm="m0"), Wanted(llm="m1")
    return compare(place, place, wanted, Options(gate=True, margin=0.1, movers=len(ATTACKS)))


def _printed(width: int = 400) -> tuple[Console, io.StringIO]:
    out = io.StringIO()
    return Console(file=out, width=width, force_terminal=False), out


def test_in_a_terminal(made: Board, found: Comparison) -> None:
    console, out = _printed()
    render(made, console)
    versus.render(found, console)
    assert not _UNSEEN & set(out.getvalue())
    for attack in ATTACKS:
        assert text.clean(attack).strip() in out.getvalue(), "shown as it is, without effect"


def test_in_csv(made: Board) -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv(made))))
    assert len(rows) == len(ATTACKS)
    for row in rows:
        for cell in row.values():
            assert not cell.lstrip().startswith(("=", "+", "@", "\t")), cell
            assert not cell.startswith("-") or float(cell) < 0
            assert not _UNSEEN & set(cell)


def test_in_markdown(made: Board, found: Comparison) -> None:
    for document in (to_markdown(made), to_comment(found)):
        assert not _UNSEEN & set(document)
        bare = document.replace("<br>", "")
        assert not _CODE.search(bare)
        assert "](" not in re.sub(r"\\.", "", document), "no link"
        for block in re.findall(r"(?:^\|.*\|$\n?)+", document, re.MULTILINE):
            plain = [re.sub(r"\\.", "", line).count("|") for line in block.splitlines()]
            assert len(set(plain)) == 1, "no cell breaks out of its row"


def test_in_junit(found: Comparison) -> None:
    document = to_junit(found)
    suite = ET.fromstring(document)
    assert {child.tag for child in suite.iter()} <= {
        "testsuite", "testcase", "failure", "error", "properties", "property", "system-out",
    }  # fmt: skip
    assert len(suite.findall("testcase")) == 1 + len(found.slices)
    assert len(found.slices) >= len(ATTACKS) - 1
    assert not _UNSEEN & set(document)


def test_in_html(made: Board, attacked: Index, tmp_path: Path) -> None:
    source = write_html(made, attacked.connection, tmp_path).read_text("utf-8")
    page = Page(source)
    assert [tag for tag, _ in page.tags].count("script") == 6, "ours: two run, four hold data"
    assert not {"iframe", "img", "math", "base", "object"} & {tag for tag, _ in page.tags}
    for tag, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on")], tag
        assert not (attributes.get("href") or "").startswith(("http", "javascript", "//"))
    said = " ".join(page.text)
    for attack in ATTACKS:
        assert text.clean(attack) in said

"""CSV files of strangers: imported scores, human ratings, titles to predict for."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.fuzz.campaign import Tally, campaign
from tests.fuzz.hostile import spoiled, texts, torn
from tests.fuzz.pen import Ended, Pen

_IMPORT = [
    ["query", "kind", "topic", "llm", "video", "mode", "seed", "metric", "score"],
    ["q1", "concrete", "food", "gpt", "ltx", "basic", "0", "human", "3.5"],
    ["q2", "abstract", "pets", "gpt", "ltx", "basic", "0", "human", "4"],
    ["q1", "concrete", "food", "echo", "ltx", "basic", "0", "human", "1e3"],
]
_RATINGS = ["query", "llm", "video", "mode", "rating", "task", "seed", "rater"]
_RATED: dict[str, tuple[str, ...]] = {  # what the results of the campaign hold, and rare but right
    "query": ("concrete-anime-01", "concrete-food-01", "abstract-anime-01", "abstract-food-01",
              "what loyalty between rivals looks like"),
    "llm": ("echo", "template"),
    "video": ("still", "", "still"),
    "mode": ("basic",),
    "rating": ("1", "2", "4.5", "-3", "1e12", "0", "1e-300", " 5 ", "1_0"),
    "task": ("", "its own"),
    "seed": ("", "", "0", "007", "2147483647"),
    "rater": ("ann", "bob", "", "\u202eeve", "=1+1"),
}  # fmt: skip
_TITLES = [
    ["id", "title", "category", "comment_count"],
    ["1", "a cat, and a piano", "Pets", "12"],
    ["2", "noodles at dawn", "Food", "3"],
]
_BY_HAND = {
    "empty": b"",
    "one quote": b'"',
    "open quote": b'query,kind\n"' + b"x" * 3_000_000,
    "long field": b"query\n" + b"x" * 3_000_000 + b"\n",
    "many columns": b"a," * 200_000 + b"\n",
    "no newline": b"query,kind,topic,llm,video,mode,seed,metric,score",
    "utf-16": "query,kind\n".encode("utf-16"),
    "zeros": bytes(1_000_000),
    "newlines": b"\n" * 1_000_000,
    "returns": b"\r" * 100_000,
    "binary": bytes(range(256)) * 1000,
}


def _csv(rows: Any) -> bytes:
    """Rows as CSV, whatever stands in their place."""
    out = io.StringIO()
    writer = csv.writer(out)
    for row in rows if isinstance(rows, list) else [rows]:
        writer.writerow([str(cell)[:200_000] for cell in row] if isinstance(row, list) else [row])
    return out.getvalue().encode("utf-8", "surrogatepass")


def _tables(good: Sequence[Sequence[str]]) -> SearchStrategy[bytes]:
    rows = [list(row) for row in good]
    cells = st.lists(texts(), min_size=len(rows[0]), max_size=len(rows[0]))
    return st.one_of(
        spoiled(rows).map(_csv),
        torn(_csv(rows)),
        st.lists(cells, max_size=3).map(lambda more: _csv([rows[0], *more, *rows[1:]])),
    )


def _imports(pen: Pen, tally: Tally, data: bytes) -> None:
    with pen.place() as folder:
        (folder / "scores.csv").write_bytes(data)
        args = ("results", "import", "scores.csv", "--output-path=out")
        if tally.command(pen.run(*args, cwd=folder), codes={0, 2}).code == 0:
            again = pen.run(*args, cwd=folder)
            assert tally.command(again, codes={0}, inputs=0).err.startswith("0 scores added")
            board = pen.run("leaderboard", "out", "--json", cwd=folder)
            tally.command(board, codes={0}, inputs=0)
        else:
            assert not list(folder.rglob("*.jsonl")), "nothing half-written"


@campaign(8, 300)
@given(data=_tables(_IMPORT))
def test_imported_scores(pen: Pen, tally: Tally, data: bytes) -> None:
    _imports(pen, tally, data)


def _ratings() -> SearchStrategy[bytes]:
    """Ratings of what is there; sound, or with a cell, a row or a byte that is not."""
    row = st.tuples(*(st.sampled_from(_RATED[name]) for name in _RATINGS)).map(_fitting)
    sound = st.lists(row, min_size=1, max_size=30).map(lambda rows: [_RATINGS, *rows])
    return st.one_of(
        sound.map(_csv),
        sound.flatmap(spoiled).map(_csv),
        sound.map(_csv).flatmap(torn),
        st.tuples(sound, st.sampled_from(_RATINGS), texts()).map(lambda t: _csv(_with(*t))),
    )


def _fitting(cells: Sequence[str]) -> list[str]:
    """A row whose task is that of its query, where it says one."""
    row = dict(zip(_RATINGS, cells, strict=True))
    task = "popcorn_concrete" if row["query"].startswith("concrete") else "popcorn_abstract"
    return list((row | {"task": task if row["task"] else ""}).values())


def _with(rows: list[list[str]], name: str, text: str) -> list[list[str]]:
    """One more row, with another text in one of its cells."""
    cells = ["concrete-food-01", "echo", "still", "basic", "3", "", "", "ann"]
    cells[_RATINGS.index(name)] = text
    return [*rows, cells]


def _rated(pen: Pen, tally: Tally, results: Path, data: bytes) -> Ended:
    with pen.place() as folder:
        (folder / "ratings.csv").write_bytes(data)
        args = ("leaderboard", results, "--ratings=ratings.csv", "--json")
        ended = tally.command(pen.run(*args, cwd=folder), codes={0, 2})
        assert ended.code or json.loads(ended.out)["rows"]
        return ended


def test_sound_ratings_join_the_board(pen: Pen, tally: Tally, results: Path) -> None:
    rows = [
        [query, llm, "still", "basic", str(rating), "", "", "ann"]
        for query in _RATED["query"][:4]
        for rating, llm in enumerate(_RATED["llm"], 2)
    ]
    ended = _rated(pen, tally, results, _csv([_RATINGS, *rows]))
    assert ended.code == 0, ended.err
    assert '"ppi"' in ended.out


@campaign(8, 300)
@given(data=_ratings())
def test_ratings(pen: Pen, tally: Tally, results: Path, data: bytes) -> None:
    _rated(pen, tally, results, data)


@campaign(8, 400)
@given(data=_tables(_TITLES))
def test_titles(pen: Pen, tally: Tally, data: bytes) -> None:
    with pen.place() as folder:
        (folder / "titles.csv").write_bytes(data)
        tally.command(pen.run("predict", "--csv=titles.csv", cwd=folder), codes={0, 2})


@pytest.mark.parametrize("name", _BY_HAND)
def test_by_hand(pen: Pen, tally: Tally, results: Path, name: str) -> None:
    _imports(pen, tally, _BY_HAND[name])
    with pen.place() as folder:
        (folder / "rows.csv").write_bytes(_BY_HAND[name])
        for args in (("predict", "--csv=rows.csv"), ("leaderboard", results, "--ratings=rows.csv")):
            tally.command(pen.run(*args, cwd=folder), codes={0, 2})

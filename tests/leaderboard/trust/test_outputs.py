"""The trust panel on its ways out: readable by everyone, and text stays text."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from popcorn_bench.leaderboard import text
from popcorn_bench.leaderboard.board import board
from popcorn_bench.leaderboard.export import to_json, to_markdown
from popcorn_bench.leaderboard.trust.ratings.file import Ratings, read_ratings
from tests.leaderboard.index import Index
from tests.leaderboard.pages import HOSTILE, Page
from tests.leaderboard.trust.made import MEMBERS, POP, VALIDITY, page, predicted, terminal

_LEVELS = [[9.0, 9.0, 1.0], [6.0, 6.0, 2.0], [3.0, 3.0, 3.0]]


def _full(index: Index, words: tuple[str, ...] = MEMBERS) -> Index:
    """Everything that the panel can show; names are taken from `words`."""
    known = VALIDITY | {"sha256": words[0], "interval": {"level": 0.9, "label": words[1]}}
    predicted(index, _LEVELS, validity=known, low=0.0)
    index.connection.execute("UPDATE metrics SET members = ?", [list(words[:3])])
    for name, llm in zip(words, "abc", strict=False):
        index.connection.execute("UPDATE llms SET name = ? WHERE llm_id = ?", [name, llm])
        index.shift(llm, 0.9, POP)
    for word in words:
        numbers = {"n": 9, "original": 4.0, "altered": 3.0, "se": 0.1}
        index.probe("popularity", word, POP, **numbers)
    index.mode("ab12", words[-1])
    return index


def _rated(folder: Path) -> Ratings:
    lines = [f"q{i:03d},{llm},,basic,{i % 4}" for i in range(9) for llm in "abc"]
    path = folder / "ratings.csv"
    path.write_text("\n".join(["query,llm,video,mode,rating", *lines]))
    return read_ratings(path)


def test_the_page_reads_without_script_and_by_everyone(index: Index, tmp_path: Path) -> None:
    shown = Page(page(_full(index), tmp_path, _rated(tmp_path)))
    assert not {"img", "iframe"} & {tag for tag, _ in shown.tags}
    assert sum(t == "table" for t, _ in shown.tags) == sum(t == "caption" for t, _ in shown.tags)
    assert all(a.get("scope") in {"col", "row"} for tag, a in shown.tags if tag == "th")
    ids = [a["id"] for _, a in shown.tags if "id" in a]
    assert len(ids) == len(set(ids))
    assert "trust" in ids
    regions = [a for _, a in shown.tags if a.get("role") == "region"]
    assert all(a.get("tabindex") == "0" and a.get("aria-label") for a in regions)
    links = [a["href"] for tag, a in shown.tags if tag == "a"]
    assert "#trust" in links
    assert all(link and link[1:] in ids for link in links if link and link.startswith("#"))
    levels = [int(tag[1]) for tag, _ in shown.tags if tag in {"h1", "h2", "h3", "h4"}]
    assert all(b - a <= 1 for a, b in itertools.pairwise(levels)), "no level is skipped"


def test_what_strangers_wrote_stays_text(index: Index, tmp_path: Path) -> None:
    plain = Index()
    known = {tag for tag, _ in Page(page(_full(plain), tmp_path)).tags}
    plain.connection.close()
    _full(index, HOSTILE)
    attacked = Page(page(index, tmp_path))
    assert {tag for tag, _ in attacked.tags} <= known
    assert not [n for _, a in attacked.tags for n in a if n.startswith("on") or n == "style"]
    assert not {"\u202e", "\x1b"} & set("".join(attacked.text))
    shown = terminal(index)
    assert not {char for char in shown if text.clean(char) != char} - {"\n"}
    assert "[red]styled" in shown
    markdown = to_markdown(board(index.connection))
    assert "<" not in markdown.replace("&lt;", "")
    assert "http://" not in markdown
    assert "](" not in markdown.replace(r"\]\(", "")
    trust = json.loads(to_json(board(index.connection)))["meta"]["trust"]
    assert [probe["probe"] for probe in trust[0]["probes"]] == list(HOSTILE), "data stays as it is"


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_the_terminal_fits(index: Index, tmp_path: Path, width: int) -> None:
    shown = terminal(_full(index), width, ratings=_rated(tmp_path))
    assert max(map(len, shown.splitlines())) <= width
    assert "How far to trust these numbers" in shown
    assert "3 of 3 rows have" in " ".join(shown.split())


def test_samples_show_the_interval_of_a_score(index: Index, tmp_path: Path) -> None:
    predicted(index, [[1.0], [2.0]])
    shown = page(index, tmp_path).partition('id="samples"')[2].partition("</section>")[0]
    assert "In brackets behind a score" in shown
    assert "popularity 0.970 (-1.030 to 2.970)" in shown
    index.connection.execute("UPDATE scores SET low = NULL")
    assert "In brackets" not in page(index, tmp_path)


def test_an_empty_board_has_no_panel(index: Index, tmp_path: Path) -> None:
    assert "How far to trust" not in terminal(index)
    assert 'id="trust"' not in page(index, tmp_path)

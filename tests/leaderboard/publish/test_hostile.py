"""Whatever strangers wrote stays text in every published file."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from unicodedata import category

import polars as pl
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from popcorn_bench.leaderboard.board import board
from popcorn_bench.leaderboard.publish.card import card
from popcorn_bench.leaderboard.publish.citation import citation
from popcorn_bench.leaderboard.publish.every_eval_ever import model_id
from popcorn_bench.leaderboard.publish.options import Options
from popcorn_bench.leaderboard.publish.summary import BEGIN, END
from popcorn_bench.leaderboard.text import clean
from tests.leaderboard.index import Index
from tests.leaderboard.pages import HOSTILE, Page
from tests.leaderboard.publish.filled import filled, publish

ATTACKS = (
    *HOSTILE,
    "<!-- popcorn-bench:end --><script>alert(1)</script>",
    "![x](http://evil.example/p.png)",
    "[click](javascript:alert(1))",
    "<svg/onload=alert(1)>",
    "</script><script>alert(1)</script>",
    "+cmd|' /C calc'!A0",
    "-2+3+cmd",
    "\t=1+1",
    "a\u202eb\u2066c\u200f",
    "\x1b]8;;http://evil.example\x07link\x1b]8;;\x07",
    "---\nlicense: mit\n---",
    "../../etc/passwd",
    "| a | b |\n| --- | --- |",
    "`code` ~~x~~ **b** <b>",
)
_OURS = {*("h1", "h2", "p", "strong", "code", "ul", "li"),
         *("table", "thead", "tbody", "tr", "th", "td")}  # fmt: skip


def _rendered(markdown: str) -> Page:
    """What a reader of Markdown sees, HTML let through as a hub might."""
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    return Page(parser.render(markdown))


_GROUP = 9


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Publications with nine attacks each: every name, title, prompt, topic and text is one."""
    root = tmp_path_factory.mktemp("attacks")
    for number in range(0, len(ATTACKS), _GROUP):
        group = ATTACKS[number : number + _GROUP]
        index = filled(Index(), names=group, said=group[0])
        for place, attack in enumerate(group):
            index.connection.execute(
                "UPDATE queries SET text = $a, topic = $a WHERE query_id = $q",
                {"a": attack, "q": f"q{place:03d}"},
            )
            index.connection.execute(
                "UPDATE briefs SET title = $a, video_prompt = $a WHERE query_id = $q",
                {"a": attack, "q": f"q{place:03d}"},
            )
        index.connection.execute("UPDATE tasks SET name = ?", [group[1]])
        index.connection.execute("UPDATE generators SET licence = ? || ' terms'", [group[2]])
        index.connection.execute("UPDATE evaluators SET name = ? WHERE name = 'qual'", [group[3]])
        options = Options(title=group[4], authors=(group[5],), licence="MIT")
        publish(index, root / str(number // _GROUP), options)
        index.connection.close()
    return root


@pytest.fixture(params=range(len(ATTACKS) // _GROUP))
def attacked(request: pytest.FixtureRequest, made: Path) -> tuple[tuple[str, ...], Path]:
    start = request.param * _GROUP
    return ATTACKS[start : start + _GROUP], made / str(request.param)


def test_all_attacks_are_used() -> None:
    assert len(ATTACKS) % _GROUP == 0


def test_no_text_file_holds_control_or_bidi_characters(
    attacked: tuple[tuple[str, ...], Path],
) -> None:
    _, folder = attacked
    for name in ("README.md", "leaderboard.csv", "CITATION.cff", "index.html"):
        text = (folder / name).read_text("utf-8")
        bad = {c for c in text if category(c) in {"Cc", "Cf"} and c not in "\n\r\t\u200d"}
        assert not bad, (name, bad)
    for path in folder.rglob("*.json"):
        path.read_text("ascii")  # all else is escaped


def test_csv_holds_no_formula(attacked: tuple[tuple[str, ...], Path]) -> None:
    _, folder = attacked
    with (folder / "leaderboard.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert len({len(row) for row in rows}) == 1
    numbers = re.compile(r"-?[0-9.]+(e-?[0-9]+)?")
    cells = [cell for row in rows for cell in row if not numbers.fullmatch(cell)]
    assert not [cell for cell in cells if cell.lstrip().startswith(("=", "+", "-", "@"))]


def test_markdown_has_no_markup_of_theirs(attacked: tuple[tuple[str, ...], Path]) -> None:
    attacks, folder = attacked
    card = (folder / "README.md").read_text("utf-8")
    _, front, body = card.split("---\n", 2)
    assert yaml.safe_load(front)["license"] == "mit"
    assert card.count(BEGIN) == card.count(END) == 1
    page = _rendered(body)
    tags = [tag for tag, _ in page.tags]
    assert set(tags) <= _OURS
    assert tags.count("table") == tags.count("strong") == 2
    assert tags.count("tr") == 2 + 9 + 18, "no name adds a row"
    assert tags.count("td") == 9 * 6 + 18 * 7, "or a cell"
    assert {clean(attack).strip() for attack in attacks} <= {said.strip() for said in page.text}
    assert not re.search(r"https?://", body), "nothing that a hub makes a link of"


def test_json_cannot_end_a_script_and_keeps_what_was_said(
    attacked: tuple[tuple[str, ...], Path],
) -> None:
    attacks, folder = attacked
    for path in folder.rglob("*.json"):
        assert "<" not in path.read_text()
    board = json.loads((folder / "leaderboard.json").read_text())
    assert {row["llm"] for row in board["rows"]} == set(attacks)
    samples = pl.read_parquet(folder / "samples.parquet")
    assert set(samples["title"]) == set(attacks), "data stays as it was written"


def test_the_page_runs_nothing(attacked: tuple[tuple[str, ...], Path]) -> None:
    _, folder = attacked
    page = Page((folder / "index.html").read_text("utf-8"))
    for tag, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on")], tag
        assert tag not in {"iframe", "object", "embed", "base"}
        assert not (attributes.get("src") or "").startswith(("http:", "//", "javascript:"))
        assert not (attributes.get("href") or "").startswith("javascript:")


def test_the_citation_is_one_document_with_the_fields_of_ours(
    attacked: tuple[tuple[str, ...], Path],
) -> None:
    _, folder = attacked
    found = yaml.safe_load((folder / "CITATION.cff").read_text("utf-8"))
    assert found["cff-version"] == "1.2.0"
    assert found["license"] == "MIT"
    assert len(found["authors"]) == 1


@pytest.mark.parametrize("attack", ATTACKS)
def test_titles_authors_and_terms_are_plain_text(attack: str, index: Index) -> None:
    found = board(filled(index).connection)
    options = Options(title=attack, authors=(attack,), licence="MIT")
    written = card(found, options, apart=[attack], terms=[attack])
    _, front, body = written.split("---\n", 2)
    assert yaml.safe_load(front)["license"] == "mit"
    assert body.startswith("# ")
    page = _rendered(body)
    assert {tag for tag, _ in page.tags} <= _OURS
    assert not re.search(r"https?://", body)
    assert clean(attack).strip() in "".join(page.text)
    assert written.count(END) == 1
    cited = yaml.safe_load(citation(found, options, "1"))
    assert (cited["cff-version"], cited["license"]) == ("1.2.0", "MIT")
    assert cited["title"] == clean(attack)


def test_no_file_leaves_the_folder(attacked: tuple[tuple[str, ...], Path]) -> None:
    _, folder = attacked
    for path in (folder / "every_eval_ever").rglob("*.json"):
        parts = path.relative_to(folder).parts
        assert len(parts) == 6
        assert all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", part) for part in parts[2:])


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_any_name_of_a_model_is_a_path_of_two_parts(name: str) -> None:
    parts = model_id(name).split("/")
    assert len(parts) == 2
    for part in parts:
        assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]*", part)
        assert not part.endswith((".", "-"))
        assert part.lower() not in {"data", "unknown", "con", "nul"}


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("openai/gpt-4o-2024-08-06", "openai/gpt-4o-2024-08-06"),
        ("deepinfra/meta-llama/Llama-3.3-70B-Instruct", "meta-llama/Llama-3.3-70B-Instruct"),
        ("ollama/qwen3:8b", "ollama/qwen3-8b"),
        ("popcorn/echo", "popcorn/echo"),
        ("gpt-4o", "unspecified/gpt-4o"),
        ("", "unspecified/unspecified"),
        ("x/data", "x/data-model"),
        ("../../etc", "unspecified/etc"),
    ],
)
def test_models_are_called_as_their_makers_call_them(model: str, expected: str) -> None:
    assert model_id(model) == expected

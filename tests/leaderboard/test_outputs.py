"""The board on its ways out: what a stranger wrote stays text everywhere."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from base64 import b64encode
from pathlib import Path
from unicodedata import category

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.console import Console

from popcorn_bench.leaderboard import text
from popcorn_bench.leaderboard.board import board
from popcorn_bench.leaderboard.export import to_csv, to_json, to_markdown
from popcorn_bench.leaderboard.html import write_html
from popcorn_bench.leaderboard.terminal import render
from tests.leaderboard.index import Index
from tests.leaderboard.pages import HOSTILE, Page

_SHA = "ab" + "0" * 62


def _made(index: Index, names: tuple[str, ...] = ("gpt", "echo")) -> Index:
    """LLMs of the given names, one generator; a ranked metric with a human row, a description."""
    queries = index.simple_task(20)
    index.evaluator("pop", "popularity")
    index.evaluator("qual", "motion", inputs=("video",), direction="none")
    index.video("v", name="still", baseline=True)
    for i, name in enumerate(names):
        index.llm(f"llm-{i}", name=name, baseline=name == "echo")
        for evaluator, metric, video in (("pop", "popularity", ""), ("qual", "motion", "v")):
            values = {q: 5.0 + i * 0.5 + j % 7 * 0.1 for j, q in enumerate(queries)}
            index.score((f"llm-{i}", video, "basic", evaluator), metric, values, percentile=50.0)
        for query in queries:
            index.brief(
                query, f"llm-{i}", title=name, video_prompt=name, breaches=["title_too_long"]
            )
        place = {"task_id": "task-0", "query_id": queries[0], "llm_id": f"llm-{i}", "mode": "basic"}
        clip = {"video_id": "v", "stage": "video", "sha256": _SHA, "suffix": ".mp4"}
        index.insert("videos", **place, **clip, seed=0, repeat=0)
    quantiles = [i / 20 for i in range(101)]
    index.insert(
        "anchors", evaluator_id="pop", metric="popularity", topic="*", n=500, mean=2.5, sd=1.4,
        quantiles=quantiles,
    )  # fmt: skip
    spec = json.dumps({"seed": 42, "note": names[0]})
    index.insert(
        "runs", run_id="r1", version="0.1.0", status="complete", spec=spec, environment="{}"
    )
    return index


def _terminal(index: Index, width: int, by: str | None = None) -> str:
    out = io.StringIO()
    render(board(index.connection, by=by), Console(file=out, width=width, color_system=None))
    return out.getvalue()


def test_terminal_shows_ranks_people_and_descriptions_apart(index: Index) -> None:
    shown = _terminal(_made(index), 100)
    ranked, described = shown.split("not a ranking")
    assert "human videos" in ranked
    assert "Sees: title" in ranked
    assert "1 gpt" not in ranked, "gpt is second: echo scores higher here"
    assert "1 echo" in ranked
    assert "Rank" not in described
    assert "motion" in described


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_terminal_fits(index: Index, width: int) -> None:
    names = ("a-rather-long-model-name-of-2025", "echo", "another-quite-long-name")
    shown = _terminal(_made(index, names), width)
    assert max(map(len, shown.splitlines())) <= width
    assert ("95 % CI" in shown) == (width >= 100)


def test_terminal_draws_in_ascii_where_it_must(index: Index) -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii", errors="replace")
    render(board(_made(index).connection), Console(file=out, width=100, color_system=None))
    out.flush()
    assert b"o" in raw.getvalue()
    assert "●".encode() not in raw.getvalue()


def test_terminal_says_when_there_is_nothing_and_when_all_are_baselines(index: Index) -> None:
    assert "No scores yet" in _terminal(index, 80)
    assert "Baselines only" in _terminal(_made(index, ("echo",)), 80)


def test_hostile_names_stay_text_in_the_terminal(index: Index) -> None:
    shown = _terminal(_made(index, HOSTILE), 100)
    assert not {char for char in shown if text.clean(char) != char} - {"\n"}
    assert "[red]style" in shown, "brackets are no markup"


def test_json_has_the_contract_and_is_strict(index: Index) -> None:
    made = json.loads(to_json(board(_made(index, HOSTILE).connection)))
    contract = (
        "task llm video mode metric mean se ci_low ci_high n_scored n_planned fail_rate cost_usd "
        "rank_low rank_high human_percentile flags"
    )
    assert all(set(contract.split()) <= set(row) for row in made["rows"])
    assert "topic" not in made["rows"][0]
    assert {row["llm"] for row in made["rows"]} == set(HOSTILE), "data stays as it is"
    assert made["meta"]["human"][0]["n"] == 500
    by_topic = json.loads(to_json(board(index.connection, by="topic")))
    assert {row["topic"] for row in by_topic["rows"]} == {"food", "film"}
    assert "kind" not in by_topic["rows"][0]


def test_csv_holds_no_formula(index: Index) -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv(board(_made(index, HOSTILE).connection)))))
    assert len(rows) == 2 * len(HOSTILE)
    assert all(not row["llm"].lstrip().startswith(("=", "+", "-", "@", "\t")) for row in rows)
    assert float(rows[0]["mean"]) > 0


def test_markdown_tables_keep_their_shape(index: Index) -> None:
    made = to_markdown(board(_made(index, HOSTILE).connection))
    for lines in made.split("\n\n"):
        bars = {x.replace(r"\|", "").count("|") for x in lines.splitlines() if x.startswith("|")}
        assert len(bars) <= 1, lines
    assert "<" not in made
    assert "](" not in made.replace(r"\]\(", "")
    assert "http://" not in made


def _page(index: Index, folder: Path, by: str | None = None) -> str:
    made = board(index.connection, by=by)
    path = write_html(made, index.connection, folder / "site", artifacts="../artifacts")
    return path.read_text(encoding="utf-8")


def test_page_runs_and_loads_nothing(index: Index, tmp_path: Path) -> None:
    plain = Page(_page(_made(index), tmp_path))
    hostile = Index()
    attacked = Page(_page(_made(hostile, HOSTILE), tmp_path))
    hostile.connection.close()
    known = {tag for tag, _ in plain.tags}
    assert {tag for tag, _ in attacked.tags} <= known
    assert not {"img", "iframe", "base", "object"} & known
    scripts = [[a for tag, a in page.tags if tag == "script"] for page in (plain, attacked)]
    assert scripts[0] == scripts[1], "no script but the page's own"
    assert not [a for a in scripts[0] if "src" in a]
    for tag, attributes in (*plain.tags, *attacked.tags):
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        addresses = [attributes.get(name) or "" for name in ("src", "href", "action", "data")]
        for address in filter(None, addresses):
            allowed = ("#", "../artifacts/ab/", "data:,")
            assert address.startswith(allowed), (tag, address)
    seen = "".join(attacked.text)
    assert "<script>alert(1)</script>" in seen
    assert "{{ 7*7 }}" in seen
    assert not {"\u202e", "\x1b"} & set(seen)


def test_page_policy_allows_its_own_style_and_nothing_else(index: Index, tmp_path: Path) -> None:
    page = _page(_made(index), tmp_path)
    style = page.split("<style>")[1].split("</style>")[0]
    [policy] = [a["content"] for t, a in Page(page).tags if "http-equiv" in a and t == "meta"]
    assert policy is not None
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert "url(" not in style
    assert "@import" not in style


def test_page_is_made_to_be_read_by_everyone(index: Index, tmp_path: Path) -> None:
    page = Page(_page(_made(index), tmp_path))
    assert sum(tag == "h1" for tag, _ in page.tags) == 1
    assert sum(tag == "table" for tag, _ in page.tags) == sum(t == "caption" for t, _ in page.tags)
    assert all(a.get("scope") in {"col", "row"} for tag, a in page.tags if tag == "th")
    assert all(a.get("aria-label") or a.get("aria-hidden") for tag, a in page.tags if tag == "svg")
    ids = [a["id"] for _, a in page.tags if "id" in a]
    assert len(ids) == len(set(ids))
    links = [a["href"] for tag, a in page.tags if tag == "a"]
    assert all(link and link[1:] in ids for link in links if link and link.startswith("#"))
    assert f"../artifacts/ab/{_SHA}.mp4" in links
    assert "prefers-color-scheme: dark" in "".join(page.text)


@pytest.mark.parametrize("by", [None, "llm", "video", "mode", "topic", "kind"])
def test_page_can_be_made_by_every_dimension(index: Index, tmp_path: Path, by: str | None) -> None:
    assert "human videos" in _page(_made(index), tmp_path, by) or by == "video"
    assert _terminal(index, 100, by)


def test_page_of_nothing_and_of_baselines_says_so(index: Index, tmp_path: Path) -> None:
    assert "No scores yet" in _page(index, tmp_path)
    assert "these numbers show the harness, not a model" in _page(_made(index, ("echo",)), tmp_path)


def test_page_links_only_files_of_the_artefact_store(index: Index, tmp_path: Path) -> None:
    _made(index)
    index.connection.execute("UPDATE videos SET sha256 = '../../etc', suffix = '/passwd'")
    links = [attributes.get("href") or "" for _, attributes in Page(_page(index, tmp_path)).tags]
    assert not [link for link in links if "etc" in link]


@given(st.text(st.characters()))
@example("lone \udc80 surrogate")
@example("\x1b]0;title\x07\u202e\u2028")
def test_clean_text_is_one_harmless_line(value: str) -> None:
    cleaned = text.clean(value)
    kinds = {category(char) for char in cleaned if char != "\u200d"}
    assert not kinds & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    cleaned.encode("utf-8")
    assert text.clean(cleaned) == cleaned


@given(st.text())
def test_no_text_becomes_a_formula_or_a_table_cell(value: str) -> None:
    assert not text.csv_field(value).lstrip().startswith(("=", "+", "-", "@"))
    escaped = text.markdown(value)
    assert "<" not in escaped
    assert "|" not in escaped.replace("\\\\", "").replace("\\|", "")


@pytest.mark.parametrize(
    ("shown", "wanted"),
    [
        (text.money(None), "unknown"),
        (text.money(0.0), "$0"),
        (text.money(0.00123), "$0.0012"),
        (text.money(1234.5), "$1,234.50"),
        (text.percent(0.0), "0%"),
        (text.percent(0.0251), "2.5%"),
        (text.score(6.4567, 0.31), "6.46"),
        (text.score(6.4567, 0.023), "6.457"),
        (text.score(1234.5, 120.0), "1,234"),
        (text.count(1, "query", "queries"), "1 query"),
        (text.count(1000, "query", "queries"), "1,000 queries"),
    ],
)
def test_numbers_read_well(shown: str, wanted: str) -> None:
    assert shown == wanted

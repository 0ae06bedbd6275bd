"""Modes: identified by id, shown by name, and honest about what they showed."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from popcorn_bench.errors import UsageError
from popcorn_bench.leaderboard import text
from popcorn_bench.leaderboard.board import board
from popcorn_bench.leaderboard.export import to_csv, to_json, to_markdown
from popcorn_bench.leaderboard.html import write_html
from popcorn_bench.leaderboard.terminal import render
from tests.leaderboard.index import Index
from tests.leaderboard.pages import HOSTILE, Page

_POP = "popularity-1"
_ONE, _TWO = "ab12ab12ab12ab12", "cd34cd34cd34cd34"
_SETTINGS = {
    "references": 50,
    "corpus": "embedded",
    "corpus_title": "embedded (synthetic)",
    "corpus_rows": 440,
    "left_out": 12,
    "leaked": 0,
    "show_engagement": False,
}


def _made(index: Index, modes: dict[str, str], **settings: object) -> Index:
    """Two LLMs in `basic` and in modes of the given ids and names."""
    queries = index.simple_task(6)
    index.evaluator(_POP, "popularity")
    index.mode("basic", "basic")
    for mode_id, name in modes.items():
        index.mode(mode_id, name, **{**_SETTINGS, **settings})
    for llm in "ab":
        index.llm(llm)
        for level, mode in enumerate(["basic", *modes]):
            values = {q: level + i % 3 * 0.5 + 0.1 * (i == level) for i, q in enumerate(queries)}
            index.score((llm, "", mode, _POP), "popularity", values)
            for query in queries:
                index.brief(query, llm, mode, copying=0.37 if level else None)
    return index


def _terminal(index: Index, width: int = 100, mode: str | None = None) -> str:
    out = io.StringIO()
    console = Console(file=out, width=width, color_system=None)
    render(board(index.connection, mode=mode), console)
    return out.getvalue()


def _page(index: Index, folder: Path) -> str:
    return write_html(board(index.connection), index.connection, folder).read_text("utf-8")


def test_two_ids_of_one_name_are_told_apart(index: Index, tmp_path: Path) -> None:
    _made(index, {_ONE: "pe", _TWO: "pe"})
    made = board(index.connection)
    assert {row.mode for row in made.rows} == {"basic", "pe #ab12", "pe #cd34"}
    assert {u.mode for u in made.uplift} == {"pe #ab12", "pe #cd34"}
    assert {r["mode"] for r in csv.DictReader(io.StringIO(to_csv(made)))} == {
        "basic",
        "pe #ab12",
        "pe #cd34",
    }
    for shown in (_terminal(index), _page(index, tmp_path)):
        assert "pe #ab12" in shown
        assert _ONE not in shown.partition("Run manifest")[0], "an id is not a name"
    assert r"pe \#ab12" in to_markdown(made)
    modes = {mode["id"]: mode for mode in json.loads(to_json(made))["meta"]["modes"]}
    assert modes[_ONE] == {"id": _ONE, "name": "pe", "label": "pe #ab12", "settings": _SETTINGS}


def test_a_mode_is_asked_for_by_label_name_or_id(index: Index) -> None:
    _made(index, {_ONE: "pe", _TWO: "pe"})
    wanted = {
        "pe": {"pe #ab12", "pe #cd34"},
        "pe #ab12": {"pe #ab12"},
        _TWO: {"pe #cd34"},
        "basic": {"basic"},
    }
    for mode, labels in wanted.items():
        made = board(index.connection, mode=mode)
        assert {row.mode for row in made.rows} == labels
        assert {card.label for card in made.modes} == labels
    with pytest.raises(UsageError, match=r"'peh' is not here \(basic, pe #ab12, pe, pe #cd34\)"):
        board(index.connection, mode="peh")


def test_imported_modes_have_no_definition_and_are_called_by_their_id(index: Index) -> None:
    queries = index.simple_task(4)
    index.llm("a")
    index.evaluator(_POP, "popularity")
    for level, mode in enumerate(("basic", "pe")):
        values = {q: float(i + level) for i, q in enumerate(queries)}
        index.score(("a", "", mode, _POP), "popularity", values)
    made = board(index.connection)
    assert [(m.id, m.name, m.label, m.settings) for m in made.modes] == [
        ("basic", "basic", "basic", {}),
        ("pe", "pe", "pe", {}),
    ]
    assert [(u.mode, u.delta) for u in made.uplift] == [("pe", 1.0)]
    assert {row.mode for row in board(index.connection, mode="pe").rows} == {"pe"}
    assert "Mode pe" not in _terminal(index), "nothing is known of what it showed"


def test_what_a_mode_showed_is_said_under_the_tables(index: Index, tmp_path: Path) -> None:
    _made(index, {_ONE: "pe"})
    made = board(index.connection)
    said = " ".join(_terminal(index, 200).split())
    for shown in (said, _page(index, tmp_path), to_markdown(made).replace("\\", "")):
        assert "Mode pe: up to 50 references per query from corpus embedded (synthetic)" in shown
        assert "(440 rows); 12 rows left out" in shown
        assert "engagement hidden" in shown
        assert "What pe changes over basic" in shown
    assert not any("leakage" in row.flags for row in made.rows)


def test_engagement_that_was_shown_and_references_that_were_not_are_said(index: Index) -> None:
    _made(index, {_ONE: "pe"}, show_engagement=True, left_out=0)
    index.mode("ef56", "pe[n=0]", references=0, leaked=9)
    index.score(("a", "", "ef56", _POP), "popularity", {"q000": 1.0})
    said = " ".join(_terminal(index, 200).split())
    assert "no rows left out; engagement shown." in said
    assert "Mode pe[n=0]: no references, reasoning alone." in said
    assert not any("leakage" in row.flags for row in board(index.connection, mode="ef56").rows)


def test_a_mode_says_what_it_showed_of_a_training_set(index: Index) -> None:
    _made(index, {_ONE: "pe"}, leaked=30, left_out=0)
    said = " ".join(_terminal(index, 200).split())
    assert "NOT left out: 30 rows that a predictor was trained on" in said
    assert not any("leakage" in row.flags for row in board(index.connection).rows), (
        "which predictor it was is said by the table of leaks"
    )


def test_json_holds_the_uplift_beside_the_rows(index: Index) -> None:
    document = json.loads(to_json(board(_made(index, {_ONE: "pe"}).connection)))
    assert list(document) == ["rows", "uplift", "meta"]
    contract = (
        "task llm mode metric delta se ci_low ci_high p p_holm hedges_gz share_improved n_pairs "
        "n_dropped copying copied_share baseline"
    )
    assert len(document["uplift"]) == 2
    for uplift in document["uplift"]:
        assert set(contract.split()) <= set(uplift)
        assert (uplift["mode"], uplift["baseline"], uplift["copying"]) == ("pe", "basic", 0.37)


def test_samples_say_the_mode_by_its_label(index: Index, tmp_path: Path) -> None:
    _made(index, {_ONE: "pe", _TWO: "pe"})
    page = _page(index, tmp_path).partition('id="samples"')[2]
    assert "a, pe #ab12</span>" in page


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_terminal_fits_and_marks_zero(index: Index, width: int) -> None:
    _made(index, {_ONE: "pe[n=120,tags=4,ratio=0.25]", _TWO: "pe[n=140,tags=3]"})
    shown = _terminal(index, width)
    assert max(map(len, shown.splitlines())) <= width
    assert "What each mode changes over basic" in " ".join(shown.split())
    assert ("│" in shown) == (width >= 100)
    assert shown.count("0.37") == 4, "copying of two modes and two LLMs"
    assert "pe[n=140,tags" in shown


def test_what_the_data_can_tell_is_counted(index: Index, tmp_path: Path) -> None:
    """LLM a gains in every query, LLM b gains and loses by turns."""
    queries = index.simple_task(12)
    index.evaluator(_POP, "popularity")
    for llm in "ab":
        index.llm(llm)
        for mode in ("basic", "pe"):
            gain = [(3.0 + i % 3 * 0.1) if llm == "a" else (-1.0) ** i for i in range(12)]
            values = {q: i % 5 + gain[i] * (mode == "pe") for i, q in enumerate(queries)}
            index.score((llm, "", mode, _POP), "popularity", values)
    said = "Of 2 LLMs, 1 better, 0 worse, 1 that the data cannot tell from no change."
    assert said in _page(index, tmp_path)
    index.connection.execute("UPDATE metrics SET direction = 'lower'")
    assert said.replace("1 better, 0 worse", "0 better, 1 worse") in _page(index, tmp_path)


def test_page_marks_zero_and_stays_readable(index: Index, tmp_path: Path) -> None:
    page = Page(_page(_made(index, {_ONE: "pe"}), tmp_path))
    assert sum(a.get("class") == "zero" for tag, a in page.tags if tag == "line") == 2
    assert sum(tag == "table" for tag, _ in page.tags) == sum(t == "caption" for t, _ in page.tags)
    ids = [a["id"] for _, a in page.tags if "id" in a]
    assert len(ids) == len(set(ids))
    links = [a["href"] for tag, a in page.tags if tag == "a"]
    assert all(link and link[1:] in ids for link in links if link and link.startswith("#"))


def test_hostile_modes_stay_text_everywhere(index: Index, tmp_path: Path) -> None:
    plain = Index()
    known = {tag for tag, _ in Page(_page(_made(plain, {_ONE: "pe"}), tmp_path)).tags}
    plain.connection.close()
    names = {f"{i:x}f00{i:x}": name for i, name in enumerate(HOSTILE)}
    _made(index, names, corpus_title="".join(HOSTILE), left_out="<b>", leaked="many")
    made = board(index.connection)
    page = Page(_page(index, tmp_path))
    assert {tag for tag, _ in page.tags} <= known
    assert "<script>alert(1)</script>" in "".join(page.text)
    shown = _terminal(index)
    assert not {char for char in shown if text.clean(char) != char} - {"\n"}
    markdown = to_markdown(made)
    assert "<" not in markdown.replace("&lt;", "")
    assert "http://" not in markdown
    tables = [line for line in markdown.splitlines() if line.startswith("|")]
    assert {line.replace(r"\|", "").count("|") for line in tables} == {9, 10}
    for row in csv.DictReader(io.StringIO(to_csv(made))):
        assert not row["mode"].lstrip().startswith(("=", "+", "-", "@", "\t"))
    assert {u["mode"] for u in json.loads(to_json(made))["uplift"]} == set(HOSTILE)
    with pytest.raises(UsageError) as error:
        board(index.connection, mode="none of them")
    assert text.clean(str(error.value)) == str(error.value)

"""Boards and comparisons from Python: text, files, and what a notebook shows."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

import popcorn_bench as pb
from popcorn_bench.harness.api.boards import Leaderboard
from popcorn_bench.harness.api.comparing import Compared, Followed
from popcorn_bench.harness.api.running import Finished
from popcorn_bench.leaderboard import text
from popcorn_bench.leaderboard.board import board
from popcorn_bench.leaderboard.compare.compare import Options, compare
from popcorn_bench.leaderboard.compare.history import Line, history
from popcorn_bench.leaderboard.compare.metric import Asked
from popcorn_bench.leaderboard.compare.side import Place, Wanted
from popcorn_bench.leaderboard.standing.compute import Standings
from tests.leaderboard.index import Index
from tests.leaderboard.pages import ATTACKS, Page

_TAGS = {"table", "caption", "thead", "tbody", "tr", "th", "td", "p", "bdi"}


def _harmless(html: str) -> Page:
    """Nothing but tables of text that take their colours from the page."""
    page = Page(html)
    assert {tag for tag, _ in page.tags} <= _TAGS
    assert {name for _, attributes in page.tags for name in attributes} <= {"style", "scope"}
    assert not set("\x1b\x07\u202e\u2066\u2028") & set(html)
    for _, attributes in page.tags:
        style = attributes.get("style") or ""
        assert "color" not in style
        assert "background" not in style
    return page


@pytest.fixture
def attacked() -> Index:
    """Every attack is a topic, a query, and the name of an LLM and of its family."""
    index = Index()
    queries = [(f"q{i:02d}", "concrete", attack) for i, attack in enumerate(ATTACKS)]
    index.task(queries, name=ATTACKS[0])
    index.evaluator("pop", "popularity")
    for i, attack in enumerate(ATTACKS):
        index.llm(f"m{i}", name=attack)
        values = {query: i + j / 9 for j, (query, *_) in enumerate(queries)}
        index.score((f"m{i}", "", "basic", "pop"), "popularity", values)
    index.connection.execute(
        "UPDATE llms SET family = $1, version = llm_id, release_date = '2026-01-01'", [ATTACKS[0]]
    )
    return index


def test_a_board_in_a_notebook_is_text_whatever_models_wrote(attacked: Index) -> None:
    found = Leaderboard(board(attacked.connection), (), Standings())
    page = _harmless(found._repr_html_())
    assert page.text[page.text.index("Rank") + 1] == "LLM", "rank range first"
    shown = "".join(page.text)
    for attack in ATTACKS:
        assert text.clean(attack) in shown


def test_a_comparison_in_a_notebook_is_text_whatever_models_wrote(attacked: Index) -> None:
    place = Place(attacked.connection, Path(ATTACKS[0]))
    found = compare(
        place, place, (Wanted(llm="m0"), Wanted(llm="m1")), Options(gate=True, margin=0.1)
    )
    shown = Compared(found)._repr_html_()
    page = _harmless(shown)
    assert any("Verdict" in part for part in page.text)
    line = Line(family=ATTACKS[0])
    followed = history(place, line, Wanted(), Asked(metric=None, evaluator=None))
    assert "Gain" in _harmless(Followed(followed)._repr_html_()).text


def test_a_board_is_the_same_in_every_form(finished: Finished) -> None:
    found = finished.leaderboard()
    rows = list(csv.DictReader(io.StringIO(found.to_csv())))
    assert len(rows) == len(found.rows) == found.to_polars().height
    assert found.to_polars()["llm"].to_list() == [row["llm"] for row in rows]
    assert len(json.loads(found.to_json())["rows"]) == len(found.rows)
    assert "echo" in found.to_markdown()
    assert "echo" in str(found)
    assert found.warnings == ()
    assert finished._repr_html_().endswith(found._repr_html_())


def test_it_is_what_the_command_prints(folder: Path) -> None:
    from click.testing import CliRunner

    from popcorn_bench.harness.cli import cli

    printed = CliRunner().invoke(cli, ["leaderboard", str(folder), "--json"])
    assert json.loads(printed.stdout) == json.loads(pb.leaderboard(folder).to_json())


def test_a_page_links_to_clips_from_anywhere(folder: Path, tmp_path: Path) -> None:
    page = pb.leaderboard(folder).to_html(tmp_path / "site")
    assert page == tmp_path / "site" / "index.html"
    html = page.read_text()
    assert ".mp4" in html
    assert len(pb.leaderboard(folder).to_html(tmp_path, inline_videos=1).read_text()) > len(html)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"by": "topics"}, "did you mean 'topic'"),
        ({"tasks": "popcorn_concret"}, "did you mean 'popcorn_concrete'"),
        ({"gpu_hour_usd": -1}, "is no price"),
    ],
)
def test_a_name_that_is_not_there_is_one_line(
    folder: Path, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(pb.UsageError, match=said):
        pb.leaderboard(folder, **options)


def test_damaged_lines_are_told(folder: Path, tmp_path: Path) -> None:
    import shutil

    copied = shutil.copytree(folder, tmp_path / "results")
    (journal,) = (copied / "journal").glob("*.jsonl")
    lines = journal.read_text().splitlines(keepends=True)
    journal.write_text("".join([*lines[:-2], "{broken\n", *lines[-2:]]))
    (copied / "popcorn.duckdb").unlink()
    assert ["1 line that cannot be read" in said for said in pb.load(copied).warnings] == [True]
    assert pb.leaderboard(copied).warnings == pb.load(copied).warnings


def test_models_runs_and_folders_can_be_compared(finished: Finished) -> None:
    folder = finished.folder
    models = pb.compare(folder, llm=("echo", "template"), gate=True, margin=0.5)
    assert models.exit_code in {0, 3, 4}
    assert models.verdict is not None
    run = f"{folder}#{finished.run_id}"
    by_run = pb.compare(run, run, llm="echo,template")
    assert by_run.comparison.overall == models.comparison.overall
    named = pb.compare(finished.run_id or "", folder, results=folder)
    assert named.comparison.overall is not None
    assert named.comparison.overall.delta == 0
    assert json.loads(models.to_json())["verdict"] == models.verdict
    assert "testsuite" in models.to_junit()
    assert "Verdict" in str(models)


def test_a_comparison_has_a_page(folder: Path, tmp_path: Path) -> None:
    found = pb.compare(folder, llm="echo,template")
    assert found.to_html(tmp_path).read_text().startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("sides", "options", "said"),
    [
        ((), {}, "needs A and B"),
        (("nowhere", "either"), {}, "no such results folder or run"),
        ((), {"llm": "a,b,c"}, "takes one name or two, got 3"),
        (("R",), {"llm": "echo,templat"}, "did you mean 'template'"),
        (("R",), {"llm": "echo,template", "margin": 0}, "--margin: 0 is not above zero"),
        (("R",), {"llm": "echo,template", "by": "llms"}, "did you mean 'llm'"),
        (("R", "R"), {"gate": True}, "--gate: needs --margin"),
    ],
)
def test_what_cannot_be_compared_is_told(
    folder: Path, sides: tuple[str, ...], options: dict[str, object], said: str
) -> None:
    places = [str(folder) if side == "R" else side for side in sides]
    with pytest.raises(pb.UsageError, match=said):
        pb.compare(*places, **options)  # type: ignore[arg-type]  # wrong on purpose


def test_versions_are_followed(folder: Path, tmp_path: Path) -> None:
    found = pb.history(place=folder, llm=["echo", "template"])
    assert {step.label for step in found.history.steps} == {"echo", "template"}
    assert json.loads(found.to_json())
    assert "echo" in found.to_markdown()
    assert "echo" in str(found)
    assert found.to_html(tmp_path).is_file()
    with pytest.raises(pb.UsageError, match="no family 'gpt'"):
        pb.history("gpt", folder)
    with pytest.raises(pb.UsageError, match="needs a FAMILY"):
        pb.history(place=folder)


def test_a_plan_in_a_notebook_is_text(folder: Path) -> None:
    page = _harmless(pb.plan(tasks="popcorn_concrete", limit=1, output_path=folder)._repr_html_())
    assert "To do" in page.text

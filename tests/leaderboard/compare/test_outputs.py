"""The ways out: terminal, JSON, Markdown, JUnit; hostile text in each."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from popcorn_bench.leaderboard.compare.history import History, Step
from popcorn_bench.leaderboard.compare.junit import to_junit
from popcorn_bench.leaderboard.compare.markdown import history_to_markdown, to_markdown
from popcorn_bench.leaderboard.compare.model import Comparison
from popcorn_bench.leaderboard.compare.record import history_to_json, to_json
from popcorn_bench.leaderboard.compare.terminal import render, render_history
from popcorn_bench.types import Direction
from tests.leaderboard.compare.sides import POP, Filling, held, two
from tests.leaderboard.index import Index

_HOSTILE = (
    "<script>alert(1)</script> | [x](javascript:y) `</system-out>` ]]> \x1b[31m\u202e \ufffe "
    "[bold]&amp; $x$"
)


def _terminal(found: Comparison, width: int = 80) -> str:
    out = io.StringIO()
    render(found, Console(file=out, width=width))
    return out.getvalue()


def _found(gain: float = -0.5, *, gate: bool = True, scored: int | None = None) -> Comparison:
    with two(Filling(), Filling(gain=gain, scored=scored)) as sides:
        return held(*sides, gate=gate, margin=0.1)


@pytest.fixture
def hostile(index: Index) -> Comparison:
    queries = index.simple_task(4)
    index.connection.execute("UPDATE queries SET text = ?, topic = ?", [_HOSTILE, _HOSTILE])
    index.connection.execute("UPDATE queries SET topic = 'b' WHERE query_id = 'q000'")
    index.evaluator(POP, "popularity")
    for at, llm in enumerate("ab"):
        index.llm(llm, name=f"{llm} {_HOSTILE}")
        values = {query: 1.0 + at * i for i, query in enumerate(queries)}
        index.score((llm, "", "basic", POP), "popularity", values)
        for query in queries:
            index.brief(query, llm, title=_HOSTILE)
    return held(index, index, {"llm": ("a", "b")}, gate=True, margin=0.1)


def test_the_terminal_fits_80_columns_and_ends_with_the_verdict() -> None:
    printed = _terminal(_found())
    assert max(map(len, printed.splitlines())) <= 80
    assert printed.splitlines()[-1].startswith("Verdict: regressed: the change is below 0")
    for said in ("24 queries", "By kind", "By topic", "moved most", "positive is better"):
        assert said in printed
    assert "\x1b" not in printed


def test_an_inconclusive_result_says_how_many_queries_it_needs() -> None:
    with two(Filling(queries=6), Filling(queries=6, gain=-0.01)) as sides:
        found = held(*sides, gate=True, margin=0.02)
    assert found.judgement is not None
    assert found.exit_code == 3
    needed = found.judgement.queries_needed
    assert needed > 6
    assert f"{needed:,} queries would settle it" in " ".join(_terminal(found).split())


def test_what_is_not_comparable_is_listed() -> None:
    printed = _terminal(_found(scored=10))
    assert "- incomplete in B: a 10 of 24 scores" in printed
    assert printed.splitlines()[-1] == "Verdict: not comparable: see what differs."


def test_json_says_everything() -> None:
    found = json.loads(to_json(_found()))
    assert (found["verdict"], found["exit_code"], found["comparable"]) == ("regressed", 4, True)
    assert found["overall"]["delta"] == pytest.approx(-0.5, abs=0.05)
    assert found["judgement"]["upper"] < 0
    assert {part["dimension"] for part in found["slices"]} == {"kind", "topic"}
    assert len(found["movers"]) == 5
    assert set(found["movers"][0]["a"]) == {"score", "title", "video"}
    assert found["differences"] == []
    unjudged = json.loads(to_json(_found(gate=False, scored=10)))
    assert (unjudged["comparable"], unjudged["exit_code"]) == (False, 0)
    assert unjudged["differences"][0]["what"] == "coverage"


def test_markdown_puts_the_verdict_first() -> None:
    lines = to_markdown(_found()).splitlines()
    assert lines[0].startswith("### ❌")
    assert lines[2].startswith("**Verdict\\: regressed")
    assert any(line.startswith("| **overall** | -0.5") for line in lines)
    assert to_markdown(_found(0.5)).startswith("### ✅")


@pytest.mark.parametrize(
    ("gain", "scored", "gate", "counts"),
    [
        (0.5, None, True, ("0", "0")),
        (-0.5, None, True, ("1", "0")),
        (0.5, 10, True, ("0", "1")),
        (-0.5, None, False, ("0", "0")),
    ],
)
def test_junit_fails_where_the_gate_does(
    gain: float, scored: int | None, gate: bool, counts: tuple[str, str]
) -> None:
    suite = ET.fromstring(to_junit(_found(gain, gate=gate, scored=scored)))
    assert (suite.get("failures"), suite.get("errors")) == counts
    assert suite.get("tests") == str(len(suite.findall("testcase"))) == "5"
    marks = len(suite.findall(".//failure")), len(suite.findall(".//error"))
    assert tuple(map(str, marks)) == counts


def test_hostile_text_is_plain_in_the_terminal(hostile: Comparison) -> None:
    printed = _terminal(hostile, 200)
    assert "[bold]&amp;" in printed, "not read as markup"
    assert not {"\x1b", "\u202e"} & set(printed)


def test_hostile_text_is_plain_in_markdown(hostile: Comparison) -> None:
    made = to_markdown(hostile)
    assert "<script" not in made
    assert "](javascript" not in made
    assert "\\[x\\]\\(javascript" in made
    assert not {"\x1b", "\u202e"} & set(made)
    widths = {line.replace("\\|", "").count("|") for line in made.splitlines() if line[:1] == "|"}
    assert widths == {7, 5}, "no cell breaks out of its row"


def test_hostile_text_is_plain_in_junit_and_json(hostile: Comparison) -> None:
    suite = ET.fromstring(to_junit(hostile))
    names = [case.get("name") or "" for case in suite.findall("testcase")]
    assert any("<script>" in name for name in names), "as text, once it is parsed"
    assert len(suite.findall("testcase")) == 1 + len(hostile.slices)
    assert not suite.findall(".//script")
    found = json.loads(to_json(hostile))
    assert found["movers"][0]["a"]["title"] == _HOSTILE


def _history() -> History:
    step = Step(
        id="a", label=f"m1 {_HOSTILE}", version="1", released="2024-01-01", mean=5.0, se=0.1,
        ci_low=4.8, ci_high=5.2, gain=None, gain_low=None, gain_high=None, p=None, p_holm=None,
    )  # fmt: skip
    later = replace(
        step, label="m2", mean=6.0, ci_low=5.8, ci_high=6.2, gain=1.0, gain_low=0.8, gain_high=1.2,
        p=0.0004, p_holm=0.0004, released="",
    )  # fmt: skip
    return History(
        dimension="llm", family="m", metric="popularity", direction=Direction.HIGHER, unit="",
        evaluator="popularity 1", tasks=("t",), n=20, n_dropped=2, columns=3, columns_left_out=1,
        steps=(step, later), without=("m3",),
    )  # fmt: skip


def test_a_history_is_drawn_within_80_columns() -> None:
    out = io.StringIO()
    render_history(_history(), Console(file=out, width=80))
    printed = out.getvalue()
    assert max(map(len, printed.splitlines())) <= 80
    first, second = (line for line in printed.splitlines() if "●" in line)
    assert first.index("●") < second.index("●"), "the better one stands further right"
    assert "+1.00" in second
    assert "20 queries complete in every version, 2 dropped" in " ".join(printed.split())
    assert "Without scores, so not shown: m3." in printed
    assert not {"\x1b", "\u202e"} & set(printed)


def test_a_history_as_json_and_markdown() -> None:
    found = json.loads(history_to_json(_history()))
    assert (found["metric"], found["n"], len(found["steps"])) == ("popularity", 20, 2)
    assert found["steps"][1]["gain"] == 1.0
    made = history_to_markdown(_history())
    assert "<script" not in made
    assert "4.800 to 5.200" in made

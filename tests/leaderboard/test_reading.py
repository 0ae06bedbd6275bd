"""What a newcomer reads: order, names, precision, notes and what is left out."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from popcorn_bench.errors import UsageError
from popcorn_bench.leaderboard import flags, text, words
from popcorn_bench.leaderboard.apart import apart
from popcorn_bench.leaderboard.board import board
from popcorn_bench.leaderboard.export import to_json, to_markdown
from popcorn_bench.leaderboard.figures import figures_of
from popcorn_bench.leaderboard.form import FORM_RULES
from popcorn_bench.leaderboard.html import write_html
from popcorn_bench.leaderboard.terminal import render
from tests.leaderboard.index import Index, one_row
from tests.leaderboard.pages import HOSTILE, Page

_POP = "popularity-1"


def _terminal(index: Index, width: int = 100, by: str | None = None) -> str:
    out = io.StringIO()
    render(board(index.connection, by=by), Console(file=out, width=width, color_system=None))
    return out.getvalue()


def _page(index: Index, folder: Path, by: str | None = None) -> str:
    made = board(index.connection, by=by)
    return write_html(made, index.connection, folder).read_text(encoding="utf-8")


def _scored(index: Index, queries: list[str], evaluator: str, metric: str, llm: str = "a") -> None:
    values = {query: float(i % 3) for i, query in enumerate(queries)}
    index.score((llm, "", "basic", evaluator), metric, values)


def _clashing(index: Index) -> list[str]:
    """Our own `popularity` with briefs beside imported scores of that name and one of its own."""
    queries = index.simple_task(6, metrics=["popularity"])
    index.llm("a")
    index.evaluator("i-1", "popularity", name="imported", version="popularity")
    index.evaluator("i-2", "human_rating", name="imported", version="human_rating")
    index.evaluator(_POP, "popularity", name="popularity")
    for evaluator, metric in (
        ("i-1", "popularity"),
        ("i-2", "human_rating"),
        (_POP, "popularity"),
    ):
        _scored(index, queries, evaluator, metric)
    return queries


def test_a_task_says_which_metrics_come_first(index: Index) -> None:
    queries = index.simple_task(6, metrics=["zest", "novelty", "absent"])
    index.llm("a")
    for metric in ("calm", "novelty", "depth", "zest"):
        index.evaluator(f"e-{metric}", metric)
        _scored(index, queries, f"e-{metric}", metric)
    made = board(index.connection)
    assert [t.card.name for t in made.tables] == ["zest", "novelty", "calm", "depth"]
    assert [row.metric for row in made.rows] == ["zest", "novelty", "calm", "depth"]
    shown = _terminal(index)
    assert shown.index("· zest") < shown.index("· novelty") < shown.index("· calm")


def test_metrics_of_one_name_are_told_apart_by_their_evaluator(
    index: Index, tmp_path: Path
) -> None:
    _clashing(index)
    shown = _terminal(index)
    ours, theirs = "popularity (popularity 1)", "popularity (imported popularity)"
    assert shown.index("evaluator popularity 1\n") < shown.index("evaluator imported popularity")
    page = _page(index, tmp_path)
    for name in (ours, theirs, "human_rating"):
        assert f">{name} <span" in page, "heading"
    assert 'id="table-llm-popcorn-popularity-popularity-1"' in page
    assert 'id="table-llm-popcorn-human_rating"' in page
    assert r"popularity \(imported popularity\)" in to_markdown(board(index.connection))


def test_anchors_are_unique_whatever_the_names(index: Index, tmp_path: Path) -> None:
    queries = index.simple_task(3)
    index.llm("a")
    for i, name in enumerate((*HOSTILE, "a b", "a-b", "-")):
        index.evaluator(f"e-{i}", name)
        _scored(index, queries, f"e-{i}", name)
    page = Page(_page(index, tmp_path))
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert sum(str(name).startswith("table") for name in ids) == 2 * (len(HOSTILE) + 3), "two views"


_MARGINS = st.floats(0, 1e4, allow_subnormal=False)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.floats(-1e4, 1e4), _MARGINS), min_size=2, max_size=5))
def test_a_table_has_one_precision_and_its_points_are_aligned(
    rows: list[tuple[float, float]],
) -> None:
    index = Index()
    queries = index.simple_task(2)
    index.evaluator(_POP, "popularity")
    for i, (mean, spread) in enumerate(rows):
        values = dict(zip(queries, (mean - spread, mean + spread), strict=True))
        index.score((f"llm-{i}", "", "basic", _POP), "popularity", values)
    index.score(("single", "", "basic", _POP), "popularity", {queries[0]: 1.0})
    [table] = board(index.connection).tables
    index.connection.close()
    figures = figures_of(table)
    written = [figures.aligned(row) for row in table.rows]
    ends = {len(line) - line.index(" ") for line in written}
    assert len(ends) == 1, "the means end in one column"
    parts = [part.lstrip("±") for line in written for part in line.split() if part != text.NOTHING]
    assert {len(part.partition(".")[2]) for part in parts} == {figures.decimals}


def test_the_smallest_margin_keeps_two_digits_and_that_of_people_one(index: Index) -> None:
    queries = index.simple_task(2)
    index.evaluator(_POP, "popularity")
    for llm, half in (("wide", 0.13), ("narrow", 0.016)):
        values = dict(zip(queries, (5 - half, 5 + half), strict=True))
        index.score((llm, "", "basic", _POP), "popularity", values)
    index.insert(
        "anchors", evaluator_id=_POP, metric="popularity", topic="*", n=400, mean=4.4123,
        sd=0.3, quantiles=[i / 20 for i in range(101)],
    )  # fmt: skip
    shown = _terminal(index)
    assert "5.00 ±1.65" in shown
    assert "5.00 ±0.20" in shown
    assert "4.41 ±0.03" in shown
    index.connection.execute("DELETE FROM scores WHERE llm_id = 'narrow'")
    assert "5.00 ±1.65" in _terminal(index), "not 5.0 ±1.7, which would make people 4.4 ±0.0"
    index.connection.execute("DELETE FROM anchors")
    assert "5.0 ±1.7" in _terminal(index)


def test_what_a_narrow_terminal_leaves_out_is_said_once(index: Index) -> None:
    _clashing(index)
    hint = "A wider terminal shows more columns."
    assert [_terminal(index, width).count(hint) for width in (80, 99, 100)] == [1, 1, 0]


def test_titles_use_the_whole_width(index: Index) -> None:
    queries = index.simple_task(3)
    index.evaluator("q", "motion", inputs=("video",), direction="none")
    index.score(("a", "v", "basic", "q"), "motion", dict.fromkeys(queries, 1.0))
    lines = _terminal(index, 80).splitlines()
    assert "popcorn · what the clips are like, not a ranking · evaluator q 1" in lines


def test_broken_rules_are_summed_up_for_the_eye_and_kept_for_machines(
    index: Index, tmp_path: Path
) -> None:
    queries = index.simple_task(4)
    index.llm("a")
    index.evaluator(_POP, "popularity")
    _scored(index, queries, _POP, "popularity")
    broken: tuple[list[str], ...] = (
        ["code_fence", "json_repaired"],
        ["code_fence"],
        ["title_too_long"],
        [],
    )
    for query, breaches in zip(queries, broken, strict=True):
        index.brief(query, "a", breaches=breaches)
    rules = {"code_fence 50%", "json_repaired 25%", "form 50%", "title_too_long 25%"}
    [row] = json.loads(to_json(board(index.connection)))["rows"]
    assert set(row["flags"]) == rules, "briefs with any breach of form, not the sum of shares"
    shown = " ".join(_terminal(index).split())
    assert "form 50%, T 25%" in shown
    assert "not in the form asked for (code_fence, json_repaired)" in shown
    assert "T share of its titles" in shown
    page = _page(index, tmp_path)
    assert '<span class="tag">50% form</span>' in page
    assert "<dt>code fence</dt>" in page
    assert "code\\_fence 50%" in to_markdown(board(index.connection))


@pytest.mark.parametrize("rule", [*FORM_RULES, "title_too_long", "leakage", "new_rule"])
def test_every_flag_is_explained(rule: str) -> None:
    [(name, meaning)] = flags.legend([f"{rule} 12%"])
    assert name == rule
    assert len(meaning) > 20
    short = flags.short([f"{rule} 12%"])
    assert bool(short) == (rule not in FORM_RULES)
    assert [mark for mark, _ in flags.short_legend([f"{rule} 12%"])] == (
        [short.removesuffix(" 12%")] if short else []
    )


def test_ranks_say_how_they_compare(index: Index, tmp_path: Path) -> None:
    queries = index.simple_task(6)
    index.evaluator(_POP, "popularity")
    for llm in "ab":
        _scored(index, queries, _POP, "popularity", llm)
    said = " ".join(_terminal(index).split())
    assert "Ranks compare within queries, which is sharper than single rows' intervals" in said
    assert "on 6 shared queries (few: a first impression)." in said
    assert "Both rows may be the best: the data cannot tell them apart." in _page(index, tmp_path)


def test_versions_of_a_task_are_told_apart_by_version_and_said_to_be_apart(index: Index) -> None:
    index.simple_task(2)
    index.task([("q000", "concrete", "food"), ("q001", "abstract", "film")], task_id="task-2")
    index.connection.execute("UPDATE tasks SET version = '2' WHERE task_id = 'task-2'")
    index.evaluator("e", "popularity")
    scores = {"q000": 1.0, "q001": 2.0}
    index.score(("a", "", "basic", "e"), "popularity", scores)
    index.connection.execute(
        "INSERT INTO scores SELECT * REPLACE ('task-2' AS task_id) FROM scores"
    )
    made = board(index.connection)
    assert {table.task for table in made.tables} == {"popcorn 1", "popcorn 2"}
    said = "task popcorn 1 / popcorn 2: kept apart, never averaged or ranked together"
    assert apart(made) == [said]
    assert text.markdown(said) in to_markdown(made)


def test_imported_metrics_are_no_versions_of_one_another(index: Index) -> None:
    queries = index.simple_task(2)
    for metric in ("likes", "shares"):
        index.evaluator(metric, metric, name="imported", version=metric)
        index.score(("a", "", "basic", metric), metric, dict.fromkeys(queries, 1.0))
    assert apart(board(index.connection)) == []


def test_a_single_ranked_row_is_not_called_the_best(index: Index) -> None:
    queries = index.simple_task(6)
    index.evaluator("e", "popularity")
    index.plan(queries, [(llm, "", "basic", "e") for llm in ("works", "fails")])
    index.score(("works", "", "basic", "e"), "popularity", dict.fromkeys(queries, 1.0))
    [table] = board(index.connection).tables
    assert [row.rank_low for row in table.rows] == [1, None]
    assert words.rank_basis(table) == "Only one row can be ranked, so its rank says nothing."
    assert "nothing to compare it with" in words.finding(table)


def test_a_metric_is_explained_once(index: Index, tmp_path: Path) -> None:
    queries = _clashing(index)
    index.task([(query, "concrete", "food") for query in queries], "task-9", "other")
    index.connection.execute(
        "INSERT INTO scores BY NAME SELECT * REPLACE ('task-9' AS task_id) FROM scores"
    )
    index.connection.execute(
        "UPDATE metrics SET description = 'human_rating, as imported' WHERE metric = 'human_rating'"
    )
    shown = " ".join(_terminal(index).split())
    page = _page(index, tmp_path)
    for views, said in ((1, shown), (2, page), (1, to_markdown(board(index.connection)))):
        assert said.replace("\\", "").count("human_rating, as imported.") == 1
        assert "Human_rating" not in said
        clause = "Unit: points. Higher is better. Sees: title."
        assert said.replace("\\", "").count(clause) == 6 * views, "under every table"


@pytest.mark.parametrize(
    ("evaluator", "where"),
    [("quality", "docs/quality.md or the page"), ("mine", "the page (--html DIR)")],
)
def test_descriptions_are_named_in_the_terminal_and_explained_on_the_page(
    index: Index, tmp_path: Path, evaluator: str, where: str
) -> None:
    queries = index.simple_task(3)
    index.evaluator("q", "freeze", inputs=("video",), name=evaluator)
    for metric in ("motion", "dark_clipping"):
        about = {"description": f"what {metric} says", "direction": "none"}
        index.insert("metrics", evaluator_id="q", metric=metric, **about)
    for metric in ("freeze", "motion", "dark_clipping"):
        index.score(("a", "v", "basic", "q"), metric, dict.fromkeys(queries, 1.0))
    shown = " ".join(_terminal(index).partition("What the metrics mean")[2].split())
    assert f"freeze ({evaluator} 1): what freeze says." in shown
    assert f"motion, dark_clipping ({evaluator} 1) describe and rank nobody: see {where}." in shown
    assert "what motion says" not in shown
    for said in (_page(index, tmp_path), to_markdown(board(index.connection))):
        assert "what motion says" in said
        assert "describe and rank nobody" not in said


@pytest.mark.parametrize("width", [60, 80, 160])
def test_many_descriptions_stand_in_tables_that_fit(index: Index, width: int) -> None:
    queries = index.simple_task(2)
    index.evaluator("q", "motion", inputs=("video",), direction="none")
    names = [f"property_number_{i}" for i in range(12)]
    for name in names:
        index.insert("metrics", evaluator_id="q", metric=name, direction="none")
        index.score(("a", "v", "basic", "q"), name, dict.fromkeys(queries, 1234.5))
    shown = _terminal(index, width).partition("not a ranking")[2].partition("Sees:")[0]
    assert max(map(len, shown.splitlines())) <= width
    assert shown.count("1,234.500") == len(names), "no number is broken into lines"
    assert shown.count("property_") == len(names)
    assert (shown.count("LLM") == 1) == (width == 160)


def test_scores_without_briefs_have_no_cost(index: Index, tmp_path: Path) -> None:
    queries = _clashing(index)
    made = board(index.connection)
    assert one_row(made, evaluator="popularity 1").flags == ("cost_unknown",)
    assert one_row(made, metric="human_rating").flags == ()
    imported = _terminal(index).partition("human_rating")[2]
    assert "Cost" not in imported.partition("popcorn ·")[0]
    assert _page(index, tmp_path).count(">Cost each</th>") == 2, "in both views"
    for query in queries:
        index.brief(query, "a")
    priced = one_row(board(index.connection), metric="human_rating")
    assert priced.cost_usd == pytest.approx(3.0)
    _scored(index, queries, "i-2", "human_rating", "poet")
    [line] = [line for line in _terminal(index).splitlines() if "poet" in line]
    assert "unknown" not in line, "a dash, because nothing was bought"


def test_parts_that_are_all_alike_need_no_table(index: Index, tmp_path: Path) -> None:
    queries = index.simple_task(7)
    index.llm("a")
    for metric in ("freeze", "popularity"):
        index.evaluator(metric, metric)
    index.score(("a", "", "basic", "freeze"), "freeze", dict.fromkeys(queries, 0.5))
    _scored(index, queries, "popularity", "popularity")
    made = board(index.connection, by="topic")
    assert {row.metric for row in made.rows} == {"freeze", "popularity"}, "the data stay"
    for shown in (
        _terminal(index, by="topic"),
        _page(index, tmp_path, by="topic"),
        to_markdown(made),
    ):
        assert "popcorn · freeze, by topic: 0.500 in every row." in shown.replace("\\", "")
    assert "freeze · evaluator" not in _terminal(index, by="topic")
    assert "freeze · evaluator" in _terminal(index)


def test_human_lines_stand_under_each_other(index: Index) -> None:
    queries = index.simple_task(8)
    index.evaluator(_POP, "popularity")
    _scored(index, queries, _POP, "popularity")
    for topic, n in (("food", 40), ("film", 12_345)):
        index.insert(
            "anchors", evaluator_id=_POP, metric="popularity", topic=topic, n=n, mean=0.5,
            sd=0.3, quantiles=[i / 5 - 5 for i in range(101)],
        )  # fmt: skip
    lines = [x for x in _terminal(index, by="topic").splitlines() if x.startswith("Human videos")]
    assert len(lines) == 2
    assert len({line.index(" held out") for line in lines}) == 1
    assert len({len(line) for line in lines}) == 1


def test_the_page_names_no_private_host(index: Index, tmp_path: Path) -> None:
    secret = {"api_base": "http://gpu7.corp.example:8000/v1", "temperature": 0.25}
    queries = index.simple_task(3)
    index.insert("llms", llm_id="a", name="a", model="m", params=json.dumps(secret))
    index.evaluator(_POP, "popularity")
    _scored(index, queries, _POP, "popularity")
    spec = json.dumps({"seed": 3, "llm_args": [["a", secret]]})
    index.insert(
        "runs", run_id="r1", version="1", status="done", spec=spec, environment=json.dumps(secret)
    )
    page = _page(index, tmp_path)
    assert "corp.example" not in page
    assert "api_base" not in page
    assert page.count("0.25") == 3


def test_an_unknown_task_is_told_the_names_alone(index: Index) -> None:
    index.simple_task(2)
    with pytest.raises(UsageError) as error:
        board(index.connection, tasks=["popcron"])
    assert str(error.value) == ("--tasks 'popcron' is not here (popcorn); did you mean 'popcorn'?")


def test_one_is_not_many(index: Index, tmp_path: Path) -> None:
    queries = index.simple_task(2)
    index.mode("basic", "basic")
    index.mode("ab12", "pe", references=1, corpus="c", corpus_rows=1, left_out=1)
    index.llm("a")
    index.evaluator(_POP, "popularity")
    for mode in ("basic", "ab12"):
        index.score(("a", "", mode, _POP), "popularity", dict.fromkeys(queries, 1.0))
    page = _page(index, tmp_path)
    assert "Of 1 LLM, 0 better" in page
    assert "<strong>1</strong>LLM<" in page
    assert "up to 1 reference per query from corpus c (1 row); 1 row left out" in page

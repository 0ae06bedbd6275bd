"""Baselines beside the models under test hide no change, and neither do parts each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest

from popcorn_bench.leaderboard.compare.junit import to_junit
from popcorn_bench.leaderboard.compare.markdown import to_markdown
from popcorn_bench.leaderboard.compare.model import Comparison
from popcorn_bench.leaderboard.statistics.gate import Verdict
from popcorn_bench.leaderboard.text import markdown
from tests.leaderboard.compare.sides import POP, held, noise, overall
from tests.leaderboard.index import Index

_BASELINES = ("echo", "template")


@contextmanager
def _sides(gains: Mapping[str, float], without: tuple[str, ...] = ()) -> Iterator[list[Index]]:
    """Two indexes with the same scores of each LLM, plus a gain and some noise in B."""
    sides = [Index(), Index()]
    try:
        for at, index in enumerate(sides):
            queries = index.simple_task(24)
            index.evaluator(POP, "popularity")
            for n, llm in enumerate(gains):
                if at and llm in without:
                    continue
                index.llm(llm, baseline=llm in _BASELINES)
                own = noise(n + 7) if gains[llm] else [5.0] * len(queries)
                values = [
                    base + at * (gains[llm] + 0.02 * (mine - 5))
                    for base, mine in zip(noise(n), own, strict=True)
                ]
                cell = (llm, "", "basic", POP)
                index.plan(queries, [cell])
                index.score(cell, "popularity", dict(zip(queries, values, strict=True)))
        yield sides
    finally:
        for index in sides:
            index.connection.close()


def _gate(sides: list[Index], **wanted: str) -> Comparison:
    return held(sides[0], sides[1], wanted, gate=True, margin=0.15)


def test_baselines_do_not_dilute_a_loss() -> None:
    with _sides({"echo": 0, "gpt": -0.3, "template": 0}) as sides:
        found = _gate(sides)
    assert (found.verdict, found.exit_code) == (Verdict.REGRESSED, 4)
    assert overall(found).delta == pytest.approx(-0.3, abs=0.02)
    assert (found.a.llms, found.baselines) == (("gpt",), _BASELINES)
    assert "Baselines that nobody named are left out: echo, template." in to_junit(found)


def test_baselines_are_compared_where_nothing_else_is_or_where_they_are_named() -> None:
    with _sides({"echo": 0, "template": 0}) as sides:
        alone = _gate(sides)
    with _sides({"echo": 0, "gpt": -0.3}) as sides:
        named = _gate(sides, llm="echo")
    assert (alone.a.llms, alone.baselines) == (_BASELINES, ())
    assert (named.a.llms, named.verdict) == (("echo",), Verdict.EQUIVALENT)


def test_a_side_of_baselines_alone_is_not_emptied() -> None:
    with _sides({"echo": 0, "gpt": -0.3}, without=("gpt",)) as sides:
        found = _gate(sides)
    assert found.baselines == ()
    assert [one.what for one in found.differences] == ["llm"]


def test_a_part_that_got_worse_is_told_where_the_whole_passes() -> None:
    with _sides({"up": 0.5, "down": -0.3}) as sides:
        found = _gate(sides)
    said = "Worse by itself (one-sided, Holm over all parts): LLM down."
    assert (found.verdict, [part.value for part in found.worse]) == (Verdict.IMPROVED, ["down"])
    assert said in to_junit(found)
    assert markdown(said) in to_markdown(found)


def test_nothing_is_told_of_parts_where_the_whole_regressed() -> None:
    with _sides({"one": -0.4, "two": -0.3}) as sides:
        found = _gate(sides)
    assert found.verdict is Verdict.REGRESSED
    assert {"one", "two"} <= {part.value for part in found.worse}
    assert "Worse by itself" not in to_markdown(found)


def test_incomplete_cells_are_told_apart_by_task_where_there_are_several() -> None:
    with _sides({"gpt": -0.3}) as sides:
        for at, index in enumerate(sides):
            index.connection.execute("UPDATE tasks SET name = 'one'")
            index.task([("q000", "concrete", "food")], task_id="task-2", name="two")
            for table in ("scores", "plan_cells", "plan_queries"):
                index.connection.execute(
                    f"INSERT INTO {table} SELECT * REPLACE ('task-2' AS task_id) FROM {table} "
                    + ("WHERE query_id = 'q000'" if table != "plan_cells" else "")
                )
            if at:
                index.connection.execute("DELETE FROM scores WHERE query_id < 'q010'")
        found = _gate(sides)
    [one] = [one.text for one in found.differences if one.what == "coverage"]
    assert one == "incomplete in B: gpt on one 14 of 24, gpt on two 0 of 1 scores"

"""Numbers for a part of the queries are those of a board that has only that part."""

from __future__ import annotations

import duckdb
import pytest

from benchmarks.board_data import TASK, Size, fill
from popcorn_bench.leaderboard.board import board
from popcorn_bench.leaderboard.page.slices import Numbers, Slicer, numbers_of
from popcorn_bench.leaderboard.page.views import View, views_of
from tests.leaderboard.index import Index


@pytest.fixture(scope="module")
def filled() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    fill(connection, Size(queries=48, llms=4, generators=3, modes=2))
    return connection


@pytest.mark.parametrize("by", ["llm", "video", "cell"])
@pytest.mark.parametrize("kind", ["concrete", "abstract"])
def test_a_kind_is_a_board_of_its_own(
    filled: duckdb.DuckDBPyConnection, by: str, kind: str
) -> None:
    made = board(filled)
    [view] = [view for view in views_of(made, filled) if view.name == by]
    found = Slicer(made, filled)
    with duckdb.connect() as alone:
        fill(alone, Size(queries=48, llms=4, generators=3, modes=2))
        for name in ("scores", "briefs", "videos", "plan_queries", "failures"):
            alone.execute(
                f"DELETE FROM {name} WHERE query_id IN "
                "(SELECT query_id FROM queries WHERE kind <> ?)",
                [kind],
            )
        alone.execute("DELETE FROM queries WHERE kind <> ?", [kind])
        wanted = board(alone, by=view.by)
        for table in view.tables:
            key = (TASK, table.card.evaluator_id, table.card.name)
            sliced = found.of(view, key)[f"kind:{kind}|"]
            [own] = [t for t in wanted.ranking if t.card.name == table.card.name]
            for row in own.rows:
                expected = numbers_of(row)
                if view.by is None:
                    expected[7:9] = [None, None]  # cells are ranked over all queries only
                assert sliced.rows[row.llm, row.video, row.mode] == _near(expected)


def test_a_mode_is_a_board_of_that_mode(filled: duckdb.DuckDBPyConnection) -> None:
    made = board(filled)
    found = Slicer(made, filled).of(
        _llms(made, filled), (TASK, "pop".ljust(16, "0"), "popularity")
    )["|pe"]
    [own] = [t for t in board(filled, by="llm", mode="pe").ranking if t.card.name == "popularity"]
    for row in own.rows:
        assert found.rows[row.llm, None, None] == _near(numbers_of(row))


def test_topics_are_not_ranked_and_people_follow(filled: duckdb.DuckDBPyConnection) -> None:
    made = board(filled)
    found = Slicer(made, filled).of(_llms(made, filled), (TASK, "pop".ljust(16, "0"), "popularity"))
    food = found["topic:food|"]
    assert {tuple(numbers[7:9]) for numbers in food.rows.values()} == {(None, None)}
    assert food.human is not None
    assert food.human[3] == 500


def test_a_leaked_mode_is_ranked_in_no_slice(index: Index) -> None:
    queries = index.simple_task(12)
    index.evaluator("pop", "popularity")
    for mode in ("basic", "pe"):
        for i, llm in enumerate(("a", "b", "c")):
            values = {q: float(i + j % 3) for j, q in enumerate(queries)}
            index.score((llm, "", mode, "pop"), "popularity", values)
    index.leak("pe", "pop", 7)
    made = board(index.connection)
    [table] = made.ranking
    found = Slicer(made, index.connection).of(
        _llms(made, index.connection), (table.task_id, "pop", "popularity")
    )
    assert found
    assert all(n[7] is None for one in found.values() for n in one.rows.values())


def _near(numbers: Numbers) -> list[object]:
    """The same but for what rounding for the page leaves off."""
    return [None if value is None else pytest.approx(value, rel=1e-3) for value in numbers]


def _llms(made: object, connection: duckdb.DuckDBPyConnection) -> View:
    from popcorn_bench.leaderboard.model import Board

    assert isinstance(made, Board)
    return next(view for view in views_of(made, connection) if view.name == "llm")

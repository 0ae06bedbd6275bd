"""How sure an order is, worked out from an index."""

from __future__ import annotations

import pytest

from popcorn_bench.leaderboard.board import board
from popcorn_bench.leaderboard.standing.compute import Standings, standings
from popcorn_bench.leaderboard.standing.words import lines, record
from tests.leaderboard.compare.sides import noise
from tests.leaderboard.index import Index

_GAIN = {"a": 0.0, "b": 0.1, "c": 5.0}


def _made(index: Index, *, lower: bool = False, videos: tuple[str, ...] = ("v", "w")) -> list[str]:
    """Three LLMs through two generators; the generator `w` turns the first two around."""
    queries = index.simple_task(12)
    index.evaluator("see", "sharp", inputs=("video",))
    if lower:
        index.connection.execute("UPDATE metrics SET direction = 'lower'")
    for video in videos:
        index.video(video)
    for i, (llm, gain) in enumerate(_GAIN.items()):
        index.llm(llm)
        for j, video in enumerate(videos):
            turned = 0.5 * j * (1 - i) if i < 2 else 0.0
            own = zip(queries, noise(0, 12), noise(10 + i, 12), strict=True)
            values = {q: gain + turned + x + 0.05 * y for q, x, y in own}
            index.score((llm, video, "basic", "see"), "sharp", values)
    return queries


def _found(index: Index) -> Standings:
    return standings(board(index.connection), index.connection)


def test_a_clear_winner_is_best_and_rankings_that_differ_agree_in_part(index: Index) -> None:
    _made(index)
    llms, videos = _found(index).orders
    assert (llms.by, llms.across, llms.queries) == ("llm", 2, 12)
    assert [one.name for one in llms.chances] == ["c", "a", "b"]
    assert llms.chances[0].best == 1
    assert llms.chances[0].expected_rank == 1
    assert sum(one.best for one in llms.chances) == pytest.approx(1)
    # Rank sums 2, 5, 5 of two rankings of three: S = 6, W = 12 * 6 / (4 * 24).
    assert llms.concordance == pytest.approx(0.75)
    assert (videos.by, videos.across) == ("video", 3)


def test_lower_is_better_turns_the_order_around(index: Index) -> None:
    _made(index, lower=True)
    assert [one.name for one in _found(index).orders[0].chances][-1] == "c"


def test_one_that_lacks_a_cell_or_much_of_it_is_left_out(index: Index) -> None:
    _made(index)
    index.connection.execute("DELETE FROM scores WHERE llm_id = 'a' AND video_id = 'w'")
    assert {one.name for one in _found(index).orders[0].chances} == {"b", "c"}
    index.connection.execute("DELETE FROM scores WHERE llm_id = 'b' AND query_id < 'q002'")
    assert [one.by for one in _found(index).orders] == [], "one LLM makes no order"


def test_a_metric_that_sees_no_video_orders_no_generators(index: Index) -> None:
    _made(index)
    index.connection.execute("UPDATE evaluators SET inputs = ['title'], sees_video = false")
    found = _found(index)
    assert {one.by for one in found.orders} <= {"llm"}
    assert not found.spreads


def test_sources_of_spread_add_up(index: Index) -> None:
    _made(index)
    [spread] = _found(index).spreads
    assert sum(spread.share.values()) == pytest.approx(1)
    assert spread.share["l"] > 0.5
    assert spread.mode == "basic"


def test_one_generator_gives_no_agreement(index: Index) -> None:
    _made(index, videos=("v",))
    [llms] = _found(index).orders
    assert (llms.concordance, llms.across) == (None, 1)


def test_in_words_and_as_plain_data(index: Index) -> None:
    _made(index)
    found = _found(index)
    [line] = lines(found, "llm")
    assert line.startswith("sharp, popcorn: P(best) c 100%. 2 generators agree")
    assert list(lines(found, None)) == []
    kept = record(found)
    assert [one["by"] for one in kept["orders"]] == ["llm", "video"]
    assert set(kept["spreads"][0]["share"]) == {"q", "l", "v", "ql", "qv", "lv", "qlv"}


def test_nothing_ranked_has_no_order(index: Index) -> None:
    assert _found(index) == Standings()

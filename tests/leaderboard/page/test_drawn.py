"""What is drawn is where the numbers are."""

from __future__ import annotations

import base64
import gzip
import json

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.board_data import Size, fill
from popcorn_bench.leaderboard.board import board
from popcorn_bench.leaderboard.page.heat import heat_maps
from popcorn_bench.leaderboard.page.pack import as_gzip, as_json
from popcorn_bench.leaderboard.page.plots.axis import Axis, shortened
from popcorn_bench.leaderboard.page.plots.money import costs, front
from popcorn_bench.leaderboard.page.plots.ranks import rank_plots
from popcorn_bench.leaderboard.page.plots.spread import density
from popcorn_bench.leaderboard.standing.compute import standings

_POINTS = st.lists(st.tuples(st.floats(0.01, 10), st.floats(-5, 5)), min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("", ""),
        ("a-name-of-eighteen", "a-name-of-eighteen"),
        ("a-name-of-nineteen-", "a-name-of-nineteen"[:17] + "…"),
        ("日本語モデル", "日本語モデル"),
        ("日本語の長いモデル名", "日本語の長いモデ…"),
    ],
)
def test_names_beside_an_axis_fit(name: str, shown: str) -> None:
    assert shortened(name) == shown


@given(_POINTS)
def test_the_front_is_what_nothing_beats(points: list[tuple[float, float]]) -> None:
    chosen = front(points)
    assert chosen
    for i, (cost, score) in enumerate(points):
        beaten = any(c <= cost and s >= score and (c, s) != (cost, score) for c, s in points)
        assert not (beaten and i in chosen)
        assert beaten or any(points[j] == points[i] for j in chosen)


@given(st.floats(-1e3, 1e3), st.floats(1e-2, 1e4))
def test_ticks_stand_at_their_numbers(low: float, span: float) -> None:
    axis = Axis(low, low + span, 10, 500)
    assert 1 <= len(axis.ticks) <= 8
    for pixel, label in axis.ticks:
        assert 9.9 <= pixel <= 500.1
        assert axis.at(float(label)) == pytest.approx(pixel, abs=0.2)


def test_a_density_holds_all_of_it() -> None:
    values = np.random.default_rng(0).normal(3, 2, 400)
    grid = np.linspace(-10, 16, 2000)
    curve = density(values, grid)
    assert np.trapezoid(curve, grid) == pytest.approx(1, abs=1e-3)
    assert np.trapezoid(curve * grid, grid) == pytest.approx(values.mean(), abs=0.01)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_data_come_back_and_end_no_element(value: object) -> None:
    packed = as_json(value)
    assert not {"<", ">", "&", "\u2028"} & set(packed)
    assert json.loads(packed) == value
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return  # a lone surrogate becomes a question mark
    assert json.loads(gzip.decompress(base64.b64decode(as_gzip(value)))) == value


def test_maps_bars_and_dots_agree_with_the_board() -> None:
    with duckdb.connect() as connection:
        fill(connection, Size(queries=24, llms=4, generators=3, modes=2))
        made, llms = board(connection), board(connection, by="llm")
        orders = standings(llms, connection).orders
    maps = heat_maps(made)
    assert {(one.key.metric, one.mode) for one in maps} == {
        (metric, mode) for metric in ("watchability", "freeze") for mode in ("basic", "pe")
    }
    for one in maps:
        cells = {
            (llm, video): c
            for llm, row in one.rows
            for video, c in zip(one.videos, row, strict=True)
        }
        [table] = [t for t in made.ranking if t.card.name == one.key.metric]
        rows = [row for row in table.rows if row.mode == one.mode]
        best = (min if one.lower else max)(rows, key=lambda row: row.mean or 0)
        shade = cells[best.llm or "", best.video or ""]
        assert shade is not None
        assert shade[0] == 9
    assert not heat_maps(llms)
    plots = rank_plots([(table, "llm") for table in llms.ranking], orders)
    for plot, table in zip(plots, llms.ranking, strict=True):
        chances = {c.name: c.best for o in orders if o.metric == table.card.name
                   and o.by == "llm" for c in o.chances}  # fmt: skip
        assert sum(chances.values()) == pytest.approx(1)
        assert [bar.chance for bar in plot.bars] == [
            f"{chances[bar.name]:.0%}" if chances[bar.name] >= 0.005 else "" for bar in plot.bars
        ]
        assert [bar.name for bar in plot.bars] == [row.llm for row in table.rows]
        assert [bar.first for bar in plot.bars] == [row.rank_low == 1 for row in table.rows]
    dots = costs(llms.ranking)[0].dots
    by_name = {row.llm: row.mean or 0 for row in llms.ranking[0].rows}
    assert [d.name for d in sorted(dots, key=lambda d: d.y)] == sorted(
        by_name, key=lambda n: -by_name[n]
    )

"""Human ratings of a part: what the file may say, and what becomes of it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from popcorn_bench.errors import FileError
from popcorn_bench.leaderboard.board import board
from popcorn_bench.leaderboard.export import to_csv, to_json
from popcorn_bench.leaderboard.statistics.interval import mean_interval
from popcorn_bench.leaderboard.statistics.ppi import corrected_mean
from popcorn_bench.leaderboard.trust.ratings.file import Ratings, read_ratings
from tests.leaderboard.index import Index, one_row
from tests.leaderboard.trust.made import POP, everywhere, predicted, terminal

_HEAD = "query,llm,video,mode,rating"


def _file(folder: Path, lines: Sequence[str], head: str = _HEAD) -> Path:
    path = folder / "ratings.csv"
    path.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    return path


def _ratings(folder: Path, lines: Sequence[str], head: str = _HEAD) -> Ratings:
    return read_ratings(_file(folder, lines, head))


def _ppi(index: Index, ratings: Ratings, **asked: Any) -> dict[str, dict[str, Any]]:
    """The corrected mean per LLM."""
    document = json.loads(to_json(board(index.connection, ratings=ratings, **asked)))
    return {row["llm"]: row["ppi"] for row in document["rows"]}


def test_a_row_gets_its_mean_in_the_scale_of_the_ratings(index: Index, tmp_path: Path) -> None:
    """LLM a is rated on 12 of 30 queries, b on one, c on all."""
    queries = predicted(index, [[1.0], [2.0], [3.0]])
    scores = {llm: [k + 1 + i % 5 + 0.01 * ((i * (k + 3)) % 7 - 3) for i in range(30)]
              for k, llm in enumerate("abc")}  # fmt: skip
    people = {llm: [10 + 2 * s + (i * 7 % 11) / 5 for i, s in enumerate(values)]
              for llm, values in scores.items()}  # fmt: skip
    rated = {"a": range(0, 30, 3), "b": range(1), "c": range(30)}
    lines = [f"{queries[i]},{llm},,basic,{people[llm][i]}" for llm in "abc" for i in rated[llm]]
    found = _ppi(index, _ratings(tmp_path, lines))

    few, rest = list(rated["a"]), [i for i in range(30) if i not in rated["a"]]
    mine, other = np.array(scores["a"]), np.array(people["a"])
    want = corrected_mean(other[few], mine[few], mine[rest])
    assert want is not None
    assert found["a"]["estimate"] == pytest.approx(want.mean)
    assert found["a"]["lambda"] == pytest.approx(want.lam)
    assert [found["a"]["ci_low"], found["a"]["ci_high"]] == pytest.approx([want.low, want.high])
    assert (found["a"]["n_rated"], found["a"]["n_unrated"]) == (10, 20)
    assert want.se < (mean_interval(other[few]).se or 0), "the scores sharpen the ratings"

    assert found["b"] == {
        "estimate": None, "se": None, "ci_low": None, "ci_high": None, "n_rated": 1,
        "n_unrated": 29, "lambda": None,
    }  # fmt: skip
    classical = mean_interval(np.array(people["c"]))
    assert found["c"]["estimate"] == pytest.approx(classical.mean)
    assert found["c"]["se"] == pytest.approx(classical.se)
    assert (found["c"]["lambda"], found["c"]["n_unrated"]) == (0.0, 0)


def test_it_stands_everywhere_and_only_where_ratings_were_given(
    index: Index, tmp_path: Path
) -> None:
    queries = predicted(index, [[1.0], [2.0]])
    lines = [f"{q},a,,basic,{3 + i % 2}" for i, q in enumerate(queries[:20])] + ["q000,b,,basic,4"]
    ratings = _ratings(tmp_path, lines)
    for shown in everywhere(index, tmp_path, ratings):
        assert "1 of 2 rows has at least 2 rated queries" in shown
        assert "20/30" in shown
        assert "fewer than 2 rated" in shown
    rows = list(csv.DictReader(io.StringIO(to_csv(board(index.connection, ratings=ratings)))))
    assert {row["llm"]: row["ppi_n_rated"] for row in rows} == {"a": "20", "b": "1"}
    plain = board(index.connection)
    assert "ppi" not in json.loads(to_json(plain))["rows"][0]
    assert "ppi" not in to_csv(plain)
    assert "People would give" not in terminal(index)


def test_no_estimate_is_one_line(index: Index, tmp_path: Path) -> None:
    predicted(index, [[1.0], [2.0]])
    for shown in everywhere(index, tmp_path, _ratings(tmp_path, ["q000,a,,basic,1"])):
        assert "No row has 2 rated queries here, so there is no estimate." in shown
        assert "Weight of scores" not in shown
        assert "rated queries;" not in shown


def test_the_estimate_stands_beside_the_score_where_there_is_room(
    index: Index, tmp_path: Path
) -> None:
    queries = predicted(index, [[1.0], [2.0]])
    given = [f"{q},a,,basic,{3 + i % 2}" for i, q in enumerate(queries)]
    ratings = _ratings(tmp_path, given)
    board_only, panel = terminal(index, 120, ratings=ratings).split("How far to trust")
    assert "People" in board_only
    assert "3.50 ±0.19" in board_only
    assert "People  mean that people would give" in panel
    assert "People would give" in panel
    assert "People " not in terminal(index, 119, ratings=ratings).split("How far to trust")[0]
    assert "People" not in terminal(index, 120)


def test_raters_then_seeds_are_averaged_within_a_query(index: Index, tmp_path: Path) -> None:
    """q000: rater x gives 1 and 3, rater y 6, so 4 at seed 0; 8 at seed 1: 6. q001: 2."""
    predicted(index, [[1.0], [2.0]])
    lines = [
        "q000,a,,basic,1,0,x", "q000,a,,basic,3,0,x", "q000,a,,basic,6,0,y", "q000,a,,basic,8,1,x",
        "q001,a,,basic,2,,",
    ]  # fmt: skip
    found = _ppi(index, _ratings(tmp_path, lines, f"{_HEAD},seed,rater"))["a"]
    assert (found["estimate"], found["n_rated"]) == (4.0, 2)


def test_queries_may_be_named_by_text_and_models_as_shown_or_by_id(
    index: Index, tmp_path: Path
) -> None:
    queries = predicted(index, [[1.0], [2.0]])
    index.llm("ab12cd", name="a")
    index.score(("ab12cd", "", "basic", POP), "popularity", dict.fromkeys(queries, 1.0))
    lines = [
        "text of q000,b,,basic,1",
        "q001,b,,basic,3",
        "q000,a #a,,basic,5",
        "q001,ab12cd,,basic,7",
    ]
    shown = {row.llm for row in board(index.connection).rows}
    assert shown == {"a #a", "a #ab12", "b"}
    found = _ppi(index, _ratings(tmp_path, lines))
    assert (found["b"]["estimate"], found["a #a"]["n_rated"], found["a #ab12"]["n_rated"]) == (
        2,
        1,
        1,
    )


def test_what_the_board_leaves_out_may_be_rated(index: Index, tmp_path: Path) -> None:
    queries = predicted(index, [[1.0], [2.0]])
    index.mode("ab12", "pe")
    index.score(("a", "", "ab12", POP), "popularity", dict.fromkeys(queries, 1.0))
    lines = [f"{q},a,,{mode},{k}" for q in queries[:3] for k, mode in enumerate(("basic", "pe"))]
    ratings = _ratings(tmp_path, lines)
    assert _ppi(index, ratings, mode="basic")["a"]["estimate"] == 0.0
    assert _ppi(index, ratings, mode="pe")["a"]["estimate"] == 1.0
    assert _ppi(index, ratings, by="llm")["a"]["estimate"] == 0.5, "cells weigh the same"


def test_clips_are_rated_for_their_own_metric_and_averaged_for_blind_ones(
    index: Index, tmp_path: Path
) -> None:
    queries = index.simple_task(6)
    index.llm("a")
    index.evaluator(POP, "popularity")
    index.evaluator("q", "sharpness", inputs=("video",))
    index.score(("a", "", "basic", POP), "popularity", dict.fromkeys(queries, 1.0))
    for video in "xy":
        index.video(video)
        index.score(("a", video, "basic", "q"), "sharpness", dict.fromkeys(queries, 1.0))
    lines = [f"{q},a,{v},basic,{k}" for q in queries[:3] for v, k in (("x", 2), ("y", 4))]
    lines.append(f"{queries[3]},a,x,basic,9")
    made = board(index.connection, ratings=_ratings(tmp_path, lines))
    found = {(row.metric, row.video): row.ppi for row in made.rows}
    assert {key: (ppi.estimate, ppi.n_rated) for key, ppi in found.items() if ppi} == {
        ("popularity", None): (4.5, 4),
        ("sharpness", "x"): (3.75, 4),
        ("sharpness", "y"): (4.0, 3),
    }
    by_llm = board(
        index.connection, by="llm", metric="sharpness", ratings=_ratings(tmp_path, lines)
    )
    ppi = by_llm.rows[0].ppi
    assert ppi is not None
    assert (ppi.estimate, ppi.n_rated) == (3.0, 3), "a query that lacks a clip is no rated one"


def test_a_rating_without_a_score_is_left_out(index: Index, tmp_path: Path) -> None:
    queries = predicted(index, [[1.0], [2.0]])
    index.connection.execute("DELETE FROM scores WHERE llm_id = 'a' AND query_id = 'q000'")
    ratings = _ratings(tmp_path, [f"{q},a,,basic,{9 if q == 'q000' else 2}" for q in queries[:4]])
    found = _ppi(index, ratings)["a"]
    assert (found["estimate"], found["n_rated"], found["n_unrated"]) == (2.0, 3, 26)


def test_tasks_are_told_apart(index: Index, tmp_path: Path) -> None:
    predicted(index, [[1.0], [2.0]])
    index.task([("q000", "concrete", "food")], task_id="task-9", name="other")
    with pytest.raises(FileError, match=r"2: query: 'q000' means 2 things.*column task"):
        _ppi(index, _ratings(tmp_path, ["q000,a,,basic,1"]))
    head = f"{_HEAD},task"
    lines = ["q000,a,,basic,1,popcorn", "q001,a,,basic,3,popcorn", "q000,a,,basic,9,other"]
    assert _ppi(index, _ratings(tmp_path, lines, head))["a"]["estimate"] == 2.0
    with pytest.raises(FileError, match=r"2: task: 'popcrn' is not in the results; did you mean"):
        _ppi(index, _ratings(tmp_path, ["q000,a,,basic,1,popcrn"], head))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("q999,a,,basic,1", r"ratings\.csv:3: query: 'q999' is not in the results"),
        ("q000,aa,,basic,1", r"3: llm: 'aa' is not in the results"),
        ("q000,a,z,basic,1", r"3: video: 'z' is not in the results"),
        ("q000,a,,pe,1", r"3: mode: 'pe' is not in the results"),
        ("q000,a,,basic,", r"3: rating: is empty"),
        ("q000,,,basic,1", r"3: llm: is empty"),
        ("q000,a,,basic,nan", r"3: rating: 'nan' is not a finite number"),
        ("q000,a,,basic,good", r"3: rating: 'good' is not a finite number"),
        ("q000,a,,basic,1e300", r"3: rating: 1e\+300 is beyond"),
        ("q000,a,,basic", r"3: has another number of cells"),
        ("q000,a,,basic,1,2", r"3: has another number of cells"),
    ],
)
def test_a_bad_row_is_named(index: Index, tmp_path: Path, line: str, said: str) -> None:
    predicted(index, [[1.0], [2.0]])
    with pytest.raises(FileError, match=said):
        _ppi(index, _ratings(tmp_path, ["q000,a,,basic,1", line]))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", r":1: query: missing column"),
        ("query;llm;video;mode;rating\n", "divided by semicolons"),
        ("query,llm,vidoe,mode,rating\n", "video: missing column; did you mean 'vidoe'"),
        (f"{_HEAD}\n", ":1: holds no row"),
        (f"{_HEAD},seed\nq,a,,b,1,{'9' * 5000}\n", ":2: seed: .* is not an integer from 0"),
        (f"{_HEAD},seed\nq,a,,b,1,-1\n", ":2: seed: '-1' is not an integer from 0"),
        (f'{_HEAD}\nq,a,,b,"1\n', "is not CSV"),
    ],
)
def test_a_bad_file_is_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "ratings.csv"
    path.write_text(text)
    with pytest.raises(FileError, match=said):
        read_ratings(path)
    with pytest.raises(FileError, match="cannot be read"):
        read_ratings(tmp_path)


def test_a_file_of_another_encoding_is_named(tmp_path: Path) -> None:
    path = tmp_path / "ratings.csv"
    path.write_bytes(f"{_HEAD}\nü,a,,b,1\n".encode("latin-1"))
    with pytest.raises(FileError, match="is not CSV"):
        read_ratings(path)


_cell = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(
    lambda text: text == text.strip()
)


@given(
    st.lists(st.tuples(_cell, _cell, _cell, _cell, st.floats(-1e9, 1e9)), min_size=1, max_size=5)
)
def test_what_was_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str, str, float]]
) -> None:
    path = tmp_path_factory.mktemp("ratings") / "r.csv"
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.writer(file)
        writer.writerow(["rating", "extra", *_HEAD.split(",")[:4]])
        writer.writerows([rating, "ignored", *cells] for *cells, rating in rows)
    found = [(r.query, r.llm, r.video, r.mode, r.rating) for r in read_ratings(path).rows]
    assert found == rows


def test_the_index_is_only_read(index: Index, tmp_path: Path) -> None:
    predicted(index, [[1.0], [2.0]])
    before = index.connection.execute("SELECT count(*) FROM scores").fetchone()
    _ppi(index, _ratings(tmp_path, ["q000,a,,basic,1"]))
    assert index.connection.execute("SELECT count(*) FROM scores").fetchone() == before
    assert one_row(board(index.connection), llm="a").ppi is None

"""`predict`, as scripts and people use it."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import sys
from dataclasses import asdict
from functools import cache
from math import log2
from pathlib import Path

import pytest

from popcorn_bench.evaluators.popularity.card import read_card
from popcorn_bench.evaluators.popularity.settings import shipped
from popcorn_bench.harness.predicting import Predictor
from popcorn_bench.harness.titlefile import Titled
from popcorn_bench.tasks.corpora.microlens import read_microlens
from tests.e2e.cli import Done, popcorn

FIELDS = ["id", "score", "low", "high", "percentile", "category"]
TITLES = "id,title,category\n1,5-minute noodles,food\n2,One bullet left #ranked,Game\n"
LABELS = (
    "comment_count,category,title,id,note\r\n"
    '8,food,"noodles, ""fast""",a,x\r\n64,Game,the last boss,b,\r\n2,knitting,a scarf,c,\r\n'
)
_FIGURES = re.compile(r"SRC ([-\d.]+), nMSE ([\d.]+), MAE ([\d.]+) \(n = (\d+)\)")


@cache
def predictor() -> Predictor:
    """In this process: what the commands are held against."""
    return Predictor("popularity")


def fields(*rows: Titled) -> list[dict[str, object]]:
    return [asdict(found) for _, batch in predictor().predict(rows) for found in batch]


def lines(done: Done) -> list[dict[str, object]]:
    return [json.loads(line) for line in done.out.splitlines()]


def file(folder: Path, text: str) -> Path:
    path = folder / "titles.csv"
    path.write_bytes(text.encode())
    return path


def piped(text: str, *args: str, cwd: Path) -> Done:
    """The command with a pipe for stdin."""
    command = [sys.executable, "-W", "error", "-m", "popcorn_bench", "predict", *args]
    done = subprocess.run(
        command, input=text.encode(), capture_output=True, cwd=cwd, check=False, timeout=120
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


def test_a_file_gives_a_json_line_per_row(tmp_path: Path) -> None:
    done = popcorn("predict", "--csv", file(tmp_path, TITLES), "--json", cwd=tmp_path)

    assert (done.code, done.err) == (0, "")
    found = lines(done)
    assert [list(row) for row in found] == [FIELDS, FIELDS]
    assert [(row["id"], row["category"]) for row in found] == [("1", "Delicacy"), ("2", "Game")]
    assert found == fields(
        Titled("1", "5-minute noodles", "food"), Titled("2", "One bullet left #ranked", "Game")
    )


def test_labels_add_figures_as_the_last_line_on_stderr(tmp_path: Path) -> None:
    path = file(tmp_path, "\ufeff" + LABELS)
    done = popcorn("predict", "--csv", path, "--json", cwd=tmp_path)

    assert done.code == 0
    scores = {str(row["id"]): float(str(row["score"])) for row in lines(done)}
    note, figures = done.err.splitlines()
    assert note == "note: 1 row of an unknown category is judged as Others: 'knitting'"
    said = _FIGURES.fullmatch(figures)
    assert said is not None
    mae = (abs(scores["a"] - 3) + abs(scores["b"] - 6) + abs(scores["c"] - 1)) / 3
    assert float(said[3]) == pytest.approx(mae, abs=1e-4)
    assert said[4] == "3"


def test_without_json_a_file_gives_csv(tmp_path: Path) -> None:
    text = 'id,title,category\n=cmd(),a,food\n"x""\x1b[31m",b,food\n'
    done = popcorn("predict", "--csv", file(tmp_path, text), cwd=tmp_path)

    rows = list(csv.DictReader(done.out.splitlines()))
    assert list(rows[0]) == FIELDS
    assert [row["id"] for row in rows] == ["'=cmd()", 'x"[31m']
    assert float(rows[0]["low"]) < float(rows[0]["score"]) < float(rows[0]["high"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,name,category\n1,a,b\n", "titles.csv:1: title: no such column"),
        (TITLES.replace("Game", 'Game,"'), "titles.csv:3: not CSV: unexpected end of data"),
        (LABELS.replace("64", "0"), "titles.csv:3: comment_count: '0' is not a whole number"),
        (LABELS.replace("2,", "many,"), "titles.csv:4: comment_count: 'many' is not"),
        ("", "titles.csv:1: is empty; expected a header with id, title, category"),
    ],
)
def test_a_bad_file_is_one_line_and_nothing_is_written(
    text: str, message: str, tmp_path: Path
) -> None:
    done = popcorn("predict", "--csv", file(tmp_path, text).name, "--json", cwd=tmp_path)

    assert (done.code, done.out) == (2, "")
    assert len(done.err.splitlines()) == 1
    assert message in done.err


def test_a_file_without_rows_says_so(tmp_path: Path) -> None:
    done = popcorn("predict", "--csv", file(tmp_path, LABELS.splitlines()[0]), cwd=tmp_path)

    assert (done.code, done.err) == (0, "note: the file has no rows\n")


def test_figures_that_are_not_defined_are_not_made_up(tmp_path: Path) -> None:
    one = "\n".join(LABELS.splitlines()[:2])
    done = popcorn("predict", "--csv", file(tmp_path, one), "--json", cwd=tmp_path)

    assert done.code == 0
    said = r"SRC undefined, nMSE undefined, MAE [\d.]+ \(n = 1; one row has no rank\)\n"
    assert re.fullmatch(said, done.err)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["1,a,food,3", "2,b,food,3", "3,c,Game,3"], "all labels are equal"),
        (["1,a,food,3", "2,a,food,4"], "all scores are equal"),
    ],
)
def test_why_a_figure_is_not_defined_is_told(rows: list[str], said: str, tmp_path: Path) -> None:
    text = "\n".join(["id,title,category,comment_count", *rows])
    done = popcorn("predict", "--csv", file(tmp_path, text), "--json", cwd=tmp_path)

    assert done.code == 0
    assert done.err.startswith("SRC undefined, ")
    assert done.err.endswith(f"; {said}, so they have no ranks)\n")


def test_intervals_that_nobody_measured_are_noted_once(tmp_path: Path) -> None:
    text = "id,title,category\n1,a,animals\n2,b,meme\n3,c,Animal\n4,d,food\n"
    note = "note: interval pooled over small categories, coverage not established: "
    done = popcorn("predict", "--csv", file(tmp_path, text), "--json", cwd=tmp_path)
    assert done.err == f"{note}Animal, meme\n"
    done = popcorn("predict", "a cat", "--topic", "animals", "--json", cwd=tmp_path)
    assert done.err.splitlines()[0] == f"{note}Animal"


def test_a_model_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    done = popcorn("predict", "a cat", "--model", "absent.npz", cwd=tmp_path)

    assert (done.code, done.out) == (2, "")
    assert done.err == "popcorn-bench: model: no such file: absent.npz\n"


def test_a_model_of_the_users_own_is_asked(tmp_path: Path) -> None:
    copied = tmp_path / "mine"
    copied.mkdir()
    for path in shipped("popularity-disjoint").parent.glob("popularity-disjoint.*"):
        shutil.copy(path, copied)
    chosen = ("--evaluator", "popularity-disjoint")
    mine, theirs = (
        popcorn("predict", "a cat", *chosen, *model, "--json", cwd=tmp_path)
        for model in (("--model", copied), ())
    )
    assert (mine.code, mine.out) == (0, theirs.out)
    done = popcorn("predict", "a cat", "--model", copied / "popularity-disjoint.npz", cwd=tmp_path)
    assert done.code == 2
    assert "is a 'popularity-disjoint', not a 'popularity'" in done.err


def test_a_pipe_is_read_like_a_file(tmp_path: Path) -> None:
    done = piped(LABELS, "--csv", "-", "--json", cwd=tmp_path)

    assert done.code == 0
    assert lines(done) == fields(
        Titled("a", 'noodles, "fast"', "food"),
        Titled("b", "the last boss", "Game"),
        Titled("c", "a scarf", "knitting"),
    )
    assert done.err.endswith("(n = 3)\n")


def test_a_reader_that_goes_away_is_no_fault(tmp_path: Path) -> None:
    many = "id,title,category\n" + "".join(f"{n},title {n},food\n" for n in range(20_000))
    path = file(tmp_path, many)
    with subprocess.Popen(
        [sys.executable, "-m", "popcorn_bench", "predict", "--csv", str(path), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert json.loads(process.stdout.readline())["id"] == "0"
        process.stdout.close()
        assert process.stderr.read() == ""


def test_a_title_is_explained_to_people(tmp_path: Path) -> None:
    done = popcorn("predict", "5-minute noodles \x1b]0;x\x07", "--topic", "food", cwd=tmp_path)

    assert done.code == 0
    assert "\x1b" not in done.out
    assert done.out.startswith("5-minute noodles")
    for said in (
        "valid for human-like titles", "of 100 among human videos of Delicacy",
        "what moved the score most", "log2(comments)",
    ):  # fmt: skip
        assert said in done.out
    (note,) = done.err.splitlines()
    assert note.startswith("note: --corpus-dir DIR")


def test_a_title_is_scored_like_a_row_of_a_file_and_explained(tmp_path: Path) -> None:
    done = popcorn("predict", "5-minute noodles", "--topic=food", "--json", cwd=tmp_path)
    (found,) = lines(done)
    (row,) = fields(Titled("", "5-minute noodles", "food"))

    assert found["id"] is None
    assert found["title"] == "5-minute noodles"
    assert found["neighbours"] is None
    assert {name: found[name] for name in FIELDS[1:]} == {name: row[name] for name in FIELDS[1:]}
    features = found["features"]
    assert isinstance(features, list)
    assert all(set(item) == {"feature", "effect"} for item in features)
    assert features


def test_several_titles_and_lines_of_stdin_are_numbered(tmp_path: Path) -> None:
    done = piped("one\r\n\ntwo\n", "zero", "-", "--json", "--topic", "film", cwd=tmp_path)

    assert [(row["id"], row["title"]) for row in lines(done)] == [
        ("1", "zero"), ("2", "one"), ("3", ""), ("4", "two"),
    ]  # fmt: skip


def test_an_unknown_topic_is_told_and_judged_as_others(tmp_path: Path) -> None:
    done = popcorn("predict", "a title", "--topic", "foood", "--json", cwd=tmp_path)

    (row,) = fields(Titled("", "a title", "Others"))
    assert {name: lines(done)[0][name] for name in FIELDS[1:]} == {
        name: row[name] for name in FIELDS[1:]
    }
    assert "note: unknown topic 'foood' is judged as Others; did you mean 'food'?" in done.err


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ([], "needs either a TITLE or --csv FILE"),
        (["a", "--csv", "titles.csv"], "needs either a TITLE or --csv FILE"),
        (["--csv", "titles.csv", "--topic", "food"], "--topic: with --csv"),
        (["--csv", "absent.csv"], "absent.csv"),
        (["  "], "TITLE: is empty"),
        (["a", "--evaluator", "popularty"], "popularity"),
        (["a", "--corpus-dir", "absent"], "absent"),
        (["a", "--corpus-dir", "."], "MicroLens-100k_title_en.csv"),
    ],
)
def test_wrong_usage(args: list[str], message: str, tmp_path: Path) -> None:
    file(tmp_path, TITLES)
    done = popcorn("predict", *args, cwd=tmp_path)

    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert "Traceback" not in done.err


@pytest.fixture
def valid(shared: Path, tmp_path: Path) -> Path:
    """The held-out rows as a file; it is gone after the test."""
    frame = read_microlens(shared / "data" / "microlens_100k").frame
    rows = frame.filter(frame["split"] == "valid")
    path = tmp_path / "valid.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["id", "title", "category", "comment_count"])
        writer.writerows(rows.select("id", "title", "category", "comments").iter_rows())
    return path


@pytest.mark.shared
def test_the_held_out_rows_give_the_figures_of_the_card(valid: Path, tmp_path: Path) -> None:
    done = popcorn("predict", "--csv", valid, "--json", cwd=tmp_path)
    card = read_card(shipped("popularity")).valid

    said = _FIGURES.fullmatch(done.err.splitlines()[-1])
    assert said is not None
    assert [float(said[n]) for n in (1, 2, 3)] == [card.src, card.nmse, card.mae]
    with valid.open(newline="", encoding="utf-8") as stream:
        labels = {row["id"]: log2(int(row["comment_count"])) for row in csv.DictReader(stream)}
    found = lines(done)
    assert len(found) == len(labels) == card.n
    within = [r["low"] <= labels[str(r["id"])] <= r["high"] for r in found]  # type: ignore[operator]  # JSON
    assert 0.88 <= sum(within) / len(within) <= 0.92


@pytest.mark.shared
def test_a_human_title_is_its_own_nearest_neighbour(shared: Path, tmp_path: Path) -> None:
    folder = shared / "data" / "microlens_100k"
    row = read_microlens(folder).frame.row(100, named=True)
    done = popcorn(
        "predict", row["title"], "--topic", row["category"], "--json", "--neighbours", "3",
        cwd=tmp_path, env={"POPCORN_CORPUS_DIR": str(folder), "POPCORN_CACHE": str(tmp_path)},
    )  # fmt: skip

    near = lines(done)[0]["neighbours"]
    assert isinstance(near, list)
    assert len(near) == 3
    assert near[0]["title"] == row["title"]
    assert near[0]["comments"] == row["comments"]
    assert done.err == ""


@pytest.mark.parametrize("command", ["predict", "evaluators"])
def test_help_loads_nothing_heavy(command: str) -> None:
    code = (
        "import sys\n"
        "from popcorn_bench.harness.cli import cli\n"
        f"try: cli.main([{command!r}, '--help'], standalone_mode=False)\n"
        "finally: print([m for m in ('numpy', 'lightgbm', 'polars', 'rich') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "[]"


def test_the_disjoint_predictor_scores_otherwise(tmp_path: Path) -> None:
    path = file(tmp_path, TITLES)
    chosen = "--evaluator=popularity_disjoint"
    done = popcorn("predict", "--csv", path, chosen, "--json", cwd=tmp_path)

    assert done.code == 0
    (row,) = fields(Titled("1", "5-minute noodles", "food"))
    assert lines(done)[0]["id"] == row["id"]
    assert lines(done)[0]["score"] != row["score"]

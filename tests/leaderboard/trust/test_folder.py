"""From a results folder through the command line: export, ratings, and errors."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from popcorn_bench.fingerprint import evaluator_id
from popcorn_bench.harness.exporting import export_tables
from popcorn_bench.results.definitions import evaluator_record, task_record
from popcorn_bench.results.records import Result, new_run_id, now, unit_record
from popcorn_bench.results.store import Store
from popcorn_bench.types import (
    Audit,
    Direction,
    EvaluatorCard,
    Input,
    Kind,
    Metric,
    Place,
    Probe,
    Query,
    Score,
    Shift,
    Stage,
    Unit,
)
from tests.e2e.cli import popcorn
from tests.leaderboard.trust.made import VALIDITY

_CARD = EvaluatorCard(
    name="popularity",
    version="9",
    inputs=(Input.TITLE,),
    metrics=(
        Metric(
            name="popularity",
            description="made up",
            direction=Direction.HIGHER,
            low=0.0,
            members=("ridge", "trees 1"),
        ),
    ),
    validity=VALIDITY,
)
_ID = evaluator_id(_CARD)
_QUERIES = [Query(id=f"q{i}", text=f"=ask {i}", kind=Kind.CONCRETE, topic="food") for i in range(8)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three LLMs, audited; the journal is written as a run writes it."""
    made = tmp_path_factory.mktemp("run") / "results"
    run = new_run_id()
    with Store(made) as store, store.writing(run):
        store.write({"t": "run", "run": run, "at": now(), "spec": {}})
        about = {"task_id": "t", "name": "popcorn", "version": "1"}
        store.write(task_record(**about, metrics=["popularity"], metadata={}, queries=_QUERIES))
        store.write(evaluator_record(_CARD))
        for k, llm in enumerate(("one", "two", "three")):
            for i, query in enumerate(_QUERIES):
                store.write(_record(run, Stage.SCORE, llm, query.id, (_score(k, i),)))
            store.write(_record(run, Stage.AUDIT, llm, "", _audit(k)))
        store.write({"t": "end", "run": run, "at": now(), "status": "finished"}).result()
    return made


def _score(k: int, i: int) -> Score:
    value = k + i % 3 + 0.01 * (i * (k + 2) % 5)
    members = (value + 0.1, value - 0.1)
    return Score(metric="popularity", value=value, low=value - 1, high=value + 1, members=members)


def _audit(k: int) -> Audit:
    probe = Probe(
        metric="popularity", name="title_emptied", n=8, refused=0, original=4, altered=k, se=0.1
    )
    return Audit(probes=(probe,), shift=Shift(auc=0.7 + 0.1 * k, n=8, n_human=900))


def _record(run: str, stage: Stage, llm: str, query: str, result: Result) -> dict[str, object]:
    place = Place("t", query, llm, "basic", 0, 0, "", _ID)
    unit = Unit(stage=stage, place=place, key=f"{stage}-{llm}-{query}")
    return unit_record(unit, result, run, reused=False)


def test_the_panel_comes_out_of_the_folder(folder: Path) -> None:
    done = popcorn("leaderboard", folder, "--json", cwd=folder.parent)
    assert done.code == 0, done.err
    [trust] = done.json["meta"]["trust"]
    assert trust["validity"]["src"] == 0.4912
    assert trust["agreement"]["tau_least"] == 1.0
    assert [shift["auc"] for shift in trust["shifts"]] == pytest.approx([0.7, 0.9, 0.8])
    assert trust["probes"][0]["share"] == pytest.approx(0.75)
    flags = {row["llm"]: row["flags"] for row in done.json["rows"]}
    assert ["extrapolation" in flags[llm] for llm in ("one", "two", "three")] == [
        False,
        False,
        True,
    ]


def _read(path: Path) -> pl.DataFrame:
    match path.suffix:
        case ".parquet":
            return pl.read_parquet(path)
        case ".csv":
            return pl.read_csv(path)
        case _:
            return pl.read_json(path)


@pytest.mark.parametrize("kind", ["parquet", "csv", "json"])
def test_probes_and_shifts_are_exported_with_their_names(
    folder: Path, tmp_path: Path, kind: str
) -> None:
    paths = {path.stem: path for path in export_tables(folder, kind, tmp_path)}
    probes, shifts, scores = (_read(paths[name]) for name in ("probes", "shifts", "scores"))
    assert set(probes["probe"]) == {"title_emptied"}
    assert set(probes["evaluator"]) == {"popularity"}
    assert sorted(probes["altered"]) == [0, 1, 2]
    assert sorted(shifts["auc"]) == pytest.approx([0.7, 0.8, 0.9])
    assert set(shifts["task"]) == {"popcorn"}
    assert (scores["high"] - scores["low"]).to_list() == pytest.approx([2.0] * 24)
    assert "ppi" not in _read(paths["cells"]).columns


def test_ratings_come_by_the_command_line(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    rows = [f"q{i},{llm},,basic,{i % 4}" for i in range(6) for llm in ("one", "two")]
    path.write_text("\n".join(["query,llm,video,mode,rating", *rows]))
    done = popcorn(
        "leaderboard", folder, "--ratings", path, "--json", "--html", tmp_path, cwd=tmp_path
    )
    assert done.code == 0, done.err
    found = {row["llm"]: row["ppi"] for row in done.json["rows"]}
    assert {llm: ppi["n_rated"] for llm, ppi in found.items()} == {"one": 6, "two": 6, "three": 0}
    assert found["one"]["ci_low"] < found["one"]["estimate"] < found["one"]["ci_high"]
    assert "People would give" in (tmp_path / "index.html").read_text()


def test_a_bad_rating_is_wrong_usage(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("query,llm,video,mode,rating\nq0,won,,basic,3\n")
    done = popcorn("leaderboard", folder, "--ratings", path, "--json", cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert f"{path}:2: llm: 'won' is not in the results" in done.err
    gone = popcorn("leaderboard", folder, "--ratings", tmp_path / "no.csv", cwd=tmp_path)
    assert gone.code == 2
    assert "no.csv:1: cannot be read" in gone.err
    assert json.dumps(done.err).count("Traceback") == 0

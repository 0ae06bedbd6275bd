"""From a results folder through the command line: price, page, export."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from popcorn_bench.fingerprint import evaluator_id, generator_id
from popcorn_bench.harness.exporting import export_tables
from popcorn_bench.results.definitions import evaluator_record, generator_record, task_record
from popcorn_bench.results.records import Result, new_run_id, now, unit_record
from popcorn_bench.results.store import Store
from popcorn_bench.types import (
    Artefact,
    Direction,
    EvaluatorCard,
    Generator,
    Input,
    Kind,
    Metric,
    Place,
    Query,
    Score,
    Stage,
    Unit,
)
from tests.e2e.cli import popcorn

_LTX = Generator(
    name="=ltx", adapter="diffusers", revision="r1", settings={"num_inference_steps": 30},
    family="LTX-Video", release_date="2024-11", licence="its own",
)  # fmt: skip
_EYES = EvaluatorCard(
    name="eyes",
    version="1",
    inputs=(Input.VIDEO,),
    metrics=(Metric(name="appeal", description="made up", direction=Direction.HIGHER),),
)
_QUERIES = [Query(id=f"q{i}", text=f"ask {i}", kind=Kind.CONCRETE, topic="food") for i in range(4)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four clips of 90 s on a GPU; the journal is written as a run writes it."""
    made = tmp_path_factory.mktemp("run") / "results"
    run = new_run_id()
    with Store(made) as store, store.writing(run):
        store.write({"t": "run", "run": run, "at": now(), "spec": {}})
        about = {"task_id": "t", "name": "popcorn", "version": "1"}
        store.write(task_record(**about, metrics=["appeal"], metadata={}, queries=_QUERIES))
        store.write(generator_record(_LTX))
        store.write(evaluator_record(_EYES))
        for i, query in enumerate(_QUERIES):
            store.write(_record(run, Stage.VIDEO, query.id, _clip(i)))
            scores = (Score(metric="appeal", value=float(i)),)
            store.write(_record(run, Stage.SCORE, query.id, scores, evaluator_id(_EYES)))
        store.write({"t": "end", "run": run, "at": now(), "status": "finished"}).result()
    return made


def _clip(number: int) -> Artefact:
    return Artefact(
        sha256=f"{number:064x}", suffix=".mp4", bytes=9, width=704, height=480, frames=161,
        fps=24.0, seconds=6.708333, codec="h264", made_seconds=90.0, peak_gb=19.5, cost_usd=0.0,
    )  # fmt: skip


def _record(
    run: str, stage: Stage, query: str, result: Result, evaluator: str = ""
) -> dict[str, object]:
    place = Place("t", query, "someone", "basic", 0, 0, generator_id(_LTX), evaluator)
    return unit_record(
        Unit(stage=stage, place=place, key=f"{stage}-{query}"), result, run, reused=False
    )


def test_a_price_comes_by_the_command_line(folder: Path, tmp_path: Path) -> None:
    asked = ("leaderboard", folder, "--gpu-hour-usd", "2.5", "--json", "--html", tmp_path / "site")
    done = popcorn(*asked, cwd=tmp_path)
    assert done.code == 0, done.err
    meta = done.json["meta"]
    [ltx] = meta["generators"]
    assert meta["gpu_hour_usd"] == 2.5
    assert ltx["gpu_cost_usd"] == pytest.approx(0.25)
    assert "$0.25" in (tmp_path / "site" / "index.html").read_text()


@pytest.mark.parametrize("price", ["nan", "inf", "-1", "two"])
def test_what_is_no_price_is_wrong_usage(folder: Path, price: str) -> None:
    done = popcorn("leaderboard", folder, f"--gpu-hour-usd={price}", cwd=folder)
    assert (done.code, done.out) == (2, "")
    assert "--gpu-hour-usd" in done.err
    assert "Traceback" not in done.err


def _read(path: Path) -> pl.DataFrame:
    match path.suffix:
        case ".parquet":
            return pl.read_parquet(path)
        case ".csv":
            return pl.read_csv(path)
        case _:
            return pl.read_json(path)


@pytest.mark.parametrize("kind", ["parquet", "csv", "json"])
def test_generators_are_exported(folder: Path, tmp_path: Path, kind: str) -> None:
    paths = {path.stem: path for path in export_tables(folder, kind, tmp_path)}
    [ltx] = _read(paths["generators"]).to_dicts()
    assert ltx["name"] == ("'=ltx" if kind == "csv" else "=ltx"), "no formula in a spreadsheet"
    assert (ltx["clips_made"], ltx["made_seconds_total"], ltx["peak_gb"]) == (4, 360, 19.5)
    assert json.loads(ltx["settings"]) == {"num_inference_steps": 30}
    assert json.loads(ltx["sizes"]) == [[704, 480]]
    assert json.loads(ltx["seconds"]) == pytest.approx([6.708333, 6.708333])
    assert "gpu_cost_usd" not in ltx


def test_a_folder_without_clips_exports_an_empty_table(tmp_path: Path) -> None:
    made, run = tmp_path / "results", new_run_id()
    with Store(made) as store, store.writing(run):
        store.write({"t": "run", "run": run, "at": now(), "spec": {}})
        about = {"task_id": "t", "name": "popcorn", "version": "1"}
        store.write(task_record(**about, metrics=[], metadata={}, queries=_QUERIES))
        store.write(evaluator_record(_EYES))
        scores = (Score(metric="appeal", value=1.0),)
        record = _record(run, Stage.SCORE, "q0", scores, evaluator_id(_EYES))
        store.write(record).result()
    paths = {path.stem: path for path in export_tables(made, "parquet", tmp_path / "out")}
    assert _read(paths["generators"]).height == 0

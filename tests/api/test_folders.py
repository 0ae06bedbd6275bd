"""Results folders from Python: read, exported, imported, joined, rebuilt, viewed, published."""

from __future__ import annotations

import json
import shutil
import urllib.request
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import popcorn_bench as pb
from popcorn_bench.harness.api.running import Finished


@pytest.fixture
def copied(folder: Path, tmp_path: Path) -> Path:
    """For those who change something."""
    return shutil.copytree(folder, tmp_path / "results")


def test_the_tables_are_data_frames(finished: Finished) -> None:
    found = finished.load()
    assert found.briefs.height == 4
    assert set(found.videos["video"]) == {"still"}
    assert found.scores["score"].is_not_null().all()
    assert set(found.cells["llm"]) == {"echo", "template"}
    assert found.failures.is_empty()
    assert found.runs.height == 1
    assert found.probes.height > 0
    assert set(found.shifts.columns) >= {"auc", "n"}


def test_a_query_reaches_the_index_and_nothing_else(folder: Path, tmp_path: Path) -> None:
    found = pb.load(folder)
    (count,) = found.query("SELECT count(*) AS n FROM scores")["n"]
    assert count == found.scores.height
    (tmp_path / "secret.csv").write_text("a\n1\n")
    for hostile in (
        f"SELECT * FROM read_csv('{tmp_path / 'secret.csv'}')",
        f"COPY scores TO '{tmp_path / 'out.csv'}'",
        "SET enable_external_access = true",
        "INSTALL httpfs",
        "SELECT * FROM nothing",
    ):
        with pytest.raises(pb.UsageError, match="query: "):
            found.query(hostile)
    assert not (tmp_path / "out.csv").exists()


def test_a_folder_without_results_is_told(tmp_path: Path) -> None:
    for use in (pb.load, pb.leaderboard, pb.runs, pb.rebuild, pb.costs):
        with pytest.raises(pb.UsageError, match="no results there"):
            use(tmp_path)


def test_tables_are_exported(folder: Path, tmp_path: Path) -> None:
    paths = pb.export(folder, to=tmp_path, format="csv")
    assert {path.name for path in paths} >= {"briefs.csv", "scores.csv", "cells.csv"}
    assert pl.read_csv(tmp_path / "briefs.csv").height == 4
    with pytest.raises(pb.UsageError, match="did you mean 'parquet'"):
        pb.export(folder, to=tmp_path, format="parket")


def test_scores_are_imported_once(copied: Path, tmp_path: Path) -> None:
    file = tmp_path / "ratings.csv"
    head = "query,kind,topic,llm,video,mode,seed,metric,score\n"
    file.write_text(f"{head}cats,concrete,pets,echo,,basic,0,liking,4\n")
    first = pb.import_scores(file, copied, task="people")
    assert (first.task, first.new_task, first.added, first.there) == ("people", True, 1, 0)
    again = pb.import_scores(file, copied, task="people")
    assert (again.new_task, again.added, again.there) == (False, 0, 1)
    assert "people" in set(pb.leaderboard(copied).to_polars()["task"])
    file.write_text(f"{head}cats,concrete,pets,echo,,basic,0,liking,many\n")
    with pytest.raises(pb.FileError, match=r"ratings\.csv:2: score"):
        pb.import_scores(file, copied)
    with pytest.raises(pb.UsageError, match="no such file"):
        pb.import_scores(tmp_path / "nowhere.csv", copied)


def test_folders_are_joined(folder: Path, tmp_path: Path) -> None:
    into = tmp_path / "all"
    assert pb.merge(folder, into=into).added == 1
    again = pb.merge(folder, into=into)
    assert (again.added, again.runs) == (0, 1)
    assert pb.load(into).scores.height == pb.load(folder).scores.height
    with pytest.raises(pb.UsageError, match="at least one"):
        pb.merge(into=into)


def test_the_index_is_made_anew(copied: Path) -> None:
    (copied / "popcorn.duckdb").write_bytes(b"nothing of ours")
    assert pb.rebuild(copied) == copied / "popcorn.duckdb"
    assert pb.load(copied).briefs.height == 4
    assert "CREATE TABLE scores" in pb.schema()


def test_costs_runs_and_origins(finished: Finished) -> None:
    folder = finished.folder
    costs = pb.costs(folder)
    assert list(costs.runs) == [finished.run_id]
    assert costs.to_record()["usd"] == 0
    (run,) = pb.runs(folder)
    assert (run["name"], run["status"]) == (finished.run_id, "finished")
    sha = finished.load().videos["sha256"][0]
    assert pb.origin(sha[:8], folder)[0]["generator"] == "still"


def test_a_folder_can_be_viewed(folder: Path) -> None:
    with pb.view(folder) as url, urllib.request.urlopen(url) as page:
        assert b"popcorn" in page.read()
    with pytest.raises(pb.UsageError, match="--host"), pb.view(folder, host="0.0.0.0"):
        pass


def test_a_run_is_published_and_the_readme_kept(folder: Path, tmp_path: Path) -> None:
    site, readme = tmp_path / "site", tmp_path / "README.md"
    planned = pb.publish(folder, to=site, readme=readme, dry_run=True)
    assert not site.exists()
    assert not readme.exists()
    said: list[str] = []
    options = {"to": site, "readme": readme, "author": "Doe, Jane", "licence": "cc-by-4.0"}
    done = pb.publish(folder, **options, warn=said.append)  # type: ignore[arg-type]  # as given
    assert done.written == planned.written
    assert (done.unchanged, done.removed, done.files) == ((), (), None)
    assert done.readme == readme
    assert "Doe, Jane" in (site / "CITATION.cff").read_text()
    again = pb.publish(folder, **options)  # type: ignore[arg-type]  # as given
    assert (again.written, again.readme) == ((), None)
    record = again.to_record()
    assert json.dumps(record)
    assert list(record)[:2] == ["to", "dry_run"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"to": "site", "private": True}, "--private"),
        ({"to": "site", "licence": "CC-BY-5"}, "did you mean"),
        ({"to": "hf://datasets/me/board"}, "HF_TOKEN"),
    ],
)
def test_what_cannot_be_published_is_told(
    folder: Path, options: dict[str, object], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(pb.UsageError, match=said):
        pb.publish(folder, **options)  # type: ignore[arg-type]  # wrong on purpose


def test_a_run_is_made_again(finished: Finished, tmp_path: Path) -> None:
    run = finished.run_id or ""
    planned = pb.plan_reproduce(run[:12], results=finished.folder, to=tmp_path / "plan")
    assert planned.survey.to_do.total() > 0
    found = pb.reproduce(run, results=finished.folder, to=tmp_path / "again", stage="brief,score")
    assert found.verdict == "same"
    assert found.to_record()["verdict"] == "same"
    fresh: dict[str, Any] = {"results": finished.folder, "to": tmp_path / "no"}
    with pytest.raises(pb.UsageError, match="did you mean 'brief'"):
        pb.reproduce(run, **fresh, stage="briefs")
    with pytest.raises(pb.UsageError, match="what the first run says"):
        pb.reproduce(run, **fresh, llms="echo")

"""What a publication holds, and that it says what the board says."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest
import yaml

from popcorn_bench.errors import UsageError
from popcorn_bench.fingerprint import file_sha256
from popcorn_bench.leaderboard.publish.options import Options, licence_id
from popcorn_bench.leaderboard.statistics.paired import paired_difference
from tests.leaderboard.index import Index
from tests.leaderboard.publish.filled import filled, publish, value
from tests.needs import lacking

_EXPECTED = {
    *("index.html", "cells.parquet", "pairs.parquet", "samples.parquet", "leaderboard.csv"),
    *("leaderboard.json", "manifest.json", "schema.json", "CITATION.cff", "README.md"),
}


def _json(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def _bytes(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


_OPTIONS = Options(authors=("A Lab",), licence="CC-BY-4.0")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("publish") / "made"
    index = filled(Index())
    publish(index, folder, _OPTIONS)
    index.connection.close()
    return folder


def test_every_file_is_there_and_in_the_manifest(made: Path) -> None:
    found = set(_bytes(made))
    assert found >= _EXPECTED
    records = {name for name in found if name.startswith("every_eval_ever/")}
    assert found - records == _EXPECTED
    files = _json(made / "manifest.json")["files"]
    assert set(files) == found - {"manifest.json"}
    assert all(about["sha256"] == file_sha256(made / name) for name, about in files.items())


def test_the_same_results_give_the_same_bytes(index: Index, made: Path, tmp_path: Path) -> None:
    publish(filled(index), tmp_path / "again", _OPTIONS)
    assert _bytes(made) == _bytes(tmp_path / "again")


def test_json_and_parquet_fit_the_schema(made: Path) -> None:
    schema = _json(made / "schema.json")
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(_json(made / "leaderboard.json"), schema)
    for name, rows in schema["$defs"].items():
        table = pq.read_table(made / f"{name}.parquet")
        assert table.column_names == list(rows["properties"])
        assert table.num_rows
        for row in table.to_pylist():
            jsonschema.validate(row, rows)


def test_the_schema_refuses_what_is_wrong(made: Path) -> None:
    schema, board = _json(made / "schema.json"), _json(made / "leaderboard.json")
    for broken in ({"mean": "high"}, {"flags": "partial"}, {"direction": "up"}):
        wrong = {**board, "rows": [{**board["rows"][0], **broken}]}
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"rows": []}, schema)


def test_parquet_columns_have_the_types_that_the_schema_says(made: Path) -> None:
    kinds = {"string": "string", "number": "double", "integer": "int64", "boolean": "bool"}
    schema = _json(made / "schema.json")["$defs"]
    for name, rows in schema.items():
        for field in pq.read_schema(made / f"{name}.parquet"):
            kind = rows["properties"][field.name]["type"][0]
            assert kinds.get(kind, "list").removeprefix("large_") in str(field.type), field.name


def test_cells_are_the_rows_of_the_board(made: Path) -> None:
    rows = _json(made / "leaderboard.json")["rows"]
    cells = pl.read_parquet(made / "cells.parquet").to_dicts()
    assert len(rows) == len(cells)
    for row, cell in zip(rows, cells, strict=True):
        shared = row.keys() & cell.keys() - {"mean", "se", "ci_low", "ci_high"}
        assert len(shared) > 15
        assert {k: row[k] for k in shared} == {k: cell[k] for k in shared}
        assert cell["mean"] == pytest.approx(row["mean"])
    with (made / "leaderboard.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == len(rows)


def test_pairs_are_paired_by_query_and_differ_in_one_dimension(made: Path) -> None:
    pairs = pl.read_parquet(made / "pairs.parquet").to_dicts()
    assert {pair["metric"] for pair in pairs} == {"popularity", "freeze"}  # motion ranks nobody
    for pair in pairs:
        other = [n for n in ("llm", "video", "mode") if pair[f"{n}_a"] != pair[f"{n}_b"]]
        assert other == [pair["differs"]]
        assert pair["p_holm"] is None or pair["p_holm"] >= pair["p"]
    [pair] = [pair for pair in pairs if pair["metric"] == "popularity"]
    assert (pair["llm_a"], pair["llm_b"]) == ("echo", "gpt")
    a, b = (np.array([value(llm, j) for j in range(12)]) for llm in (1, 0))
    expected = paired_difference(a, b)
    assert pair["delta"] == pytest.approx(expected.estimate.mean)
    assert pair["p"] == pytest.approx(expected.p)
    assert pair["n_queries"] == 12
    assert pair["share_better"] == pytest.approx(float((a > b).mean()))


def test_lower_is_better_where_it_is(made: Path) -> None:
    pairs = pl.read_parquet(made / "pairs.parquet").filter(metric="freeze", differs="llm")
    assert pairs["delta"].to_list() == pytest.approx([-0.55, -0.55])  # the better one has less
    assert pairs["share_better"].to_list() == [1.0, 1.0]


def test_samples_hold_every_brief_with_its_scores(made: Path) -> None:
    samples = pl.read_parquet(made / "samples.parquet")
    assert samples.height == 24
    first = samples.filter(query_id="q000", llm="gpt").to_dicts()[0]
    assert first["video_prompt"] == "prompt a title"
    assert len(first["scores"]) == 5
    assert {s["video"] for s in first["scores"] if s["metric"] == "popularity"} == {None}
    assert {s["video"] for s in first["scores"] if s["metric"] == "freeze"} == {"still", "a title"}
    assert [(clip["video"], clip["frames"]) for clip in first["clips"]] == [("still", 161)]


def test_prompts_can_be_left_out_everywhere(index: Index, tmp_path: Path) -> None:
    publish(filled(index, said="SECRETWORD"), tmp_path / "a", Options())
    index.connection.execute("UPDATE briefs SET title = 'plain'")
    index.connection.execute("UPDATE generators SET name = 'plain' WHERE video_id = 'w'")
    index.connection.execute("UPDATE runs SET spec = '{}'")
    publish(index, tmp_path / "b", Options(prompts=False))
    publish(index, tmp_path / "c", Options())
    samples = pl.read_parquet(tmp_path / "b" / "samples.parquet")
    assert samples["video_prompt"].null_count() == samples["cover_prompt"].null_count() == 24
    assert not [name for name, data in _bytes(tmp_path / "b").items() if b"SECRETWORD" in data]
    assert "left out" in (tmp_path / "b" / "README.md").read_text()
    assert pl.read_parquet(tmp_path / "c" / "samples.parquet")["video_prompt"].null_count() == 0


def test_manifest_tells_what_decided_the_results(index: Index, made: Path, tmp_path: Path) -> None:
    filled(index)
    before = _json(made / "manifest.json")
    assert before["tasks"][0]["queries"] == 12
    assert before["tasks"][0]["requests"] == 24
    assert {e["name"] for e in before["evaluators"]} == {"pop", "qual", "look"}
    assert before["runs"][0]["code"] == {"commit": "abc", "dirty": False}
    assert "private.example" not in (made / "manifest.json").read_text()
    index.connection.execute("UPDATE queries SET text = 'other' WHERE query_id = 'q000'")
    publish(index, tmp_path / "b")
    after = _json(tmp_path / "b" / "manifest.json")
    changed = {k for k, v in after["tasks"][0].items() if before["tasks"][0][k] != v}
    assert changed == {"query_set_sha256"}


def test_citation_has_what_the_format_asks_for(made: Path) -> None:
    found = yaml.safe_load((made / "CITATION.cff").read_text())
    assert found["cff-version"] == "1.2.0"
    assert {"message", "title", "authors"} <= found.keys()
    assert found["authors"] == [{"name": "A Lab"}]
    assert found["license"] == "CC-BY-4.0"
    assert found["date-released"] == "2025-01-02"
    assert found["type"] == "dataset"


def test_card_names_its_tables_and_its_licence(made: Path) -> None:
    _, front, body = (made / "README.md").read_text().split("---\n", 2)
    found = yaml.safe_load(front)
    assert found["license"] == "cc-by-4.0"
    assert [c["data_files"] for c in found["configs"]] == [
        "cells.parquet", "pairs.parquet", "samples.parquet",
    ]  # fmt: skip
    assert "FLUX" in body, "a licence with limits is told"


def test_forbidden_use_is_told(index: Index, tmp_path: Path) -> None:
    options = Options(forbids=(("v", ("commercial use",)),))
    made = publish(filled(index), tmp_path / "a", options)
    assert any("still" in line and "forbids commercial use" in line for line in made.terms)
    assert "forbids commercial use" in (tmp_path / "a" / "README.md").read_text()


def test_a_space_has_another_head(index: Index, tmp_path: Path) -> None:
    publish(filled(index), tmp_path / "a", Options(space=True))
    front = yaml.safe_load((tmp_path / "a" / "README.md").read_text().split("---\n", 2)[1])
    assert (front["sdk"], front["app_file"]) == ("static", "index.html")


def test_nothing_is_not_published(index: Index, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no scores"):
        publish(index, tmp_path / "a")


def test_licences_are_known_by_either_name() -> None:
    assert licence_id("cc-by-4.0") == licence_id("CC-BY-4.0") == "CC-BY-4.0"
    assert licence_id("odbl") == "ODbL-1.0"
    with pytest.raises(UsageError, match="did you mean"):
        licence_id("cc-by-4")


# What the public description of Every Eval Ever asks for, in words of our own.
_TEXT = {"type": "string", "minLength": 1}
_RECORD = {
    "type": "object",
    "required": ["schema_version", "evaluation_id", "retrieved_timestamp", "source_metadata",
                 "model_info", "eval_library", "evaluation_results"],
    "properties": {
        "schema_version": {"const": "0.3.0"},
        "retrieved_timestamp": {"type": "string", "pattern": "^[0-9]+$"},
        "source_metadata": {"required": ["source_type", "source_organization_name",
                                         "evaluator_relationship"]},
        "eval_library": {"required": ["name", "version"]},
        "model_info": {
            "required": ["name", "id", "additional_details"],
            "properties": {"id": {"type": "string", "pattern": "^[^/]+/[^/]+$"},
                           "additional_details": {"additionalProperties": {"type": "string"}}},
        },
        "evaluation_results": {
            "type": "array", "minItems": 1,
            "items": {
                "required": ["evaluation_name", "source_data", "metric_config", "score_details"],
                "properties": {
                    "evaluation_name": _TEXT,
                    "metric_config": {
                        "required": ["lower_is_better", "score_type", "min_score", "max_score"],
                        "properties": {"lower_is_better": {"type": "boolean"}},
                    },
                    "score_details": {"properties": {"score": {"type": "number"}}},
                },
            },
        },
    },
}  # fmt: skip


def _records(made: Path) -> dict[str, Any]:
    found = sorted((made / "every_eval_ever").rglob("*.json"))
    return {path.relative_to(made / "every_eval_ever").as_posix(): _json(path) for path in found}


def test_every_eval_ever_records_have_one_model_each(made: Path) -> None:
    records = _records(made)
    assert len(records) == 2
    for path, record in records.items():
        jsonschema.validate(record, _RECORD)
        assert path.startswith(f"data/popcorn-bench/{record['model_info']['id']}/")
    gpt = next(r for r in records.values() if r["model_info"]["name"] == "gpt")
    assert gpt["model_info"]["id"] == "maker/gpt"
    assert "private.example" not in json.dumps(gpt)
    results = gpt["evaluation_results"]
    assert len(results) == 3, "a description has no better: it is left out"
    freeze = [r for r in results if r["metric_config"]["metric_name"] == "freeze"]
    parameters = [r["metric_config"]["metric_parameters"] for r in freeze]
    assert {p["video"] for p in parameters} == {"still", "a title"}
    assert all(p["mode"] == "basic" for p in parameters)
    assert all(r["metric_config"]["lower_is_better"] for r in freeze)
    expected = np.mean([value(0, j) for j in range(12)])
    assert freeze[0]["score_details"]["score"] == pytest.approx(expected)


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The schema from the package that defines it, which asks for a newer Python to be imported."""
    uv = shutil.which("uv") or str(Path(sys.executable).parent / "uv")
    folder = tmp_path_factory.mktemp("original")
    args = ["pip", "install", "--quiet", "--no-deps", "--python-version", "3.12"]
    try:
        done = subprocess.run(
            [uv, *args, "--target", str(folder), "every-eval-ever==0.3.0"],
            capture_output=True, timeout=60, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        lacking("every-eval-ever 0.3.0, which holds the schema, cannot be fetched")
    if done.returncode:
        lacking("every-eval-ever 0.3.0, which holds the schema, cannot be fetched")
    found: dict[str, Any] = _json(folder / "every_eval_ever" / "schemas" / "eval.schema.json")
    return found


def test_every_eval_ever_records_fit_the_original_schema(
    made: Path, original: dict[str, Any]
) -> None:
    assert original["version"] == "0.3.0"
    for record in _records(made).values():
        jsonschema.Draft7Validator(original).validate(record)

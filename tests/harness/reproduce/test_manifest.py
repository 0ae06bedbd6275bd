"""The header of a run is all that it takes to find it and to do it again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from popcorn_bench.errors import UsageError
from popcorn_bench.harness.reproduce.manifest import latest_manifest, read_manifest
from popcorn_bench.harness.reproduce.surroundings import surroundings, trained_parts
from popcorn_bench.harness.spec import RunSpec

SPEC = RunSpec(seed=7, llms=("echo",), llm_args=(("echo", {"temperature": "0"}),))


def header(run: str, weights: str = "aa", **environment: Any) -> list[dict[str, Any]]:
    evaluator = {"name": "e", "evaluator_id": f"e-{weights}", "weights": weights}
    return [
        {"t": "run", "run": run, "version": "0.1.0", "spec": SPEC.to_record(),
         "environment": {"python": "3.11.7", "packages": {"a": "1", "b": "1"}, **environment}},
        {"t": "task", "data": {"task_id": "t1", "name": "popcorn"}, "queries": []},
        {"t": "mode", "data": {"mode": "basic", "name": "basic"}},
        {"t": "llm", "data": {"llm_id": "l1", "name": "echo"}},
        {"t": "generator", "data": {"video_id": "v1", "name": "still"}},
        {"t": "evaluator", "data": evaluator},
        {"t": "plan", "cells": [], "queries": {"t1": ["q1", "q2"]}},
        {"t": "end", "run": run},
    ]  # fmt: skip


def journal(folder: Path, name: str, records: list[dict[str, Any]]) -> Path:
    path = folder / "journal" / f"{name}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records))
    return folder


def test_a_header_gives_spec_and_definitions(tmp_path: Path) -> None:
    found = read_manifest(journal(tmp_path, "2026-a", header("2026-a")), "2026")

    assert found.spec == RunSpec(**{f: getattr(SPEC, f) for f in ("seed", "llms", "llm_args")},
                                 output_path=tmp_path)  # fmt: skip
    assert (found.llms, found.generators) == ({"l1": "echo"}, {"v1": "still"})
    assert found.queries == {"t1": ("q1", "q2")}
    assert found.weights == {"e": "aa"}


def test_runs_are_found_by_the_start_of_their_id(tmp_path: Path) -> None:
    for name in ("2026-a", "2026-ab", "2027-c"):
        journal(tmp_path, name, header(name))
    journal(tmp_path, "2028-import", [{"t": "run", "run": "x", "spec": {"import": "f.csv"}}])

    assert read_manifest(tmp_path, "2027").run_id == "2027-c"
    assert read_manifest(tmp_path, "2026-a").run_id == "2026-a", "a whole id is no prefix"
    assert latest_manifest(tmp_path).run_id == "2027-c"
    for wanted, message in (
        ("2026", "may be 2 runs: 2026-a, 2026-ab"),
        ("2028-import", "is no run of models"),
        ("2027-d", "did you mean '2027-c'?"),
    ):
        with pytest.raises(UsageError, match=message):
            read_manifest(tmp_path, wanted)


@pytest.mark.parametrize("lost", ["plan", "run"])
def test_a_header_that_is_not_whole_is_told(tmp_path: Path, lost: str) -> None:
    records = [record for record in header("r") if record["t"] != lost]
    first = {"t": "note", "spec": SPEC.to_record()}  # so that the file begins as a run's does
    with pytest.raises(UsageError, match="header of this run is not whole"):
        read_manifest(journal(tmp_path, "r", [first, *records]), "r")


def test_differences_around_runs_are_named(tmp_path: Path) -> None:
    one = read_manifest(journal(tmp_path / "1", "r", header("r")), "r")
    other = header("r", "bb", python="3.12.1", packages={"a": "2", "c": "1"})
    two = read_manifest(journal(tmp_path / "2", "r", other), "r")

    assert surroundings(one, one) == ()
    assert [tuple(found) for found in surroundings(one, two)] == [
        ("python", "3.11.7", "3.12.1"),
        ("package a", "1", "2"),
        ("package b", "1", None),
        ("package c", None, "1"),
    ]
    (changed,) = trained_parts(one, two)
    assert changed == ("evaluator e: sha256 of its trained part", "aa", "bb")

"""The manifest of a run: what its journal says at its start, which is all that redoing it takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from popcorn_bench.errors import UsageError, did_you_mean
from popcorn_bench.harness.spec import RunSpec
from popcorn_bench.results.journal import Record, journal_files, read_lines
from popcorn_bench.results.records import MALFORMED

_WORK = frozenset({"unit", "failure", "end"})  # with the first of these the header is over
_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a run was asked for, and of what.

    `tasks`, `modes`, `llms` and `generators` are names by id, `evaluators` ids by name, `weights`
    the sha256 of each evaluator's trained part ('' for none) by name, and `queries` the planned
    query ids by task id.
    """

    run_id: str
    folder: Path
    version: str
    spec: RunSpec
    environment: Mapping[str, Any]
    tasks: Mapping[str, str]
    modes: Mapping[str, str]
    llms: Mapping[str, str]
    generators: Mapping[str, str]
    evaluators: Mapping[str, str]
    weights: Mapping[str, str]
    queries: Mapping[str, tuple[str, ...]]


def read_manifest(folder: Path, wanted: str) -> Manifest:
    """The manifest of the one run of `folder` whose id is, or begins with, `wanted`.

    Raises:
        UsageError: where there is no such run, several, or one without a whole header.
    """
    path = _find(folder, wanted)
    records = list(_header(path))
    try:
        return _manifest(folder, path.stem, records)
    except (*MALFORMED, StopIteration):
        raise UsageError(
            f"{path}: the header of this run is not whole, so nobody can tell what it was asked for"
        ) from None


def latest_manifest(folder: Path) -> Manifest:
    """The manifest of the last run of `folder` that has one.

    Raises:
        UsageError: where no run has been.
    """
    for path in reversed(journal_files(folder)):
        if _is_run(path):
            return read_manifest(folder, path.stem)
    raise UsageError(f"{folder}: no run there")


def _find(folder: Path, wanted: str) -> Path:
    paths = journal_files(folder)
    if not paths:
        raise UsageError(f"{folder}: no results there (--results names another folder)")
    exact = [path for path in paths if path.stem == wanted]
    found = exact or [path for path in paths if path.stem.startswith(wanted) and _is_run(path)]
    names = [path.stem for path in found]
    if len(found) > 1:
        more = ", ..." if len(names) > _SHOWN else ""
        raise UsageError(
            f"{folder}: {wanted!r} may be {len(names)} runs: {', '.join(names[:_SHOWN])}{more}"
        )
    if not found:
        hint = did_you_mean(wanted, (path.stem for path in paths))
        raise UsageError(
            f"{folder}: no run {wanted!r}{hint}; `popcorn-bench ls runs {folder}` lists them"
        )
    if not _is_run(found[0]):
        raise UsageError(f"{folder}: {names[0]} is no run of models: there is nothing to do again")
    return found[0]


def _is_run(path: Path) -> bool:
    """Whether a journal file is that of a run; imports and notes have another kind of start."""
    first = next(read_lines(path), None)
    spec = first.record.get("spec") if first and first.record else None
    return isinstance(spec, dict) and "llms" in spec


def _header(path: Path) -> Iterator[Record]:
    for line in read_lines(path):
        if line.record is not None:
            if line.record.get("t") in _WORK:
                return
            yield line.record


def _manifest(folder: Path, run_id: str, records: list[Record]) -> Manifest:
    run = next(record for record in records if record["t"] == "run")
    plan = next(record for record in records if record["t"] == "plan")
    evaluators = list(_data(records, "evaluator"))
    return Manifest(
        run_id=run_id,
        folder=folder,
        version=run["version"],
        spec=RunSpec.from_record(run["spec"], folder),
        environment=run["environment"],
        tasks=_named(_data(records, "task"), "task_id"),
        modes=_named(_data(records, "mode"), "mode"),
        llms=_named(_data(records, "llm"), "llm_id"),
        generators=_named(_data(records, "generator"), "video_id"),
        evaluators={data["name"]: data["evaluator_id"] for data in evaluators},
        weights={data["name"]: data["weights"] for data in evaluators},
        queries={task: tuple(ids) for task, ids in plan["queries"].items()},
    )


def _data(records: Iterable[Record], kind: str) -> Iterator[Mapping[str, Any]]:
    return (record["data"] for record in records if record["t"] == kind)


def _named(definitions: Iterable[Mapping[str, Any]], key: str) -> dict[str, str]:
    return {data[key]: data["name"] for data in definitions}

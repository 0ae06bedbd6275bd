"""Results folders: bring scores in, take tables out, join, rebuild, and what it cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from popcorn_bench.errors import UsageError, did_you_mean
from popcorn_bench.harness import spending
from popcorn_bench.harness.api.telling import Folder
from popcorn_bench.harness.ended import bills_record
from popcorn_bench.harness.provenance import find
from popcorn_bench.harness.spec import DEFAULT_OUTPUT
from popcorn_bench.harness.spending import Bills
from popcorn_bench.results import importer, index, merging
from popcorn_bench.results.merging import Merged
from popcorn_bench.types import Direction

_KINDS = ("parquet", "csv", "json")


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did: `added` scores are new, `there` were there before."""

    task: str
    new_task: bool
    added: int
    there: int


@dataclass(frozen=True, slots=True)
class Costs:
    """What the runs of a folder cost: bills by stage and by who was paid, of each run."""

    runs: Mapping[str, Bills]

    @property
    def every(self) -> Bills:
        """The bills of all runs in one."""
        return spending.together(self.runs)

    def to_record(self) -> dict[str, Any]:
        """As `popcorn-bench costs --json`."""
        by_run = [{"run_id": name, **bills_record(bills)} for name, bills in self.runs.items()]
        return {**bills_record(self.every), "runs": by_run}


def import_scores(
    file: Folder,
    output_path: Folder = DEFAULT_OUTPUT,
    *,
    task: str = "imported",
    lower_is_better: bool = False,
) -> Imported:
    """Add scores of your own to a results folder: human ratings, another predictor.

    Args:
        file: CSV with columns query, kind, topic, llm, video, mode, seed, metric, score.
        output_path: the results folder.
        task: that the rows belong to; the name of a task in the folder joins its board.
        lower_is_better: whether low scores rank first.

    Raises:
        FileError: for a file that cannot be read; nothing is added then.
    """
    path, folder = Path(file), Path(output_path)
    if not path.is_file():
        raise UsageError(f"{path}: no such file")
    new = task not in importer.known_tasks(folder)
    direction = Direction.LOWER if lower_is_better else Direction.HIGHER
    added, there = importer.import_scores(path, folder, task, direction)
    index.sync(folder)
    return Imported(task, new, added, there)


def export(
    folder: Folder = DEFAULT_OUTPUT,
    *,
    to: Folder,
    format: str = "parquet",  # noqa: A002 - the option's name
) -> list[Path]:
    """Write briefs, videos, scores, failures, cells, generators, probes, shifts and runs as files.

    Args:
        folder: of the results.
        to: folder for the files.
        format: `parquet`, `csv` or `json`.

    Raises:
        UsageError: for a folder without results and another format.
    """
    from popcorn_bench.harness.exporting import export_tables

    if format not in _KINDS:
        hint = did_you_mean(format, _KINDS) or f"; one of {', '.join(_KINDS)}"
        raise UsageError(f"--format: {format!r} is not known{hint}")
    return list(export_tables(Path(folder), format, Path(to)))


def merge(
    *folders: Folder,
    into: Folder,
    artifacts: str | None = None,
    artifact_cache: int | None = None,
) -> Merged:
    """Join results folders of many machines, in any order and as often as you like.

    Args:
        *folders: to take from.
        into: a new folder, or one that was merged into before.
        artifacts: URL where its clips and covers go; in the folder if missing.
        artifact_cache: most bytes of them that are kept on this machine.

    Raises:
        UsageError: for a folder without results.
        StoreError: for two different things under one id; nothing is written then.
    """
    if not folders:
        raise UsageError("merge: needs at least one results folder")
    paths = [Path(folder) for folder in folders]
    return merging.merge(paths, Path(into), artifacts=artifacts, cache=artifact_cache)


def remarks(done: Merged) -> Iterator[str]:
    """What to know about a merge, in lines."""
    yield from done.remarks
    for name in done.differing:
        yield f"{name!r}: its copies disagree; the one with more readable lines was taken"
    if done.doubled:
        yield f"{done.doubled:,} units have a result in several runs: the latest counts"
    if done.damaged:
        more = f" and {len(done.damaged) - 1:,} more" if done.damaged[1:] else ""
        yield f"not taken, damaged: {done.damaged[0]}{more}; a run makes them again"


def rebuild(folder: Folder = DEFAULT_OUTPUT) -> Path:
    """Make `popcorn.duckdb` anew from the journal; give its path.

    Args:
        folder: of the results.

    Raises:
        UsageError: where a folder holds no results.
        StoreError: where the file cannot be written.
    """
    index.rebuild(Path(folder))
    return Path(folder) / index.FILE


def schema() -> str:
    """The SQL of all tables and views of the index."""
    return index.schema()


def costs(folder: Folder = DEFAULT_OUTPUT) -> Costs:
    """What the runs of a folder cost, by model and stage, and what went into failed attempts.

    Args:
        folder: of the results.

    Raises:
        UsageError: where a folder holds no results.
    """
    return Costs(spending.spending(Path(folder)))


def origin(key: str, folder: Folder = DEFAULT_OUTPUT) -> list[dict[str, Any]]:
    """Where a clip or a cover comes from: generator, settings, prompt, seed, cost.

    Args:
        key: the start of its file name, or of its unit's key.
        folder: of the results.

    Returns:
        Every place that holds it, as `popcorn-bench videos show --json`.

    Raises:
        UsageError: for a key that is not there.
    """
    return find(Path(folder), key)

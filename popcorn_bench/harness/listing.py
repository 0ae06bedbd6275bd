"""What there is to name: tasks, models, evaluators, corpora, runs, as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from popcorn_bench.evaluators.catalog import EvaluatorEntry
    from popcorn_bench.generators.media_catalog import MediaCatalog

Rows: TypeAlias = list[dict[str, Any]]
_MEANS_BUSINESS = ("commercial", "compan", "revenue")  # words of a rule about commercial use
_RUNS = (
    "SELECT run_id AS name, true AS usable, '' AS reason, status, version, partial, "
    "started_at::VARCHAR AS started_at, finished_at::VARCHAR AS finished_at "
    "FROM runs ORDER BY started_at"
)


def tasks(include: Sequence[Path]) -> Rows:
    """Tasks, then groups."""
    from popcorn_bench.tasks.catalog import TaskCatalog

    catalog = TaskCatalog(include)
    groups = catalog.groups
    tasks: Rows = [
        {
            "name": entry.name,
            "usable": entry.usable,
            "reason": entry.reason,
            "version": entry.version,
            "tags": sorted(entry.tags),
            "groups": sorted(name for name, members in groups.items() if entry.name in members),
            "members": [],
            "hub": entry.hub,
            "description": entry.description,
        }
        for entry in catalog.entries()
        if entry.name not in groups
    ]
    return tasks + [
        {"name": name, "usable": True, "reason": "", "version": "group", "members": list(members)}
        for name, members in groups.items()
    ]


def llms(include: Sequence[Path]) -> Rows:
    """Language models."""
    from popcorn_bench.generators.llm.catalog import LLMCatalog

    return [
        {
            "name": entry.llm.name,
            "usable": entry.usable,
            "reason": entry.reason,
            "model": entry.llm.model,
            "family": entry.llm.family,
            "version": entry.llm.version,
            "release_date": entry.llm.release_date,
            "tags": sorted(entry.tags),
            "deprecated": entry.deprecated,
        }
        for entry in LLMCatalog(include).entries()
    ]


def videos(include: Sequence[Path]) -> Rows:
    """Video generators."""
    from popcorn_bench.generators.video.catalog import VideoCatalog

    return _generators(VideoCatalog(include))


def covers(include: Sequence[Path]) -> Rows:
    """Image generators, which make the covers."""
    from popcorn_bench.generators.image.catalog import ImageCatalog

    return _generators(ImageCatalog(include))


def _generators(catalog: MediaCatalog) -> Rows:
    return [
        {
            "name": entry.generator.name,
            "usable": entry.usable,
            "reason": entry.reason,
            "family": entry.generator.family,
            "version": entry.generator.revision,
            "licence": entry.generator.licence,
            "forbids": list(entry.forbids),
            "commercial": _commercial((entry.generator.licence, *entry.forbids)),
            "accept": entry.accept,
            "extra": entry.extra,
            "gpu_gb": entry.gpu_gb,
            "weights_gb": entry.weights_gb,
            "settings": dict(entry.generator.settings),
            "tags": sorted(entry.tags),
        }
        for entry in catalog.entries()
    ]


def _commercial(terms: Sequence[str]) -> str:
    """`restricted` where a licence forbids commercial use or binds it to a condition.

    Empty where the catalog knows of no such rule, which is no promise that there is none.
    """
    rules = " ".join(terms).lower()
    return "restricted" if any(word in rules for word in _MEANS_BUSINESS) else ""


def evaluators() -> Rows:
    """Evaluators, and what they see."""
    from popcorn_bench.evaluators.catalog import entries

    return [_evaluator(entry) for entry in entries()]


def _evaluator(entry: EvaluatorEntry) -> dict[str, Any]:
    """One evaluator; a plugin that cannot be loaded is listed as broken."""
    known = {"name": entry.name, "usable": not entry.reason, "reason": entry.reason}
    if entry.card is None:
        return known
    return known | {
        "version": entry.card.version,
        "sees": [str(item) for item in entry.card.inputs],
        "metrics": [metric.name for metric in entry.card.metrics],
        "weights": entry.card.weights,
        "settings": dict(entry.card.settings),
    }


def corpora(include: Sequence[Path]) -> Rows:
    """Corpora of human micro-videos."""
    from popcorn_bench.tasks.corpora.catalog import CorpusCatalog

    return [
        {
            "name": entry.name,
            "usable": entry.usable,
            "reason": entry.reason,
            "rows": entry.rows,
            "licence": entry.licence,
            "source": entry.source,
            "synthetic": entry.synthetic,
            "description": entry.description,
        }
        for entry in CorpusCatalog(include).entries()
    ]


def runs(folder: Path) -> Rows:
    """The runs of a results folder, oldest first.

    Raises:
        UsageError: where it holds no results.
    """
    from popcorn_bench.results import index

    with closing(index.connect([folder])) as connection:
        found = connection.sql(_RUNS)
        rows = [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]
    _mark_broken_off(rows, folder)
    return rows


def _mark_broken_off(rows: Rows, folder: Path) -> None:
    """A run without an end was broken off, unless it is the last one and somebody writes there."""
    from popcorn_bench.results.lock import is_held

    unended = [row for row in rows if row["status"] == "started"]
    if unended and is_held(folder):
        unended.pop()["status"] = "running"
    for row in unended:
        row["status"] = "broken off"

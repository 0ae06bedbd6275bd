"""Scores from elsewhere: human ratings or another predictor, from CSV into the journal."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from popcorn_bench import fingerprint
from popcorn_bench.errors import FileError
from popcorn_bench.results.artifacts import file_sha
from popcorn_bench.results.definitions import (
    evaluator_record,
    generator_record,
    llm_record,
    plan_record,
)
from popcorn_bench.results.import_csv import ImportRow, read_rows
from popcorn_bench.results.journal import journal_files, read_lines
from popcorn_bench.results.records import now, unit_record
from popcorn_bench.results.store import Store
from popcorn_bench.types import (
    LLM,
    Direction,
    EvaluatorCard,
    Generator,
    Input,
    Metric,
    Place,
    Score,
    Stage,
    Unit,
)

_ORIGIN = "imported"


@dataclass(frozen=True, slots=True)
class _Names:
    """Ids of what the folder already knows by name, the latest definition of each."""

    tasks: dict[str, str]
    llms: dict[str, str]
    videos: dict[str, str]


def import_scores(
    path: Path, folder: Path, task: str, direction: Direction = Direction.HIGHER
) -> tuple[int, int]:
    """Add the scores of a CSV file; give how many were added and how many were there already.

    LLMs, generators and the task join those of the same name in the folder. A row with an empty
    `video` judges the brief alone. The file is checked as a whole before anything is written.

    Raises:
        FileError: for a missing column, a bad value, or a second score for the same place.
    """
    rows = list(read_rows(path))
    store = Store(folder)
    names = _known(folder)
    cards = _cards(rows, direction)
    units = [_unit(row, cards[row["metric"]], task, names) for row in rows]
    fresh = _fresh(path, store, rows, units)
    if fresh:
        run_id = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}-import"
        with store.writing(run_id):
            source = {"import": path.name, "sha256": file_sha(path)}
            run = {"version": "", "partial": False, "spec": source, "environment": {}}
            store.write({"t": "run", "run": run_id, "at": now(), **run})
            for record in _definitions(rows, cards, task, names):
                store.write(record)
            store.write({**_plan(units), "run": run_id})
            for index in fresh:
                score = Score(metric=rows[index]["metric"], value=rows[index].score)
                store.write(unit_record(units[index], (score,), run_id, reused=False))
            store.write({"t": "end", "run": run_id, "at": now(), "status": "finished"})
    return len(fresh), len(rows) - len(fresh)


def _known(folder: Path) -> _Names:
    names = _Names({}, {}, {})
    for path in journal_files(folder):
        for line in read_lines(path):
            data = line.record.get("data", {})
            match line.record.get("t"):
                case "task":
                    names.tasks[data["name"]] = data["task_id"]
                case "llm":
                    names.llms[data["name"]] = data["llm_id"]
                case "generator":
                    names.videos[data["name"]] = data["video_id"]
    return names


def _cards(rows: Sequence[ImportRow], direction: Direction) -> dict[str, EvaluatorCard]:
    """One evaluator per metric; it sees the video where any of its rows names one."""
    with_video = {row["metric"] for row in rows if row["video"]}
    return {
        name: EvaluatorCard(
            name=_ORIGIN,
            version=name,
            inputs=(Input.TITLE, Input.VIDEO) if name in with_video else (Input.TITLE,),
            metrics=(
                Metric(name=name, description=f"{name}, {_ORIGIN} scores", direction=direction),
            ),
        )
        for name in dict.fromkeys(row["metric"] for row in rows)
    }


def _unit(row: ImportRow, card: EvaluatorCard, task: str, names: _Names) -> Unit:
    place = Place(
        task_id=_task_id(task, names),
        query_id=row["query"],
        llm_id=names.llms.get(row["llm"]) or fingerprint.llm_id(_llm(row["llm"])),
        mode=row["mode"],
        seed=row.seed,
        repeat=0,
        video_id=_video_id(row["video"], names),
        evaluator_id=fingerprint.evaluator_id(card),
    )
    key = fingerprint.place_key(place, row["metric"])
    return Unit(stage=Stage.SCORE, place=place, key=key)


def _fresh(path: Path, store: Store, rows: Sequence[ImportRow], units: Sequence[Unit]) -> list[int]:
    """Indices of the rows that are not in the folder; the same place cannot hold two scores."""
    seen: dict[str, float] = {}
    fresh = []
    for index, (row, unit) in enumerate(zip(rows, units, strict=True)):
        there = store.result(unit)
        known = there[0].value if isinstance(there, tuple) else seen.get(unit.key)
        if known is None:
            fresh.append(index)
        elif known != row.score:
            raise FileError(
                path,
                row.line,
                "score",
                f"this place has the score {known} already, not {row.score}",
            )
        seen[unit.key] = row.score
    return fresh


def _definitions(
    rows: Sequence[ImportRow], cards: Mapping[str, EvaluatorCard], task: str, names: _Names
) -> Iterator[dict[str, Any]]:
    """What the rows name and the folder does not know yet."""
    yield _task_record(task, rows, cards, names)
    for name in dict.fromkeys(row["llm"] for row in rows):
        if name not in names.llms:
            yield llm_record(_llm(name))
    for name in dict.fromkeys(row["video"] for row in rows if row["video"]):
        if name not in names.videos:
            yield generator_record(_generator(name))
    yield from map(evaluator_record, cards.values())


def _plan(units: Sequence[Unit]) -> dict[str, Any]:
    """Every cell of the file is planned over every query of the file."""
    cells = dict.fromkeys(replace(unit.place, query_id="") for unit in units)
    queries = list(dict.fromkeys(unit.place.query_id for unit in units))
    return plan_record(cells, 1, {units[0].place.task_id: queries})


def _task_record(
    task: str, rows: Sequence[ImportRow], cards: Mapping[str, EvaluatorCard], names: _Names
) -> dict[str, Any]:
    queries = {
        row["query"]: {
            "query_id": row["query"],
            "text": row["query"],
            "kind": row["kind"],
            "topic": row["topic"],
        }
        for row in rows
    }
    data = {
        "task_id": _task_id(task, names),
        "name": task,
        "version": _ORIGIN,
        "metrics": list(cards),
        "metadata": {},
    }
    return {"t": "task", "data": data, "queries": list(queries.values())}


def _task_id(task: str, names: _Names) -> str:
    return names.tasks.get(task) or fingerprint.task_id(task, _ORIGIN, None)


def _video_id(name: str, names: _Names) -> str:
    if not name:
        return ""
    return names.videos.get(name) or fingerprint.generator_id(_generator(name))


def _llm(name: str) -> LLM:
    return LLM(name=name, model=_ORIGIN)


def _generator(name: str) -> Generator:
    return Generator(name=name, adapter=_ORIGIN, revision="")

"""Scores from elsewhere: human ratings or another predictor, from CSV into the journal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from popcorn_bench import fingerprint
from popcorn_bench.errors import FileError
from popcorn_bench.results.definitions import (
    evaluator_record,
    generator_record,
    llm_record,
    plan_record,
    task_record,
)
from popcorn_bench.results.import_csv import ImportRow, read_rows
from popcorn_bench.results.journal import journal_files, read_lines
from popcorn_bench.results.records import MALFORMED, new_run_id, now, unit_record
from popcorn_bench.results.store import Store
from popcorn_bench.types import (
    LLM,
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

_ORIGIN = "imported"


@dataclass(frozen=True, slots=True)
class _Names:
    """Ids of what the folder already knows by name, the latest definition of each."""

    tasks: dict[str, str]
    llms: dict[str, str]
    videos: dict[str, str]
    modes: dict[str, str]


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
    _check_videos(path, rows)
    _check_queries(path, rows)
    names = _known(folder)
    cards = _cards(rows, direction)
    units = [_unit(row, cards[row["metric"]], task, names) for row in rows]
    with Store(folder) as store:
        fresh = _fresh(path, store, rows, units)
        if fresh:
            sha256 = fingerprint.file_sha256(path)
            records = [
                {"t": "run", "at": now(), "spec": {"import": path.name, "sha256": sha256}},
                *_definitions(rows, cards, task, names),
                _plan(units),
            ]
            _write(store, records, [(units[i], rows[i]) for i in fresh])
    return len(fresh), len(rows) - len(fresh)


def known_tasks(folder: Path) -> frozenset[str]:
    """Names of the tasks in a results folder."""
    return frozenset(_known(folder).tasks)


def _write(
    store: Store, records: Sequence[dict[str, Any]], scored: Sequence[tuple[Unit, ImportRow]]
) -> None:
    run_id = new_run_id(store.latest)
    with store.writing(run_id):
        for record in records:
            store.write({**record, "run": run_id})
        for unit, row in scored:
            score = Score(metric=row["metric"], value=row.score)
            store.write(unit_record(unit, (score,), run_id, reused=False))
        end = {"t": "end", "run": run_id, "at": now(), "status": "finished"}
        store.write(end).result()


def _known(folder: Path) -> _Names:
    names = _Names({}, {}, {}, {})
    for path in journal_files(folder):
        for line in read_lines(path):
            with suppress(*MALFORMED):
                _note(names, line.record or {})
    return names


def _note(names: _Names, record: Mapping[str, Any]) -> None:
    data = record.get("data", {})
    match record.get("t"):
        case "task":
            names.tasks[data["name"]] = data["task_id"]
        case "llm":
            names.llms[data["name"]] = data["llm_id"]
        case "generator":
            names.videos[data["name"]] = data["video_id"]
        case "mode":
            names.modes[data["name"]] = data["mode"]


def _check_queries(path: Path, rows: Sequence[ImportRow]) -> None:
    """A query has one kind and one topic."""
    first: dict[str, ImportRow] = {}
    for row in rows:
        known = first.setdefault(row["query"], row)
        for name in ("kind", "topic"):
            if row[name] != known[name]:
                message = f"query {row['query']!r} has {known[name]!r} in line {known.line}"
                raise FileError(path, row.line, name, message)


def _check_videos(path: Path, rows: Sequence[ImportRow]) -> None:
    """A metric judges either clips or briefs: a board of both would compare unlike things."""
    first: dict[str, bool] = {}
    for row in rows:
        if first.setdefault(row["metric"], bool(row["video"])) != bool(row["video"]):
            message = f"{row['metric']!r} has rows with and without a video; name them apart"
            raise FileError(path, row.line, "video", message)


def _cards(rows: Sequence[ImportRow], direction: Direction) -> dict[str, EvaluatorCard]:
    """One evaluator per metric; it sees the video where any of its rows names one."""
    with_video = {row["metric"] for row in rows if row["video"]}
    return {
        name: EvaluatorCard(
            name=_ORIGIN,
            version=name,
            weights=f"{direction}, {'video' if name in with_video else 'title'}",
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
        mode=names.modes.get(row["mode"], row["mode"]),
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
    yield task_record(
        task_id=_task_id(task, names),
        name=task,
        version=_ORIGIN,
        metrics=list(cards),
        metadata={},
        queries={row["query"]: _query(row) for row in rows}.values(),
    )
    for name in dict.fromkeys(row["llm"] for row in rows):
        if name not in names.llms:
            yield llm_record(_llm(name))
    for name in dict.fromkeys(row["video"] for row in rows if row["video"]):
        if name not in names.videos:
            yield generator_record(_generator(name))
    yield from map(evaluator_record, cards.values())


def _plan(units: Sequence[Unit]) -> dict[str, Any]:
    """Every cell of the file is planned over every query of the file."""
    cells = dict.fromkeys(unit.place._replace(query_id="") for unit in units)
    queries = list(dict.fromkeys(unit.place.query_id for unit in units))
    return plan_record(cells, 1, {units[0].place.task_id: queries})


def _task_id(task: str, names: _Names) -> str:
    return names.tasks.get(task) or fingerprint.task_id(task, _ORIGIN, None)


def _query(row: ImportRow) -> Query:
    """The file gives no text, so the id stands for it."""
    return Query(id=row["query"], text=row["query"], kind=Kind(row["kind"]), topic=row["topic"])


def _video_id(name: str, names: _Names) -> str:
    if not name:
        return ""
    return names.videos.get(name) or fingerprint.generator_id(_generator(name))


def _llm(name: str) -> LLM:
    return LLM(name=name, model=_ORIGIN)


def _generator(name: str) -> Generator:
    return Generator(name=name, adapter=_ORIGIN, revision="")

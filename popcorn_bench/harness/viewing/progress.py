"""How far the runs of a results folder are, from its index."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from duckdb import DuckDBPyConnection

from popcorn_bench.leaderboard.catalog import IMPORTED
from popcorn_bench.results.journal import journal_files
from popcorn_bench.results.lock import is_held

_PLACE = "task_id, query_id, llm_id, mode, seed"
_DISTINCT = f"SELECT count(*) FROM (SELECT DISTINCT {_PLACE}, repeat{{more}})"  # noqa: S608 - ours
_DONE = {
    "brief": _DISTINCT.format(more=" FROM briefs"),
    "video": _DISTINCT.format(more=", video_id FROM videos WHERE stage = 'video'"),
    "score": _DISTINCT.format(more=", video_id, evaluator_id FROM scores"),
}
_ASKED = f"""
SELECT sum(n) FROM (
    SELECT {_PLACE}{{more}}, max(repeats) AS n
    FROM planned LEFT JOIN evaluators USING (evaluator_id)
    WHERE name IS DISTINCT FROM '{IMPORTED}'{{where}} GROUP BY ALL
)"""  # noqa: S608 - ours; imported scores rest on no briefs
_PLANNED = {
    "brief": _ASKED.format(more="", where=""),
    "video": _ASKED.format(more=", video_id", where=" AND video_id <> ''"),
    "score": "SELECT sum(repeats) FROM planned",
}
_FAILED = "SELECT count(*) FROM open_failures WHERE stage = ?"
_LAST_RUN = "SELECT run_id, status FROM runs ORDER BY started_at DESC, run_id DESC LIMIT 1"
_NOUNS = {"brief": "briefs", "video": "clips", "score": "scores"}


@dataclass(frozen=True, slots=True)
class Stage:
    """Units of a stage; `planned` is None where it is not known.

    Clips are planned where an evaluator sees them; without one only those that exist are known.
    """

    done: int
    failed: int
    planned: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """`state` is waiting (nothing there yet), running or stopped."""

    state: str
    run_id: str = ""
    stages: tuple[tuple[str, Stage], ...] = ()

    @property
    def line(self) -> str:
        """The same in one line for people."""
        parts = [_said(_NOUNS[name], stage) for name, stage in self.stages]
        return " · ".join([_STATES[self.state], *(part for part in parts if part)])

    def record(self) -> dict[str, object]:
        """As plain data."""
        stages = {
            _NOUNS[name]: {"done": one.done, "failed": one.failed, "planned": one.planned}
            for name, one in self.stages
        }
        return {"state": self.state, "run_id": self.run_id, "stages": stages, "line": self.line}


_STATES = {
    "waiting": "Waiting for the first results",
    "running": "A run is going on",
    "stopped": "No run is going on",
}


def state_of(folder: Path) -> str:
    """Whether anybody writes there now and, if not, whether anybody ever did."""
    if is_held(folder):
        return "running"
    return "stopped" if journal_files(folder) else "waiting"


def read_progress(connection: DuckDBPyConnection, folder: Path) -> Progress:
    """Count what was planned and what became of it, over all runs of the folder."""
    last = connection.execute(_LAST_RUN).fetchone()
    return Progress(
        state=state_of(folder),
        run_id=last[0] if last else "",
        stages=tuple((name, _stage(connection, name)) for name in _DONE),
    )


def _stage(connection: DuckDBPyConnection, name: str) -> Stage:
    done = _number(connection, _DONE[name])
    planned = _number(connection, _PLANNED[name])
    failed = _number(connection, _FAILED, name)
    return Stage(done, failed, planned if planned >= done and planned else None)


def _number(connection: DuckDBPyConnection, sql: str, *parameters: str) -> int:
    row = connection.execute(sql, list(parameters)).fetchone()
    return int(row[0] or 0) if row else 0


def _said(noun: str, stage: Stage) -> str:
    if not stage.done and not stage.planned and not stage.failed:
        return ""
    of = f" of {stage.planned:,}" if stage.planned else ""
    failed = f", {stage.failed:,} failed" if stage.failed else ""
    return f"{stage.done:,}{of} {noun}{failed}"

"""An index in memory that the tests fill with what they make up."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.resources import files

import duckdb

from popcorn_bench.leaderboard.model import Board, Row

_SQL = files("popcorn_bench.results") / "migrations" / "0001_tables.sql"
TASK, RUN = "task-0", "run-0"
_PLACE = {
    "task_id": TASK, "query_id": "", "llm_id": "", "mode": "basic", "seed": 0, "repeat": 0,
    "video_id": "", "done_at": "2025-01-01",
}  # fmt: skip


class Index:
    """Rows go in under short ids; what a test does not say gets a plain default."""

    def __init__(self) -> None:
        self.connection = duckdb.connect()
        self.connection.execute(_SQL.read_text(encoding="utf-8"))

    def insert(self, table: str, **values: object) -> None:
        """One row; columns that are not named stay NULL."""
        columns, marks = ", ".join(values), ", ".join("?" * len(values))
        sql = f"INSERT INTO {table} ({columns}) VALUES ({marks})"
        self.connection.execute(sql, list(values.values()))

    def many(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Many rows at once."""
        marks = ", ".join("?" * len(columns))
        sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"
        self.connection.executemany(sql, rows)

    def task(
        self,
        queries: Sequence[tuple[str, str, str]],
        task_id: str = TASK,
        name: str = "popcorn",
        metrics: Sequence[str] = (),
    ) -> None:
        """A task with queries of (id, kind, topic)."""
        self.insert("tasks", task_id=task_id, name=name, version="1", metrics=list(metrics))
        self.many(
            "queries",
            ("task_id", "query_id", "text", "kind", "topic"),
            [(task_id, q, f"text of {q}", kind, topic) for q, kind, topic in queries],
        )

    def simple_task(self, n: int, metrics: Sequence[str] = ()) -> list[str]:
        """A task of n queries over two kinds and two topics; returns their ids."""
        queries = [
            (f"q{i:03d}", ("concrete", "abstract")[i % 2], ("food", "film")[i // 2 % 2])
            for i in range(n)
        ]
        self.task(queries, metrics=metrics)
        return [q for q, _, _ in queries]

    def mode(self, mode_id: str, name: str, **settings: object) -> None:
        self.insert("modes", mode=mode_id, name=name, settings=json.dumps(settings))

    def llm(self, llm_id: str, *, name: str = "", baseline: bool = False) -> None:
        self.insert("llms", llm_id=llm_id, name=name or llm_id, model="m", baseline=baseline)

    def video(
        self, video_id: str, *, name: str = "", baseline: bool = False, **values: object
    ) -> None:
        card = {"video_id": video_id, "name": name or video_id, "baseline": baseline, **values}
        self.insert("generators", **card)

    def evaluator(
        self,
        evaluator_id: str,
        metric: str,
        *,
        inputs: Sequence[str] = ("title",),
        direction: str = "higher",
        name: str = "",
        version: str = "1",
        members: Sequence[str] = (),
        low: float | None = None,
        settings: Mapping[str, object] | None = None,
        validity: Mapping[str, object] | None = None,
    ) -> None:
        self.insert(
            "evaluators",
            evaluator_id=evaluator_id,
            name=name or evaluator_id,
            version=version,
            weights="",
            inputs=list(inputs),
            sees_video="video" in inputs,
            settings=json.dumps(settings or {}),
            validity=json.dumps(validity or {}),
        )
        self.insert(
            "metrics",
            evaluator_id=evaluator_id,
            metric=metric,
            description=f"what {metric} says",
            direction=direction,
            unit="points",
            members=list(members),
            low=low,
        )

    def plan(
        self,
        queries: Sequence[str],
        cells: Sequence[tuple[str, str, str, str]],
        *,
        run_id: str = RUN,
        seeds: Sequence[int] = (0,),
        repeats: int = 1,
        partial: bool = False,
    ) -> None:
        """A run that plans cells of (llm, video, mode, evaluator)."""
        self.insert("runs", run_id=run_id, version="0.1.0", status="done", partial=partial)
        self.many(
            "plan_queries", ("run_id", "task_id", "query_id"), [(run_id, TASK, q) for q in queries]
        )
        self.many(
            "plan_cells",
            (
                *("run_id", "task_id", "llm_id", "video_id", "mode"),
                *("evaluator_id", "seed", "repeats"),
            ),
            [
                (run_id, TASK, llm, video, mode, evaluator, seed, repeats)
                for llm, video, mode, evaluator in cells
                for seed in seeds
            ],
        )

    def score(
        self,
        cell: tuple[str, str, str, str],
        metric: str,
        values: dict[str, float],
        *,
        seed: int = 0,
        repeat: int = 0,
        percentile: float | None = None,
        members: Mapping[str, Sequence[float]] | None = None,
        margin: float | None = None,
    ) -> None:
        """Scores per query of one cell (llm, video, mode, evaluator).

        `members` are per query, `margin` is half of the interval of a score.
        """
        llm, video, mode, evaluator = cell
        self.many(
            "scores",
            (
                *("task_id", "query_id", "llm_id", "video_id", "mode", "evaluator_id"),
                *("seed", "repeat", "metric", "score", "percentile", "done_at"),
                *("members", "low", "high"),
            ),
            [
                (
                    *(TASK, q, llm, video, mode, evaluator, seed, repeat, metric, value),
                    *(percentile, "2025-01-01", list(members[q]) if members else []),
                    *((None, None) if margin is None else (value - margin, value + margin)),
                )
                for q, value in values.items()
            ],
        )

    def leak(self, mode: str, evaluator_id: str, rows: int) -> None:
        self.insert("leaks", mode=mode, evaluator_id=evaluator_id, rows=rows)

    def shift(self, llm: str, auc: float, evaluator_id: str, **values: object) -> None:
        place = {**_PLACE, "llm_id": llm, "evaluator_id": evaluator_id, **values}
        self.insert("shifts", **{"auc": auc, "n": 100, "n_human": 900, **place})

    def probe(self, metric: str, probe: str, evaluator_id: str, **values: object) -> None:
        self.insert(
            "probes",
            **{
                **_PLACE,
                "evaluator_id": evaluator_id,
                "metric": metric,
                "probe": probe,
                "n": 0,
                "refused": 0,
                **values,
            },
        )

    def brief(self, query: str, llm: str, mode: str = "basic", **values: object) -> None:
        self.insert(
            "briefs",
            **{
                "task_id": TASK,
                "query_id": query,
                "llm_id": llm,
                "mode": mode,
                "seed": 0,
                "repeat": 0,
                "reused": False,
                "done_at": "2025-01-01",
                "title": f"title for {query}",
                "video_prompt": "a clip",
                "cost_usd": 0.5,
                **values,
            },
        )

    def clip(self, query: str, llm: str, video: str, **values: object) -> None:
        """A clip of 704x480 pixels, 161 frames in 6.7 s, that took 10 s and cost nothing."""
        self.insert(
            "videos",
            **{
                **_PLACE,
                "query_id": query,
                "llm_id": llm,
                "video_id": video,
                "stage": "video",
                "reused": False,
                "sha256": "ab" + "0" * 62,
                "suffix": ".mp4",
                "width": 704,
                "height": 480,
                "frames": 161,
                "fps": 24.0,
                "seconds": 6.7,
                "made_seconds": 10.0,
                "cost_usd": 0.0,
                **values,
            },
        )

    def failure(self, query: str, llm: str, stage: str, **values: object) -> None:
        self.insert(
            "failures",
            **{
                "task_id": TASK,
                "query_id": query,
                "llm_id": llm,
                "mode": "basic",
                "seed": 0,
                "repeat": 0,
                "video_id": "",
                "evaluator_id": "",
                "stage": stage,
                "kind": "refusal",
                "done_at": "2025-01-01",
                **values,
            },
        )


def one_row(made: Board, **wanted: str | None) -> Row:
    [row] = [r for r in made.rows if all(getattr(r, k) == v for k, v in wanted.items())]
    return row

"""An index with everything that a publication shows, under names of one's choice."""

from __future__ import annotations

import json
from pathlib import Path

from popcorn_bench.leaderboard.publish.options import Options
from popcorn_bench.leaderboard.publish.publish import Made, make
from tests.leaderboard.index import Index

SHA = "ab" + "0" * 62
NAMES = ("gpt", "echo")
OFFSETS = (0.0, 0.5)


def value(llm: int, query: int) -> float:
    """The score that the index holds: the second LLM is better by what varies from 0.5."""
    return 5.0 + OFFSETS[llm % 2] + query % 7 * 0.1 + (llm * query % 3) * 0.05


def filled(index: Index, names: tuple[str, ...] = NAMES, said: str = "a title") -> Index:
    """LLMs of those names, two generators, a metric that sees titles and one that sees clips."""
    queries = index.simple_task(12)
    index.evaluator("pop", "popularity", version="2")
    index.evaluator("qual", "freeze", inputs=("video",), direction="lower")
    index.evaluator("look", "motion", inputs=("video",), direction="none")
    index.video("v", name="still", licence="Apache-2.0")
    index.video("w", name=said, licence="FLUX.1 [dev] Non-Commercial")
    for i, name in enumerate(names):
        index.insert(
            "llms", llm_id=f"llm-{i}", name=name, model=f"host/maker/{name}",
            params=json.dumps({"temperature": 0.7, "api_base": "http://private.example"}),
            baseline=False,
        )  # fmt: skip
        _score(index, i, queries)
        for query in queries:
            index.brief(query, f"llm-{i}", title=said, cover_prompt=f"cover {said}",
                        video_prompt=f"prompt {said}", raw=f"raw {said}", key=f"key-{i}-{query}",
                        breaches=["title_too_long"])  # fmt: skip
        index.clip(queries[0], f"llm-{i}", "v", sha256=SHA)
        index.clip(queries[1], f"llm-{i}", "w", sha256=SHA[::-1])
    index.insert(
        "runs", run_id="r1", version="0.1.0", status="finished", started_at="2025-01-01 10:00:00",
        finished_at="2025-01-02 03:04:05", spec=json.dumps({"seed": 42, "note": said}),
        environment=json.dumps({"git": {"commit": "abc", "dirty": False}}),
    )  # fmt: skip
    return index


def _score(index: Index, llm: int, queries: list[str]) -> None:
    for evaluator, metric, videos in (
        ("pop", "popularity", ("",)),
        ("qual", "freeze", ("v", "w")),
        ("look", "motion", ("v", "w")),
    ):
        for video in videos:
            values = {q: value(llm, j) for j, q in enumerate(queries)}
            index.score((f"llm-{llm}", video, "basic", evaluator), metric, values)


def publish(index: Index, folder: Path, options: Options | None = None) -> Made:
    """Make a publication in a new folder."""
    folder.mkdir(parents=True)
    return make(index.connection, folder, options or Options(), warn=lambda _: None)

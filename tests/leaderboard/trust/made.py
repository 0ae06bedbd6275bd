"""A board with a predictor of known members, and its ways out."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from popcorn_bench.leaderboard.board import board
from popcorn_bench.leaderboard.export import to_json, to_markdown
from popcorn_bench.leaderboard.html import write_html
from popcorn_bench.leaderboard.terminal import render
from popcorn_bench.leaderboard.trust.ratings.file import Ratings
from popcorn_bench.types import JSON
from tests.leaderboard.index import Index

POP = "popularity-1"
MEMBERS = ("ridge", "trees 1", "trees 2")
VALIDITY: dict[str, JSON] = {
    "n": 1974, "src": 0.4912, "nmse": 0.753, "mae": 1.19, "slope": 1.02, "intercept": -0.1,
    "sha256": "0123456789abcdef" * 4, "later": ["unknown keys are passed over"],
    "interval": {"level": 0.9, "label": "valid for human-like titles", "coverage": 0.903},
    "by_topic": {
        "food": {"n": 120, "src": 0.41, "nmse": 0.8, "mae": 1.3, "slope": 0.9, "intercept": 0.4,
                 "coverage": 0.89, "halfwidth": 2.4},
        "film": {"n": 90, "src": 0.55, "nmse": 0.7, "mae": 1.1, "slope": 1.1, "intercept": -0.3,
                 "coverage": 0.91, "halfwidth": 2.2},
        "sports": {"n": 80, "src": 0.1},
    },
}  # fmt: skip


def predicted(
    index: Index, levels: Sequence[Sequence[float]], spread: float = 0.01, **card: Any
) -> list[str]:
    """LLMs a, b, c, ...; the k-th one's members give `levels[k]` on average, it their mean.

    `spread` is that of the differences between LLMs from query to query.
    """
    queries = index.simple_task(30)
    members = MEMBERS[: len(levels[0])]
    index.evaluator(POP, "popularity", name="popularity", members=members, **card)
    for k, level in enumerate(levels):
        llm = "abcdefgh"[k]
        index.llm(llm)
        parts = {
            q: [x + i % 5 + spread * ((i * (k + 3)) % 7 - 3) for x in level]
            for i, q in enumerate(queries)
        }
        values = {q: sum(given) / len(given) for q, given in parts.items()}
        cell = (llm, "", "basic", POP)
        index.score(cell, "popularity", values, members=parts, margin=2.0)
        for query in queries:
            index.brief(query, llm)
    return queries


def record(index: Index, **asked: Any) -> dict[str, Any]:
    """The trust panel of the only table."""
    [found] = json.loads(to_json(board(index.connection, **asked)))["meta"]["trust"]
    assert isinstance(found, dict)
    return found


def terminal(index: Index, width: int = 200, **asked: Any) -> str:
    out = io.StringIO()
    render(board(index.connection, **asked), Console(file=out, width=width, color_system=None))
    return out.getvalue()


def page(index: Index, folder: Path, ratings: Ratings | None = None) -> str:
    made = board(index.connection, ratings=ratings)
    return write_html(made, index.connection, folder).read_text("utf-8")


def everywhere(index: Index, folder: Path, ratings: Ratings | None = None) -> list[str]:
    """Terminal, page and Markdown as plain text in one line each."""
    markdown = to_markdown(board(index.connection, ratings=ratings)).replace("\\", "")
    shown = terminal(index, ratings=ratings), page(index, folder, ratings), markdown
    return [" ".join(form.replace("&#39;", "'").split()) for form in shown]

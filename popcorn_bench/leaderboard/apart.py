"""Versions that stand in tables of their own, because no number may be taken over two of them."""

from __future__ import annotations

from collections import defaultdict

from popcorn_bench.leaderboard.model import Board
from popcorn_bench.leaderboard.text import clean


def apart(found: Board) -> list[str]:
    """What is not mixed, one line each.

    Several contents or versions of a task under one name; several versions, weights or settings of
    an evaluator. No mean, rank or pair is ever taken over two of them.
    """
    tasks: dict[str, set[str]] = defaultdict(set)
    evaluators: dict[tuple[str, str], set[str]] = defaultdict(set)
    for table in found.tables:
        tasks[table.task_name].add(table.task)
        evaluators[table.card.evaluator, table.card.name].add(table.evaluator)
    groups = [("task", group) for group in tasks.values()]
    groups += [("evaluator", group) for group in evaluators.values()]
    lines = (
        f"{noun} {clean(' / '.join(sorted(group)))}: kept apart, never averaged or ranked together"
        for noun, group in groups
        if len(group) > 1
    )
    return list(dict.fromkeys(lines))  # an evaluator stands there once, not once per metric

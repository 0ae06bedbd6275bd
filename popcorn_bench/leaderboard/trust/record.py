"""The trust panel as plain data, for `meta.trust` of the JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from popcorn_bench.leaderboard.model import Board, Table
from popcorn_bench.leaderboard.trust.agreement.compute import Agreement
from popcorn_bench.leaderboard.trust.model import ShownShift
from popcorn_bench.leaderboard.trust.probing.words import outcome, sentence, warning


def trust_record(board: Board) -> list[dict[str, Any]]:
    """One object per table; what nobody has measured is null or an empty list."""
    return [_table(table) for table in board.tables]


def _table(table: Table) -> dict[str, Any]:
    trust, card = table.trust, table.card
    validity = trust.validity
    return {
        "task": table.task,
        "task_id": table.task_id,
        "metric": card.name,
        "evaluator": table.evaluator,
        "evaluator_id": card.evaluator_id,
        "validity": validity.model_dump() | {"by_topic": _topics(table)} if validity else None,
        "agreement": _agreement(trust.agreement) if trust.agreement else None,
        "shifts": [_shift(shift) for shift in trust.shifts],
        "probes": [
            {
                **asdict(effect),
                "outcome": outcome(effect, card.direction).value,
                "says": sentence(effect, card.direction),
                "warning": warning(effect, card.direction) or None,
            }
            for effect in trust.probes
        ],
        "noise": [asdict(noise) for noise in trust.noise],
        "paid": trust.paid,
        "leaks": dict(trust.leaks),
        "ranked_instead_by": trust.instead or None,
    }


def _topics(table: Table) -> dict[str, Any]:
    return {name: topic.model_dump() for name, topic in table.trust.topics.items()}


def _agreement(agreed: Agreement) -> dict[str, Any]:
    return {
        "rows": agreed.rows,
        "queries": agreed.queries,
        "tau_mean": agreed.mean,
        "tau_least": agreed.least.tau if agreed.least else None,
        "dependent": sum(agreed.dependent),
        "families": [asdict(family) for family in agreed.families],
        "members": [asdict(member) for member in agreed.members],
    }


def _shift(shown: ShownShift) -> dict[str, Any]:
    return {
        "llm": shown.llm,
        "video": shown.video,
        "mode": shown.mode,
        "auc": shown.shift.auc,
        "n": shown.shift.n,
        "n_human": shown.shift.n_human,
        "extrapolation": shown.shift.extrapolates,
    }

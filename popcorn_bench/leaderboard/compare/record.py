"""A comparison and a history as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from popcorn_bench.leaderboard.compare import words
from popcorn_bench.leaderboard.compare.history import History
from popcorn_bench.leaderboard.compare.model import Comparison
from popcorn_bench.leaderboard.statistics.interval import CONFIDENCE

_DIGITS = 12  # beyond them stands only the order in which numbers were added


def to_json(found: Comparison) -> str:
    """One document; `verdict` is null without a margin, `delta` is positive where B is better."""
    document = {
        "verdict": found.verdict,
        "exit_code": found.exit_code,
        "gate": found.gate,
        "margin": found.margin,
        "comparable": not found.differences and found.overall is not None,
        "differences": [asdict(difference) for difference in found.differences],
        "a": asdict(found.a),
        "b": asdict(found.b),
        "metric": found.metric,
        "evaluator": found.evaluator,
        "direction": found.card.direction if found.card else None,
        "unit": found.card.unit if found.card else None,
        "confidence": CONFIDENCE,
        "basis": words.basis(found),
        "overall": asdict(found.overall) if found.overall else None,
        "checks": asdict(found.checks) if found.checks else None,
        "judgement": asdict(found.judgement) if found.judgement else None,
        "baselines_left_out": list(found.baselines),
        "worse": [{"dimension": p.dimension, "value": p.value} for p in found.worse],
        "slices": [asdict(part) for part in found.slices],
        "movers": [asdict(mover) for mover in found.movers],
    }
    return json.dumps(_plain(document), indent=1, allow_nan=False)


def history_to_json(found: History) -> str:
    """One document with the versions, the oldest first."""
    document = {"confidence": CONFIDENCE, **asdict(found)}
    return json.dumps(_plain(document), indent=1, allow_nan=False)


def _plain(value: Any) -> Any:  # noqa: ANN401 - plain data of any depth
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return float(f"{value:.{_DIGITS}g}")
    return str(value) if isinstance(value, Path) else value

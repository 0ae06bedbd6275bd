"""The generators of a board as plain data, for `meta.generators` of the JSON and for exports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from popcorn_bench.leaderboard.generators.model import ShownGenerator, Span

FIELDS: dict[str, type] = {
    "name": str, "video_id": str, "covers": bool, "baseline": bool, "family": str, "adapter": str,
    "revision": str, "licence": str, "release_date": str, "settings": dict, "clips": int,
    "clips_made": int, "failed": int, "sizes": list, "frames": list, "fps": list, "seconds": list,
    "made_seconds_median": float, "made_seconds_p90": float, "made_seconds_total": float,
    "gpu_seconds": float, "peak_gb": float, "cost_usd": float, "gpu_cost_usd": float,
}  # fmt: skip


def generators_record(
    shown: Sequence[ShownGenerator], gpu_hour_usd: float | None = None
) -> list[dict[str, Any]]:
    """One object per generator with the keys of `FIELDS`; what is not known is null.

    `frames`, `fps` and `seconds` are the least and the most of its clips, `sizes` all of them as
    `[width, height]`.
    """
    return [_one(generator, gpu_hour_usd) for generator in shown]


def _one(one: ShownGenerator, gpu_hour_usd: float | None) -> dict[str, Any]:
    card, facts, taken = one.card, one.facts, one.taken
    return {
        "name": one.label,
        "video_id": card.video_id,
        "covers": one.covers,
        "baseline": card.baseline,
        "family": card.family,
        "adapter": card.adapter,
        "revision": card.revision,
        "licence": card.licence,
        "release_date": card.release_date,
        "settings": dict(card.settings),
        "clips": one.clips,
        "clips_made": one.made,
        "failed": one.failed,
        "sizes": [list(size) for size in facts.sizes],
        "frames": _ends(facts.frames),
        "fps": _ends(facts.fps),
        "seconds": _ends(facts.seconds),
        "made_seconds_median": taken.median,
        "made_seconds_p90": taken.p90,
        "made_seconds_total": taken.total,
        "gpu_seconds": taken.on_gpu,
        "peak_gb": taken.peak_gb,
        "cost_usd": taken.cost_usd,
        "gpu_cost_usd": one.gpu_usd(gpu_hour_usd),
    }


def _ends(span: Span | None) -> list[float] | None:
    return None if span is None else list(span)

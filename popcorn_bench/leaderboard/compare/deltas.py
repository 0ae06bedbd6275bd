"""Changes overall and by part, with intervals and Holm's correction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from popcorn_bench.leaderboard.compare.material import Asked, Mask, Material
from popcorn_bench.leaderboard.compare.model import Checks, Delta
from popcorn_bench.leaderboard.compare.pairing import Column, Pair
from popcorn_bench.leaderboard.compare.side import Labels
from popcorn_bench.leaderboard.statistics.checks import one_sided_p, sign_flip_p, wilcoxon_p
from popcorn_bench.leaderboard.statistics.interval import Floats
from popcorn_bench.leaderboard.statistics.paired import hedges_gz, holm, paired_difference

Key = TypeVar("Key", str, Pair)


def delta_of(
    material: Material, columns: Mask, queries: Mask, dimension: str = "", value: str = ""
) -> Delta:
    """The change over some columns and queries."""
    a, b, gain = material.gains(columns, queries)
    known = np.isfinite(gain)
    n = int(known.sum())
    found = paired_difference(gain, np.zeros_like(gain)) if n else None
    estimate = found.estimate if found else None
    return Delta(
        dimension=dimension,
        value=value,
        n=n,
        n_dropped=int(_begun(material, columns, queries).sum()) - n,
        mean_a=float(a[known].mean()) if n else None,
        mean_b=float(b[known].mean()) if n else None,
        delta=estimate.mean if estimate else None,
        se=estimate.se if estimate else None,
        ci_low=estimate.low if estimate else None,
        ci_high=estimate.high if estimate else None,
        p=found.p if found else None,
        p_holm=None,
        p_regression=one_sided_p(found) if found else None,
        p_regression_holm=None,
        hedges_gz=hedges_gz(found) if found else None,
        share_improved=float((gain[known] > 0).mean()) if n else None,
    )


def slices_of(material: Material, labels: Labels, by: Sequence[str]) -> tuple[Delta, ...]:
    """The change in each part of each dimension that has several, corrected as one family."""
    found = [
        delta
        for dimension in by
        for delta in sorted(_parts(material, labels, dimension), key=lambda part: part.value)
    ]
    both = _adjusted([delta.p for delta in found])
    worse = _adjusted([delta.p_regression for delta in found])
    return tuple(
        replace(delta, p_holm=p, p_regression_holm=one)
        for delta, p, one in zip(found, both, worse, strict=True)
    )


def _adjusted(p_values: Sequence[float | None]) -> list[float | None]:
    """Holm over those that are known."""
    adjusted = iter(holm([p for p in p_values if p is not None]))
    return [None if p is None else next(adjusted) for p in p_values]


def checks_of(gain: Floats) -> Checks | None:
    """The overall change by other tests; None below two queries."""
    known = gain[np.isfinite(gain)]
    if len(known) < 2:  # noqa: PLR2004 - a test takes two
        return None
    return Checks(sign_flip_p(known), wilcoxon_p(known))


def _parts(material: Material, labels: Labels, dimension: str) -> Iterator[Delta]:
    columns, queries = material.everything
    if part := _OF_COLUMN.get(dimension):
        keys = [part(column) for column in material.columns]
        for key in _several(keys):
            chosen = np.array([one == key for one in keys])
            yield delta_of(material, chosen, queries, dimension, labels.of(dimension, key))
    else:
        shown = [_part_of_query(labels, one, dimension) for one in material.queries]
        for value in _several(shown):
            chosen = np.array([one == value for one in shown])
            yield delta_of(material, columns, chosen, dimension, value)


def _part_of_query(labels: Labels, asked: Asked, dimension: str) -> str:
    if dimension == "task":
        return labels.of("task", asked.task)
    return asked.query.kind if dimension == "kind" else asked.query.topic


def _begun(material: Material, columns: Mask, queries: Mask) -> Mask:
    """Queries with any score in those columns on either side."""
    sides = (side[columns][:, queries] for side in (material.a, material.b))
    begun: Mask = np.any([np.isfinite(side).any(axis=0) for side in sides], axis=0)
    return begun


_OF_COLUMN: dict[str, Callable[[Column], Pair]] = {
    "llm": lambda column: column.llm,
    "video": lambda column: column.video,
    "mode": lambda column: column.mode,
}


def _several(keys: Sequence[Key]) -> list[Key]:
    """The different ones in order, none where all are the same."""
    found = sorted(set(keys))
    return found if len(found) > 1 else []

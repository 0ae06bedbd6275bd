"""How the scores of each LLM spread over concrete and abstract queries (Figure 3 of the paper)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from popcorn_bench.leaderboard import text
from popcorn_bench.leaderboard.page.plots.axis import Axis, shortened
from popcorn_bench.leaderboard.source import Panel, Source, scores_of
from popcorn_bench.leaderboard.statistics.interval import Floats
from popcorn_bench.leaderboard.statistics.marginal import query_means

_LEAST = 5  # queries below which a curve would show a kernel and no data
_POINTS = 80
_LEFT, _RIGHT, _WIDTH = 176, 12, 720
_STEP, _TALL, _TOP = 34, 44, 46
_MOST = 30

Spreads = Mapping[str, Mapping[str, Floats]]  # values per query, by LLM and kind


@dataclass(frozen=True, slots=True)
class Curve:
    """One curve with its median; `path` closes at the base line `y`."""

    kind: str
    path: str
    median: float
    n: int
    said: str


@dataclass(frozen=True, slots=True)
class Spread:
    """Curves of each LLM over one axis."""

    title: str
    unit: str
    axis: Axis
    rows: tuple[tuple[str, float, tuple[Curve, ...]], ...]
    kinds: tuple[str, ...]
    height: int
    dropped: int


def spreads(source: Source, panels: Iterable[Panel]) -> list[Spread]:
    """One drawing per ranked metric and evaluator over all tasks; leaked ones are left out."""
    groups: dict[tuple[str, str], list[Panel]] = {}
    for panel in panels:
        if not panel.leaks:
            groups.setdefault((panel.card.evaluator_id, panel.card.name), []).append(panel)
    drawn = (_spread(group[0], _values(source, group)) for group in groups.values())
    return [one for one in drawn if one is not None]


def density(values: Floats, grid: Floats) -> Floats:
    """Gaussian kernel estimate on a grid, with Silverman's bandwidth.

    h = 0.9 min(s, IQR / 1.34) n^(-1/5) (Silverman, "Density Estimation", 1986, section 3.4.2).

    Args:
        values: shape (n,).
        grid: shape (m,), in the same unit.

    Returns:
        Shape (m,), per unit.
    """
    low, high = np.percentile(values, [25, 75])
    spread = min(s for s in (values.std(ddof=1), (high - low) / 1.34, np.inf) if s > 0)
    width = 0.9 * spread * len(values) ** -0.2 if np.isfinite(spread) else (np.ptp(grid) or 1) / 50
    z = (grid[:, None] - values[None, :]) / width
    estimate: Floats = np.exp(-0.5 * z**2).mean(axis=1) / (width * np.sqrt(2 * np.pi))
    return estimate


def _values(source: Source, panels: Sequence[Panel]) -> Spreads:
    found: dict[str, dict[str, list[Floats]]] = {}
    for panel in panels:
        kinds = np.array(panel.task.kinds)
        scores = scores_of(source, panel)
        for llm in sorted({cell.llm_id for cell in scores}):
            own = [item.scores for cell, item in scores.items() if cell.llm_id == llm]
            means = query_means(np.stack(own))
            for kind in np.unique(kinds):
                kept = means[(kinds == kind) & np.isfinite(means)]
                name = text.clean(source.names.llms[llm])
                found.setdefault(name, {}).setdefault(str(kind), []).append(kept)
    return {
        llm: {kind: np.concatenate(parts) for kind, parts in kinds.items()}
        for llm, kinds in found.items()
    }


def _spread(panel: Panel, values: Spreads) -> Spread | None:
    enough = {
        llm: {kind: v for kind, v in kinds.items() if len(v) >= _LEAST and np.ptp(v) > 0}
        for llm, kinds in values.items()
    }
    shown = {llm: kinds for llm, kinds in enough.items() if kinds}
    if not shown:
        return None
    every = np.concatenate([v for kinds in shown.values() for v in kinds.values()])
    low, high = _ends(every, panel)
    axis = Axis(low, high, _LEFT, _WIDTH - _RIGHT)
    order = sorted(shown, key=lambda llm: -float(np.concatenate(list(shown[llm].values())).mean()))
    if panel.card.direction == "lower":
        order.reverse()
    kept = order[:_MOST]
    grid = np.linspace(low, high, _POINTS)
    curves = {llm: {k: density(v, grid) for k, v in shown[llm].items()} for llm in kept}
    top = max(float(c.max()) for kinds in curves.values() for c in kinds.values())
    rows = [
        _row(llm, _TOP + i * _STEP, shown[llm], (axis, grid, curves[llm], top))
        for i, llm in enumerate(kept)
    ]
    return Spread(
        title=text.clean(panel.card.name),
        unit=text.clean(panel.card.unit),
        axis=axis,
        rows=tuple(rows),
        kinds=tuple(sorted({k for kinds in shown.values() for k in kinds}, reverse=True)),
        height=_TOP + len(kept) * _STEP + 10,
        dropped=len(values) - len(kept),
    )


def _ends(values: Floats, panel: Panel) -> tuple[float, float]:
    """Room for the tails of the curves, within what the metric can be."""
    low, high = float(values.min()), float(values.max())
    room = (high - low) * 0.12
    least, most = panel.card.low, panel.card.high
    return (
        low - room if least is None else max(least, low - room),
        high + room if most is None else min(most, high + room),
    )


def _row(
    llm: str,
    y: float,
    values: Mapping[str, Floats],
    drawn: tuple[Axis, Floats, Mapping[str, Floats], float],
) -> tuple[str, float, tuple[Curve, ...]]:
    axis, grid, curves, top = drawn
    found = []
    for kind in sorted(values, reverse=True):
        middle = float(np.median(values[kind]))
        points = " ".join(
            f"L{axis.at(x)} {y - _TALL * d / top:.1f}"
            for x, d in zip(grid.tolist(), curves[kind].tolist(), strict=True)
        )
        path = f"M{axis.at(float(grid[0]))} {y} {points} L{axis.at(float(grid[-1]))} {y}Z"
        said = f"{llm}, {kind}: median {middle:.3g} over {len(values[kind])} queries"
        found.append(Curve(text.clean(kind), path, axis.at(middle), len(values[kind]), said))
    return shortened(llm), y, tuple(found)

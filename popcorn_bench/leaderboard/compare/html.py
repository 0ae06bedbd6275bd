"""A comparison, or a history, as one page like the board's: no script, no request to the web."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from popcorn_bench import __version__
from popcorn_bench.leaderboard import text
from popcorn_bench.leaderboard.compare import words
from popcorn_bench.leaderboard.compare.history import History
from popcorn_bench.leaderboard.compare.model import Comparison, Delta, Party, Sample
from popcorn_bench.leaderboard.page.environment import environment
from popcorn_bench.leaderboard.page.panels import place
from popcorn_bench.leaderboard.page.plots.timeline import timeline
from popcorn_bench.leaderboard.page.policy import read_plain
from popcorn_bench.leaderboard.posters import Poster, measured, write_posters
from popcorn_bench.leaderboard.scale import Scale
from popcorn_bench.leaderboard.statistics.gate import Verdict
from popcorn_bench.leaderboard.whole import write_whole


@dataclass(frozen=True, slots=True)
class _Clip:
    """Its address as seen from the page; None for a poster where it cannot be decoded."""

    href: str
    poster: Poster | None


def write_comparison(found: Comparison, folder: Path, warn: Callable[[str], None]) -> Path:
    """Write `folder/index.html` with posters beside it, and return its path.

    Args:
        found: what to show.
        folder: made if it is missing; clips are linked where they lie.
        warn: told about clips without a poster.
    """
    folder.mkdir(parents=True, exist_ok=True)
    clips = _clips(found, folder, warn)
    margin = words.precision([found.overall] if found.overall else [])
    values = {
        "title": words.title(found),
        "found": found,
        "names": words.sides(found),
        "parties": [_party(party) for party in (found.a, found.b)],
        "verdict": words.verdict_line(found),
        "tone": _tone(found.verdict),
        "worse": words.worse_line(found),
        "margin": margin,
        "overall": words.changed(found.overall, margin) if found.overall else "",
        "queries": words.queries(found.overall) if found.overall else "",
        "blocks": list(_blocks(found)),
        "notes": [words.basis(found), *([words.parts_basis(found)] if found.slices else [])],
        "movers": [
            (
                mover,
                [clips.get(one.video) for one in (mover.a, mover.b)],
                text.clean(" · ".join(filter(None, (mover.topic, mover.llm, mover.video,
                                                    mover.mode)))),
            )
            for mover in found.movers
        ],
    }  # fmt: skip
    return _write("compare.html.j2", values, folder)


def write_history(found: History, folder: Path) -> Path:
    """Write `folder/index.html` with the versions drawn and listed, and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    what = text.clean(found.family) or words.HEADINGS[found.dimension]
    notes = [words.history_basis(found)]
    if found.without:
        notes.append(f"Without scores: {', '.join(map(text.clean, found.without))}.")
    values = {
        "title": f"{what} over time · {text.clean(found.metric)}",
        "found": found,
        "tasks": text.clean(", ".join(found.tasks)),
        "plot": timeline([found]),
        "notes": notes,
    }
    return _write("history.html.j2", values, folder)


def _write(template: str, values: Mapping[str, Any], folder: Path) -> Path:
    made = environment()
    made.filters["signed"] = words.signed
    page = made.get_template(template).render(**values, assets=read_plain(), version=__version__)
    path = folder / "index.html"
    write_whole(path, page.encode("utf-8", "replace"))
    return path


def _party(party: Party) -> str:
    return text.clean(", ".join((party.label, *party.llms, *party.videos, *party.modes)))


def _tone(verdict: Verdict | None) -> str:
    if verdict in words.PASSED:
        return "good"
    return "open" if verdict is Verdict.INCONCLUSIVE else "bad"


def _clips(
    found: Comparison, folder: Path, warn: Callable[[str], None]
) -> dict[Path | None, _Clip]:
    paths = [one.video for one in _samples(found) if one.video is not None]
    hrefs = {path: os.path.relpath(path, folder).replace(os.sep, "/") for path in paths}
    pictured = write_posters(hrefs.values(), folder, warn)
    return {
        path: _Clip(href, measured(href, folder) if href in pictured else None)
        for path, href in hrefs.items()
    }


def _samples(found: Comparison) -> Iterable[Sample]:
    return (one for mover in found.movers for one in (mover.a, mover.b))


def _blocks(
    found: Comparison,
) -> Iterable[tuple[str, list[tuple[Delta, Mapping[str, object]]], Mapping[str, str]]]:
    """Overall, then every dimension: its heading, its rows with their whiskers, and its axis."""
    overall = [("Overall", [found.overall])] if found.overall else []
    parts = [(f"By {words.HEADINGS[name]}", list(rows)) for name, rows in found.by_dimension()]
    for heading, rows in (*overall, *parts):
        scale, margin = _scale(rows), words.precision(rows)
        span = scale.high - scale.low
        axis = {"low": text.score(scale.low, span), "high": text.score(scale.high, span),
                "zero_at": place(scale, 0.0)}  # fmt: skip
        yield heading, [(row, _whisker(row, scale, margin)) for row in rows], axis


def _scale(rows: Sequence[Delta]) -> Scale:
    ends = [end for r in rows for end in (r.delta, r.ci_low, r.ci_high) if end is not None]
    return Scale(min([0.0, *ends]), max([0.0, *ends]))


def _whisker(row: Delta, scale: Scale, margin: float | None) -> Mapping[str, object]:
    shown = words.changed(row, margin)
    if row.delta is None:
        return {"shown": shown, "mean": None, "sure": False}
    low = row.delta if row.ci_low is None else row.ci_low
    high = row.delta if row.ci_high is None else row.ci_high
    return {
        "shown": shown,
        "low": place(scale, low),
        "mean": place(scale, row.delta),
        "high": place(scale, high),
        "label": f"{shown}, from {words.signed(low)} to {words.signed(high)}",
        "sure": words.sure(row),
    }

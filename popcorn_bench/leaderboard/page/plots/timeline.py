"""Versions of families over the dates on which they were released, with their intervals."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from popcorn_bench.leaderboard import text
from popcorn_bench.leaderboard.compare.history import History, Step
from popcorn_bench.leaderboard.page.plots.axis import Axis, shortened, uncrowded

_WIDTH, _HEIGHT = 720, 330
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 110, 16, 44
_DATE = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_EVERY = (1, 2, 3, 6, 12, 24, 60, 120)  # months between ticks
_TICKS = 7
_COLOURS = 6
_LEAST = 2


@dataclass(frozen=True, slots=True)
class Point:
    """A version: where it is drawn, its interval, and what it is."""

    name: str
    x: float
    y: float
    low: float
    high: float
    said: str
    labelled: bool = True


@dataclass(frozen=True, slots=True)
class Family:
    """The versions of one family in order; `path` joins them, `colour` numbers a class."""

    name: str
    colour: int
    path: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """Families over one axis of time and one of scores; `undated` versions have no place on it."""

    metric: str
    unit: str
    lower: bool
    y: Axis
    x_ticks: tuple[tuple[float, str], ...]
    families: tuple[Family, ...]
    undated: tuple[str, ...]


def timeline(histories: Sequence[History]) -> Timeline | None:
    """Draw families under one metric; None where none has two versions with a date."""
    dated = [(one, [(day, step) for step in one.steps if (day := released(step))])
             for one in histories]  # fmt: skip
    kept = [(one, steps) for one, steps in dated if len({day for day, _ in steps}) >= _LEAST]
    if not kept:
        return None
    days = [day.toordinal() for _, steps in kept for day, _ in steps]
    room = (max(days) - min(days)) * 0.03
    x = Axis(min(days) - room, max(days) + room, _LEFT, _WIDTH - _RIGHT)
    y = _scores([step for _, steps in kept for _, step in steps])
    families = [_family(one, i, steps, x, y) for i, (one, steps) in enumerate(kept)]
    first = kept[0][0]
    return Timeline(
        metric=text.clean(first.metric),
        unit=text.clean(first.unit),
        lower=first.direction == "lower",
        y=y,
        x_ticks=_ticks(x),
        families=tuple(_labelled(families)),
        undated=tuple(text.clean(s.label) for one, _ in kept for s in one.steps if not released(s)),
    )


def released(step: Step) -> date | None:
    """The day of a release; the first of the month or year where no more is known."""
    found = _DATE.fullmatch(step.released.strip())
    if found is None:
        return None
    try:
        return date(*(int(part or 1) for part in found.groups()))
    except ValueError:
        return None


def _scores(steps: Sequence[Step]) -> Axis:
    ends = [v for s in steps for v in (s.mean, s.ci_low, s.ci_high) if v is not None]
    margin = (max(ends) - min(ends)) * 0.06 or 1.0
    return Axis(min(ends) - margin, max(ends) + margin, _HEIGHT - _BOTTOM, _TOP)


def _family(
    one: History, number: int, steps: Sequence[tuple[date, Step]], x: Axis, y: Axis
) -> Family:
    points = [_point(day, step, x, y) for day, step in steps]
    path = " ".join(f"{'L' if i else 'M'}{p.x} {p.y}" for i, p in enumerate(points))
    return Family(text.clean(one.family), number % _COLOURS, path, tuple(points))


def _point(day: date, step: Step, x: Axis, y: Axis) -> Point:
    low = step.mean if step.ci_low is None else step.ci_low
    high = step.mean if step.ci_high is None else step.ci_high
    name = text.clean(step.label)
    margin = text.score(high - step.mean, high - step.mean)
    said = f"{name}, {text.clean(step.released)}: {text.score(step.mean, high - step.mean)}"
    return Point(
        name=shortened(name),
        x=x.at(day.toordinal()),
        y=y.at(step.mean),
        low=y.at(low),
        high=y.at(high),
        said=f"{said} ±{margin}",
    )


def _labelled(families: Sequence[Family]) -> list[Family]:
    """Names where there is room, the last version of each family first."""
    places = [(f, p) for f, one in enumerate(families) for p in range(len(one.points))]
    places.sort(key=lambda place: (len(families[place[0]].points) - place[1], place[0]))
    points = [families[f].points[p] for f, p in places]
    kept = {places[i] for i in uncrowded([(p.x, p.y, p.name) for p in points])}
    return [
        replace(one, points=tuple(
            replace(point, labelled=(f, p) in kept) for p, point in enumerate(one.points)
        ))
        for f, one in enumerate(families)
    ]  # fmt: skip


def _ticks(x: Axis) -> tuple[tuple[float, str], ...]:
    """The first days of months or years, no more than a handful."""
    first, last = (date.fromordinal(round(end)) for end in (x.low, x.high))
    months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    every = next((n for n in _EVERY if len(months) / n <= _TICKS), _EVERY[-1])
    days = [(month, date(month // 12, month % 12 + 1, 1)) for month in months if not month % every]
    inside = [(m, d) for m, d in days if x.low <= d.toordinal() <= x.high]
    return tuple((x.at(day.toordinal()), _when(month, every)) for month, day in inside)


def _when(month: int, every: int) -> str:
    year, of_year = divmod(month, 12)
    return str(year) if every >= len(_MONTHS) else f"{_MONTHS[of_year]} {year}"

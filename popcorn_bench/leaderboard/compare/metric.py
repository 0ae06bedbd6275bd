"""Which metric is compared."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from popcorn_bench.errors import UsageError, did_you_mean
from popcorn_bench.leaderboard.catalog import IMPORTED, MetricCard
from popcorn_bench.leaderboard.compare.side import Side
from popcorn_bench.leaderboard.query import CellKey
from popcorn_bench.leaderboard.text import clean
from popcorn_bench.leaderboard.trust.leakage import leaks_of, read_leaks
from popcorn_bench.types import Direction


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked for by name; None for the first that ranks."""

    metric: str | None = None
    evaluator: str | None = None
    sees_video: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """The metrics of one side's cells that may be compared, the first choice first."""

    cards: tuple[MetricCard, ...]

    def find(self, evaluator_id: str, name: str) -> MetricCard | None:
        """The card of one metric."""
        found = (c for c in self.cards if (c.evaluator_id, c.name) == (evaluator_id, name))
        return next(found, None)


def choose_metric(a: Offer, b: Offer) -> tuple[MetricCard, MetricCard]:
    """The first metric that both sides have, or the first of one name where no evaluator is shared.

    Raises:
        UsageError: where the sides share no name of a metric.
    """
    for card in a.cards:
        twin = b.find(card.evaluator_id, card.name)
        if twin is not None:
            return card, twin
    for card in a.cards:
        for other in b.cards:
            if (card.evaluator, card.name) == (other.evaluator, other.name):
                return card, other
    for card in a.cards:
        for other in b.cards:
            if card.name == other.name:
                return card, other
    raise UsageError("the two sides share no metric that ranks")


def offer(side: Side, cells: Iterable[CellKey], asked: Asked) -> Offer:
    """What there is to compare on one side.

    In the order of the task's own metrics; what rests on a leak stands last.

    Raises:
        UsageError: for a name that is not there or that ranks nobody.
    """
    present = {cell.evaluator_id for cell in cells}
    cards = [c for c in side.catalog.metrics.values() if c.evaluator_id in present]
    if not cards:
        raise UsageError(f"{side.place.label}: no scores of what is asked for")
    _check(side, asked, cards)
    kept = [card for card in cards if _fits(card, asked)]
    if not kept:
        raise UsageError(_nothing(side, asked, cards))
    return Offer(tuple(_in_order(side, cells, kept)))


def _fits(card: MetricCard, asked: Asked) -> bool:
    return (
        card.direction is not Direction.NONE
        and asked.metric in (None, card.name)
        and asked.evaluator in (None, *_called(card))
        and (card.sees_video or not asked.sees_video)
    )


def _called(card: MetricCard) -> tuple[str, str, str]:
    """What an evaluator may be called."""
    return card.evaluator_id, card.evaluator, f"{card.evaluator}@{card.version}"


def _check(side: Side, asked: Asked, cards: Sequence[MetricCard]) -> None:
    known = {
        "--metric": (asked.metric, {card.name for card in cards}),
        "--evaluator": (asked.evaluator, {name for card in cards for name in _called(card)[1:]}),
    }
    ids = {card.evaluator_id for card in cards}
    for flag, (name, names) in known.items():
        if name is not None and name not in names | ids:
            listed, hint = ", ".join(map(clean, sorted(names))), did_you_mean(name, names)
            raise UsageError(
                f"{flag}: {clean(name)!r} is not in {side.place.label} ({listed}){hint}"
            )


def _nothing(side: Side, asked: Asked, cards: Sequence[MetricCard]) -> str:
    where = side.place.label
    named = [card for card in cards if asked.metric in (None, card.name)]
    if asked.sees_video and not any(card.sees_video for card in named):
        blind = ", ".join(sorted({clean(card.name) for card in named}))
        return f"--video: {blind} does not see the video and cannot compare generators"
    if asked.metric and all(card.direction is Direction.NONE for card in named):
        return (
            f"--metric: {clean(asked.metric)} has no better or worse: it describes and ranks nobody"
        )
    return f"{where}: no metric that ranks under these names"


def _in_order(
    side: Side, cells: Iterable[CellKey], cards: Sequence[MetricCard]
) -> list[MetricCard]:
    leaks = read_leaks(side.place.connection)
    under: dict[str, list[CellKey]] = {card.evaluator_id: [] for card in cards}
    for cell in cells:
        under.setdefault(cell.evaluator_id, []).append(cell)
    tasks = [
        side.catalog.tasks[key]
        for key in sorted({cell.task_id for cell in cells})
        if key in side.catalog.tasks
    ]
    wanted = list(dict.fromkeys(name for task in tasks for name in task.metrics))

    def key(card: MetricCard) -> tuple[bool, int, bool]:
        place = wanted.index(card.name) if card.name in wanted else len(wanted)
        leaking = bool(leaks_of(leaks, under[card.evaluator_id]))
        return leaking, place, card.evaluator == IMPORTED

    return sorted(cards, key=key)

"""B against A: read both sides, match them, take the differences within queries, judge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from popcorn_bench.errors import UsageError
from popcorn_bench.leaderboard.catalog import MetricCard
from popcorn_bench.leaderboard.compare import metric as metrics
from popcorn_bench.leaderboard.compare.deltas import checks_of, delta_of, slices_of
from popcorn_bench.leaderboard.compare.differences import Half, differences
from popcorn_bench.leaderboard.compare.material import Reading, gather
from popcorn_bench.leaderboard.compare.model import (
    DIMENSIONS,
    Checks,
    Comparison,
    Delta,
    Mover,
    Party,
)
from popcorn_bench.leaderboard.compare.movers import Shelf, movers_of
from popcorn_bench.leaderboard.compare.pairing import Pairing, pair_sides
from popcorn_bench.leaderboard.compare.places import read_planned, read_queries, read_scored
from popcorn_bench.leaderboard.compare.side import (
    Labels,
    Place,
    Side,
    Wanted,
    cells_of,
    labels_of,
    read_side,
)
from popcorn_bench.leaderboard.compare.under_test import under_test
from popcorn_bench.leaderboard.query import CellKey
from popcorn_bench.leaderboard.statistics.gate import Judgement, Verdict, judge
from popcorn_bench.leaderboard.statistics.interval import Estimate
from popcorn_bench.types import Direction


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to compare.

    `by` names the dimensions to take apart; together they are one family for Holm. `margin` is
    the loss that is acceptable, in the metric's unit. `movers` is how many queries to show.
    """

    metric: str | None = None
    evaluator: str | None = None
    by: tuple[str, ...] = DIMENSIONS
    gate: bool = False
    margin: float | None = None
    allow_incomplete: bool = False
    movers: int = 5


def compare(a: Place, b: Place, wanted: tuple[Wanted, Wanted], options: Options) -> Comparison:
    """Hold B against A.

    Args:
        a: the baseline.
        b: what is judged.
        wanted: what to take of each.
        options: how.

    Raises:
        UsageError: for names that are not there, and where nothing is there to compare.
    """
    if options.gate and options.margin is None:
        raise UsageError("--gate: needs --margin, the loss that is acceptable")
    side_a, side_b = read_side(a), read_side(b)
    cells_a, cells_b = cells_of(side_a, wanted[0]), cells_of(side_b, wanted[1])
    asked = metrics.Asked(
        metric=options.metric,
        evaluator=options.evaluator,
        sees_video=wanted[0].video != wanted[1].video,
    )
    card_a, card_b = metrics.choose_metric(
        metrics.offer(side_a, cells_a, asked), metrics.offer(side_b, cells_b, asked)
    )
    tested = under_test(
        (side_a, side_b), (_under(cells_a, card_a), _under(cells_b, card_b)), wanted
    )
    pairing = pair_sides(side_a, tested.a, side_b, tested.b)
    halves = _half(side_a, card_a), _half(side_b, card_b)
    found = _comparison(pairing, *halves, labels_of(side_a, side_b), options)
    return replace(found, baselines=tested.baselines)


def _under(cells: Iterable[CellKey], card: MetricCard) -> list[CellKey]:
    return [cell for cell in cells if cell.evaluator_id == card.evaluator_id]


def _half(side: Side, card: MetricCard) -> Half:
    connection, run = side.place.connection, side.place.run_id
    scores = read_scored(connection, run, card.evaluator_id, card.name)
    return Half(
        side=side,
        card=card,
        planned=read_planned(connection, run, card.evaluator_id),
        reading=Reading(scores, read_queries(connection)),
    )


def _comparison(pairing: Pairing, a: Half, b: Half, labels: Labels, options: Options) -> Comparison:
    found = differences(pairing, a, b, labels, allow_incomplete=options.allow_incomplete)
    numbers = _numbers(pairing, a, b, labels, options)
    judgement = _judged(numbers.overall, options.margin)
    return Comparison(
        a=_party(pairing, a, labels, 0),
        b=_party(pairing, b, labels, 1),
        metric=a.card.name,
        evaluator=f"{a.card.evaluator} {a.card.version}".strip(),
        card=a.card,
        differences=found,
        overall=numbers.overall,
        checks=numbers.checks,
        slices=numbers.slices,
        movers=numbers.movers,
        gate=options.gate,
        margin=options.margin,
        judgement=judgement,
        verdict=_verdict(judgement, options, comparable=not (options.gate and found)),
    )


@dataclass(frozen=True, slots=True)
class _Numbers:
    """All that is computed; nothing where nothing is shared."""

    overall: Delta | None = None
    checks: Checks | None = None
    slices: tuple[Delta, ...] = ()
    movers: tuple[Mover, ...] = ()


def _numbers(pairing: Pairing, a: Half, b: Half, labels: Labels, options: Options) -> _Numbers:
    if a.card.evaluator_id != b.card.evaluator_id:
        return _Numbers()  # two measures of different things have no difference
    sign = -1 if a.card.direction is Direction.LOWER else 1
    material = gather(pairing, a.reading, b.reading, sign)
    overall = delta_of(material, *material.everything)
    if not overall.n:
        return _Numbers()
    places = a.side.place, b.side.place
    shelf = Shelf(material=material, pairing=pairing, places=places, labels=labels)
    return _Numbers(
        overall=overall,
        checks=checks_of(material.gains(*material.everything)[2]),
        slices=slices_of(material, labels, options.by),
        movers=movers_of(shelf, options.movers),
    )


def _judged(overall: Delta | None, margin: float | None) -> Judgement | None:
    if overall is None or overall.delta is None or margin is None:
        return None
    return judge(
        Estimate(
            overall.delta, overall.n, overall.n - 1, overall.se, overall.ci_low, overall.ci_high
        ),
        margin,
    )


def _verdict(judgement: Judgement | None, options: Options, *, comparable: bool) -> Verdict | None:
    if options.margin is None:
        return None
    return judgement.verdict if judgement and comparable else Verdict.NOT_COMPARABLE


def _party(pairing: Pairing, half: Half, labels: Labels, at: int) -> Party:
    def names(pairs: Iterable[Sequence[str]], known: Mapping[str, str]) -> tuple[str, ...]:
        return tuple(sorted(known.get(pair[at], pair[at]) for pair in pairs if pair[at]))

    return Party(
        label=half.side.place.label,
        tasks=names(pairing.tasks.pairs, labels.tasks),
        llms=names(pairing.llms.pairs, labels.llms),
        videos=names(pairing.videos.pairs, labels.videos),
        modes=names(pairing.modes.pairs, labels.modes),
    )

"""What makes two sides unlike besides what is compared: a gate fails on any of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from popcorn_bench.leaderboard.catalog import MetricCard
from popcorn_bench.leaderboard.compare.material import Reading
from popcorn_bench.leaderboard.compare.model import Difference
from popcorn_bench.leaderboard.compare.pairing import Matched, Pairing
from popcorn_bench.leaderboard.compare.places import Draw, Planned, Query
from popcorn_bench.leaderboard.compare.side import Labels, Side
from popcorn_bench.leaderboard.draft import COVERAGE
from popcorn_bench.leaderboard.query import CellKey
from popcorn_bench.leaderboard.text import count
from popcorn_bench.leaderboard.trust.leakage import leaks_of, read_leaks

_SHOWN = 3  # names after which only a number is given
_HASH = 8  # characters of a hash that tell two apart


@dataclass(frozen=True, slots=True, kw_only=True)
class Half:
    """One side under one metric: what it planned and what it has."""

    side: Side
    card: MetricCard
    planned: Mapping[CellKey, Planned]
    reading: Reading


def differences(
    pairing: Pairing, a: Half, b: Half, labels: Labels, *, allow_incomplete: bool
) -> tuple[Difference, ...]:
    """Everything that differs, in words."""
    found = chain(
        _tasks(pairing, a, b),
        _evaluators(a.card, b.card),
        _modes(pairing.modes, labels),
        _alone("llm", pairing.llms, labels.llms),
        _alone("video", pairing.videos, labels.videos),
        _cells(pairing),
        _queries(pairing, a, b),
        _seeds(pairing, a, b),
        () if allow_incomplete else _coverage(pairing, a, b, labels),
        _leaks(pairing, a, b),
    )
    return tuple(found)


def _tasks(pairing: Pairing, a: Half, b: Half) -> Iterator[Difference]:
    for pair in pairing.tasks.changed:
        told = " and ".join(_task(half, key) for half, key in ((a, pair.a), (b, pair.b)))
        yield Difference("task", f"task: {told} are not the same version")
    for name, half, only in (("A", a, pairing.tasks.only_a), ("B", b, pairing.tasks.only_b)):
        for key in only:
            yield Difference("task", f"task: only {name} has {_task(half, key)}")


def _task(half: Half, key: str) -> str:
    card = half.side.catalog.tasks.get(key)
    return f"{card.name} {card.version} ({key[:_HASH]})" if card else key


def _evaluators(a: MetricCard, b: MetricCard) -> Iterator[Difference]:
    if a.evaluator_id == b.evaluator_id:
        return
    parts = {
        "name": (a.evaluator, b.evaluator),
        "version": (a.version, b.version),
        "weights": (a.weights[:_HASH] or "none", b.weights[:_HASH] or "none"),
        "settings": (a.settings or "none", b.settings or "none"),
    }
    told = [f"{name} {x} and {y}" for name, (x, y) in parts.items() if x != y]
    named = "; ".join(told) or f"identity {a.evaluator_id[:_HASH]} and {b.evaluator_id[:_HASH]}"
    yield Difference("evaluator", f"evaluator {a.evaluator}: {named}")


def _modes(matched: Matched, labels: Labels) -> Iterator[Difference]:
    for pair in matched.changed:
        names = [labels.modes.get(key, key) for key in pair]
        yield Difference("mode", f"mode: {names[0]} in A, {names[1]} in B")
    yield from _alone("mode", matched, labels.modes)


def _alone(what: str, matched: Matched, names: Mapping[str, str]) -> Iterator[Difference]:
    word = {"llm": "LLM", "video": "generator", "mode": "mode"}[what]
    for side, only in (("A", matched.only_a), ("B", matched.only_b)):
        if only:
            listed = _listed([names.get(key, key) or "no generator" for key in only])
            yield Difference(what, f"{word}: only {side} has {listed}")


def _cells(pairing: Pairing) -> Iterator[Difference]:
    """Cells whose parts all have a counterpart, but not together."""
    parts = (pairing.tasks, pairing.llms, pairing.videos, pairing.modes)
    for side, n, alone in (
        ("A", pairing.only_a, [part.only_a for part in parts]),
        ("B", pairing.only_b, [part.only_b for part in parts]),
    ):
        if n and not any(alone):
            yield Difference("cells", f"cells: {n:,} of {side} have no counterpart")


def _queries(pairing: Pairing, a: Half, b: Half) -> Iterator[Difference]:
    """Queries that only one side was to score, over all matched cells."""
    only_a: set[Query] = set()
    only_b: set[Query] = set()
    for cell_a, cell_b in pairing.cells.values():
        own, other = _asked(a, cell_a), _asked(b, cell_b)
        only_a |= own - other
        only_b |= other - own
    if only_a or only_b:
        told = [f"{count(len(only), 'query', 'queries')} only in {side} "
                f"({_listed(sorted(query.id for query in only))})"
                for side, only in (("A", only_a), ("B", only_b)) if only]  # fmt: skip
        yield Difference("query_set", f"query set: {', '.join(told)}")


def _asked(half: Half, cell: CellKey) -> set[Query]:
    ids = _ids(half.planned.get(cell, {}))
    return {half.reading.query(cell.task_id, query_id) for query_id in ids}


def _seeds(pairing: Pairing, a: Half, b: Half) -> Iterator[Difference]:
    unlike: tuple[set[Draw], set[Draw]] = set(), set()
    for cell_a, cell_b in pairing.cells.values():
        own, other = a.planned.get(cell_a, {}), b.planned.get(cell_b, {})
        if own.keys() != other.keys():
            unlike[0].update(own)
            unlike[1].update(other)
        elif own != other and _ids(own) == _ids(other):
            yield Difference("seed", "seed: some queries have other seeds in A than in B")
            return
    if any(unlike):
        yield Difference("seed", f"seed: {_drawn(unlike[0])} in A, {_drawn(unlike[1])} in B")


def _ids(planned: Planned) -> frozenset[str]:
    """All queries of a cell, whatever they were drawn with."""
    return frozenset[str]().union(*planned.values())


def _drawn(draws: Iterable[Draw]) -> str:
    """Seeds, with the number of repeats where there are several."""
    repeats: dict[int, int] = {}
    for draw in draws:
        repeats[draw.seed] = max(repeats.get(draw.seed, 0), draw.repeat + 1)
    told = [str(seed) if n == 1 else f"{seed} ({n} repeats)" for seed, n in sorted(repeats.items())]
    return _listed(told) if told else "none"


def _coverage(pairing: Pairing, a: Half, b: Half, labels: Labels) -> Iterator[Difference]:
    several = len(pairing.tasks.pairs) > 1
    for name, half, at in (("A", a, 0), ("B", b, 1)):
        thin = []
        for cells in pairing.cells.values():
            cell = cells[at]
            planned = sum(len(ids) for ids in half.planned.get(cell, {}).values())
            scored = sum(len(ids) for ids in half.reading.scores.get(cell, {}).values())
            if not scored or scored < COVERAGE * planned:
                thin.append(f"{_cell(cell, labels, task=several)} {scored:,} of {planned:,}")
        if thin:
            yield Difference("coverage", f"incomplete in {name}: {_listed(thin)} scores")


def _cell(cell: CellKey, labels: Labels, *, task: bool) -> str:
    parts = (labels.llms.get(cell.llm_id), labels.videos.get(cell.video_id))
    made = " with ".join(part for part in parts if part)
    return f"{made} on {labels.tasks.get(cell.task_id, cell.task_id)}" if task else made


def _leaks(pairing: Pairing, a: Half, b: Half) -> Iterator[Difference]:
    found = {
        mode
        for half, at in ((a, 0), (b, 1))
        for mode in leaks_of(
            read_leaks(half.side.place.connection), [pair[at] for pair in pairing.cells.values()]
        )
    }
    if found:
        text = f"leakage: {a.card.evaluator} learned from rows that LLMs may have been shown"
        yield Difference("leakage", text)


def _listed(names: Sequence[str]) -> str:
    """The first few names, and how many more."""
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more:,} more" if more > 0 else "")

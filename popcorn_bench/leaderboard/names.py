"""What is shown for the ids of one board."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from popcorn_bench.leaderboard.catalog import Catalog, ModelCard, TaskCard, labels
from popcorn_bench.leaderboard.modes import ModeCard
from popcorn_bench.leaderboard.query import CellKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Displayed name per id, and the ids of baselines."""

    tasks: Mapping[str, str]
    llms: Mapping[str, str]
    videos: Mapping[str, str]
    evaluators: Mapping[str, str]
    modes: Mapping[str, str]
    baseline_ids: frozenset[str]


def names_of(catalog: Catalog, modes: Sequence[ModeCard], cells: AbstractSet[CellKey]) -> Names:
    """Names of what the cells are made of, told apart where two are shown together."""
    cards = {card.evaluator_id: card for card in catalog.metrics.values()}
    versions = {key: f"{card.evaluator} {card.version}".strip() for key, card in cards.items()}
    evaluators = {cell.evaluator_id for cell in cells}
    models = (*catalog.llms.values(), *catalog.generators.values())
    return Names(
        tasks=task_labels(catalog.tasks.values()),
        llms=_models(catalog.llms, {cell.llm_id for cell in cells}),
        videos=_models(catalog.generators, {cell.video_id for cell in cells if cell.video_id}),
        evaluators=labels((i, versions[i]) for i in evaluators if i in versions),
        modes={mode.id: mode.label for mode in modes},
        baseline_ids=frozenset(card.id for card in models if card.baseline),
    )


def task_labels(tasks: Iterable[TaskCard]) -> dict[str, str]:
    """Displayed name per id: the name, with the version where several versions share it."""
    known = list(tasks)
    versions: dict[str, set[str]] = defaultdict(set)
    for task in known:
        versions[task.name].add(task.version)
    return labels(
        (task.task_id, f"{task.name} {task.version}" if len(versions[task.name]) > 1 else task.name)
        for task in known
    )


def _models(cards: Mapping[str, ModelCard], ids: AbstractSet[str]) -> dict[str, str]:
    return labels((i, cards[i].name if i in cards else i) for i in ids)

"""What was asked for, among what is there."""

from __future__ import annotations

from collections.abc import Sequence

from popcorn_bench.errors import UsageError, did_you_mean
from popcorn_bench.leaderboard.catalog import Catalog
from popcorn_bench.leaderboard.modes import ModeCard, chosen_modes
from popcorn_bench.leaderboard.text import clean


def check_known(noun: str, name: str | None, known: Sequence[str]) -> None:
    """Raise `UsageError` for a name that is not there; None asks for nothing."""
    if name is not None and name not in known:
        listed = ", ".join(map(clean, known)) or "none"
        raise UsageError(f"{noun} {name!r} is not here ({listed}){did_you_mean(name, known)}")


def choose_tasks(catalog: Catalog, tasks: Sequence[str] | None) -> tuple[str, ...]:
    """Ids of the tasks that are meant by names or ids; None for all."""
    if tasks is None:
        return tuple(catalog.tasks)
    names = sorted({task.name for task in catalog.tasks.values()})
    for name in tasks:
        if name not in catalog.tasks:
            check_known("--tasks", name, names)
    return tuple(
        task.task_id for task in catalog.tasks.values() if {task.name, task.task_id} & set(tasks)
    )


def choose_modes(present: Sequence[ModeCard], wanted: str | None) -> tuple[ModeCard, ...]:
    """The modes that are meant by a label, name or id; None for all."""
    known = dict.fromkeys(name for mode in present for name in mode.known_as[:2])
    chosen = chosen_modes(present, wanted)
    if not chosen:
        check_known("--mode", wanted, list(known))
    return chosen

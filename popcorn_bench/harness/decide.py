"""What to do with a unit, given what the store knows of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from popcorn_bench.results.records import Result
from popcorn_bench.results.store import Status, Store
from popcorn_bench.types import Stage, Unit


class Action(Enum):
    """The answers of `decide`."""

    PRESENT = auto()  # done at its place
    REUSE = auto()  # done for another place: to be recorded here too
    DO = auto()
    FAILED = auto()  # ended as a failure: left alone
    SKIP = auto()  # not there, and this run generates nothing


@dataclass(frozen=True, slots=True)
class Policy:
    """What a run does about failures and about what is missing.

    A failure that may pass by itself is always tried again; the others with `retry_all` only.
    """

    retry_all: bool = False
    generate: bool = True


def decide(store: Store, unit: Unit, policy: Policy) -> tuple[Action, Result | None]:
    """The action for a unit, with its result where there is one."""
    status = store.status(unit)
    if status is Status.FAILED and not policy.retry_all:
        return Action.FAILED, None
    result = store.result(unit)
    if result is not None:
        return (Action.PRESENT if status is Status.DONE else Action.REUSE), result
    if not policy.generate and unit.stage not in (Stage.SCORE, Stage.AUDIT):
        return Action.SKIP, None
    return Action.DO, None

"""What stands in a journal line: values to plain records and back.

Kinds (`t`): `run`, `task`, `mode`, `llm`, `generator`, `evaluator`, `leak` and `plan` open a file
and make it complete in itself; `unit` and `failure` are what happened, `waste` what a unit cost in
vain before it; `end` closes it.
"""

from __future__ import annotations

import secrets
from collections.abc import Hashable, Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, TypeVar, cast

from popcorn_bench.types import (
    Artefact,
    Audit,
    Brief,
    Failure,
    Place,
    Probe,
    Score,
    Shift,
    Stage,
    Unit,
    Usage,
)

V = TypeVar("V")
_STAMP = "%Y%m%dT%H%M%S"

# What reading a record that is damaged, or of another version, may raise.
MALFORMED = (KeyError, TypeError, ValueError, IndexError, AttributeError, RecursionError)
Result = Brief | Artefact | tuple[Score, ...] | Audit


def new_run_id(after: str = "") -> str:
    """Sortable by start, unique between machines.

    It comes behind the run `after`, whatever the clock says: a later run has the last word.
    """
    start = datetime.now(UTC).replace(tzinfo=None)
    with suppress(ValueError, OverflowError):  # some other name
        start = max(start, datetime.strptime(after[:15], _STAMP) + timedelta(seconds=1))  # noqa: DTZ007 - in UTC
    return f"{start:{_STAMP}}-{secrets.token_hex(3)}"


def now() -> str:
    """The time in UTC, ISO 8601 with microseconds and no zone, as every record holds it."""
    return datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")


def unit_record(unit: Unit, result: Result, run_id: str, *, reused: bool) -> dict[str, Any]:
    """A finished unit; `reused` when its result was made for another place."""
    record = _record("unit", unit, run_id, _plain(result))
    return {**record, "reused": reused}


def failure_record(unit: Unit, failure: Failure, run_id: str) -> dict[str, Any]:
    """A unit that could not be done."""
    return _record("failure", unit, run_id, _plain(failure))


def waste_record(unit: Unit, usd: float, run_id: str) -> dict[str, Any]:
    """What attempts without a result took of the cost of the unit that follows."""
    return {"t": "waste", "key": unit.key, "run": run_id, "at": now(), "usd": usd}


def unit_of(record: Mapping[str, Any]) -> Unit:
    """The unit of a `unit` or `failure` record."""
    return Unit(stage=Stage(record["stage"]), place=Place(*record["place"]), key=record["key"])


def result_of(record: Mapping[str, Any]) -> Result:
    """The result of a unit record."""
    data = record["data"]
    match Stage(record["stage"]):
        case Stage.BRIEF:
            lists = {name: tuple(data[name]) for name in ("breaches", "references")}
            return _known(Brief, {**data, **lists, "usage": _known(Usage, data["usage"])})
        case Stage.COVER | Stage.VIDEO:
            return _known(Artefact, data)
        case Stage.SCORE:
            return tuple(_score(score) for score in data)
        case Stage.AUDIT:
            probes = tuple(_known(Probe, probe) for probe in data["probes"])
            shift = _known(Shift, data["shift"]) if data["shift"] else None
            return Audit(probes=probes, shift=shift)


def _score(data: Mapping[str, Any]) -> Score:
    return _known(Score, {**data, "members": tuple(data.get("members", ()))})


def _known(kind: type[V], data: Mapping[str, Any]) -> V:
    """A value from its fields; those that a later version adds are passed over."""
    names = _field_names(kind)
    return kind(**{name: data[name] for name in names if name in data})


def _record(kind: str, unit: Unit, run_id: str, data: object) -> dict[str, Any]:
    return {
        "t": kind,
        "stage": unit.stage,
        "place": unit.place,
        "key": unit.key,
        "run": run_id,
        "at": now(),
        "data": data,
    }


def _plain(value: object) -> object:
    """Values and what is in them as plain data, nothing copied that need not be."""
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if is_dataclass(value):
        return {name: _plain(getattr(value, name)) for name in _field_names(type(value))}
    return value


def _field_names(kind: object) -> tuple[str, ...]:
    return _names_of(cast("Any", kind))


@lru_cache
def _names_of(kind: Hashable) -> tuple[str, ...]:
    return tuple(field.name for field in fields(cast("Any", kind)))

"""What stands in the chosen journal files: definitions that disagree, places done twice.

Lines of units are most of a journal and are looked at as bytes; the few others are read.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from popcorn_bench.fingerprint import digest
from popcorn_bench.results.merging.files import Chosen, Copy
from popcorn_bench.results.records import MALFORMED

_UNIT, _FAILURE, _AFTER_PLACE = b'{"t":"unit",', b'{"t":"failure",', b',"key":'
_IDS = {
    "task": ("task_id",),
    "llm": ("llm_id",),
    "mode": ("mode",),
    "generator": ("video_id",),
    "evaluator": ("evaluator_id",),
    "leak": ("mode", "evaluator_id"),
}
# What the id is made of: if that differs, one of them is not what it says it is.
_DECIDING = {
    "task": ("name", "version", "queries"),
    "llm": ("name", "model", "params"),
    "mode": ("name", "settings"),
    "generator": ("name", "adapter", "revision", "settings"),
    "evaluator": ("name", "version", "weights", "settings"),
    "leak": (),
}


@dataclass(slots=True)
class Content:
    """`conflicts` are two things under one id; `remarks` two descriptions of one thing.

    `doubled` counts places that have a result in more than one journal file.
    """

    records: int = 0
    doubled: int = 0
    conflicts: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def read(chosen: Mapping[str, Chosen]) -> Content:
    """Look through the files, in the order in which the index reads them."""
    found, known = Content(), _Definitions()
    places = []
    for name, one in chosen.items():
        mine = array("q")
        for raw in _lines(one.copy):
            found.records += 1
            if raw.startswith(_UNIT):
                mine.append(hash(raw[: raw.find(_AFTER_PLACE)]))
            elif not raw.startswith(_FAILURE):
                known.note(raw, name)
        places.append(np.unique(np.frombuffer(mine, np.int64)))
    if places:
        every = np.concatenate(places)
        found.doubled = len(every) - len(np.unique(every))
    found.conflicts, found.remarks = known.conflicts, known.remarks
    return found


@dataclass(slots=True)
class _Definitions:
    conflicts: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    _first: dict[tuple[str, ...], tuple[str, dict[str, str]]] = field(default_factory=dict)

    def note(self, raw: bytes, file: str) -> None:
        """Hold a definition against the first one of its id."""
        with suppress(*MALFORMED):
            record = json.loads(raw)
            kind = record.get("t")
            if kind not in _IDS:
                return
            key = (kind, *(str(record["data"][name]) for name in _IDS[kind]))
            mine = _fields(record)
            label = str(record["data"].get("name", ""))
            first, theirs = self._first.setdefault(key, (file, mine))
            differing = [n for n in {**theirs, **mine} if theirs.get(n) != mine.get(n)]
            if differing:
                self._tell(key, label, differing, (first, file))

    def _tell(
        self, key: tuple[str, ...], label: str, differing: list[str], files: tuple[str, str]
    ) -> None:
        kind, *ids = key
        names = ", ".join(sorted(differing))
        what = f"{kind} {label!r} {ids}: {names!r} of {files[1]!r}"  # a stranger's: escaped
        if set(differing) & set(_DECIDING[kind]):
            self.conflicts.append(f"{what} is not that of {files[0]!r}, under the same id")
        else:
            self.remarks.append(f"{what} is not that of {files[0]!r}, which stands")


def _fields(record: Mapping[str, Any]) -> dict[str, str]:
    """A digest of each field; an endpoint is part of the id in a form of its own."""
    data = dict(record["data"])
    if isinstance(data.get("params"), dict):
        data["params"] = {k: v for k, v in data["params"].items() if k != "api_base"}
    others = {k: v for k, v in record.items() if k not in {"t", "run", "data"}}
    return {name: digest(value) for name, value in {**data, **others}.items()}


def _lines(copy: Copy) -> Iterator[bytes]:
    left = copy.size
    with copy.path.open("rb") as file:
        for raw in file:
            left -= len(raw)
            if left < 0:
                return
            yield raw

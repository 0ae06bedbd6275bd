"""Artefacts of several stores into one: each is read and held against its name on the way."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from popcorn_bench.errors import AdapterError, StoreError
from popcorn_bench.results.artifacts import DAMAGED, NAME, Artefacts
from popcorn_bench.results.keys import KeyIndex


@dataclass(slots=True)
class Brought:
    """Counts of files; `damaged` names those that were not taken."""

    added: int = 0
    bytes: int = 0
    there: int = 0
    damaged: list[str] = field(default_factory=list)


def bring(sources: Sequence[Artefacts], target: Artefacts) -> Brought:
    """Copy or link what the target lacks.

    Raises:
        StoreError: when one of the stores does not answer.
    """
    found, known = Brought(), KeyIndex()
    for name, size in target.listed():
        known[name] = size
    for source in sources:
        if source.address == target.address:
            continue
        for name, size in source.listed():
            if known.get(name) == size:
                found.there += 1
            elif _take(source, target, name):
                known[name] = size
                found.added += 1
                found.bytes += size
            else:
                found.damaged.append(f"{name} of {source.address}")
    return found


def _take(source: Artefacts, target: Artefacts, name: str) -> bool:
    """Whether the file was sound and is in the target now."""
    try:
        with source.reading() as fetch, target.workspace() as scratch:
            copy = _linked(fetch(name), scratch / name)
            kept = target.put(copy)
    except AdapterError as error:
        if error.kind != DAMAGED:
            raise StoreError(error.message) from error
        return False
    found = NAME.fullmatch(name)
    return found is not None and kept == found["sha256"]


def _linked(file: Path, target: Path) -> Path:
    """Another name for a file that nobody ever changes, or a copy on another disk."""
    try:
        os.link(file, target)
    except OSError:
        shutil.copyfile(file, target)
    return target

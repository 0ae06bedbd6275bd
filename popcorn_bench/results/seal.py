"""Whether a results folder is as a run left it that did the whole of a plan.

A finished run of many units is recognised by this in a moment, instead of unit by unit. Whatever
has happened since (another run, other journal files, a lost clip) breaks the seal: then every unit
is looked at.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable
from pathlib import Path

from popcorn_bench.fingerprint import digest
from popcorn_bench.results import index
from popcorn_bench.results.artifacts import Artefacts
from popcorn_bench.results.journal import journal_files
from popcorn_bench.types import Artefact

_TAIL = 4096  # the last line of a run is much shorter


def seal(folder: Path, own: Path, plan: str) -> dict[str, str]:
    """What the last line of the journal file `own` says: the plan, and the files beside it."""
    return {"plan": plan, "beside": _beside(folder, own)}


def is_sealed(folder: Path, artifacts: Artefacts, plan: str, briefs: Collection[str]) -> bool:
    """Whether the last run did the whole of `plan`, and all that it left is there.

    Args:
        folder: of the results.
        artifacts: where their files are.
        plan: identity of all that decides the units of the plan.
        briefs: keys of some briefs of the plan: should keys be made otherwise than they were, the
            seal does not hold.
    """
    files = journal_files(folder)
    if not files or _last(files[-1]) != seal(folder, files[-1], plan):
        return False
    connection = index.up_to_date(folder)
    if connection is None:
        return False
    with connection:
        known = connection.execute(
            "SELECT count(DISTINCT key) FROM briefs WHERE list_contains(?, key)", [list(briefs)]
        ).fetchone()
        if known != (len(briefs),):
            return False
        made = connection.execute("SELECT DISTINCT sha256, suffix, bytes FROM videos").fetchall()
    return all(map(artifacts.holds, _artefacts(made)))


def _artefacts(rows: Iterable[tuple[str, str, int]]) -> Iterable[Artefact]:
    for sha256, suffix, size in rows:
        yield Artefact(sha256=sha256, suffix=suffix, bytes=size, width=0, height=0)


def _beside(folder: Path, own: Path) -> str:
    """The journal files but one, by name and size."""
    return digest([(p.name, p.stat().st_size) for p in journal_files(folder) if p != own])


def _last(path: Path) -> object:
    """What the last line of a journal file seals, or None."""
    with path.open("rb") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL))
        lines = file.read().splitlines(keepends=True)
    if not lines or not lines[-1].endswith(b"\n"):
        return None
    try:
        record = json.loads(lines[-1])
    except ValueError:
        return None
    return record.get("whole") if isinstance(record, dict) and record.get("t") == "end" else None

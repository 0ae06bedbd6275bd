"""`results merge`: one folder of many, in any order and as often as one likes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from popcorn_bench.errors import StoreError, UsageError
from popcorn_bench.results import index
from popcorn_bench.results.artifacts import FOLDER as CLIPS
from popcorn_bench.results.artifacts import open_artefacts
from popcorn_bench.results.artifacts.place import ArtefactPlace, place_of, remember, settle
from popcorn_bench.results.journal import FOLDER, journal_files
from popcorn_bench.results.lock import writing
from popcorn_bench.results.merging import clips, content, files


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What a merge did.

    `added` and `grown` count journal files, `runs` all that are there now; `records` are lines.
    `doubled` are places with a result in more than one of them: the latest counts. `remarks` are
    definitions with two descriptions, `differing` journal files whose copies disagree, `damaged`
    artefacts that were not taken.
    """

    added: int
    grown: int
    runs: int
    records: int
    doubled: int
    artefacts: int
    artefact_bytes: int
    artefacts_there: int
    remarks: tuple[str, ...] = ()
    differing: tuple[str, ...] = ()
    damaged: tuple[str, ...] = ()


def merge(
    sources: Sequence[Path], into: Path, *, artifacts: str | None = None, cache: int | None = None
) -> Merged:
    """Bring the journal files and artefacts of results folders into one.

    The journal files stay as they are, so every record keeps its ids, its run and its time. Files
    of a run that goes on are taken as far as they are whole; the next merge brings the rest. Where
    all sources keep their artefacts at one URL, so does the merged folder.

    Args:
        sources: results folders.
        into: a new folder, or one that was merged into before.
        artifacts: where its artefacts are to be.
        cache: bytes of them to keep on this machine.

    Raises:
        UsageError: where a source holds no results, or two different things have one id; nothing
            is written then.
        StoreError: where something cannot be read or written; merging again goes on.
    """
    folders = [folder for folder in sources if folder.resolve() != into.resolve()]
    for folder in folders or [into]:
        if not journal_files(folder):
            raise UsageError(f"{folder}: no results there (no {FOLDER}/*.jsonl)")
    place = settle(into, _url(folders, into) if artifacts is None else artifacts, cache)
    with writing(into):
        chosen = files.choose([into, *folders])
        found = content.read(chosen)
        if found.conflicts:
            more = f" (and {len(found.conflicts) - 1} more)" if found.conflicts[1:] else ""
            raise UsageError(f"cannot be merged: {found.conflicts[0]}{more}")
        brought, (added, grown) = _write(folders, into, place, chosen)
        _index(into, changed=bool(added or grown))
    return Merged(
        added=added,
        grown=grown,
        runs=len(chosen),
        records=found.records,
        doubled=found.doubled,
        artefacts=brought.added,
        artefact_bytes=brought.bytes,
        artefacts_there=brought.there,
        remarks=tuple(found.remarks),
        differing=tuple(name for name, one in chosen.items() if one.differs),
        damaged=tuple(brought.damaged),
    )


def _write(
    folders: Sequence[Path], into: Path, place: ArtefactPlace, chosen: dict[str, files.Chosen]
) -> tuple[clips.Brought, tuple[int, int]]:
    """Artefacts first: what the journal names is there before it does."""
    remember(into, place)
    try:
        brought = clips.bring([open_artefacts(folder) for folder in folders], place.open(into))
        return brought, files.bring(chosen, into / FOLDER)
    except OSError as error:
        raise StoreError(f"{into}: cannot be merged: {error.strerror or error}") from error


def _index(into: Path, *, changed: bool) -> None:
    """Anew, in the order of the files: what was read before it may come after the new ones."""
    if changed:
        index.rebuild(into)
    else:
        index.sync(into)


def _url(folders: Sequence[Path], into: Path) -> str | None:
    """The one URL that all sources have, for a folder that has no artefacts of its own yet."""
    if place_of(into).url or (into / CLIPS).is_dir() or not folders:
        return None
    urls = {place_of(folder).url for folder in folders}
    return urls.pop() or None if len(urls) == 1 else None

"""What a store of artefacts does, wherever its files are."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol, TypeAlias

from popcorn_bench.errors import AdapterError
from popcorn_bench.fingerprint import file_sha256
from popcorn_bench.types import Artefact

NAME = re.compile(r"(?P<sha256>[0-9a-f]{64})(?P<suffix>\.[a-z0-9]{1,5})", re.ASCII)
UNREACHABLE = "artifact_store"  # kind of the failure of a unit whose file could not be kept
DAMAGED = "damaged_artefact"

Fetch: TypeAlias = Callable[[str], Path]


class Artefacts(Protocol):
    """A store of artefacts; safe to use from several processes.

    `root` is a folder in which files lie as `<aa>/<name>`: all of them, or those that are cached
    on this machine. `address` says for people where the store is.
    """

    root: Path
    address: str

    def workspace(self) -> AbstractContextManager[Path]:
        """A scratch folder on the disk of `root`, gone afterwards."""
        ...

    def clear_scratch(self) -> None:
        """Remove what killed processes left half done; only for who holds the results folder."""
        ...

    def put(self, file: Path) -> str:
        """Move a finished file of a workspace into the store; give its sha256.

        Raises:
            AdapterError: `artifact_store` (retriable) where the other side does not take it.
            OSError: where this machine cannot write it.
        """
        ...

    def reading(self) -> AbstractContextManager[Fetch]:
        """A function from the name of a file to a path that holds it while the context lasts.

        It raises `AdapterError`: `damaged_artefact` for a file that is gone or is not what its
        name says, `artifact_store` for a store that does not answer; both may pass.
        """
        ...

    def at_hand(self, name: str) -> Path | None:
        """A file in `root`, fetched where it is not there; None where it cannot be had.

        A cached file may go again when room is made for others. Boards use this: what they show
        is looked at soon, and a clip that is missing keeps nobody from the rest.
        """
        ...

    def holds(self, artefact: Artefact) -> bool:
        """Whether the file is there in its full length.

        Raises:
            StoreError: when the store does not answer.
        """
        ...

    def listed(self) -> Iterator[tuple[str, int]]:
        """Name and bytes of every file.

        Raises:
            StoreError: when the store does not answer.
        """
        ...

    def discard(self, name: str) -> None:
        """Remove a damaged file, so that its unit is done again."""
        ...

    def check(self) -> None:
        """Make sure that files can be put there.

        Raises:
            StoreError: where they cannot, in one line.
        """
        ...


def name_of(sha256: str, suffix: str) -> str:
    """The file name of an artefact."""
    return f"{sha256}{suffix}"


def place_in(name: str) -> str:
    """Where a file stands in its store. Names may come from a stranger's journal.

    Raises:
        AdapterError: `damaged_artefact` for what is no name of ours.
    """
    if NAME.fullmatch(name) is None:
        raise AdapterError(DAMAGED, f"{name[:80]!r} is no name of an artefact", retriable=True)
    return f"{name[:2]}/{name}"


def is_sound(path: Path, name: str) -> bool:
    """Whether a file is there and has the content that its name promises."""
    try:
        return file_sha256(path) == Path(name).stem
    except OSError:
        return False


def damaged(name: str) -> AdapterError:
    """A file that is gone, or is not what its name says."""
    return AdapterError(DAMAGED, f"{name}: gone, or not what its name says", retriable=True)

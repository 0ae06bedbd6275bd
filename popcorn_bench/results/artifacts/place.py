"""Where the artefacts of a results folder are: the folder remembers it.

`artifacts.json` holds the URL and the bound of the cache; without it they are in `artifacts/`. It
is a fact of the folder, so that whoever opens it later (a worker, a board, another run) needs no
option for it.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from popcorn_bench.errors import StoreError, UsageError, holds_secret
from popcorn_bench.results.artifacts.cache import DEFAULT_BYTES, Cache
from popcorn_bench.results.artifacts.local import FOLDER, ArtefactStore
from popcorn_bench.results.artifacts.protocol import Artefacts
from popcorn_bench.results.artifacts.remote import RemoteArtefacts

FILE = "artifacts.json"
_LOCAL = "file://"


@dataclass(frozen=True, slots=True)
class ArtefactPlace:
    """`url` is '' for the results folder itself; `cache` is the most bytes kept of a remote one."""

    url: str = ""
    cache: int = DEFAULT_BYTES

    def open(self, folder: Path) -> Artefacts:
        """The artefacts of a results folder that are at this place."""
        if not self.url:
            return ArtefactStore(folder)
        if self.url.startswith(_LOCAL):
            return ArtefactStore.at(Path(self.url.removeprefix(_LOCAL)))
        return RemoteArtefacts(self.url, Cache(folder, self.cache))


def open_artefacts(folder: Path) -> Artefacts:
    """The artefacts of a results folder, wherever it says that they are.

    Raises:
        StoreError: where what it says cannot be read.
    """
    return place_of(folder).open(folder)


def place_of(folder: Path) -> ArtefactPlace:
    """What a results folder says of its artefacts.

    Raises:
        StoreError: where that cannot be read.
    """
    path = folder / FILE
    try:
        told = json.loads(path.read_bytes())
        return ArtefactPlace(str(told["url"]), int(told["cache"]))
    except FileNotFoundError:
        return ArtefactPlace()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{path}: cannot be read: {type(error).__name__}: {error}") from error


def settle(folder: Path, url: str | None, cache: int | None) -> ArtefactPlace:
    """Where the artefacts of a folder are to be, given what was asked for; nothing is written.

    Raises:
        UsageError: for a URL that holds a secret, or where they are somewhere else already.
    """
    known = place_of(folder)
    place = known if cache is None else replace(known, cache=cache)
    if url is None:
        return place
    wanted = _normal(url, folder)
    if wanted == known.url:
        return place
    if known.url or (folder / FOLDER).is_dir():
        there = known.url or str(folder / FOLDER)
        raise UsageError(
            f"--artifacts {url}: those of {folder} are at {there}; take another folder, or bring "
            f"them along: popcorn-bench results merge {folder} --into DIR --artifacts URL"
        )
    return replace(place, url=wanted)


def remember(folder: Path, place: ArtefactPlace) -> None:
    """Write it into the folder, where it is not what holds without.

    Raises:
        StoreError: where it cannot be written.
    """
    if place == place_of(folder):
        return
    path = folder / FILE
    part = path.with_name(f".{FILE}.{os.getpid()}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(asdict(place)) + "\n", encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise StoreError(f"{path}: cannot be written: {error.strerror}") from error


def _normal(url: str, folder: Path) -> str:
    """One way to write each place; a path without a scheme is a folder of this machine."""
    if holds_secret(url):
        raise UsageError(
            "--artifacts: a URL holds no secret; credentials come from the environment"
        )
    scheme, found, rest = url.partition("://")
    if found and scheme not in {"file", "local"}:
        if not rest.strip("/"):
            raise UsageError(f"--artifacts {url}: names no bucket or folder")
        return url.rstrip("/")
    root = Path(rest if found else url).expanduser().resolve()
    return "" if root == (folder / FOLDER).resolve() else f"{_LOCAL}{root}"

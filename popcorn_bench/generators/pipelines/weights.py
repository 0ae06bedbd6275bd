"""Weights on this machine: a snapshot in the hub's cache, or a folder that someone named.

Found without huggingface_hub, so that listing stays quick and nothing is fetched by accident: only
`pull` downloads. What was found gives the generator its revision: the commit of a snapshot, or a
digest of a folder's content.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from popcorn_bench.errors import UsageError
from popcorn_bench.generators.machine import cached
from popcorn_bench.generators.pipelines.spec import Source

INDEX = "model_index.json"
LOCAL = "local"

_REPO = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_SMALL = 1 << 20  # bytes that are read whole; of a larger file only samples
_SAMPLES = 64
_SAMPLE = 1 << 14


@dataclass(frozen=True, slots=True)
class Weights:
    """Where weights lie and what they are called.

    `model` is the repository, or `local` for a folder, whose path is not part of an identity.
    `folder` is None where they are not on this machine.
    """

    model: str
    revision: str
    folder: Path | None
    lacking: str = ""


def found(source: Source, given: str = "", *, whole: bool = False) -> Weights:
    """The weights of the catalog, or those that a setting names instead.

    Args:
        source: what the catalog says.
        given: a folder, or a repository of the hub.
        whole: whether a folder must hold a pipeline, not a single part of one.

    Raises:
        UsageError: where `given` is neither a folder nor the name of a repository, or the folder
            of something else.
    """
    if not given:
        return _snapshot(source)
    folder = Path(given).expanduser()
    if folder.is_dir():
        if whole and not (folder / INDEX).is_file():
            raise UsageError(f"{given!r} is no pipeline's folder: it has no {INDEX}")
        lacking = _incomplete(folder)
        return Weights(LOCAL, folder_digest(folder), folder.resolve(), lacking)
    if _REPO.fullmatch(given):
        return _snapshot(Source(repo=given))
    raise UsageError(f"{given!r} is neither a folder nor a repository (owner/name)")


def folder_digest(folder: Path) -> str:
    """Sixteen hex digits for the content of a folder, wherever it lies.

    Small files count whole, large ones by size and 64 samples: another checkpoint of the same
    shape differs in all of them.
    """
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        if any(part.startswith(".") for part in Path(name).parts):
            continue
        digest.update(f"{name}\0{path.stat().st_size}\0".encode("utf-8", "surrogatepass"))
        for chunk in _chunks(path):
            digest.update(chunk)
    return digest.hexdigest()[:16]


def _chunks(path: Path) -> Iterator[bytes]:
    size = path.stat().st_size
    with path.open("rb") as file:
        if size <= _SMALL:
            yield file.read()
            return
        for place in range(_SAMPLES):
            file.seek((size - _SAMPLE) * place // (_SAMPLES - 1))
            yield file.read(_SAMPLE)


def _snapshot(source: Source) -> Weights:
    commit = _commit(source)
    folder = cached(source.repo) / "snapshots" / commit
    if not commit or not folder.is_dir() or not any(folder.iterdir()):
        lacking = f"weights not downloaded ({source.repo})"
        return Weights(source.repo, f"{source.revision} (not downloaded)", None, lacking)
    incomplete = _incomplete(folder)
    lacking = f"weights of {source.repo}: {incomplete}" if incomplete else ""
    return Weights(source.repo, commit, folder, lacking)


def _commit(source: Source) -> str:
    if _COMMIT.fullmatch(source.revision):
        return source.revision
    reference = cached(source.repo) / "refs" / source.revision
    try:
        commit = reference.read_text().strip()
    except (OSError, UnicodeDecodeError):
        return ""
    return commit if _COMMIT.fullmatch(commit) else ""


def _incomplete(folder: Path) -> str:
    """What a folder of a pipeline lacks at first sight, as an interrupted download leaves it."""
    try:
        index = json.loads((folder / INDEX).read_text())
    except FileNotFoundError:
        return ""  # a single part, which has no index
    except (OSError, ValueError):
        return f"{INDEX} cannot be read"
    if not isinstance(index, dict):
        return f"{INDEX} is not an object"
    parts = [name for name, value in index.items() if _is_part(name, value)]
    absent = [name for name in parts if not (folder / name).is_dir()]
    absent += [name for name in _shards(folder) if not (folder / name).is_file()]
    absent += [f"{name}/*.safetensors" for name in parts if _is_bare(folder / name)]
    return f"incomplete, {absent[0]} is missing" if absent else ""


def _is_part(name: str, value: object) -> bool:
    return not name.startswith("_") and isinstance(value, list) and None not in value


def _is_bare(part: Path) -> bool:
    """Whether it is a model, by the name of its configuration, without weights that are read."""
    return (part / "config.json").is_file() and not any(part.glob("*.safetensors"))


def _shards(folder: Path) -> Iterator[str]:
    """Files that indexes of split weights name; an index without any of its files counts not."""
    for path in folder.glob("*/*.safetensors.index.json"):
        try:
            named = set(json.loads(path.read_text())["weight_map"].values())
        except (OSError, ValueError, KeyError, AttributeError):
            continue
        if any((path.parent / name).is_file() for name in named):
            yield from (f"{path.parent.name}/{name}" for name in named)

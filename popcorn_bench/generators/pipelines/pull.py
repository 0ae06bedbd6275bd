"""Download weights ahead of a run, and check them against the hub's own hashes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from popcorn_bench.errors import AdapterError, UsageError
from popcorn_bench.generators.machine import cached
from popcorn_bench.generators.media_catalog import MediaEntry
from popcorn_bench.generators.pipelines.files import of_part, of_pipeline
from popcorn_bench.generators.pipelines.spec import Pipeline, Source, from_hints
from popcorn_bench.generators.pipelines.weights import INDEX

if TYPE_CHECKING:
    from huggingface_hub import HfApi

_CHUNK = 1 << 22


@dataclass(frozen=True, slots=True)
class Pulled:
    """How far a download is: bytes of all files that are there and checked, of all."""

    file: str
    done: int
    total: int


Progress = Callable[[Pulled], None]


@dataclass(frozen=True, slots=True)
class _File:
    """A file of a repository with what the hub says of it."""

    repo: str
    commit: str
    name: str
    size: int
    sha256: str  # of files in LFS
    blob_id: str  # git's hash of all others


def pull(entry: MediaEntry, progress: Progress | None = None) -> Path:
    """Bring the weights of a catalog entry into the hub's cache; what is there is only checked.

    Every file is hashed after it arrived and held against what the hub names for that commit; one
    that differs is removed. The commit is recorded in the cache, where a run finds it.

    Args:
        entry: a generator with a pipeline.
        progress: called after each file.

    Returns:
        The folder of the pipeline's repository.

    Raises:
        UsageError: for an entry without weights to download, and in offline mode.
        AdapterError: kind `gated` with where to accept the licence, `download` for the rest.
    """
    from huggingface_hub import HfApi, constants

    if "pipeline" not in entry.generator.hints:
        raise UsageError(f"{entry.generator.name} has no weights to download")
    if constants.HF_HUB_OFFLINE:
        raise UsageError("HF_HUB_OFFLINE is set: nothing is downloaded")
    spec, api = from_hints(entry.generator.hints), HfApi()
    with _told(entry):
        commits = {n: _commit(api, source) for n, source in spec.sources.items()}
        files = [f for n, commit in commits.items() for f in _listed(api, spec, n, commit)]
        total, done, folder = sum(file.size for file in files), 0, Path()
        for file in files:
            path = _fetched(api, file)
            folder = path.parent if file.name == INDEX else folder
            done += file.size
            if progress:
                progress(Pulled(f"{file.repo}/{file.name}", done, total))
        for name, source in spec.sources.items():
            _note_commit(source, commits[name])
        return folder


@contextmanager
def _told(entry: MediaEntry) -> Iterator[None]:
    """What goes wrong on the hub's side, as one line that says what to do."""
    from httpx import HTTPError  # what the hub's client lets through when it is out of reach
    from huggingface_hub import errors

    name = entry.generator.name
    try:
        yield
    except errors.GatedRepoError as error:
        where = entry.accept or f"https://huggingface.co/{entry.repos[0]}"
        message = f"{name} is gated: accept its licence at {where}, then set HF_TOKEN"
        raise AdapterError("gated", message) from error
    except (errors.EntryNotFoundError, OSError, HTTPError) as error:
        what = " ".join(str(error).split())
        raise AdapterError("download", f"{name}: {what}", retriable=True) from error


def _commit(api: HfApi, source: Source) -> str:
    return str(api.model_info(source.repo, revision=source.revision).sha)


def _listed(api: HfApi, spec: Pipeline, name: str, commit: str) -> Iterator[_File]:
    """The files that are needed of one of the sources."""
    repo = spec.sources[name].repo
    info = api.model_info(repo, revision=commit, files_metadata=True)
    siblings: dict[str, Any] = {item.rfilename: item for item in info.siblings or ()}
    if name == "model":
        if INDEX not in siblings:
            raise AdapterError("download", f"{repo} holds no pipeline ({INDEX})")
        index = json.loads(_hub_file(api, repo, commit, INDEX).read_text())
        wanted = of_pipeline(siblings, index, spec.variant, set(spec.sources))
    else:
        wanted = of_part(siblings, spec.components[name].file)
    for path in wanted:
        item = siblings[path]
        sha256 = item.lfs.sha256 if item.lfs else ""
        yield _File(repo, commit, path, item.size or 0, sha256, item.blob_id or "")


def _fetched(api: HfApi, file: _File) -> Path:
    path = _hub_file(api, file.repo, file.commit, file.name)
    if _differs(path, file):
        path.resolve().unlink()
        path.unlink(missing_ok=True)
        message = f"{file.repo}/{file.name} is not what the hub names; it is removed, pull again"
        raise AdapterError("download", message, retriable=True)
    return path


def _hub_file(api: HfApi, repo: str, commit: str, name: str) -> Path:
    return Path(api.hf_hub_download(repo, name, revision=commit))


def _differs(path: Path, file: _File) -> bool:
    if file.sha256:
        return _digest(path, hashlib.sha256()) != file.sha256
    git = hashlib.sha1(f"blob {path.stat().st_size}\0".encode(), usedforsecurity=False)
    return bool(file.blob_id) and _digest(path, git) != file.blob_id


def _digest(path: Path, digest: Any) -> str:  # noqa: ANN401 - one of hashlib's
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return str(digest.hexdigest())


def _note_commit(source: Source, commit: str) -> None:
    """Downloads by commit leave no name behind; a run looks for the catalog's revision."""
    if source.revision != commit:
        reference = cached(source.repo) / "refs" / source.revision
        reference.parent.mkdir(parents=True, exist_ok=True)
        reference.write_text(commit)

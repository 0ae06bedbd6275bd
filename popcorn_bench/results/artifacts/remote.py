"""Artefacts at a URL that fsspec understands, with a cache on this machine.

What is there already is not put again. Object stores show an object only when all of it has
arrived; elsewhere a file is put under another name and moved.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from itertools import count
from pathlib import Path
from time import monotonic, sleep
from typing import Any, TypeVar, cast

from popcorn_bench.errors import AdapterError, PopcornError, StoreError, UsageError
from popcorn_bench.fingerprint import file_sha256
from popcorn_bench.results.artifacts.cache import Cache
from popcorn_bench.results.artifacts.protocol import (
    NAME,
    UNREACHABLE,
    Fetch,
    damaged,
    is_sound,
    name_of,
    place_in,
)
from popcorn_bench.results.keys import KeyIndex
from popcorn_bench.types import Artefact

T = TypeVar("T")

_ALL_OR_NOTHING = frozenset({"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss"})
_S3 = frozenset({"s3", "s3a"})
_EXTRAS = dict.fromkeys(_S3, "s3")
_SILENT_S = 10  # a server that accepts and then says nothing does not answer
_SLOWEST = 50_000  # bytes a second of a put that still gets on
# Who asks again is `_patiently`: each of these two layers would do so five times.
_S3_CONFIG = {"connect_timeout": 5, "read_timeout": _SILENT_S, "retries": {"max_attempts": 0}}
_LASTING = (FileNotFoundError, PermissionError, NotImplementedError)
_LASTING_NAMES = frozenset(
    {"NoCredentialsError", "PartialCredentialsError", "ParamValidationError", "InvalidRegionError"}
)
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.25, 8.0
_LEFT_ALONE_S = 30.0
_MARK = ".popcorn-bench"  # put at the start of a run, to know that files can be
_INCOMING = ".incoming"


class RemoteArtefacts:
    """The artefacts under one URL. See `Artefacts`.

    Args:
        url: without a secret; credentials are what the environment gives.
        cache: files on this machine.
        patience_s: how long a store that does not answer is asked again. Once that was in vain
            it is not asked at all for a while: a run that stops is to stop soon.
    """

    def __init__(self, url: str, cache: Cache, patience_s: float = 20.0) -> None:
        self.address, self._cache, self._patience_s = url, cache, patience_s
        self.root, self.workspace = cache.store.root, cache.store.workspace
        self.clear_scratch = cache.store.clear_scratch
        self._sizes: KeyIndex | None = None
        self._lost, self._lost_until = "", 0.0

    def put(self, file: Path) -> str:
        """See `Artefacts`."""
        sha256 = file_sha256(file)
        name = name_of(sha256, file.suffix)
        self._patiently(lambda: self._upload(file, name))
        self._cache.keep(file, name)
        file.unlink()
        return sha256

    @contextmanager
    def reading(self) -> Iterator[Fetch]:
        """See `Artefacts`. A file that was lent stays, whatever happens to the cache."""
        with self.workspace() as scratch:
            yield lambda name: self._fetch(name, scratch)

    def at_hand(self, name: str) -> Path | None:
        """See `Artefacts`."""
        there = self._cache.store.at_hand(name)
        if there is None:
            with suppress(AdapterError), self.reading() as fetch:
                fetch(name)
            there = self._cache.store.at_hand(name)
        return there

    def holds(self, artefact: Artefact) -> bool:
        """See `Artefacts`. All names are asked for once, in pages, and remembered."""
        name = name_of(artefact.sha256, artefact.suffix)
        if NAME.fullmatch(name) is None:
            return False
        known = self._known().get(artefact.sha256)
        if known is None:
            known = self._or_stop(lambda: self._size(name))
            if known is not None:
                self._known()[artefact.sha256] = known
        return known == artefact.bytes

    def listed(self) -> Iterator[tuple[str, int]]:
        """See `Artefacts`."""
        found = self._or_stop(self._find)
        for path, info in found.items():
            name = path.rpartition("/")[2]
            if NAME.fullmatch(name) and path == self._at(place_in(name)):
                yield name, int(info["size"] or 0)

    def discard(self, name: str) -> None:
        """See `Artefacts`."""
        self._cache.drop(name)

        def remove() -> None:
            with suppress(FileNotFoundError):
                self._fs.rm_file(self._at(place_in(name)))

        self._patiently(remove)

    def check(self) -> None:
        """See `Artefacts`."""
        text = b"artefacts of popcorn-bench\n"
        self._or_stop(lambda: self._put("pipe_file", self._mark(), text, size=len(text)))

    def _fetch(self, name: str, scratch: Path) -> Path:
        lent = self._cache.lend(name, scratch)
        if lent is not None:
            if is_sound(lent, name):
                return lent
            lent.unlink()
            self._cache.drop(name)
        path = scratch / name
        for _ in range(2):  # a broken transfer is no damage
            self._patiently(lambda: self._download(name, path))
            if is_sound(path, name):
                self._cache.keep(path, name)
                return path
        raise damaged(name)

    def _download(self, name: str, path: Path) -> None:
        path.unlink(missing_ok=True)
        with suppress(FileNotFoundError):
            self._fs.get_file(self._at(place_in(name)), str(path))

    def _upload(self, file: Path, name: str) -> None:
        target, size = self._at(place_in(name)), file.stat().st_size
        if self._size(name) == size:
            return
        if self._whole:
            self._put("put_file", str(file), target, size=size)
        else:
            part = self._at(f"{_INCOMING}/{secrets.token_hex(8)}-{name}")
            for path in (part, target):
                self._fs.makedirs(path.rpartition("/")[0], exist_ok=True)
            self._put("put_file", str(file), part, size=size)
            self._fs.mv(part, target)
        arrived = self._size(name)
        if arrived != size:
            raise OSError(f"{target} has {arrived} of {size} bytes")

    def _put(self, how: str, *given: object, size: int) -> None:
        """Put by that method; S3 clients wait for ever for leave to send what they have."""
        from fsspec.asyn import AsyncFileSystem, sync

        if isinstance(self._fs, AsyncFileSystem):
            limit = _SILENT_S + size / _SLOWEST
            sync(self._fs.loop, getattr(self._fs, f"_{how}"), *given, timeout=limit)
        else:
            getattr(self._fs, how)(*given)

    def _size(self, name: str) -> int | None:
        try:
            return int(self._fs.info(self._at(place_in(name)))["size"])
        except FileNotFoundError:
            return None

    def _find(self) -> dict[str, dict[str, Any]]:
        try:
            return cast("dict[str, dict[str, Any]]", self._fs.find(self._base, detail=True))
        except FileNotFoundError:
            return {}

    def _known(self) -> KeyIndex:
        if self._sizes is None:
            self._sizes = KeyIndex()
            for name, size in self.listed():
                self._sizes[name] = size
        return self._sizes

    def _at(self, place: str) -> str:
        return f"{self._base}/{place}"

    def _mark(self) -> str:
        if not self._whole:
            self._fs.makedirs(self._base, exist_ok=True)
        return self._at(_MARK)

    @cached_property
    def _opened(self) -> tuple[Any, str]:
        """The file system and the folder in it; made in the process that uses it."""
        from fsspec.core import url_to_fs

        protocol = self.address.partition("://")[0]
        try:
            fs, base = url_to_fs(self.address, use_listings_cache=False, **_options(protocol))
        except ImportError as error:
            extra = _EXTRAS.get(protocol)
            how = f"pip install 'popcorn-bench[{extra}]'" if extra else str(error)
            raise UsageError(f"--artifacts {self.address}: needs another package: {how}") from error
        except ValueError as error:
            raise UsageError(f"--artifacts {self.address}: {error}") from error
        if protocol in _S3:
            fs.retries = 1
        return fs, str(base).rstrip("/")

    @property
    def _fs(self) -> Any:  # noqa: ANN401 - fsspec has no types
        return self._opened[0]

    @property
    def _base(self) -> str:
        return self._opened[1]

    @property
    def _whole(self) -> bool:
        return self.address.partition("://")[0] in _ALL_OR_NOTHING

    def _or_stop(self, ask: Callable[[], T]) -> T:
        """The same for who can do nothing without an answer."""
        try:
            return self._patiently(ask)
        except AdapterError as error:
            raise StoreError(error.message) from error

    def _patiently(self, ask: Callable[[], T]) -> T:
        """Ask until there is an answer, patience is at its end, or waiting will not help.

        Twice at least: a long transfer may break after more time than patience lasts.
        """
        if monotonic() < self._lost_until:
            raise AdapterError(UNREACHABLE, self._lost, retriable=True)
        deadline, wait = monotonic() + self._patience_s, _FIRST_WAIT_S
        for asked in count(1):
            try:
                return ask()
            except Exception as error:  # each file system has errors of its own
                if isinstance(error, PopcornError):
                    raise
                if _lasts(error) or (asked > 1 and monotonic() + wait > deadline):
                    raise self._unreachable(error) from error
            sleep(wait)
            wait = min(2 * wait, _LONGEST_WAIT_S)
        raise AssertionError  # it counts for ever

    def _unreachable(self, error: Exception) -> AdapterError:
        silent = "it does not answer" if isinstance(error, TimeoutError) else type(error).__name__
        what = " ".join(str(error).split()) or silent
        message = f"artefact store {self.address} cannot be used: {what}"
        self._lost, self._lost_until = message, monotonic() + _LEFT_ALONE_S
        return AdapterError(UNREACHABLE, message, retriable=True)


def _options(protocol: str) -> dict[str, Any]:
    """What the file system of a protocol needs to be told beside what the environment says."""
    return {"config_kwargs": _S3_CONFIG} if protocol in _S3 else {}


def _lasts(error: Exception) -> bool:
    return isinstance(error, _LASTING) or type(error).__name__ in _LASTING_NAMES

"""From raw files to what the network reads: pictures, title and retrieval key as vectors."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, TypeVar

import numpy as np

from popcorn_bench.errors import AdapterError
from popcorn_bench.evaluators.mmra.config import FRAMES, Inputs
from popcorn_bench.evaluators.mmra.encoders import Encoders, TextEncoder, Vectors
from popcorn_bench.evaluators.mmra.pictures import Picture, evenly_spaced, still
from popcorn_bench.evaluators.mmra.shelf import Half, Notes, Shelf
from popcorn_bench.fingerprint import digest, file_sha256

_T = TypeVar("_T")
Progress = Callable[[str], None]
_GROUP: Final = 8  # clips whose pictures are in memory at once
_SHARD: Final = 64  # clips that are written together
_AHEAD: Final = 8  # clips that are decoded ahead of the encoder
_TEXTS: Final = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """What is known of a video before anything is computed."""

    id: str
    title: str
    category: str = ""
    video: Path | None = None
    cover: Path | None = None


@dataclass(frozen=True, slots=True)
class Features:
    """What the network reads of n videos.

    Args:
        titles: [n, title width].
        keys: what neighbours are found by, [n, key width].
        pictures: [n, pictures, picture width], None without the visual branch.
    """

    titles: Half
    keys: Half
    pictures: Half | None

    def __len__(self) -> int:
        return len(self.titles)

    def pick(self, rows: Sequence[int]) -> Features:
        """Some of the videos."""
        at = np.asarray(rows, dtype=np.int64)
        pictures = None if self.pictures is None else self.pictures[at]
        return Features(self.titles[at], self.keys[at], pictures)


@dataclass(frozen=True, slots=True)
class Damaged:
    """A clip that cannot be looked at, and why."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What encoders made of the pictures of one clip: vectors [pictures, d], and captions."""

    vectors: Vectors | None = None
    captions: list[str] | None = None


def title_text(clip: Clip, inputs: Inputs) -> str:
    """The title as it is encoded: after the category where that is read."""
    text = f"{clip.category}: {clip.title}" if inputs.topic and clip.category else clip.title
    return text.encode("utf-8", "replace").decode()  # an LLM may write half a surrogate pair


def key_text(clip: Clip, inputs: Inputs, captions: Sequence[str]) -> str:
    """What the retrieval key is made from: the title joined with each different caption."""
    return ". ".join([title_text(clip, inputs), *dict.fromkeys(captions)])


def look(clip: Clip, inputs: Inputs) -> list[Picture]:
    """The pictures of a clip.

    Raises:
        AdapterError: for a file that is missing, damaged or absurd.
    """
    if clip.video is None:
        raise AdapterError("missing_input", "there is no video")
    if not inputs.cover:
        return evenly_spaced(clip.video, FRAMES)
    if clip.cover is None:
        raise AdapterError("missing_input", "there is no cover")
    return [still(clip.cover), *evenly_spaced(clip.video, FRAMES)]


def see(pictures: Sequence[list[Picture]], encoders: Encoders) -> list[Seen]:
    """Encode the pictures of n clips, which have equally many each."""
    flat = [item for own in pictures for item in own]
    if not flat:
        return []
    each = len(flat) // len(pictures)
    vectors = encoders.frame.encode(flat) if encoders.frame else None
    captions = encoders.caption.encode(flat) if encoders.caption else None
    return [
        Seen(
            None if vectors is None else vectors[start : start + each],
            None if captions is None else captions[start : start + each],
        )
        for start in range(0, len(flat), each)
    ]


class Extractor:
    """Makes features of many clips and keeps them in a folder, so that it can go on later.

    What is kept is addressed by the content of the files and the encoders: a clip that is done is
    not done again, under another name either, and another encoder starts anew.
    """

    def __init__(self, encoders: Encoders, inputs: Inputs, folder: Path) -> None:
        self._encoders, self._inputs = encoders, inputs
        self._ids = encoders.identities
        self._vectors, self._captions = Shelf(folder / "pictures"), Notes(folder / "captions")
        self._titles, self._keys = Shelf(folder / "titles"), Shelf(folder / "keys")

    def extract(
        self, clips: Sequence[Clip], progress: Progress
    ) -> tuple[Features, list[int], list[Damaged]]:
        """Features of those clips that can be read.

        Returns:
            features of n clips; which clips they are, ascending, [n]; and the others.
        """
        addresses, damaged = self._look_at_all(clips, progress)
        kept = [place for place in range(len(clips)) if place in addresses]
        titles = [title_text(clips[place], self._inputs) for place in kept]
        keys = [
            key_text(clips[place], self._inputs, self._noted(addresses[place])) for place in kept
        ]
        found = Features(
            self._text(titles, "title", self._titles, progress),
            self._text(keys, "key", self._keys, progress),
            self._pictures([addresses[place] for place in kept]),
        )
        return found, kept, damaged

    def _look_at_all(
        self, clips: Sequence[Clip], progress: Progress
    ) -> tuple[dict[int, str], list[Damaged]]:
        """The address of each clip that can be looked at, by place, and the others."""
        if not self._inputs.pictures:
            return dict.fromkeys(range(len(clips)), ""), []
        addresses: dict[int, str] = {}
        damaged: list[Damaged] = []
        fresh: dict[str, Seen] = {}
        for group in _batched(enumerate(_ahead(self._look, clips)), _GROUP):
            fresh |= self._see(group, clips, addresses, damaged)
            done = len(addresses) + len(damaged)
            if len(fresh) >= _SHARD or done == len(clips):
                self._keep(fresh)
                fresh = {}
                progress(f"looked at {done:,} of {len(clips):,} clips")
        return addresses, damaged

    def _look(self, clip: Clip) -> tuple[str, list[Picture]] | AdapterError:
        """The address of a clip, and its pictures where they are not known yet."""
        try:
            files = [
                file for file in (clip.video, clip.cover if self._inputs.cover else None) if file
            ]
            address = digest("clip", [_sha(file) for file in files], self._inputs.pictures)
            return address, [] if self._known(address) else look(clip, self._inputs)
        except AdapterError as error:
            return error

    def _known(self, address: str) -> bool:
        seen = self._encoders.frame is None or self._at(address, "frame") in self._vectors
        told = self._encoders.caption is None or self._at(address, "caption") in self._captions
        return seen and told

    def _see(
        self,
        group: Sequence[tuple[int, tuple[str, list[Picture]] | AdapterError]],
        clips: Sequence[Clip],
        addresses: dict[int, str],
        damaged: list[Damaged],
    ) -> dict[str, Seen]:
        fresh: dict[str, list[Picture]] = {}
        for place, found in group:
            if isinstance(found, AdapterError):
                damaged.append(Damaged(clips[place].id, found.message))
                continue
            address, pictures = found
            addresses[place] = address
            if pictures:
                fresh[address] = pictures
        return dict(zip(fresh, see(list(fresh.values()), self._encoders), strict=True))

    def _keep(self, fresh: dict[str, Seen]) -> None:
        vectors = {a: seen.vectors for a, seen in fresh.items() if seen.vectors is not None}
        captions = {a: seen.captions for a, seen in fresh.items() if seen.captions is not None}
        self._captions.add({self._at(a, "caption"): texts for a, texts in captions.items()})
        self._vectors.add({self._at(a, "frame"): value for a, value in vectors.items()})

    def _at(self, address: str, role: str) -> str:
        return digest(address, self._ids[role])

    def _noted(self, address: str) -> list[str]:
        return self._captions[self._at(address, "caption")] if self._encoders.caption else []

    def _pictures(self, addresses: Sequence[str]) -> Half | None:
        if self._encoders.frame is None:
            return None
        return self._vectors.read([self._at(address, "frame") for address in addresses])

    def _text(self, texts: Sequence[str], role: str, shelf: Shelf, progress: Progress) -> Half:
        encoder: TextEncoder = getattr(self._encoders, role)
        keys = [digest("text", text, self._ids[role]) for text in texts]
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in shelf}
        for done, part in enumerate(_batched(missing.items(), _TEXTS)):
            vectors = encoder.encode([text for _, text in part])
            shelf.add({key: vector for (key, _), vector in zip(part, vectors, strict=True)})
            progress(f"read {done * _TEXTS + len(part):,} of {len(missing):,} {role} texts")
        return shelf.read(keys)


def _sha(path: Path) -> str:
    try:
        return file_sha256(path)
    except OSError as error:
        raise AdapterError("broken_media", f"{path.name}: {error.strerror}") from error


def _ahead(
    work: Callable[[Clip], tuple[str, list[Picture]] | AdapterError], clips: Sequence[Clip]
) -> Iterator[tuple[str, list[Picture]] | AdapterError]:
    """Results in order, computed in threads a few clips ahead: decoding does not hold the GIL."""
    with ThreadPoolExecutor(_AHEAD) as pool:
        waiting: deque[Future[tuple[str, list[Picture]] | AdapterError]] = deque()
        for clip in clips:
            waiting.append(pool.submit(work, clip))
            if len(waiting) > _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _batched(items: Iterable[_T], n: int) -> Iterator[list[_T]]:
    stream = iter(items)
    while part := list(islice(stream, n)):
        yield part

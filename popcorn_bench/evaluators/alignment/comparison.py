"""Clips, queries and titles to vectors, and vectors to cosines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from PIL.Image import Image

from popcorn_bench.errors import AdapterError
from popcorn_bench.evaluators.alignment import card
from popcorn_bench.evaluators.alignment.encoder import Encoder, Vectors, unit
from popcorn_bench.evaluators.alignment.frames import evenly_spaced
from popcorn_bench.evaluators.protocol import Sample
from popcorn_bench.types import Score

_READERS: Final = 4  # clips decoded side by side; FFmpeg works outside the interpreter's lock
_DIGITS: Final = 5  # those after them hang on the batch and the device


@dataclass(frozen=True, slots=True)
class _Clip:
    query: str
    title: str
    frames: list[Image]


class Comparison:
    """A loaded model and how many frames of a clip it is shown."""

    def __init__(self, folder: Path, device: str, *, frames: int, batch: int) -> None:
        self._encoder = Encoder(folder, device, batch)
        self._frames, self._clips = frames, max(1, batch // frames)

    def score(self, samples: Sequence[Sample]) -> Iterator[tuple[Score, ...] | AdapterError]:
        """Yield the scores of each sample, in the order of the card, or why there are none."""
        with ThreadPoolExecutor(_READERS) as readers:
            for start in range(0, len(samples), self._clips):
                group = samples[start : start + self._clips]
                yield from self._scored(list(readers.map(self._read, group)))

    def _read(self, sample: Sample) -> _Clip | AdapterError:
        query, title, video = sample.query.text.strip(), sample.title.strip(), sample.video
        if not query or not title or video is None:
            return AdapterError("missing_input", "alignment reads a query, a title and a video")
        try:
            return _Clip(query, title, evenly_spaced(video, self._frames))
        except AdapterError as error:
            return error

    def _scored(
        self, clips: Sequence[_Clip | AdapterError]
    ) -> Iterator[tuple[Score, ...] | AdapterError]:
        sound = [clip for clip in clips if isinstance(clip, _Clip)]
        texts, pictures = self._texts(sound), iter(self._pictures(sound))
        for clip in clips:
            if isinstance(clip, AdapterError):
                yield clip
            else:
                yield _scores(texts[clip.query], texts[clip.title], next(pictures))

    def _texts(self, clips: Sequence[_Clip]) -> dict[str, Vectors]:
        """A vector [dimension] for every text once: many clips share a query."""
        texts = list(dict.fromkeys(text for clip in clips for text in (clip.query, clip.title)))
        return dict(zip(texts, self._encoder.texts(texts), strict=True)) if texts else {}

    def _pictures(self, clips: Sequence[_Clip]) -> list[Vectors]:
        """The vectors [frames, dimension] of every clip."""
        if not clips:
            return []
        vectors = self._encoder.pictures([frame for clip in clips for frame in clip.frames])
        return np.split(vectors, np.cumsum([len(clip.frames) for clip in clips])[:-1])


def _scores(query: Vectors, title: Vectors, frames: Vectors) -> tuple[Score, ...]:
    whole = unit(frames.mean(axis=0))
    steps = (frames[:-1] * frames[1:]).sum(axis=1)
    return (
        _score(card.QUERY.name, float(whole @ query)),
        _score(card.TITLE.name, float(whole @ title)),
        _score(card.CONSISTENCY.name, float(steps.mean())),
    )


def _score(metric: str, cosine: float) -> Score:
    return Score(metric=metric, value=round(min(1.0, max(-1.0, cosine)), _DIGITS))

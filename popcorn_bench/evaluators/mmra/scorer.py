"""Scoring new videos with a trained model; imports torch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch

from popcorn_bench.devices import device_of
from popcorn_bench.errors import AdapterError
from popcorn_bench.evaluators.mmra.features import (
    Clip,
    Features,
    Seen,
    key_text,
    look,
    see,
    title_text,
)
from popcorn_bench.evaluators.mmra.fit import predict, table
from popcorn_bench.evaluators.mmra.folder import load_model, load_own_encoders
from popcorn_bench.evaluators.mmra.pictures import Picture
from popcorn_bench.evaluators.protocol import Sample


class Scorer:
    """A model with its encoders.

    Args:
        folder: of the model.
        device: as `devices.device_of`.
        batch: clips that are encoded at once.
    """

    def __init__(self, folder: Path, device: str, batch: int) -> None:
        where = device_of(device)
        self._model, self._batch = load_model(folder, where), batch
        self._inputs = self._model.config.inputs
        self._encoders = load_own_encoders(self._model.config, folder, where)

    def score(
        self, samples: Sequence[Sample], categories: Sequence[str]
    ) -> Iterator[float | AdapterError]:
        """Yield log2(comments) of each sample in its category of the corpus, or the error."""
        clips = [_clip(*pair) for pair in zip(samples, categories, strict=True)]
        for start in range(0, len(clips), self._batch):
            yield from self._scored(clips[start : start + self._batch])

    def _scored(self, clips: Sequence[Clip]) -> Iterator[float | AdapterError]:
        looked = [self._look(clip) for clip in clips]
        pictures = [found for found in looked if not isinstance(found, AdapterError)]
        readable = [
            clip
            for clip, found in zip(clips, looked, strict=True)
            if not isinstance(found, AdapterError)
        ]
        values = iter(self._predicted(readable, pictures))
        for found in looked:
            yield found if isinstance(found, AdapterError) else next(values)

    def _look(self, clip: Clip) -> list[Picture] | AdapterError:
        if not self._inputs.pictures:
            return []
        try:
            return look(clip, self._inputs)
        except AdapterError as error:
            return error

    def _predicted(self, clips: Sequence[Clip], pictures: Sequence[list[Picture]]) -> list[float]:
        if not clips:
            return []
        features = self._features(clips, see(pictures, self._encoders) or [Seen()] * len(clips))
        bank, shape = self._model.bank, self._model.config.shape
        neighbours = None
        if shape.retrieval:
            neighbours = bank.search(torch.from_numpy(features.keys), shape.neighbours)
        videos = table(features, torch.zeros(len(clips)), neighbours, bank)
        return [float(value) for value in predict(self._model.network, bank, videos)]

    def _features(self, clips: Sequence[Clip], seen: Sequence[Seen]) -> Features:
        """As `Extractor` makes and keeps them: in half precision."""
        titles = [title_text(clip, self._inputs) for clip in clips]
        keys = [
            key_text(clip, self._inputs, own.captions or [])
            for clip, own in zip(clips, seen, strict=True)
        ]
        vectors = [own.vectors for own in seen if own.vectors is not None]
        return Features(
            self._encoders.title.encode(titles).astype(np.float16),
            self._encoders.key.encode(keys).astype(np.float16),
            np.stack(vectors).astype(np.float16) if vectors else None,
        )


def _clip(sample: Sample, category: str) -> Clip:
    return Clip(
        id=sample.query.id,
        title=sample.title,
        category=category,
        video=sample.video,
        cover=sample.cover,
    )

"""The predictor: ridge regression over n-grams, averaged with trees that read its parts.

One file holds it: a zip of plain arrays (`.npz`), with its settings as JSON and the trees in
LightGBM's text format as bytes. Nothing in it can run, and nothing in it is text of a title.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from popcorn_bench.errors import UsageError
from popcorn_bench.evaluators.popularity.blocks import Block, Entries, Floats
from popcorn_bench.evaluators.popularity.grams import extract
from popcorn_bench.evaluators.popularity.surface import surface
from popcorn_bench.evaluators.popularity.topics import OTHERS

DIGITS = 6
_FORMAT = 1
_CHUNK = 1024  # titles at once: bounds memory, and sorts within the cache
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Model:
    """A trained predictor of log2(comments).

    Args:
        categories: the categories that it knows.
        targets: what the ridge regressions predict, the label first.
        blocks: the n-gram blocks, by name.
        coefficients: per block, one row per target, [targets, columns].
        intercepts: one per target.
        trees: LightGBM models in text form, averaged.
        bounds: least and greatest label seen: no prediction lies outside.
        seed: of the training.
    """

    categories: tuple[str, ...]
    targets: tuple[str, ...]
    blocks: Mapping[str, Block]
    coefficients: Mapping[str, NDArray[np.float16]]
    intercepts: tuple[float, ...]
    trees: tuple[str, ...]
    bounds: tuple[float, float]
    seed: int

    def predict(self, titles: Sequence[str], categories: Sequence[str]) -> Floats:
        """Predicted log2(comments), [n], rounded to `DIGITS` digits.

        Args:
            titles: n titles, of any length and content.
            categories: n categories of the corpus; an unknown one is taken as `OTHERS`.
        """
        parts = [
            self._predict(titles[start : start + _CHUNK], categories[start : start + _CHUNK])
            for start in range(0, len(titles), _CHUNK)
        ]
        return np.concatenate([np.empty(0), *parts])

    def _predict(self, titles: Sequence[str], categories: Sequence[str]) -> Floats:
        names = [self.known(category) for category in categories]
        entries = encode(self.blocks, titles, names)
        parts = contributions(entries, self.coefficients, len(self.targets))
        columns = dense(titles, self._codes(names), entries, parts, self.intercepts)
        by_trees = np.mean([b.predict(columns, num_threads=1) for b in self._boosters], axis=0)
        by_ridge = parts[:, :, 0].sum(axis=1) + self.intercepts[0]
        clipped: Floats = np.clip((by_trees + by_ridge) / 2, *self.bounds)
        return np.round(clipped, DIGITS)

    def known(self, category: str) -> str:
        """The category itself, or `OTHERS` where the model never saw it."""
        return category if category in self.categories else OTHERS

    def _codes(self, names: Sequence[str]) -> Floats:
        code = {name: index for index, name in enumerate(self.categories)}
        return np.array([code.get(name, -1) for name in names], dtype=np.float64)

    @cached_property
    def _boosters(self) -> list[Any]:
        from lightgbm import Booster

        return [Booster(model_str=text) for text in self.trees]


def encode(
    blocks: Mapping[str, Block], titles: Sequence[str], categories: Sequence[str]
) -> dict[str, Entries]:
    """Sparse vectors of n titles, by block."""
    grams = extract(titles, categories)
    return {name: block.encode(grams[name], len(titles)) for name, block in blocks.items()}


def contributions(
    entries: Mapping[str, Entries],
    coefficients: Mapping[str, NDArray[Any]],
    targets: int,
) -> Floats:
    """What each block adds to each ridge prediction, [n, blocks, targets]."""
    per_block = [
        [entry.dot(coefficients[name][target]) for target in range(targets)]
        for name, entry in entries.items()
    ]
    return np.array(per_block).transpose(2, 0, 1)


def dense(
    titles: Sequence[str],
    codes: Floats,
    entries: Mapping[str, Entries],
    parts: Floats,
    intercepts: Sequence[float] | Floats,
) -> Floats:
    """What the trees read, [n, features]; column 0 is the category's code.

    They see the ridge predictions, the share of each block in the first one, how many n-grams each
    block knows, and the surface of the title.
    """
    totals = parts.sum(axis=1) + np.asarray(intercepts)
    known = np.column_stack([entry.known() for entry in entries.values()])
    gap = totals[:, 1:2] - totals[:, 2:3]  # log2(likes / views), where both were there to train on
    return np.column_stack([codes, totals, gap, parts[:, :, 0], known, surface(titles)])


def save(model: Model, path: Path) -> None:
    """Write the model; equal models give equal bytes."""
    meta = {
        "format": _FORMAT,
        "seed": model.seed,
        "categories": model.categories,
        "targets": model.targets,
        "intercepts": model.intercepts,
        "bounds": model.bounds,
        "blocks": {name: block.weight for name, block in model.blocks.items()},
        "trees": len(model.trees),
    }
    arrays: dict[str, NDArray[Any]] = {"meta": _bytes(json.dumps(meta))}
    arrays |= {f"trees/{i}": _bytes(text) for i, text in enumerate(model.trees)}
    for name, block in model.blocks.items():
        # Steps between ascending buckets are small numbers, which compress well.
        arrays[f"{name}/steps"] = np.diff(block.active, prepend=0).astype(np.int32)
        arrays[f"{name}/idf"] = block.idf
        arrays[f"{name}/coefficients"] = model.coefficients[name]
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for key, array in arrays.items():
            _write(archive, key, array)


def load(path: Path) -> Model:
    """Read a model.

    Raises:
        UsageError: if the file is not there or is no model of this format.
    """
    if not zipfile.is_zipfile(path):
        raise UsageError(f"{path}: no popularity model: not there or not a zip of arrays")
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return _build(arrays)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise UsageError(f"{path}: no popularity model: {error}") from error


def _build(arrays: Mapping[str, NDArray[Any]]) -> Model:
    meta = json.loads(arrays["meta"].tobytes())
    if meta["format"] != _FORMAT:
        raise ValueError(f"format {meta['format']}, this version reads {_FORMAT}")
    return Model(
        categories=tuple(meta["categories"]),
        targets=tuple(meta["targets"]),
        blocks={name: _block(arrays, name, weight) for name, weight in meta["blocks"].items()},
        coefficients={name: arrays[f"{name}/coefficients"] for name in meta["blocks"]},
        intercepts=tuple(meta["intercepts"]),
        trees=tuple(arrays[f"trees/{i}"].tobytes().decode() for i in range(meta["trees"])),
        bounds=(meta["bounds"][0], meta["bounds"][1]),
        seed=meta["seed"],
    )


def _block(arrays: Mapping[str, NDArray[Any]], name: str, weight: float) -> Block:
    active = np.cumsum(arrays[f"{name}/steps"], dtype=np.int32)
    return Block(weight, active, arrays[f"{name}/idf"])


def _bytes(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(text.encode(), dtype=np.uint8)


def _write(archive: zipfile.ZipFile, key: str, array: NDArray[Any]) -> None:
    entry = zipfile.ZipInfo(f"{key}.npy", date_time=_EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    with archive.open(entry, "w") as stream:
        np.lib.format.write_array(stream, array, allow_pickle=False)

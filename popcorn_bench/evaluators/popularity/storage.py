"""A model as one file: a zip of plain arrays (`.npz`).

Settings are JSON and the trees LightGBM's text format, both as bytes. Nothing in it can run, and
nothing in it is text of a title.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from popcorn_bench.errors import UsageError
from popcorn_bench.evaluators.popularity.blocks import Block
from popcorn_bench.evaluators.popularity.model import Model
from popcorn_bench.evaluators.popularity.perceptron import Perceptrons, Scaling

_FORMAT = 2
_EPOCH = (1980, 1, 1, 0, 0, 0)
_PLAIN = ("seed", "categories", "targets", "intercepts", "bounds")
_DAMAGED = (
    OSError, ValueError, KeyError, IndexError, EOFError, zipfile.BadZipFile, zlib.error
)  # fmt: skip
Arrays = Mapping[str, NDArray[Any]]


def save(model: Model, path: Path) -> None:
    """Write a model; equal models give equal bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for key, array in _arrays(model).items():
            entry = zipfile.ZipInfo(f"{key}.npy", date_time=_EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w") as stream:
                np.lib.format.write_array(stream, array, allow_pickle=False)


def load(path: Path) -> Model:
    """Read a model; what its first prediction needs is made here.

    Raises:
        UsageError: if the file is not there or is no model of this format.
    """
    if not zipfile.is_zipfile(path):
        raise UsageError(f"{path}: no popularity model: not there or not a zip of arrays")
    try:
        with np.load(path, allow_pickle=False) as arrays:
            model = _model(arrays)
        model.warm_up()
    except _DAMAGED as error:
        raise UsageError(f"{path}: no popularity model: {error}") from error
    return model


def _arrays(model: Model) -> dict[str, NDArray[Any]]:
    meta = {
        "format": _FORMAT,
        **{name: getattr(model, name) for name in _PLAIN},
        "blocks": {name: (block.weight, block.n) for name, block in model.blocks.items()},
        "trees": len(model.trees),
        "perceptron_categories": model.perceptrons.scaling.categories,
    }
    arrays: dict[str, NDArray[Any]] = {"meta": _bytes(json.dumps(meta))}
    arrays |= {f"trees/{i}": _bytes(text) for i, text in enumerate(model.trees)}
    for name, block in model.blocks.items():
        # Steps between ascending buckets are small numbers, which compress well.
        arrays[f"{name}/steps"] = np.diff(block.active, prepend=0).astype(np.int32)
        arrays[f"{name}/titles"] = block.titles
        arrays[f"{name}/coefficients"] = model.coefficients[name]
    arrays |= {f"perceptrons/{n}": getattr(model.perceptrons, n) for n in _names(Perceptrons)}
    arrays |= {f"scaling/{n}": getattr(model.perceptrons.scaling, n) for n in _names(Scaling)}
    return {**arrays, "reference": model.reference}


def _model(arrays: Arrays) -> Model:
    meta = json.loads(arrays["meta"].tobytes())
    if meta["format"] != _FORMAT:
        raise ValueError(f"format {meta['format']}, this version reads {_FORMAT}")
    return Model(
        categories=tuple(meta["categories"]),
        targets=tuple(meta["targets"]),
        blocks={name: _block(arrays, name, *said) for name, said in meta["blocks"].items()},
        coefficients={name: arrays[f"{name}/coefficients"] for name in meta["blocks"]},
        intercepts=tuple(meta["intercepts"]),
        trees=tuple(arrays[f"trees/{i}"].tobytes().decode() for i in range(meta["trees"])),
        perceptrons=_perceptrons(arrays, meta["perceptron_categories"]),
        bounds=(meta["bounds"][0], meta["bounds"][1]),
        seed=meta["seed"],
        reference=arrays["reference"],
    )


def _block(arrays: Arrays, name: str, weight: float, n: int) -> Block:
    active = np.cumsum(arrays[f"{name}/steps"], dtype=np.int32)
    return Block(weight, active, arrays[f"{name}/titles"], n)


def _perceptrons(arrays: Arrays, categories: int) -> Perceptrons:
    scaling = Scaling(categories, **{n: arrays[f"scaling/{n}"] for n in _names(Scaling)})
    return Perceptrons(scaling, **{n: arrays[f"perceptrons/{n}"] for n in _names(Perceptrons)})


def _names(kind: type[Perceptrons | Scaling]) -> list[str]:
    """The arrays of a part: its fields but the first."""
    return [field.name for field in fields(kind)][1:]


def _bytes(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(text.encode(), dtype=np.uint8)

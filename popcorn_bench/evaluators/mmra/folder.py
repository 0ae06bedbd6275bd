"""A model folder: config, weights, memory bank, hashed ids of its rows, and its own encoder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch

from popcorn_bench.errors import UsageError
from popcorn_bench.evaluators.measures.rows import write_rows
from popcorn_bench.evaluators.mmra.bank import Bank
from popcorn_bench.evaluators.mmra.card import BANK_FILE, WEIGHTS_FILE
from popcorn_bench.evaluators.mmra.checkpoints import read_weights, write_weights
from popcorn_bench.evaluators.mmra.config import (
    GRAMS,
    GRAMS_FILE,
    Config,
    Inputs,
    Sources,
    read_config,
    write_config,
)
from popcorn_bench.evaluators.mmra.encoders import (
    CaptionModel,
    Encoders,
    PictureModel,
    TextEncoder,
    TextModel,
)
from popcorn_bench.evaluators.mmra.grams import Grams
from popcorn_bench.evaluators.mmra.network import Network

_PICTURES: Final = "pictures"


@dataclass(frozen=True, slots=True)
class Model:
    """A trained model on its device."""

    config: Config
    network: Network
    bank: Bank


def load_encoders(
    sources: Sources, inputs: Inputs, grams: Grams | None, device: torch.device
) -> Encoders:
    """Load those that the inputs need.

    Raises:
        UsageError: for one that cannot be had.
    """
    return Encoders(
        title=_text(sources.title, grams, device),
        key=_text(sources.key, grams, device),
        frame=PictureModel.load(sources.frame, device) if inputs.visual else None,
        caption=CaptionModel.load(sources.caption, device) if inputs.captions else None,
    )


def save_model(model: Model, grams: Grams | None, hashed: Sequence[str], folder: Path) -> None:
    """Write all but the card."""
    write_config(model.config, folder)
    write_weights(model.network, folder / WEIGHTS_FILE)
    _save_bank(model.bank, folder / BANK_FILE)
    write_rows(hashed, folder / WEIGHTS_FILE)
    if grams is None:
        (folder / GRAMS_FILE).unlink(missing_ok=True)  # of an earlier training
    else:
        grams.save(folder)


def load_model(folder: Path, device: torch.device) -> Model:
    """Read network and bank.

    Raises:
        UsageError: for a folder that is no model.
    """
    config = read_config(folder)
    network = Network(config.shape)
    read_weights(network, folder / WEIGHTS_FILE)
    return Model(config, network.to(device).eval(), _load_bank(folder / BANK_FILE, device))


def load_own_encoders(config: Config, folder: Path, device: torch.device) -> Encoders:
    """The encoders that a model was trained with.

    Raises:
        UsageError: for one that cannot be had, or has other weights now.
    """
    own = GRAMS in (config.sources.title, config.sources.key)
    grams = Grams.load(folder) if own else None
    encoders = load_encoders(config.sources, config.inputs, grams, device)
    for role, identity in encoders.identities.items():
        if identity != config.identities[role]:
            name = getattr(config.sources, role)
            raise UsageError(f"encoder {name!r} is not the one that {folder} was trained with")
    return encoders


def _text(source: str, grams: Grams | None, device: torch.device) -> TextEncoder:
    if source == GRAMS and grams is not None:
        return grams
    return TextModel.load(source, device)


def _save_bank(bank: Bank, path: Path) -> None:
    from safetensors.torch import save_file

    tensors = {"keys": bank.keys, "titles": bank.titles, "labels": bank.labels}
    if bank.pictures is not None:
        tensors[_PICTURES] = bank.pictures
    save_file({name: tensor.cpu().contiguous() for name, tensor in tensors.items()}, path)


def _load_bank(path: Path, device: torch.device) -> Bank:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        tensors = {name: t.to(device) for name, t in load_file(path).items()}
        return Bank(
            keys=tensors["keys"],
            titles=tensors["titles"],
            pictures=tensors.get(_PICTURES),
            labels=tensors["labels"],
        )
    except (OSError, SafetensorError, KeyError) as error:
        raise UsageError(f"{path}: no memory bank: {error}") from error

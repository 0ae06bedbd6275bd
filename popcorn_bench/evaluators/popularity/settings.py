"""What is fixed about the predictors, and where they lie."""

from __future__ import annotations

from pathlib import Path
from typing import Final

LABEL = "valid for human-like titles"  # what its intervals hold for
VERSION = "2"  # a change that alters any score gets another: models of an older one are refused
MODEL_SUFFIX: Final = ".npz"


def shipped(name: str) -> Path:
    """Where the weights of a shipped predictor lie, whether or not they are there."""
    return Path(__file__).parents[1] / "weights" / f"{name}{MODEL_SUFFIX}"


def model_path(place: Path, name: str) -> Path:
    """The model file that a user means: one that ends in `.npz`, or `NAME.npz` in a folder."""
    return place if place.suffix == MODEL_SUFFIX else place / f"{name}{MODEL_SUFFIX}"

"""The card of a trained model: what it learned from, how good it is, what its files are."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from popcorn_bench.errors import UsageError
from popcorn_bench.evaluators.measures.accuracy import Accuracy
from popcorn_bench.evaluators.measures.humans import Humans
from popcorn_bench.evaluators.mmra.config import GRAMS_FILE, VERSION
from popcorn_bench.evaluators.plain import Plain, read_plain, write_plain
from popcorn_bench.fingerprint import digest, file_sha256

WEIGHTS_FILE: Final = "model.safetensors"
BANK_FILE: Final = "bank.safetensors"
_CARD_FILE: Final = "card.json"
_DECIDING: Final = ("config.json", WEIGHTS_FILE, BANK_FILE, GRAMS_FILE)


class Interval(Plain):
    """Split-conformal: `level` of new rows like the held-out ones lie within score +- `half`.

    `half` is `conformal.qhat` of the absolute errors of the held-out rows.
    `coverage` is what the rule reaches on rows that it was not set on: each half of the rows is
    judged by the width from the other.
    """

    level: float
    half: float
    coverage: float


class Card(Plain):
    """Everything that is known about one trained model.

    `sha256` is of the files that decide its scores; `settings` are those of the training.
    `damaged` counts clips that could not be looked at.
    """

    name: str = "mmra"
    version: str = VERSION
    sha256: str
    data: str
    label: str = "log2(number of comments)"
    rows_train: int
    rows_valid: int
    damaged: int
    settings: dict[str, float]
    parameters: int
    epochs: int
    best_epoch: int
    valid: Accuracy
    valid_by_category: dict[str, Accuracy]
    interval: Interval
    anchors: dict[str, Humans]
    libraries: dict[str, str]
    limits: tuple[str, ...]


class Attempt(Plain):
    """A configuration that was trained on the real rows, with its figures on valid by seed."""

    what: str
    retrieval: bool
    settings: dict[str, float]
    seeds: tuple[int, ...]
    src: tuple[float, ...]
    nmse: tuple[float, ...]
    mae: tuple[float, ...]


class Attempts(Plain):
    """Those of one set of data, and what made them."""

    data: str
    rows_train: int
    rows_valid: int
    encoder: str
    libraries: dict[str, str]
    attempts: tuple[Attempt, ...]


def text_only() -> Attempts:
    """What the text-only configuration reached on MicroLens-100k without pretrained encoders."""
    return read_plain(Path(__file__).with_name("text_only.json"), Attempts)


def write_card(card: Card, folder: Path) -> None:
    """Write it into a model folder."""
    write_plain(card, folder / _CARD_FILE)


def read_card(folder: Path) -> Card:
    """Read that of a model folder.

    Raises:
        FileError: if there is none.
    """
    return read_plain(folder / _CARD_FILE, Card)


def content_sha(folder: Path) -> str:
    """Sha256 over the files of a model folder that decide its scores."""
    files = [folder / name for name in _DECIDING]
    return digest("mmra", {file.name: file_sha256(file) for file in files if file.is_file()})


def verify(card: Card, folder: Path) -> None:
    """Hold a model folder against its card.

    Raises:
        UsageError: if its files are not those that the card describes.
    """
    if content_sha(folder) != card.sha256:
        raise UsageError(f"{folder} holds other files than its {_CARD_FILE} describes")

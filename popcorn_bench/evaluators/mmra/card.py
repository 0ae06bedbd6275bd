"""The card of a trained model: what it learned from, how good it is, what its files are."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from pathlib import Path
from typing import Final

from pydantic import Field

from popcorn_bench.errors import UsageError
from popcorn_bench.evaluators.mmra.config import GRAMS_FILE, VERSION, Plain, read_plain
from popcorn_bench.evaluators.mmra.weights import file_sha
from popcorn_bench.fingerprint import digest

EVERY: Final = "*"
WEIGHTS_FILE: Final = "model.safetensors"
BANK_FILE: Final = "bank.safetensors"
_CARD_FILE: Final = "card.json"
_DECIDING: Final = ("config.json", WEIGHTS_FILE, BANK_FILE, GRAMS_FILE)


class Figures(Plain):
    """n predictions against their labels; None where a figure is not defined.

    `src` is Spearman's rank correlation, `nmse` the mean squared error over the variance of the
    labels, `mae` the mean absolute error in units of the label. The least-squares line is
    `label = intercept + slope * score`: 1 and 0 are calibrated.
    """

    n: int
    src: float | None
    nmse: float | None
    mae: float
    slope: float | None
    intercept: float | None


class Interval(Plain):
    """Split-conformal: `level` of new rows like the held-out ones lie within score +- `half`.

    `half` is the ceil((n + 1) level)-th smallest absolute error of n held-out rows (Vovk et al.).
    `coverage` is what the rule reaches on rows that it was not set on: each half of the rows is
    judged by the width from the other.
    """

    level: float
    half: float
    coverage: float


class Humans(Plain):
    """Scores of held-out human videos: their 101 percentiles 0..100, mean and sd."""

    n: int
    mean: float
    sd: float
    quantiles: tuple[float, ...] = Field(min_length=101, max_length=101)

    def percentile(self, score: float) -> float:
        """Place of a score among them, 0..100; in a run of equals the middle one."""
        left, right = bisect_left(self.quantiles, score), bisect_right(self.quantiles, score)
        if left < right:
            return (left + right - 1) / 2
        if left in (0, len(self.quantiles)):
            return 0.0 if left == 0 else 100.0
        below, above = self.quantiles[left - 1], self.quantiles[left]
        return round(left - 1 + (score - below) / (above - below), 2)


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
    valid: Figures
    valid_by_category: dict[str, Figures]
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
    text = card.model_dump_json(indent=1) + "\n"
    (folder / _CARD_FILE).write_text(text, encoding="utf-8")


def read_card(folder: Path) -> Card:
    """Read that of a model folder.

    Raises:
        FileError: if there is none.
    """
    return read_plain(folder / _CARD_FILE, Card)


def content_sha(folder: Path) -> str:
    """Sha256 over the files of a model folder that decide its scores."""
    files = [folder / name for name in _DECIDING]
    return digest("mmra", {file.name: file_sha(file) for file in files if file.is_file()})


def verify(card: Card, folder: Path) -> None:
    """Hold a model folder against its card.

    Raises:
        UsageError: if its files are not those that the card describes.
    """
    if content_sha(folder) != card.sha256:
        raise UsageError(f"{folder} holds other files than its {_CARD_FILE} describes")

"""The model card: what the predictor was trained on, how good it is, and what it cannot say."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from popcorn_bench.errors import FileError, UsageError

MODEL_SUFFIX = ".npz"


class _Plain(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Accuracy(_Plain):
    """Figures on n rows; None where one is not defined (see `metrics.accuracy`)."""

    n: int
    src: float | None
    nmse: float | None
    mae: float
    slope: float | None
    intercept: float | None


class Width(_Plain):
    """The interval of a category: a score +- `half_width`.

    `coverage` is the share of its n held-out labels inside, each judged by widths that were set on
    other rows. `own` says whether the width is the category's own.
    """

    n: int
    half_width: float
    coverage: float
    own: bool


class Interval(_Plain):
    """Split-conformal intervals by category, in units of the label.

    `coverage` is measured by cross-calibration (see `Width`); `coverage_shipped` is that of the
    shipped widths on the rows that they were set on. `pooled` is the half-width of what has none of
    its own.
    """

    level: float
    label: str
    coverage: float
    coverage_shipped: float
    pooled: float
    by_category: dict[str, Width]

    def half_width(self, category: str) -> float:
        """That of a category, or the pooled one."""
        found = self.by_category.get(category)
        return found.half_width if found else self.pooled


class AnchorTable(_Plain):
    """Scores of held-out human videos: their 101 percentiles 0..100, mean and sd."""

    n: int
    mean: float
    sd: float
    quantiles: tuple[float, ...] = Field(min_length=101, max_length=101)


class Attempt(_Plain):
    """A design that was tried, with its figures on the valid split of MicroLens-100k.

    `src_folds` is by cross-validation within train: it decides between near equals. The folds are
    others in each round: compare it within one.
    """

    round: int
    what: str
    src: float
    nmse: float
    mae: float
    src_folds: float | None = None


class Card(_Plain):
    """Everything that is known about one trained predictor.

    `sha256` is of the weights, `predictions_sha256` of what they predict of the held-out rows (see
    `metrics.fingerprint`). `shares` says how much each family of `members` counts.
    `reference_rows` held-out human titles are in the weights as numbers, to compare with.
    """

    name: str
    version: str
    sha256: str
    predictions_sha256: str
    seed: int
    members: tuple[str, ...]
    shares: dict[str, float]
    data: str
    label: str = "log2(number of comments)"
    rows_train: int
    rows_valid: int
    categories: tuple[str, ...]
    valid: Accuracy
    valid_by_category: dict[str, Accuracy]
    interval: Interval
    anchors: dict[str, AnchorTable]
    reference_rows: int
    libraries: dict[str, str]
    use: str
    limits: tuple[str, ...]
    attempts: tuple[Attempt, ...]


def card_path(model: Path) -> Path:
    """Where the card of a model file lies."""
    return model.with_suffix(".json")


def read_card(model: Path) -> Card:
    """The card beside a model file.

    Raises:
        FileError: if it is not there or is no card.
    """
    path = card_path(model)
    try:
        return Card.model_validate_json(path.read_bytes())
    except OSError as error:
        raise FileError(path, 1, "", f"cannot be read: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise FileError(path, 1, where, str(first["msg"])) from error


def write_card(card: Card, model: Path) -> None:
    """Write the card beside its model, as JSON for programs and as Markdown for people."""
    from popcorn_bench.evaluators.popularity.markdown import render

    card_path(model).write_text(card.model_dump_json(indent=1) + "\n", encoding="utf-8")
    model.with_suffix(".md").write_text(render(card), encoding="utf-8")


def verify(card: Card, model: Path) -> None:
    """Hold a model file against its card.

    Raises:
        UsageError: if the file is not the one that the card describes.
    """
    if file_sha256(model) != card.sha256:
        raise UsageError(f"{model} is not the model that {card_path(model).name} describes")


def file_sha256(path: Path) -> str:
    """Sha256 in hex of a file's bytes.

    Raises:
        UsageError: if the file cannot be read.
    """
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error

"""The model card: what the predictor was trained on, how good it is, and what it cannot say."""

from __future__ import annotations

from pathlib import Path

from popcorn_bench.errors import FileError, UsageError
from popcorn_bench.evaluators.measures.accuracy import Accuracy
from popcorn_bench.evaluators.measures.humans import Humans
from popcorn_bench.evaluators.measures.rows import read_rows, rows_path
from popcorn_bench.evaluators.plain import Plain, read_plain, write_plain
from popcorn_bench.evaluators.popularity.settings import VERSION
from popcorn_bench.fingerprint import file_sha256


class Width(Plain):
    """The interval of a category: a score +- `half_width`.

    `coverage` is the share of its n held-out labels inside, each judged by widths that were set on
    other rows; None where these are too few to say. `own` says whether the width is the category's
    own, or pooled.
    """

    n: int
    half_width: float
    coverage: float | None
    own: bool


class Interval(Plain):
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

    def established(self, category: str) -> bool:
        """Whether it was measured how well the interval of a category holds."""
        found = self.by_category.get(category)
        return found is not None and found.coverage is not None


class Attempt(Plain):
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


class Card(Plain):
    """Everything that is known about one trained predictor.

    `sha256` is of the weights, `predictions_sha256` of what they predict of the held-out rows (see
    `train.fingerprint`). `shares` says how much each family of `members` counts.
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
    anchors: dict[str, Humans]
    reference_rows: int
    libraries: dict[str, str]
    use: str
    limits: tuple[str, ...]
    attempts: tuple[Attempt, ...]


def card_path(model: Path) -> Path:
    """Where the card of a model file lies."""
    return model.with_suffix(".json")


def beside(model: Path) -> tuple[Path, ...]:
    """All that lies beside a model file: its card, twice, and the hashed ids of its rows."""
    return card_path(model), page_path(model), rows_path(model)


def page_path(model: Path) -> Path:
    """Where the card for people lies."""
    return model.with_suffix(".md")


def read_card(model: Path) -> Card:
    """The card beside a model file.

    Raises:
        FileError: if it is not there, is no card, or is that of a model whose scores this version
            of the code would not give.
    """
    path = card_path(model)
    card = read_plain(path, Card)
    if card.version != VERSION:
        why = f"is {card.version!r}, this is version {VERSION}: train the model again"
        raise FileError(path, 1, "version", why)
    return card


def write_card(card: Card, model: Path) -> None:
    """Write the card beside its model, as JSON for programs and as Markdown for people."""
    from popcorn_bench.evaluators.popularity.markdown import render

    write_plain(card, card_path(model))
    page_path(model).write_text(render(card), encoding="utf-8")


def learned_from(card: Card, model: Path) -> frozenset[str]:
    """Hashed ids of the rows that a model learned from.

    Raises:
        UsageError: if they are not there or not those of the card.
    """
    found = read_rows(model)
    if len(found) != card.rows_train:
        why = f"holds {len(found)} ids, {card_path(model).name} tells of {card.rows_train} rows"
        raise UsageError(f"{rows_path(model)}: {why}")
    return found


def verify(card: Card, model: Path) -> None:
    """Hold a model file against its card.

    Raises:
        UsageError: if the file is not the one that the card describes.
    """
    try:
        found = file_sha256(model)
    except OSError as error:
        raise UsageError(f"{model}: cannot be read: {error.strerror}") from error
    if found != card.sha256:
        raise UsageError(f"{model} is not the model that {card_path(model).name} describes")

"""`train popularity`: from columns to the weights and their card."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from popcorn_bench.errors import UsageError
from popcorn_bench.evaluators.popularity.card import (
    MODEL_SUFFIX,
    Attempt,
    Card,
    file_sha256,
    write_card,
)
from popcorn_bench.evaluators.popularity.fit import Rows, fit
from popcorn_bench.evaluators.popularity.metrics import accuracy, anchors, by_category, half_width
from popcorn_bench.evaluators.popularity.model import Model, load, save
from popcorn_bench.evaluators.popularity.settings import VERSION

_LEAST_VALID = 20
_LIBRARIES = ("numpy", "scipy", "scikit-learn", "lightgbm")
_USE = (
    "Compares titles of micro-videos for one query: how many comments a human video with this "
    "title and category would draw, in log2. Meant for ranking many titles on average, not for "
    "judging one."
)
_LIMITS = (
    "It sees the title and the category and nothing of the video: it must not rank generators.",
    "Every video of MicroLens-100k has 10,000 likes or more: it compares the liked with the liked.",
    "The titles are Chinese, translated by machine, and come from one platform and time.",
    "Much of the overall SRC is that categories differ; see the figures within each category.",
    "It is valid for titles as people write them; another style is an extrapolation.",
    "Comments measure attention, not quality: a quarrel draws more than a craft.",
    "The design was chosen on the held-out rows, so their figures are a little optimistic.",
)


def train_popularity(  # noqa: PLR0913 - one call holds what the command line was given
    train: Rows,
    valid: Rows,
    *,
    out: Path,
    seed: int = 0,
    progress: Callable[[str], None] = lambda _: None,
    data: str = "MicroLens-100k (train and valid of the split of MMRA)",
) -> Card:
    """Train on `train`, measure on `valid`, write weights and card.

    Args:
        train: rows to learn from.
        valid: rows of other videos; only figures about them are written, no rows.
        out: model file to write, ending in `.npz`, or a folder for `popularity.npz`; the card goes
            beside it (`.json`, `.md`).
        seed: equal rows and seed give equal scores.
        progress: called with one line at each step.
        data: what the card calls the data.

    Raises:
        UsageError: if there are too few rows, or labels are not finite.
    """
    if len(valid.titles) < _LEAST_VALID:
        raise UsageError(f"{len(valid.titles)} held-out rows; at least {_LEAST_VALID} are needed")
    model = fit(train, seed=seed, progress=progress)
    path = out if out.suffix == MODEL_SUFFIX else out / f"popularity{MODEL_SUFFIX}"
    save(model, path)
    card = _describe(load(path), train, valid, file_sha256(path), data)
    write_card(card, path)
    return card


def _describe(model: Model, train: Rows, valid: Rows, sha256: str, data: str) -> Card:
    scores = model.predict(valid.titles, valid.categories)
    return Card(
        version=VERSION,
        sha256=sha256,
        seed=model.seed,
        data=data,
        rows_train=len(train.titles),
        rows_valid=len(valid.titles),
        categories=model.categories,
        valid=accuracy(valid.labels, scores),
        valid_by_category=by_category(valid.labels, scores, valid.categories),
        interval=half_width(valid.labels, scores),
        anchors=anchors(scores, valid.categories),
        libraries={"python": platform.python_version()} | {n: version(n) for n in _LIBRARIES},
        use=_USE,
        limits=_LIMITS,
        attempts=_attempts(),
    )


def _attempts() -> tuple[Attempt, ...]:
    text = files("popcorn_bench.evaluators.popularity").joinpath("attempts.json").read_text("utf-8")
    return tuple(Attempt.model_validate(row) for row in json.loads(text))

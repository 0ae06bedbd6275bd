"""`train popularity`: from columns to the weights and their card."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import numpy as np

from popcorn_bench.errors import UsageError
from popcorn_bench.evaluators.measures.accuracy import accuracy, by_category
from popcorn_bench.evaluators.measures.humans import humans
from popcorn_bench.evaluators.measures.rows import write_rows
from popcorn_bench.evaluators.measures.staging import staged
from popcorn_bench.evaluators.popularity.blocks import Floats
from popcorn_bench.evaluators.popularity.card import Attempt, Card, beside, write_card
from popcorn_bench.evaluators.popularity.fit import Rows, fit
from popcorn_bench.evaluators.popularity.intervals import intervals
from popcorn_bench.evaluators.popularity.model import SHARES, Model
from popcorn_bench.evaluators.popularity.settings import VERSION, model_path
from popcorn_bench.evaluators.popularity.shift import reference
from popcorn_bench.evaluators.popularity.storage import load, save
from popcorn_bench.fingerprint import file_sha256

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
    "Its intervals hold for titles like those, by category; small categories share one width.",
    "Its weights describe at most 1,000 held-out human titles by counts: no text and no ids.",
    "Comments measure attention, not quality: a quarrel draws more than a craft.",
    "The design was chosen on the held-out rows, so their figures are a little optimistic.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """What a predictor is made from.

    Args:
        name: of the predictor.
        source: what the card calls the rows of `train`.
        train: rows to learn from.
        hashed: hashed ids of those (see `Corpus.hashed_ids`), to be written beside the model.
        valid: rows of other videos, to measure on. Only figures about them and numbers of some are
            written, no rows.
    """

    name: str = "popularity"
    source: str = "the split train of MicroLens-100k"
    train: Rows
    hashed: Sequence[str]
    valid: Rows


def train_popularity(
    lesson: Lesson,
    *,
    out: Path,
    seed: int = 0,
    progress: Callable[[str], None] = lambda _: None,
) -> Card:
    """Train and measure; write weights, card and hashed ids, all at the end.

    Args:
        lesson: the rows, and how predictor and rows are called.
        out: model file to write, ending in `.npz`, or a folder for `NAME.npz`; beside it go the
            card (`.json`, `.md`) and the hashed ids (`.rows`).
        seed: equal rows and seed give equal scores.
        progress: called with one line at each step.

    Raises:
        UsageError: if there are too few rows, labels are not finite, or `out` cannot be written;
            that is tried before the work.
    """
    _check(lesson)
    path = model_path(out, lesson.name)
    with staged(path.parent) as folder:
        _check_free(path)
        fitted = fit(lesson.train, seed=seed, progress=progress)
        human = reference(fitted, lesson.valid.titles, lesson.valid.categories)
        draft = folder / path.name
        save(replace(fitted, reference=human.astype(np.float32)), draft)
        card = describe(load(draft), lesson, file_sha256(draft))
        write_card(card, draft)
        write_rows(lesson.hashed, draft)
    return card


def fingerprint(scores: Floats) -> str:
    """Sha256 in hex of n scores, each with 6 digits on a line of its own, in their order."""
    return hashlib.sha256("".join(f"{score:.6f}\n" for score in scores).encode()).hexdigest()


def describe(model: Model, lesson: Lesson, sha256: str) -> Card:
    """The card of a model that learned from a lesson; `sha256` is of its file."""
    valid = lesson.valid
    scores = model.predict(valid.titles, valid.categories)
    return Card(
        name=lesson.name,
        version=VERSION,
        sha256=sha256,
        predictions_sha256=fingerprint(scores),
        seed=model.seed,
        members=model.members,
        shares=dict(SHARES),
        data=lesson.source,
        rows_train=len(lesson.train.titles),
        rows_valid=len(valid.titles),
        categories=model.categories,
        valid=accuracy(valid.labels, scores),
        valid_by_category=by_category(valid.labels, scores, valid.categories),
        interval=intervals(valid.labels, scores, valid.categories, model.categories),
        anchors=humans(scores, valid.categories),
        reference_rows=len(model.reference),
        libraries={"python": platform.python_version()} | {n: version(n) for n in _LIBRARIES},
        use=_USE,
        limits=_LIMITS,
        attempts=_attempts(),
    )


def _check(lesson: Lesson) -> None:
    held_out = len(lesson.valid.titles)
    if held_out < _LEAST_VALID:
        raise UsageError(f"{held_out} held-out rows; at least {_LEAST_VALID} are needed")
    learned, named = len(lesson.train.titles), len(set(lesson.hashed))
    if named != learned:
        raise UsageError(f"{named} different hashed ids for {learned} rows to train on")


def _check_free(path: Path) -> None:
    for taken in (path, *beside(path)):
        if taken.is_dir():
            raise UsageError(f"{taken}: cannot be written: it is a folder")


def _attempts() -> tuple[Attempt, ...]:
    text = files("popcorn_bench.evaluators.popularity").joinpath("attempts.json").read_text("utf-8")
    return tuple(Attempt.model_validate(row) for row in json.loads(text))

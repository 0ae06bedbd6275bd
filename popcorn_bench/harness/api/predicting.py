"""What the popularity predictor says of titles."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from popcorn_bench.errors import UsageError, did_you_mean
from popcorn_bench.evaluators.measures.topics import OTHERS
from popcorn_bench.harness.api.telling import Folder
from popcorn_bench.harness.predicting import (
    Explained,
    Measured,
    NeighbourCorpus,
    Prediction,
    Predictor,
    check,
)
from popcorn_bench.harness.predictnotes import file_notes, topic_notes
from popcorn_bench.harness.titlefile import STDIN, Titled, open_titles

if TYPE_CHECKING:
    import polars as pl

    from popcorn_bench.evaluators.measures.accuracy import Accuracy

PREDICTORS: Final = ("popularity", "popularity-disjoint")


@dataclass(frozen=True, slots=True)
class Predicted:
    """Predictions for titles, in their order; `notes` say what to be careful about."""

    titles: tuple[Explained, ...]
    notes: tuple[str, ...]

    def to_records(self) -> list[dict[str, Any]]:
        """As `popcorn-bench predict TITLE --json`, a dict per title."""
        return [record(found) for found in self.titles]


@dataclass(frozen=True, slots=True)
class PredictedFile:
    """Predictions for the rows of a file.

    `accuracy` is over the rows with a label, None without any; `notes` say what to be careful
    about.
    """

    predictions: tuple[Prediction, ...]
    accuracy: Accuracy | None
    notes: tuple[str, ...]

    def to_polars(self) -> pl.DataFrame:
        """A row per prediction, in the order of the file."""
        import polars as pl

        return pl.DataFrame([asdict(one) for one in self.predictions], infer_schema_length=None)


def predict(
    *titles: str,
    topic: str | None = None,
    evaluator: str = PREDICTORS[0],
    model: Folder | None = None,
    corpus_dir: Folder | None = None,
    neighbours: int = 5,
) -> Predicted:
    """Predicted log2(comments) of titles, with its 90 % interval and what moved it.

    Args:
        *titles: at least one.
        topic: their topic or category; `Others` if missing.
        evaluator: `popularity` or `popularity-disjoint`.
        model: a predictor of your own; the shipped one if missing.
        corpus_dir: files of MicroLens-100k, for the human titles that are nearest.
        neighbours: how many of them.

    Raises:
        UsageError: for an empty title, and a model or corpus that cannot be read.
    """
    if not titles:
        raise UsageError("predict: needs a title")
    if not all(title.strip() for title in titles):
        raise UsageError("TITLE: is empty")
    if neighbours < 1:
        raise UsageError(f"--neighbours: {neighbours} is not at least 1")
    corpus = NeighbourCorpus(Path(corpus_dir), neighbours) if corpus_dir else None
    predictor = predictor_of(evaluator, model)
    about = topic or OTHERS
    keys = [""] if len(titles) == 1 else map(str, range(1, len(titles) + 1))
    rows = [Titled(key, title, about) for key, title in zip(keys, titles, strict=True)]
    found = tuple(predictor.explain(row, corpus) for row in rows)
    return Predicted(found, tuple(topic_notes(about, predictor)))


def predict_csv(
    file: Folder, *, evaluator: str = PREDICTORS[0], model: Folder | None = None
) -> PredictedFile:
    """The same for the rows of a file; all of it is checked before anything is predicted.

    Args:
        file: CSV with columns id, title, category, and for figures comment_count.
        evaluator: `popularity` or `popularity-disjoint`.
        model: a predictor of your own; the shipped one if missing.

    Raises:
        FileError: at the first thing that is wrong in the file.
    """
    path = Path(file)
    if path == STDIN or not path.is_file():
        raise UsageError(f"--csv: {path}: no such file")
    predictor, measured = predictor_of(evaluator, model), Measured()
    predictions: list[Prediction] = []
    with open_titles(path) as titles:
        checked = check(titles.rows(), predictor)
        for rows, batch in predictor.predict(titles.rows()):
            measured.add(rows, batch)
            predictions += batch
    notes = tuple(file_notes(checked, predictor))
    return PredictedFile(tuple(predictions), measured.accuracy(), notes)


def predictor_of(evaluator: str, model: Folder | None) -> Predictor:
    """The predictor of that name, from a file of one's own or the shipped one."""
    if evaluator not in PREDICTORS:
        hint = did_you_mean(evaluator, PREDICTORS) or f"; one of {', '.join(PREDICTORS)}"
        raise UsageError(f"--evaluator: {evaluator!r} is not known{hint}")
    return Predictor(evaluator, Path(model) if model else None)


def record(found: Explained) -> dict[str, Any]:
    """A title with its prediction and reasons as plain data."""
    near = found.neighbours
    return {
        **asdict(found.prediction),
        "id": found.prediction.id or None,
        "title": found.title,
        "features": [{"feature": m.feature, "effect": round(m.effect, 6)} for m in found.moved],
        "neighbours": None if near is None else [asdict(item) for item in near],
    }

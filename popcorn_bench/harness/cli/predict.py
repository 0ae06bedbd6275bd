"""`popcorn-bench predict`: what the popularity predictor says of titles."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from popcorn_bench.errors import UsageError
from popcorn_bench.harness.cli.kinds import EXISTING

if TYPE_CHECKING:
    from popcorn_bench.harness.predicting import NeighbourCorpus, Prediction, Predictor
    from popcorn_bench.harness.titlefile import Titled

_PREDICTORS = ("popularity", "popularity-disjoint")
_ANY_TOPIC = "Others"
_STDIN = "-"
_CSV_FILE = click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)
_NO_CORPUS = (
    "--corpus-dir DIR with the files of MicroLens-100k (or POPCORN_CORPUS_DIR) shows the nearest "
    "human titles"
)
_FIELDS = ("id", "score", "low", "high", "percentile", "category")


@click.command(name="predict")
@click.argument("titles", nargs=-1, metavar="[TITLE]...")
@click.option("--csv", "file", type=_CSV_FILE, metavar="FILE",
    help="Rows id, title, category, and for figures comment_count; - reads stdin.",
)  # fmt: skip
@click.option("--topic", metavar="T", help="Topic or category of the TITLEs [Others].")
@click.option("--evaluator", type=click.Choice(_PREDICTORS), default=_PREDICTORS[0],
    show_default=True, help="Which predictor.",
)  # fmt: skip
@click.option("--model", type=click.Path(path_type=Path), metavar="FILE.npz|DIR",
    help="A predictor of your own, from `train popularity`  [default: the shipped one].",
)  # fmt: skip
@click.option("--corpus-dir", type=EXISTING, metavar="DIR", envvar="POPCORN_CORPUS_DIR",
    show_envvar=True, help="Files of MicroLens-100k: shows the human titles nearest to each TITLE.",
)  # fmt: skip
@click.option("--neighbours", type=click.IntRange(min=1), default=5, show_default=True,
    metavar="N", help="How many of them.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines on stdout.")
def command(  # noqa: PLR0913 - one per option
    titles: tuple[str, ...],
    *,
    file: Path | None,
    topic: str | None,
    evaluator: str,
    model: Path | None,
    corpus_dir: Path | None,
    neighbours: int,
    as_json: bool,
) -> None:
    """Predict log2(comments) for each TITLE, or for the rows of a CSV file.

    Tells the 90 % interval, the percentile among human videos of the category, what moved the
    score most, and the nearest human titles. `-` as TITLE reads a title per line from stdin.
    """
    if bool(titles) == (file is not None):
        raise UsageError("predict: needs either a TITLE or --csv FILE")
    from popcorn_bench.harness.api.predicting import predictor_of

    if file is not None:
        if topic is not None:
            raise UsageError("--topic: with --csv each row has its own category")
        _predict_file(file, predictor_of(evaluator, model), as_json=as_json)
        return
    if not all(title.strip() for title in titles):
        raise UsageError("TITLE: is empty")
    corpus = _corpus(corpus_dir, neighbours)
    predictor = predictor_of(evaluator, model)
    _predict_titles(titles, topic or _ANY_TOPIC, predictor, corpus, as_json=as_json)


def _predict_file(path: Path, predictor: Predictor, *, as_json: bool) -> None:
    from popcorn_bench.harness.predicting import Measured, check
    from popcorn_bench.harness.predictnotes import accuracy_line, file_notes
    from popcorn_bench.harness.titlefile import open_titles

    measured = Measured()
    with open_titles(path) as titles:
        found = check(titles.rows(), predictor)
        _note(file_notes(found, predictor))
        if not as_json:
            click.echo(",".join(_FIELDS))
        for rows, predictions in predictor.predict(titles.rows()):
            measured.add(rows, predictions)
            lines = (json.dumps(_plain(p)) if as_json else _csv_line(p) for p in predictions)
            click.echo("".join(f"{line}\n" for line in lines), nl=False)
    if (figures := measured.accuracy()) is not None:
        click.echo(accuracy_line(figures), err=True)


def _predict_titles(
    titles: Sequence[str],
    topic: str,
    predictor: Predictor,
    corpus: NeighbourCorpus | None,
    *,
    as_json: bool,
) -> None:
    from popcorn_bench.harness.api.predicting import record
    from popcorn_bench.harness.cli.predictscreen import show
    from popcorn_bench.harness.predictnotes import topic_notes

    _note(topic_notes(topic, predictor))
    for row in _rows(titles, topic):
        found = predictor.explain(row, corpus)
        if as_json:
            click.echo(json.dumps(record(found)))
        else:
            show(found, predictor.compared_with(found.prediction.category))
    if corpus is None:
        _note([_NO_CORPUS])


def _corpus(folder: Path | None, k: int) -> NeighbourCorpus | None:
    from popcorn_bench.harness.predicting import NeighbourCorpus

    return None if folder is None else NeighbourCorpus(folder, k)


def _rows(titles: Sequence[str], topic: str) -> Iterator[Titled]:
    """The titles; they have their number for an id, except for one that is alone."""
    from popcorn_bench.harness.titlefile import Titled

    if len(titles) == 1 and titles[0] != _STDIN:
        yield Titled("", titles[0], topic)
        return
    for number, title in enumerate(_each(titles), start=1):
        yield Titled(str(number), title, topic)


def _each(titles: Sequence[str]) -> Iterator[str]:
    for title in titles:
        if title != _STDIN:
            yield title
            continue
        for line in sys.stdin.buffer:
            yield line.decode("utf-8", "replace").rstrip("\r\n")


def _plain(prediction: Prediction) -> dict[str, Any]:
    return {name: getattr(prediction, name) for name in _FIELDS}


def _csv_line(prediction: Prediction) -> str:
    """Ids are what a stranger wrote: kept from steering a terminal or a spreadsheet."""
    from popcorn_bench.leaderboard.text import csv_field

    p = prediction
    key = csv_field(p.id).replace('"', '""')
    return f'"{key}",{p.score},{p.low},{p.high},{p.percentile},{p.category}'


def _note(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(f"note: {line}", err=True)

"""`popcorn-bench corpus`: human micro-videos to retrieve from, to train on and to compare with."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from popcorn_bench.harness.cli.kinds import FILE, FOLDER
from popcorn_bench.harness.cli.options import with_include_path, with_json

if TYPE_CHECKING:
    from popcorn_bench.harness.api.humans import Humans
    from popcorn_bench.tasks.corpora.corpus import Corpus
    from popcorn_bench.tasks.corpora.partition import Split

_LISTED = 20  # bad rows shown on a terminal; the JSON has all


@click.group(name="corpus")
def command() -> None:
    """Show, count, split or build a corpus of human micro-videos."""


def _on_corpus(run: Callable[..., None]) -> click.Command:
    """A command that gets the corpus which `--corpus` names."""

    @wraps(run)
    def load(
        corpus: str, corpus_dir: Path | None, include_path: tuple[str, ...], **options: object
    ) -> None:
        from popcorn_bench.harness.api.humans import corpus as find

        run(find(corpus, corpus_dir, include_path=include_path), **options)

    options = (
        with_json,
        with_include_path,
        click.option("--corpus-dir", type=FOLDER, metavar="DIR", help="Files of the corpus."),
        click.option("--corpus", default="embedded", show_default=True, metavar="NAME|FILE.yaml",
            help="A corpus of `ls corpora`, or a file that describes one.",
        ),
    )  # fmt: skip
    for option in options:
        load = option(load)
    return command.command()(load)


@_on_corpus
@click.option("--limit", type=click.IntRange(min=1), default=10, show_default=True)
@click.option("--category", help="Only rows of this category.")
def show(found: Humans, *, limit: int, category: str | None, as_json: bool) -> None:
    """Print some rows."""
    frame = found.frame if category is None else found.of_category(category)
    rows = frame.head(limit).to_dicts()
    if as_json:
        _json(found.card | {"videos": rows})
        return
    _heading(found.corpus)
    _table(("id", "category", "title", "likes", "views", "comments"), rows)


@_on_corpus
def stats(humans: Humans, *, as_json: bool) -> None:
    """Count rows and categories, log2(comments), and what could not be used."""
    found = humans.stats()
    if as_json:
        _json(found)
        return
    _heading(humans.corpus)
    everything = {"category": "all"} | found["log2_comments"]
    _table(
        ("category", "rows", "commented", "mean", "sd"), [everything, *found["categories"]],
        note="mean and sd of log2(comments) over rows with a comment",
    )  # fmt: skip
    for name, n in found["missing"].items():
        click.echo(f"{name}: missing in {n:,} rows")
    for reason, n in found["bad_reasons"].items():
        click.echo(f"bad: {n:,} rows: {_clean(reason)}")
    _list_bad(humans.corpus)


@_on_corpus
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--out", type=FILE, metavar="FILE.parquet", help="Write id, category, part, group.")
def split(humans: Humans, *, seed: int, out: Path | None, as_json: bool) -> None:
    """Part a corpus for retrieval, training and test; near duplicates stay together."""
    from popcorn_bench.tasks.corpora import summary

    parted = humans.split(seed)
    if out is not None:
        _write(parted, out)
    found = summary.sizes(parted) | {"seed": seed}
    if as_json:
        _json(found)
        return
    _heading(humans.corpus)
    columns = ("category", *found["parts"])
    _table(columns, [{"category": "all"} | found["parts"], *found["categories"]])
    click.echo(
        f"{found['twin_rows']:,} rows are near duplicates, in {found['twin_groups']:,} groups"
    )


@_on_corpus
def build(humans: Humans, *, as_json: bool) -> None:
    """Read a corpus, keep it as Parquet, and tell where."""
    path = humans.build()
    if as_json:
        _json(humans.card)
        return
    _heading(humans.corpus)
    click.echo(f"{path}\nsha256 {humans.corpus.sha256}")
    _list_bad(humans.corpus)


def _write(parted: Split, out: Path) -> None:
    from popcorn_bench.errors import UsageError

    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        parted.frame().write_parquet(out)
    except OSError as error:
        raise UsageError(f"--out: {out}: {error.strerror or error}") from error


def _heading(corpus: Corpus) -> None:
    facts = [f"{corpus.frame.height:,} rows", f"{len(corpus.bad):,} bad rows left out"]
    facts += [f"licence {corpus.licence}"] if corpus.licence else []
    click.echo(_clean(f"{corpus.title}: {', '.join(facts)}"))


def _list_bad(corpus: Corpus) -> None:
    for row in corpus.bad[:_LISTED]:
        click.echo(f"left out: {_clean(str(row))}", err=True)
    if (more := len(corpus.bad) - _LISTED) > 0:
        click.echo(f"and {more:,} more (--json lists them)", err=True)


def _json(data: object) -> None:
    click.echo(json.dumps(data, indent=2))


def _table(columns: tuple[str, ...], rows: list[dict[str, Any]], note: str | None = None) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(*columns, box=None, pad_edge=False, caption=note, caption_justify="left")
    for row in rows:
        table.add_row(*(escape(_text(row[name])) for name in columns))
    Console().print(table)


def _text(value: object) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    return "" if value is None else _clean(str(value))


def _clean(text: str) -> str:
    from popcorn_bench.leaderboard.text import clean

    return clean(text)

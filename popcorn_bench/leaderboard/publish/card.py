"""`README.md`: the dataset card (or the card of a Space), with its front matter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import yaml

from popcorn_bench.leaderboard import text
from popcorn_bench.leaderboard.model import Board
from popcorn_bench.leaderboard.publish.citation import NOBODY
from popcorn_bench.leaderboard.publish.columns import TABLES
from popcorn_bench.leaderboard.publish.options import Options
from popcorn_bench.leaderboard.publish.summary import block

_NO_TAGS = str.maketrans("", "", "<>")
_FILES = (
    ("index.html", "the leaderboard as one page; it asks for nothing from outside"),
    ("cells.parquet", "one row per task, metric, LLM, generator and mode"),
    ("pairs.parquet", "paired differences between ranked rows that differ in one dimension"),
    ("samples.parquet", "one row per answer of an LLM, with its scores and clips"),
    ("leaderboard.csv", "the rows for a spreadsheet"),
    ("leaderboard.json", "the rows, what modes change, and what is known of every metric"),
    ("manifest.json", "hashes of queries, predictors, requests, code and of every file here"),
    ("schema.json", "JSON Schema of leaderboard.json and of the columns of the Parquet files"),
    ("every_eval_ever/", "the same results as Every Eval Ever records, version 0.3.0"),
    ("CITATION.cff", "how to cite these results"),
)


def card(found: Board, options: Options, *, apart: Sequence[str], terms: Sequence[str]) -> str:
    """The card's text.

    Args:
        found: the board.
        options: title, authors, licence, and whether it is for a Space.
        apart: what stands in tables of its own.
        terms: what licences of generators say.
    """
    front = yaml.safe_dump(_front(options), sort_keys=False, allow_unicode=True)
    parts = ["# " + text.markdown(options.title), *_body(found, options, apart, terms)]
    return f"---\n{front}---\n" + "\n\n".join(parts) + "\n"


def _front(options: Options) -> dict[str, object]:
    title = text.clean(options.title).translate(_NO_TAGS)  # a reader may take it for Markdown
    front: dict[str, object] = {"pretty_name": title}
    if options.space:
        front = {"title": title, "emoji": "🍿", "sdk": "static",
                 "app_file": "index.html", "pinned": False}  # fmt: skip
    if options.hub_licence:
        front["license"] = options.hub_licence
    front["tags"] = ["leaderboard", "benchmark", "text-to-video", "popcorn-bench"]
    if not options.space:
        front["configs"] = [
            {"config_name": name, "data_files": f"{name}.parquet"}
            | ({"default": True} if name == "cells" else {})
            for name in TABLES
        ]
    return front


def _body(
    found: Board, options: Options, apart: Sequence[str], terms: Sequence[str]
) -> Iterator[str]:
    yield (
        "Which LLM, with which text-to-video generator and which way of prompting, makes the "
        "micro-videos that people would watch? Language models turn a request into a title and a "
        "prompt, generators turn the prompt into a clip, and evaluators score what comes out. "
        "Scores are predictions of what people would do, not views that were counted."
    )
    yield block(found)
    yield "## Files\n\n" + "\n".join(f"- `{name}`: {about}" for name, about in _FILES)
    yield "## What to know\n\n" + "\n".join(
        f"- {line}" for line in _notes(found, options, apart, terms)
    )
    yield f"## Citation\n\nSee `CITATION.cff`. By {text.markdown(_authors(options))}."


def _notes(
    found: Board, options: Options, apart: Sequence[str], terms: Sequence[str]
) -> Iterator[str]:
    yield "A rank is a range: every rank that the data leave open. 1 to 2 beside 1 to 2 is a tie."
    yield "Failed units stay in the denominator (`n_scored` of `n_planned`)."
    yield "A metric ranks generators only where its evaluator sees the video (column `sees`)."
    if any(run.partial for run in found.runs):
        yield "Some rows rest on a part of the queries only (flag `partial`)."
    if not options.prompts:
        yield "The prompts and answers of the LLMs were left out by whoever published this."
    yield from (text.markdown(line) for line in apart)
    yield from (text.markdown(line) for line in terms)
    licence = options.licence or "none was chosen, so ask whoever published this"
    yield f"Licence of these files: {text.markdown(licence)}. Clips follow their generators' terms."


def _authors(options: Options) -> str:
    return ", ".join(options.authors) or NOBODY

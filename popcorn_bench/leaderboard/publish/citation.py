"""`CITATION.cff`: how to cite the results, in the Citation File Format 1.2.0."""

from __future__ import annotations

import yaml

from popcorn_bench.leaderboard.model import Board
from popcorn_bench.leaderboard.publish.options import Options
from popcorn_bench.leaderboard.text import clean

NOBODY = "the publishers of this leaderboard"


def citation(found: Board, options: Options, version: str) -> str:
    """The file's text.

    Args:
        found: whose results.
        options: title, authors and licence.
        version: of the results: a piece of their hash.
    """
    record: dict[str, object] = {
        "cff-version": "1.2.0",
        "message": "If you use these results, please cite them as below.",
        "type": "dataset",
        "title": clean(options.title),
        "version": version,
        "authors": [{"name": clean(name)} for name in options.authors or (NOBODY,)],
        "keywords": ["benchmark", "text-to-video", "large language models", "popularity"],
    }
    if options.licence:
        record["license"] = options.licence
    if day := last_day(found):
        record["date-released"] = day
    return yaml.safe_dump(record, sort_keys=False, allow_unicode=True)


def last_day(found: Board) -> str:
    """The day on which the last run ended or, while it goes on, began: `YYYY-MM-DD` or empty."""
    return max((run.finished_at or run.started_at for run in found.runs), default="")[:10]

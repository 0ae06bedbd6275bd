"""What there is to say about a corpus and its parts, as plain data."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from popcorn_bench.tasks.corpora.corpus import Corpus
from popcorn_bench.tasks.corpora.partition import Part, Split

if TYPE_CHECKING:
    from polars import DataFrame


def card(corpus: Corpus) -> dict[str, Any]:
    """Name, provenance and size."""
    return {
        "name": corpus.name,
        "synthetic": corpus.synthetic,
        "source": corpus.source,
        "licence": corpus.licence,
        "rows": corpus.frame.height,
        "bad_rows": len(corpus.bad),
        "sha256": corpus.sha256,
        "path": str(corpus.path) if corpus.path else None,
    }


def stats(corpus: Corpus) -> dict[str, Any]:
    """The card, log2(comments) overall and per category, gaps, and every bad row.

    Means and standard deviations are over rows with at least one comment (`commented`); they are
    null where there are too few.
    """
    return card(corpus) | {
        "log2_comments": _comments(corpus.frame).to_dicts()[0],
        "categories": _by_category(corpus.frame),
        "missing": _missing(corpus.frame),
        "bad_reasons": dict(Counter(row.reason for row in corpus.bad).most_common()),
        "bad": [asdict(row) for row in corpus.bad],
    }


def sizes(split: Split) -> dict[str, Any]:
    """How many rows of each part and category, and how many rows have twins."""
    groups = Counter(split.groups)
    twins = [n for n in groups.values() if n > 1]
    frame = split.frame()
    return card(split.corpus) | {
        "groups": len(groups),
        "twin_groups": len(twins),
        "twin_rows": sum(twins),
        "parts": {part: split.parts.count(part) for part in Part},
        "categories": [
            {"category": name} | {part: rows["part"].to_list().count(part) for part in Part}
            for name, rows in _largest_first(frame)
        ],
    }


def _by_category(frame: DataFrame) -> list[dict[str, Any]]:
    return [
        {"category": name} | _comments(rows).to_dicts()[0] for name, rows in _largest_first(frame)
    ]


def _largest_first(frame: DataFrame) -> list[tuple[str, DataFrame]]:
    parts = frame.partition_by("category", maintain_order=True)
    return [(str(p["category"][0]), p) for p in sorted(parts, key=lambda p: -p.height)]


def _comments(frame: DataFrame) -> DataFrame:
    import polars as pl

    logs = pl.col("comments").filter(pl.col("comments") >= 1).log(2)
    return frame.select(
        rows=pl.len(), commented=logs.len(), mean=logs.mean().round(4), sd=logs.std().round(4)
    )


def _missing(frame: DataFrame) -> dict[str, int]:
    """Columns with empty or null cells, and how many."""
    gaps = {
        name: int(((column := frame[name]).is_null() | (column.cast(str) == "")).sum())
        for name in frame.columns
    }
    return {name: n for name, n in gaps.items() if n}

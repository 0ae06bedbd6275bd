"""Engagement as figures per category, and numbers drawn from them for a synthetic corpus.

The figures of `data/engagement.json` were measured on the rows of MicroLens-100k:

    measure(CorpusCatalog().load("microlens", folder).frame, categories=20)

and the numbers in `data/embedded.jsonl` are what `draw` gives for its ids and seed 0. They say
nothing of the titles beside them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import NormalDist
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from polars import DataFrame

_FILE = Path(__file__).parent / "data" / "engagement.json"
LEAST_LIKES = 10_000  # that any video of MicroLens-100k has


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Mean and standard deviation per category; all logarithms are of base 2.

    `views` are figures of log2(views / likes), `correlation` is Pearson's between log2(comments)
    and log2(likes).
    """

    rows: int
    comments_mean: float
    comments_sd: float
    likes_mean: float
    likes_sd: float
    views_mean: float
    views_sd: float
    correlation: float


def measure(frame: DataFrame, categories: int) -> dict[str, Figures]:
    """Figures of the largest categories, by their names, to four decimals.

    Rows without one of the three numbers, or with a zero, do not count.
    """
    import polars as pl

    used = frame.filter(pl.all_horizontal(pl.col("comments", "likes", "views") > 0))
    logs = used.select(
        "category",
        comments=pl.col("comments").log(2),
        likes=pl.col("likes").log(2),
        views=pl.col("views").log(2) - pl.col("likes").log(2),
    )
    names = ("comments", "likes", "views")
    means = {f"{name}_mean": pl.col(name).mean() for name in names}
    spreads = {f"{name}_sd": pl.col(name).std() for name in names}
    table = (
        logs.group_by("category")
        .agg(pl.len().alias("rows"), correlation=pl.corr("comments", "likes"), **means, **spreads)
        .sort(["rows", "category"], descending=[True, False])
        .head(categories)
        .with_columns(pl.col(pl.Float64).round(4))
    )
    rows = table.to_dicts()
    return {str(row.pop("category")): Figures(**row) for row in rows}


def measured() -> dict[str, Figures]:
    """The figures that ship, by category, the largest category first."""
    return {name: Figures(**row) for name, row in json.loads(_FILE.read_text("utf-8")).items()}


def draw(key: str, figures: Figures, seed: int = 0) -> Mapping[str, int]:
    """Made-up `likes`, `views` and `comments` of one video.

    log2(comments) and log2(likes) are normal with the category's means, deviations and
    correlation; at least 1 comment and `LEAST_LIKES` likes.

    Args:
        key: id of the video: the draw of one does not depend on the others.
        figures: of its category.
        seed: another one gives other numbers.
    """
    random = Random(f"{seed} {key}")  # noqa: S311 - nothing is secret
    a, b, c = (NormalDist().inv_cdf(random.random() or 0.5) for _ in range(3))
    rho = figures.correlation
    joint = rho * a + (1 - rho * rho) ** 0.5 * b
    comments = 2 ** (figures.comments_mean + figures.comments_sd * a)
    likes = max(LEAST_LIKES, 2 ** (figures.likes_mean + figures.likes_sd * joint))
    views = likes * 2 ** (figures.views_mean + figures.views_sd * c)
    return {
        "likes": round(likes / 1000) * 1000,
        "views": round(views),
        "comments": max(1, round(comments)),
    }

"""The corpus that ships: enough rows, made-up numbers as documented, nothing of MicroLens."""

from __future__ import annotations

from collections import Counter
from math import log2, sqrt
from statistics import mean

import polars as pl
import pytest

from popcorn_bench.tasks.corpora.catalog import CorpusCatalog
from popcorn_bench.tasks.corpora.corpus import Corpus
from popcorn_bench.tasks.corpora.engagement import draw, measure, measured
from popcorn_bench.tasks.corpora.twins import group_keys

FIGURES = measured()


@pytest.fixture
def embedded() -> Corpus:
    return CorpusCatalog().load("embedded")


def test_there_are_enough_titles_in_twenty_categories(embedded: Corpus) -> None:
    counts = Counter(embedded.frame["category"])
    assert sum(counts.values()) >= 400
    assert len(counts) == 20
    assert min(counts.values()) >= 20
    assert counts.keys() == FIGURES.keys()
    assert embedded.bad == ()
    assert all(len(title) >= 10 for title in embedded.frame["title"])


def test_it_is_called_synthetic(embedded: Corpus) -> None:
    assert embedded.synthetic
    assert embedded.title == "embedded (synthetic)"


def test_no_two_titles_are_twins(embedded: Corpus) -> None:
    assert len(set(group_keys(embedded.frame))) == embedded.frame.height


def test_the_numbers_are_those_drawn_from_the_figures(embedded: Corpus) -> None:
    for row in embedded.frame.to_dicts():
        drawn = draw(row["id"], FIGURES[row["category"]])
        assert {name: row[name] for name in drawn} == drawn
        assert row["likes"] >= 10_000
        assert row["views"] >= row["likes"]


def test_draws_have_the_mean_and_spread_of_their_figures() -> None:
    figures = FIGURES["Game"]
    drawn = [draw(str(i), figures) for i in range(4000)]
    comments = [log2(numbers["comments"]) for numbers in drawn]
    error = figures.comments_sd / sqrt(len(drawn))
    assert mean(comments) == pytest.approx(figures.comments_mean, abs=4 * error)
    frame = pl.DataFrame(drawn).with_columns(category=pl.lit("Game"))
    again = measure(frame, 1)["Game"]
    assert again.comments_sd == pytest.approx(figures.comments_sd, rel=0.06)
    assert again.views_mean == pytest.approx(figures.views_mean, abs=0.06)
    assert again.correlation == pytest.approx(figures.correlation, abs=0.08)


@pytest.mark.shared
def test_the_figures_are_those_of_the_rows(real: Corpus) -> None:
    assert measure(real.frame, 20) == FIGURES


@pytest.mark.shared
def test_no_title_is_or_resembles_one_of_microlens(embedded: Corpus, real: Corpus) -> None:
    keys = group_keys(pl.concat([embedded.frame, real.frame]))
    ours, theirs = keys[: embedded.frame.height], keys[embedded.frame.height :]
    assert not set(ours) & set(theirs)


@pytest.mark.shared
def test_the_real_rows_are_read_whole(real: Corpus) -> None:
    assert (real.frame.height, real.bad) == (17_764, ())
    counts = Counter(real.frame["category"])
    assert len(counts) == 23
    assert [name for name, _ in counts.most_common(20)] == list(FIGURES)
    assert counts["Game"] == 4_709
    assert real.frame["title"].to_list().count("") == 65

"""Properties of retrieval, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popcorn_bench.errors import UsageError
from popcorn_bench.generators.retrieval.found import Found
from popcorn_bench.generators.retrieval.retriever import COLUMNS, Retriever
from popcorn_bench.generators.retrieval.settings import Category, Retrieval
from popcorn_bench.generators.retrieval.split import sizes
from tests.generators.retrieval.corpus import SIZES, Letters, corpus

MODES = st.builds(
    Retrieval,
    references=st.integers(0, 80),
    tags=st.integers(1, 6),
    ratio=st.sampled_from([0.0, 0.1, 0.3, 0.5, 1.0]),
    popular=st.sampled_from(["decile", "paper"]),
    category=st.sampled_from(["names", "profiles"]),
)
CORPORA = st.dictionaries(
    st.sampled_from(["Baking", "Chess", "Kites", "Rivers", "Odd"]),
    st.integers(1, 45),
    min_size=1,
)
TEXTS = st.sampled_from(
    ["baking dough", "a rook and a pawn", "wind", "", "fog \u6cb3 on the delta"]
)


def _retriever(
    frame: pl.DataFrame, mode: Retrieval, folder: Path, exclude: tuple[str, ...] = ()
) -> Retriever:
    return Retriever(frame, "made-up", mode, folder, exclude=exclude, embedder=Letters())


def _find(frame: pl.DataFrame, mode: Retrieval, query: str, *exclude: str) -> Found:
    with TemporaryDirectory() as folder:
        return _retriever(frame, mode, Path(folder), exclude).references(query)


@settings(max_examples=60, deadline=None)
@given(CORPORA, MODES, TEXTS, st.integers(0, 9))
def test_counts_and_disjointness(
    made: dict[str, int], mode: Retrieval, query: str, seed: int
) -> None:
    frame = corpus(made, seed)
    found = _find(frame, mode, query)
    inside = frame.filter(pl.col("category").is_in(found.tags))
    head, tail = sizes(inside.height, mode)
    popular, unpopular = found.labelled("popular"), found.labelled("unpopular")

    assert len(found.tags) == min(mode.tags, len(made))
    assert len(popular) == min(mode.references - mode.unpopular, head)
    assert len(unpopular) == min(mode.unpopular, tail)
    assert found.missing == mode.references - len(found.references)
    ids = [item.id for item in found.references]
    assert len(set(ids)) == len(ids)
    assert set(ids) <= set(inside["id"])
    ranked = inside.sort(["comments", "id"], descending=[True, False])["id"].to_list()
    assert {item.id for item in popular} <= set(ranked[:head])
    assert {item.id for item in unpopular} <= set(ranked[len(ranked) - tail :])
    for group in (popular, unpopular):
        assert [item.distance for item in group] == sorted(item.distance for item in group)


@settings(max_examples=30, deadline=None)
@given(CORPORA, MODES, TEXTS, st.integers(0, 9))
def test_order_of_rows_changes_nothing(
    made: dict[str, int], mode: Retrieval, query: str, seed: int
) -> None:
    frame = corpus(made, seed)
    assert _find(frame, mode, query) == _find(frame.reverse(), mode, query)


@settings(max_examples=30, deadline=None)
@given(MODES, TEXTS, st.sets(st.integers(0, sum(SIZES.values()) - 1), max_size=60))
def test_an_excluded_row_is_as_good_as_absent(
    mode: Retrieval, query: str, places: set[int]
) -> None:
    frame = corpus()
    out = tuple(frame["id"][sorted(places)].to_list())
    found = _find(frame, mode, query, *out, "not-in-the-corpus")
    assert not {item.id for item in found.references} & set(out)
    assert found == _find(frame.filter(~pl.col("id").is_in(out)), mode, query)


@given(st.integers(1, 500), MODES)
def test_sizes_share_no_row(n: int, mode: Retrieval) -> None:
    head, tail = sizes(n, mode)
    assert head >= 1
    assert tail >= 0
    assert head + tail <= n
    if mode.popular == "paper":
        assert (head + tail, tail) == (n, n // 10)
    else:
        assert min(n // 10, mode.references) <= head <= (n + 1) // 2


@pytest.mark.parametrize(
    ("n", "expected"),
    [(1000, (100, 100)), (100, (45, 10)), (22, (11, 5)), (6, (3, 3))],
)
def test_a_small_category_gives_its_better_half(n: int, expected: tuple[int, int]) -> None:
    assert sizes(n, Retrieval()) == expected


@pytest.mark.parametrize("category", ["names", "profiles"])
def test_the_category_fits_the_query(category: Category, tmp_path: Path) -> None:
    retriever = Retriever(corpus(), "made-up", Retrieval(category=category), tmp_path)
    assert retriever.references("my first chess endgame").tags == ("Chess",)
    assert retriever.references("baking with butter and yeast").tags == ("Baking",)


def test_modes_of_a_sweep_share_the_index(tmp_path: Path) -> None:
    one = _retriever(corpus(), Retrieval(), tmp_path)
    mode = Retrieval(references=20, tags=2, popular="paper")
    shared = one.with_settings(mode).references("wind")
    assert shared == _retriever(corpus(), mode, tmp_path).references("wind")
    assert len(list(tmp_path.iterdir())) == 1
    with pytest.raises(UsageError, match="embedder"):
        one.with_settings(replace(mode, embedder="other/one"))


def test_what_falls_short_is_said(tmp_path: Path) -> None:
    found = _retriever(corpus({"Rivers": 20}), Retrieval(), tmp_path).references("fog")
    assert len(found.references) == 10 + 5
    assert found.missing == 35
    assert found.note == "35 references fewer than asked for in Rivers"
    none = _retriever(corpus(), Retrieval(references=0), tmp_path).references("fog")
    assert (none.references, none.missing, none.note) == ((), 0, "")


def test_rows_that_cannot_be_ranked_are_left_out_and_counted(tmp_path: Path) -> None:
    frame = corpus()
    kites, one = pl.col("id").str.starts_with("K"), pl.col("id") == "C001"
    holes = frame.with_columns(
        comments=pl.when(~kites).then("comments"), category=pl.when(~one).then("category")
    )
    retriever = _retriever(holes, Retrieval(), tmp_path)
    assert retriever.skipped == SIZES["Kites"] + 1
    found = retriever.with_settings(Retrieval(tags=9, popular="paper", references=200))
    assert set(found.references("wind").tags) == {"Baking", "Chess", "Rivers"}


def test_texts_may_be_unknown(tmp_path: Path) -> None:
    frame = corpus().with_columns(
        pl.lit(None).alias("cover_desc"), pl.lit(None).alias("caption"), pl.lit(None).alias("likes")
    )
    first = _retriever(frame, Retrieval(), tmp_path).references("dough").references[0]
    assert (first.cover_desc, first.caption, first.likes) == ("", "", None)


def test_bad_corpora_are_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="lacks caption, likes"):
        _retriever(corpus().drop("caption", "likes"), Retrieval(), tmp_path)
    with pytest.raises(UsageError, match="no row of the corpus is left of 94"):
        _retriever(corpus(), Retrieval(), tmp_path, tuple(corpus()["id"]))
    with pytest.raises(UsageError, match="no row of the corpus is left of 0"):
        _retriever(corpus().head(0), Retrieval(), tmp_path)
    assert set(COLUMNS) <= set(corpus().columns)

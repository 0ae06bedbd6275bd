"""The model that the package ships."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popcorn_bench.errors import AdapterError
from popcorn_bench.evaluators.catalog import EVALUATORS
from popcorn_bench.evaluators.popularity import Popularity
from popcorn_bench.evaluators.popularity.card import file_sha256, read_card
from popcorn_bench.evaluators.popularity.metrics import accuracy, by_category
from popcorn_bench.evaluators.popularity.settings import SHIPPED
from popcorn_bench.evaluators.protocol import Sample
from popcorn_bench.tasks.corpora.microlens import read_microlens
from popcorn_bench.types import Input, Kind, Query, Score

TOPICS = ("anime", "food", "life hacks", "film", "games")
PINNED = {
    ("Totoro waits for the last bus in the rain", "anime"): 3.61874,
    ("5-minute noodles that beat any restaurant!", "food"): 4.883498,
    ("Stop throwing away your orange peels", "life hacks"): 4.307204,
    ("The ending nobody saw coming #film #plot twist", "film"): 3.699796,
    ("One bullet left and three enemies to go #ranked #clutch", "games"): 4.864363,
    ("", "games"): 4.926588,
    ("猫は寝ている 🐈", "quantum gardening"): 4.226037,
}


@pytest.fixture(scope="module")
def popularity() -> Popularity:
    return loaded()


@cache
def loaded() -> Popularity:
    """For hypothesis, which takes no fixtures."""
    return Popularity()


def sample(title: str, topic: str) -> Sample:
    return Sample(query=Query(id="q", text="q", kind=Kind.CONCRETE, topic=topic), title=title)


def score(popularity: Popularity, title: str, topic: str) -> Score:
    (found,) = popularity.score([sample(title, topic)])
    assert not isinstance(found, AdapterError)
    return found[0]


def test_it_is_in_the_catalog() -> None:
    assert EVALUATORS.load("popularity") is Popularity
    assert Popularity.missing() == []


def test_the_card_needs_neither_the_model_nor_numpy() -> None:
    code = (
        "import sys; from popcorn_bench.evaluators.popularity import Popularity; "
        "Popularity.card(); heavy = {'numpy', 'lightgbm', 'sklearn', 'scipy', 'polars'};"
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_card_describes_the_weights() -> None:
    card = Popularity.card()
    assert card.weights == file_sha256(SHIPPED)
    assert card.inputs == (Input.TITLE, Input.TOPIC)
    assert not card.sees_video
    assert card.weights in SHIPPED.with_suffix(".md").read_text(encoding="utf-8")


def test_every_topic_of_the_tasks_has_human_anchors() -> None:
    anchors = {anchor.topic: anchor for anchor in Popularity.card().anchors}
    assert {*TOPICS, "*"} <= anchors.keys()
    for anchor in anchors.values():
        assert len(anchor.quantiles) == 101
        assert list(anchor.quantiles) == sorted(anchor.quantiles)
        assert anchor.quantiles[0] <= anchor.mean <= anchor.quantiles[100]
        assert anchor.n >= 20
    assert anchors["games"].quantiles == anchors["Game"].quantiles


def test_the_files_are_small_and_say_what_the_issue_asks() -> None:
    files = [SHIPPED, SHIPPED.with_suffix(".json"), SHIPPED.with_suffix(".md")]
    assert sum(path.stat().st_size for path in files) <= 10_000_000
    card = read_card(SHIPPED)
    assert card.valid.src is not None
    assert card.valid.src >= 0.44
    assert 0.88 <= card.interval.coverage <= 0.92
    assert len(card.attempts) >= 10


@pytest.mark.parametrize(("title", "topic"), PINNED)
def test_scores_are_the_same_on_every_machine(
    popularity: Popularity, title: str, topic: str
) -> None:
    assert score(popularity, title, topic).value == PINNED[title, topic]


def test_a_score_does_not_depend_on_its_batch(popularity: Popularity) -> None:
    titles = ["a cat", "", "#one #two", "dinner in 5 minutes!", "a cat"] * 1000
    topics = [TOPICS[i % 5] for i in range(len(titles))]
    together = [
        s[0].value
        for s in popularity.score([sample(*pair) for pair in zip(titles, topics, strict=True)])
        if not isinstance(s, AdapterError)
    ]
    alone = [score(popularity, *pair).value for pair in zip(titles[:5], topics[:5], strict=True)]
    assert together[:5] == alone
    assert together[-5:] == together[:5]
    assert list(popularity.score([])) == []


@settings(max_examples=60, deadline=None)
@given(title=st.text(st.characters(exclude_categories=[])), topic=st.text(max_size=20))
def test_any_text_has_a_finite_score(title: str, topic: str) -> None:
    found = score(loaded(), title, topic)
    assert 0.0 <= found.value <= 20.0
    assert found.percentile is not None
    assert 0.0 <= found.percentile <= 100.0


@pytest.mark.parametrize(
    "title",
    ["", " ", "#", "# # #", "\x00\x1b[31m", "🐷🍿", "\ud800", "ﷺ" * 2000, "猫" * 600],
    ids=repr,
)
def test_odd_titles_are_scored(popularity: Popularity, title: str) -> None:
    assert score(popularity, title, "food").value > 0


def test_a_title_of_ten_megabytes_is_cut(popularity: Popularity) -> None:
    long = "soup " * 2_000_000
    assert score(popularity, long, "food") == score(popularity, long[:1000], "food")


def test_topics_are_read_in_any_spelling(popularity: Popularity) -> None:
    assert popularity.category("Life_Hacks") == popularity.category("life hacks")
    assert popularity.category("Delicacy") == popularity.category("food") == "Delicacy"
    assert popularity.category("quantum gardening") == "Others"


def test_a_higher_score_has_a_higher_percentile(popularity: Popularity) -> None:
    titles = ["a", "look at this", "the new boss fight", "#game #mobile game #fun"]
    found = [score(popularity, title, "games") for title in titles]
    found.sort(key=lambda s: s.value)
    places = [s.percentile or 0.0 for s in found]
    assert places == sorted(places)


@pytest.mark.shared
def test_the_figures_of_the_card_hold_on_the_held_out_rows(
    popularity: Popularity, microlens: Path
) -> None:
    frame = read_microlens(microlens).frame
    valid = frame.filter(frame["split"] == "valid")
    categories = valid["category"].to_list()
    scores = popularity.predict(valid["title"].to_list(), categories)
    labels = np.log2(valid["comments"].to_numpy().astype(float))
    card = read_card(SHIPPED)
    assert accuracy(labels, scores) == card.valid
    assert by_category(labels, scores, categories) == card.valid_by_category
    assert card.anchors["*"].mean == pytest.approx(float(scores.mean()), abs=1e-6)


@pytest.mark.shared
def test_no_title_of_the_corpus_is_in_the_files(microlens: Path) -> None:
    titles = read_microlens(microlens).frame["title"].to_list()
    sentences = {t for t in titles if len(re.findall(r"\w+", t)) >= 4}
    for path in (SHIPPED.with_suffix(".json"), SHIPPED.with_suffix(".md")):
        text = path.read_text(encoding="utf-8")
        assert not [t for t in sentences if t in text]
    with np.load(SHIPPED, allow_pickle=False) as arrays:
        held = b"".join(
            arrays[name].tobytes() for name in arrays.files if arrays[name].dtype == np.uint8
        )
    assert not [t for t in sentences if t.encode() in held]

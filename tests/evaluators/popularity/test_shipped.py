"""The model that the package ships."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars import DataFrame

from popcorn_bench.errors import AdapterError, UsageError
from popcorn_bench.evaluators.catalog import EVALUATORS
from popcorn_bench.evaluators.measures.accuracy import accuracy, by_category
from popcorn_bench.evaluators.popularity import Popularity, PopularityDisjoint
from popcorn_bench.evaluators.popularity.card import read_card
from popcorn_bench.evaluators.popularity.settings import shipped
from popcorn_bench.evaluators.popularity.train import fingerprint
from popcorn_bench.evaluators.protocol import Sample
from popcorn_bench.fingerprint import file_sha256
from popcorn_bench.tasks.corpora.catalog import CorpusCatalog
from popcorn_bench.tasks.corpora.microlens import read_microlens
from popcorn_bench.tasks.corpora.partition import Part, split
from popcorn_bench.types import Input, Kind, Query, Score
from tests.evaluators.popularity.conftest import built

TOPICS = ("anime", "food", "life hacks", "film", "games")
PINNED = {
    ("Totoro waits for the last bus in the rain", "anime"): (3.697184, 3.723904),
    ("5-minute noodles that beat any restaurant!", "food"): (4.876094, 4.748945),
    ("Stop throwing away your orange peels", "life hacks"): (4.237288, 4.305508),
    ("The ending nobody saw coming #film #plot twist", "film"): (3.649331, 3.597784),
    ("One bullet left and three enemies to go #ranked #clutch", "games"): (4.807859, 5.113109),
    ("", "games"): (5.023979, 5.076837),
    ("猫は寝ている 🐈", "quantum gardening"): (4.423043, 4.332949),
}
MEMBERS = (3.815082, 3.622587, 3.677348, 3.688157, 3.660138, 3.731574, 3.722401, 3.66526, 3.574211)


def sample(title: str, topic: str) -> Sample:
    return Sample(query=Query(id="q", text="q", kind=Kind.CONCRETE, topic=topic), title=title)


def score(predictor: Popularity, title: str, topic: str) -> Score:
    (found,) = predictor.score([sample(title, topic)])
    assert not isinstance(found, AdapterError)
    return found[0]


def test_they_are_in_the_catalog() -> None:
    for kind in (Popularity, PopularityDisjoint):
        assert EVALUATORS.load(kind.name) is kind
        assert kind.missing(kind.card({})) == []
        assert kind.setting_names() == {"model"}
    assert Popularity.leak_free == PopularityDisjoint.name
    assert not PopularityDisjoint.leak_free


def test_a_predictor_without_its_weights_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PopularityDisjoint, "name", "popularity-elsewhere")
    card = PopularityDisjoint.card({})
    assert card.metrics[0].name == "popularity_elsewhere"
    assert PopularityDisjoint.missing(card) == [
        "its weights popularity-elsewhere.npz, which are not there"
    ]
    with pytest.raises(UsageError, match="cannot be read"):
        PopularityDisjoint.trained_on(card)


def test_every_category_that_is_judged_is_told_with_its_interval(predictor: Popularity) -> None:
    card = read_card(shipped(predictor.name))
    assert set(card.categories) <= card.interval.by_category.keys()
    page = shipped(predictor.name).with_suffix(".md").read_text(encoding="utf-8")
    for name, width in card.interval.by_category.items():
        assert card.interval.established(name) is (width.n >= 20)
        assert width.own is (width.n >= 50)
        shown = "- | pooled; coverage not established |" if width.n < 20 else "%"
        assert re.search(rf"\| {name} \| {width.n} \| .*{re.escape(shown)}", page)


def test_scoring_does_not_wait_for_lightgbm() -> None:
    code = (
        "import sys; from popcorn_bench.evaluators.popularity import Popularity as P; "
        "P(P.card({}), 'cpu').judge(['a cat'], ['Animal']); "
        "sys.exit('lightgbm' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_cards_need_neither_the_models_nor_numpy() -> None:
    code = (
        "import sys; from popcorn_bench.evaluators.popularity import *; "
        "Popularity.card({}), PopularityDisjoint.card({}); "
        "heavy = {'numpy', 'lightgbm', 'sklearn', 'scipy', 'polars'};"
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_card_describes_the_weights(predictor: Popularity) -> None:
    card = predictor.card({})
    path = shipped(predictor.name)
    assert card.name == predictor.name
    assert card.metrics[0].name == predictor.name.replace("-", "_")
    assert card.weights == file_sha256(path)
    assert card.inputs == (Input.TITLE, Input.TOPIC)
    assert not card.sees_video
    assert card.weights in path.with_suffix(".md").read_text(encoding="utf-8")


def test_the_second_learned_from_half_of_what_the_first_did() -> None:
    everything = Popularity.trained_on(Popularity.card({}))
    half = PopularityDisjoint.trained_on(PopularityDisjoint.card({}))
    assert len(everything) == 15_790
    assert half < everything
    assert 0.45 < len(half) / len(everything) < 0.55


def test_validity_is_plain_data_for_the_board(predictor: Popularity) -> None:
    validity: Any = predictor.card({}).validity
    assert json.loads(json.dumps(validity)) == validity
    assert validity["sha256"] == predictor.card({}).weights
    assert validity["interval"]["label"] == "valid for human-like titles"
    assert {*TOPICS, "Game"} <= validity["by_topic"].keys()
    assert validity["by_topic"]["games"] == validity["by_topic"]["Game"]
    figures = {"n", "src", "nmse", "mae", "slope", "intercept"}
    assert figures | {"sha256", "interval", "by_topic"} == validity.keys()
    assert figures | {"coverage", "halfwidth"} == validity["by_topic"]["film"].keys()


def test_every_topic_of_the_tasks_has_human_anchors(predictor: Popularity) -> None:
    anchors = {anchor.topic: anchor for anchor in predictor.card({}).anchors}
    assert {*TOPICS, "*"} <= anchors.keys()
    for anchor in anchors.values():
        assert len(anchor.quantiles) == 101
        assert list(anchor.quantiles) == sorted(anchor.quantiles)
        assert anchor.quantiles[0] <= anchor.mean <= anchor.quantiles[100]
        assert anchor.n >= 20
    assert anchors["games"].quantiles == anchors["Game"].quantiles


def test_the_files_are_small_and_hold_what_is_known(predictor: Popularity) -> None:
    path = shipped(predictor.name)
    assert path.stat().st_size <= 5_000_000
    card = read_card(path)
    assert card.valid.src is not None
    assert card.valid.src >= 0.46
    assert 0.88 <= card.interval.coverage <= 0.92
    assert 0.88 <= card.interval.coverage_shipped <= 0.92
    assert len(card.attempts) >= 40


@pytest.mark.parametrize(("title", "topic"), PINNED)
def test_scores_are_the_same_on_every_machine(title: str, topic: str) -> None:
    found = tuple(
        score(built(kind), title, topic).value for kind in (Popularity, PopularityDisjoint)
    )
    assert found == PINNED[title, topic]


def test_the_members_are_the_same_on_every_machine() -> None:
    assert score(built(), "Totoro waits for the last bus in the rain", "anime").members == MEMBERS


def test_a_score_has_its_interval_and_its_members(predictor: Popularity) -> None:
    found = score(predictor, "One bullet left #ranked", "games")
    scale = predictor.card({}).metrics[0]
    assert found.metric == scale.name
    assert len(found.members) == len(scale.members) == 9
    assert min(found.members) < found.value < max(found.members)
    assert found.low is not None
    assert found.high is not None
    width = read_card(shipped(predictor.name)).interval.half_width("Game")
    assert found.high - found.value == pytest.approx(width, abs=1e-6)
    assert found.low == pytest.approx(max(0.0, found.value - width), abs=1e-6)


def test_judging_is_scoring(predictor: Popularity) -> None:
    (judged,) = predictor.judge(["a cat"], ["Animal"])
    scored = score(predictor, "a cat", "animals")
    assert (judged.score, judged.low, judged.high) == (scored.value, scored.low, scored.high)
    assert (judged.percentile, judged.members) == (scored.percentile, scored.members)
    assert judged.score == predictor.predict(["a cat"], ["Animal"])[0]


def test_a_score_does_not_depend_on_its_batch(predictor: Popularity) -> None:
    titles = ["a cat", "", "#one #two", "dinner in 5 minutes!", "a cat"] * 1000
    categories = ["Anime", "Delicacy", "Daily Sharing", "Game", "Music"] * 1000
    together = predictor.judge(titles, categories)
    pairs = zip(titles[:5], categories[:5], strict=True)
    alone = [predictor.judge([title], [category])[0] for title, category in pairs]
    assert together == alone * 1000
    assert predictor.judge([], []) == []
    assert list(predictor.score([])) == []


@settings(max_examples=60, deadline=None)
@given(title=st.text(st.characters(exclude_categories=[])), topic=st.text(max_size=20))
def test_any_text_has_a_finite_score(title: str, topic: str) -> None:
    found = score(built(), title, topic)
    assert 0.0 <= found.value <= 20.0
    assert found.percentile is not None
    assert 0.0 <= found.percentile <= 100.0


@pytest.mark.parametrize(
    "title",
    ["", " ", "#", "# # #", "\x00\x1b[31m", "🐷🍿", "\ud800", "ﷺ" * 2000, "猫" * 600],
    ids=repr,
)
def test_odd_titles_are_scored(title: str) -> None:
    assert score(built(), title, "food").value > 0


def test_a_title_of_ten_megabytes_is_cut() -> None:
    long = "soup " * 2_000_000
    assert score(built(), long, "food") == score(built(), long[:1000], "food")


def test_topics_are_read_in_any_spelling(predictor: Popularity) -> None:
    assert predictor.category("Life_Hacks") == predictor.category("life hacks")
    assert predictor.category("Delicacy") == predictor.category("food") == "Delicacy"
    assert predictor.category("quantum gardening") == "Others"


def test_a_higher_score_has_a_higher_percentile(predictor: Popularity) -> None:
    titles = ["a", "look at this", "the new boss fight", "#game #mobile game #fun"]
    found = [score(predictor, title, "games") for title in titles]
    found.sort(key=lambda s: s.value)
    places = [s.percentile or 0.0 for s in found]
    assert places == sorted(places)


@pytest.mark.shared
def test_the_figures_of_the_card_hold_on_the_held_out_rows(
    predictor: Popularity, held_out: DataFrame
) -> None:
    titles, categories = held_out["title"].to_list(), held_out["category"].to_list()
    judged = predictor.judge(titles, categories)
    scores = np.array([found.score for found in judged])
    labels = np.log2(held_out["comments"].to_numpy().astype(float))
    card = read_card(shipped(predictor.name))
    assert card.predictions_sha256 == fingerprint(scores)
    assert accuracy(labels, scores) == card.valid
    assert by_category(labels, scores, categories) == card.valid_by_category
    assert card.anchors["*"].mean == pytest.approx(float(scores.mean()), abs=1e-6)
    inside = [f.low <= label <= f.high for f, label in zip(judged, labels, strict=True)]
    assert np.mean(inside) == pytest.approx(card.interval.coverage_shipped, abs=1e-4)


@pytest.mark.shared
def test_no_title_of_the_corpus_is_in_the_files(predictor: Popularity, shared: Path) -> None:
    titles = read_microlens(shared / "data" / "microlens_100k").frame["title"].to_list()
    sentences = {t for t in titles if len(re.findall(r"\w+", t)) >= 4}
    file = shipped(predictor.name)
    for path in (file.with_suffix(".json"), file.with_suffix(".md")):
        text = path.read_text(encoding="utf-8")
        assert not [t for t in sentences if t in text]
    with np.load(file, allow_pickle=False) as arrays:
        held = b"".join(
            arrays[name].tobytes() for name in arrays.files if arrays[name].dtype == np.uint8
        )
    assert not [t for t in sentences if t.encode() in held]


@pytest.mark.shared
def test_the_second_learned_from_nothing_that_retrieval_shows(shared: Path) -> None:
    divided = split(CorpusCatalog().load("microlens", shared / "data" / "microlens_100k"))
    shown = frozenset(divided.part(Part.RETRIEVAL).hashed_ids())
    assert len(shown) > 8000
    assert not shown & PopularityDisjoint.trained_on(PopularityDisjoint.card({}))

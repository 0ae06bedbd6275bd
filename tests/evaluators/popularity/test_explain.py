"""What moved a score, and which human titles are near."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars import DataFrame

from popcorn_bench.evaluators.popularity import Popularity
from popcorn_bench.evaluators.popularity.explain import REST
from tests.evaluators.popularity.conftest import built

TITLE = "One bullet left and three enemies to go #ranked #last stand"


def mean(predictor: Popularity, topic: str) -> float:
    anchors = {anchor.topic: anchor for anchor in predictor.card({}).anchors}
    return anchors[topic].mean


def test_effects_and_the_rest_add_up_to_the_score(predictor: Popularity) -> None:
    found = predictor.explain(TITLE, "Game", top=5)
    score = predictor.predict([TITLE], ["Game"])[0]
    assert len(found) == 5
    assert found[-1].feature == REST
    assert sum(m.effect for m in found) == pytest.approx(score - mean(predictor, "Game"), abs=1e-5)


def test_the_strongest_come_first_and_are_found_in_the_title(predictor: Popularity) -> None:
    *told, _ = predictor.explain(TITLE, "Game", top=50)
    sizes = [abs(moved.effect) for moved in told]
    assert sizes == sorted(sizes, reverse=True)
    assert {"#ranked", "#last stand", "bullet"} <= {moved.feature for moved in told}
    for moved in told:
        assert moved.feature in {"CAPITALS", "marks"} or moved.feature in TITLE


def test_an_effect_is_what_the_score_loses(predictor: Popularity) -> None:
    effects = {m.feature: m.effect for m in predictor.explain(TITLE, "Game", top=50)}
    with_it, without = predictor.predict([TITLE, TITLE.replace("bullet", "")], ["Game"] * 2)
    assert effects["bullet"] == pytest.approx(with_it - without, abs=1e-6)


@settings(max_examples=25, deadline=None)
@given(st.text(st.characters(exclude_categories=[]), max_size=60))
def test_any_title_is_explained(title: str) -> None:
    predictor = built()
    found = predictor.explain(title, "Anime", top=3)
    score = predictor.predict([title], ["Anime"])[0]
    assert sum(m.effect for m in found) == pytest.approx(score - mean(predictor, "Anime"), abs=1e-5)


CORPUS = ("a cat on a sofa", "noodles in the night market", "A cat on a sofa!", "boss fight", "")


def test_the_nearest_come_first(predictor: Popularity) -> None:
    found = predictor.neighbours(CORPUS, ["Animal"] * 5, "a cat on a sofa", "Animal", 3)
    assert [index for index, _ in found][:2] == [0, 2]
    assert found[0][1] == pytest.approx(1)
    similarities = [similarity for _, similarity in found]
    assert similarities == sorted(similarities, reverse=True)
    assert all(0 <= similarity <= 1 for similarity in similarities)


def test_the_same_category_is_nearer(predictor: Popularity) -> None:
    twins = ["a cat on a sofa"] * 2
    found = predictor.neighbours(twins, ["Game", "Delicacy"], twins[0], "Delicacy", 5)
    assert [index for index, _ in found] == [1, 0]
    assert found[0][1] > found[1][1] > 0.2


def test_nothing_has_no_neighbours(predictor: Popularity) -> None:
    assert predictor.neighbours([], [], "a cat", "Animal", 3) == []
    assert predictor.neighbours(["", "\u2603"], ["Game", "Game"], "", "Animal", 1)[0][0] in {0, 1}


@pytest.mark.shared
def test_a_human_title_is_its_own_nearest(predictor: Popularity, held_out: DataFrame) -> None:
    titles, categories = held_out["title"].to_list(), held_out["category"].to_list()
    for row in (7, 100, 1500):
        found = predictor.neighbours(titles, categories, titles[row], categories[row], 3)
        assert found[0][1] == pytest.approx(1)
        assert titles[found[0][0]] == titles[row]

"""A predictor that the user trained, on synthetic rows, as an evaluator."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from popcorn_bench.errors import AdapterError, UsageError
from popcorn_bench.evaluators.catalog import resolve
from popcorn_bench.evaluators.popularity import Popularity, PopularityDisjoint
from popcorn_bench.evaluators.popularity.card import Card, read_card, write_card
from popcorn_bench.evaluators.popularity.settings import shipped
from popcorn_bench.evaluators.protocol import Sample
from popcorn_bench.fingerprint import evaluator_id, file_sha256
from popcorn_bench.harness.cards import card_page, card_record
from popcorn_bench.harness.predicting import Predictor, check
from popcorn_bench.harness.titlefile import Titled
from popcorn_bench.types import Kind, Query
from tests.evaluators.popularity.conftest import IDS, SOURCE

KNOWN = frozenset(IDS)


@pytest.fixture
def original(trained: tuple[Card, Path]) -> Path:
    return trained[1]


@pytest.fixture
def model(original: Path, tmp_path: Path) -> Path:
    """A copy to spoil."""
    shutil.copytree(original.parent, tmp_path / "mine")
    return tmp_path / "mine" / "popularity.npz"


def test_everything_comes_from_the_file_and_the_card_beside_it(model: Path) -> None:
    card, found = Popularity.card({"model": str(model)}), read_card(model)
    assert card.weights == found.sha256 == file_sha256(model)
    assert card.transport == {"model": str(model)}
    assert card.settings == {}
    assert {anchor.topic for anchor in card.anchors} == {"*", "Birds", "Cats", "Dogs"}
    assert Popularity.missing(card) == []
    assert Popularity.trained_on(card) == KNOWN
    assert evaluator_id(card) != evaluator_id(Popularity.card({}))
    query = Query(id="q", text="q", kind=Kind.CONCRETE, topic="dogs")
    (scored,) = Popularity(card, "cpu").score([Sample(query=query, title="word1 word2")])
    assert not isinstance(scored, AdapterError)
    width = found.interval.by_category["Dogs"].half_width
    assert scored[0].high == pytest.approx(scored[0].value + width, abs=1e-6)


def test_its_identity_does_not_hang_on_where_it_lies(original: Path, model: Path) -> None:
    cards = [Popularity.card({"model": str(path)}) for path in (original, model)]
    assert evaluator_id(cards[0]) == evaluator_id(cards[1])


def test_the_catalog_takes_it_by_its_name(model: Path) -> None:
    (entry,) = resolve(["popularity"], [("popularity", {"model": str(model)})])
    assert entry.reason == ""
    assert entry.trained_on == KNOWN


def test_its_card_is_shown_in_place_of_the_shipped_one(model: Path) -> None:
    args = [("popularity", {"model": str(model)})]
    assert card_page("popularity", args) == model.with_suffix(".md").read_text()
    assert card_record("popularity", args)["data"] == SOURCE
    model.with_suffix(".md").unlink()
    assert read_card(model).sha256 in card_page("popularity", args)


def test_predictions_of_titles_are_its_own(model: Path) -> None:
    mine, theirs = Predictor("popularity", model), Predictor("popularity")
    row = Titled("1", "word1 word2", "Dogs")
    ((_, (here,)),), ((_, (there,)),) = mine.predict([row]), theirs.predict([row])
    assert here.category == "Dogs"
    assert there.category == "Others"
    assert here.score != there.score


def test_categories_without_a_measured_interval_are_named(model: Path) -> None:
    card = read_card(model)
    unsure = card.interval.by_category["Cats"].model_copy(update={"coverage": None})
    by_category = card.interval.by_category | {"Cats": unsure}
    interval = card.interval.model_copy(update={"by_category": by_category})
    write_card(card.model_copy(update={"interval": interval}), model)
    mine = Predictor("popularity", model)
    assert (mine.established("Dogs"), mine.established("Cats")) == (True, False)
    rows = [Titled("1", "a", "cats"), Titled("2", "b", "Dogs"), Titled("3", "c", "Cats")]
    assert check(rows, mine).unmeasured == {"Cats"}


def absent(model: Path) -> None:
    model.unlink()


def without_card(model: Path) -> None:
    model.with_suffix(".json").unlink()


def no_card(model: Path) -> None:
    model.with_suffix(".json").write_text("{}")


def changed(model: Path) -> None:
    model.write_bytes(model.read_bytes() + b"x")


def renamed(model: Path) -> None:
    write_card(read_card(model).model_copy(update={"name": "popularity-disjoint"}), model)


def older(model: Path) -> None:
    write_card(read_card(model).model_copy(update={"version": "1"}), model)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (absent, "model: no such file"),
        (without_card, "cannot be read"),
        (no_card, "popularity.json:1: name"),
        (changed, "is not the model that popularity.json describes"),
        (renamed, "is a 'popularity-disjoint', not a 'popularity'"),
        (older, "train the model again"),
    ],
)
def test_what_does_not_fit_is_one_clear_error(
    model: Path, spoil: Callable[[Path], None], message: str
) -> None:
    spoil(model)
    with pytest.raises(UsageError, match=message) as told:
        Popularity.card({"model": str(model)})
    assert "\n" not in str(told.value)


def test_the_disjoint_one_takes_none_of_the_other(model: Path) -> None:
    with pytest.raises(UsageError, match="is a 'popularity', not a 'popularity-disjoint'"):
        PopularityDisjoint.card({"model": str(model)})


def test_weights_that_no_code_can_read_are_told(model: Path) -> None:
    held = dict(np.load(model, allow_pickle=False))
    held["trees/0"] = np.frombuffer(b"\nTree=0\nleaf_value=1 2\n", dtype=np.uint8)
    np.savez(model, **held)
    card = read_card(model).model_copy(update={"sha256": file_sha256(model)})
    write_card(card, model)
    with pytest.raises(UsageError, match="no popularity model"):
        Popularity(Popularity.card({"model": str(model)}), "cpu")


def test_another_model_under_the_same_name_is_not_taken(model: Path) -> None:
    card = Popularity.card({"model": str(model)})
    for suffix in (".npz", ".json"):
        shutil.copy(shipped("popularity").with_suffix(suffix), model.with_suffix(suffix))
    with pytest.raises(UsageError, match="is another model than when it was planned"):
        Popularity(card, "cpu")


@pytest.mark.parametrize(
    ("rows", "message"),
    [(None, "cannot be read"), (bytes(8), "holds 1 ids"), (bytes(9), "is cut short")],
)
def test_what_it_learned_from_must_be_known(model: Path, rows: bytes | None, message: str) -> None:
    path = model.with_suffix(".rows")
    path.unlink() if rows is None else path.write_bytes(rows)
    card = Popularity.card({"model": str(model)})
    with pytest.raises(UsageError, match=message):
        Popularity.trained_on(card)
    assert message in Popularity.missing(card)[0]
    with pytest.raises(UsageError, match="what it learned from"):
        Predictor("popularity", model)

"""`evaluators`: the list, and the card of each."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from popcorn_bench.evaluators.catalog import EVALUATORS, evaluator_class
from popcorn_bench.evaluators.popularity.settings import shipped
from popcorn_bench.harness.cards import card_record
from tests.e2e.cli import popcorn


def test_the_card_of_a_predictor_is_the_one_beside_its_weights(tmp_path: Path) -> None:
    done = popcorn("evaluators", "card", "popularity", cwd=tmp_path)

    assert (done.code, done.err) == (0, "")
    assert done.out == shipped("popularity").with_suffix(".md").read_text(encoding="utf-8")


def test_a_card_as_json_tells_what_every_evaluator_tells_and_what_was_measured(
    tmp_path: Path,
) -> None:
    found = popcorn("evaluators", "card", "popularity", "--json", cwd=tmp_path).json

    assert found["inputs"] == ["title", "topic"]
    assert found["sees_video"] is False
    assert found["weights"] == found["sha256"]
    assert found["metrics"][0]["unit"] == "log2(comments)"
    assert found["valid"]["n"] == 1974
    assert found["usable"] is True


@pytest.mark.parametrize("name", EVALUATORS.names())
def test_every_evaluator_has_a_card(name: str, tmp_path: Path) -> None:
    card = evaluator_class(name).card({})
    page = popcorn("evaluators", "card", name, cwd=tmp_path)
    record = card_record(name)

    assert (page.code, page.err) == (0, "")
    assert page.out.startswith("# ")
    assert record["version"] == card.version
    assert [m["name"] for m in record["metrics"]] == [m.name for m in card.metrics]
    assert ("video" in record["inputs"]) is record["sees_video"]
    assert record["usable"] is not bool(record["reason"])
    assert name in page.out


def test_a_card_made_here_describes_each_metric(tmp_path: Path) -> None:
    page = popcorn("evaluators", "card", "quality", cwd=tmp_path).out

    assert "- Sees: video\n" in page
    for metric in evaluator_class("quality").card({}).metrics:
        assert f"| {metric.name} |" in page
        assert metric.description in page


def test_without_a_name_they_are_listed(tmp_path: Path) -> None:
    listed = popcorn("evaluators", "--json", cwd=tmp_path)

    assert listed.code == 0
    assert listed.out == popcorn("ls", "evaluators", "--json", cwd=tmp_path).out
    assert popcorn("evaluators", cwd=tmp_path).out


def test_an_unknown_name_is_told_with_a_hint(tmp_path: Path) -> None:
    done = popcorn("evaluators", "card", "qualty", cwd=tmp_path)

    assert (done.code, done.out) == (2, "")
    assert done.err == "popcorn-bench: unknown evaluator 'qualty'; did you mean 'quality'?\n"


def test_settings_are_shown_where_they_decide_the_card(tmp_path: Path) -> None:
    chosen = ("--evaluator-args", "judge:model=openai/some-model,frames=5")
    done = popcorn("evaluators", "card", "judge", *chosen, "--json", cwd=tmp_path)

    assert done.json["settings"]["model"] == "openai/some-model"
    assert done.json["settings"]["frames"] == 5
    page = popcorn("evaluators", "card", "judge", *chosen, cwd=tmp_path).out
    assert "- model: openai/some-model\n" in page
    wrong = popcorn("evaluators", "card", "judge", "--evaluator-args=framse=5", cwd=tmp_path)
    assert (wrong.code, wrong.out) == (2, "")
    assert "framse" in wrong.err


def test_mmra_tells_what_its_text_only_configuration_reached(tmp_path: Path) -> None:
    if not files("popcorn_bench.evaluators").joinpath("mmra", "text_only.json").is_file():
        pytest.skip("the figures of text-only mmra are not shipped yet")
    page = popcorn("evaluators", "card", "mmra", cwd=tmp_path).out
    found = popcorn("evaluators", "card", "mmra", "--json", cwd=tmp_path).json["text_only"]

    assert found["rows_valid"] == 1974
    for attempt in found["attempts"]:
        assert attempt["what"] in page
        assert f"{sum(attempt['src']) / len(attempt['src']):.4f} (" in page

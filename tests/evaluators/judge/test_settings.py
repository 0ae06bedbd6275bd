"""What a judge is told, what of it decides its scores, and what it lacks."""

from __future__ import annotations

import pickle

import pytest

from popcorn_bench.errors import UsageError
from popcorn_bench.evaluators.catalog import evaluator_class
from popcorn_bench.evaluators.judge import Judge, JudgePairs
from popcorn_bench.fingerprint import evaluator_id
from popcorn_bench.remote import prices
from popcorn_bench.types import Direction

MODEL = {"model": "openai/gpt-4o"}


def test_both_are_known_by_name() -> None:
    assert evaluator_class("judge") is Judge
    assert evaluator_class("judge-pairs") is JudgePairs


def test_the_card_says_what_the_number_means() -> None:
    card = Judge.card(MODEL)
    (metric,) = card.metrics

    assert card.sees_video
    assert (metric.name, metric.direction) == ("judge", Direction.HIGHER)
    assert (metric.low, metric.high) == (0.0, 100.0)
    assert pickle.loads(pickle.dumps(card)) == card
    directions = [metric.direction for metric in JudgePairs.card(MODEL).metrics]
    assert directions == [Direction.HIGHER, Direction.NONE, Direction.NONE]


@pytest.mark.parametrize(
    "change",
    [
        {"model": "openai/gpt-4o-mini"},
        {"api_base": "http://127.0.0.1:1/v1"},
        {"repeats": "5"},
        {"frames": "3"},
        {"size": "256"},
        {"temperature": "0.2"},
        {"temperature": "none"},
        {"max_tokens": "100"},
        {"detail": "high"},
        {"cover": "true"},
        {"response_schema": "false"},
    ],
)
def test_what_decides_a_score_makes_another_judge(change: dict[str, str]) -> None:
    assert evaluator_id(Judge.card(MODEL | change)) != evaluator_id(Judge.card(MODEL))


@pytest.mark.parametrize(
    "change",
    [{"connections": "2"}, {"timeout": "9"}, {"price_input": "1", "price_output": "2"}],
)
def test_what_only_decides_the_call_does_not(change: dict[str, str]) -> None:
    assert evaluator_id(Judge.card(MODEL | change)) == evaluator_id(Judge.card(MODEL))
    assert set(change) <= set(Judge.card(MODEL | change).transport)
    assert not set(change) & set(Judge.card(MODEL | change).settings)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"repeats": "0"}, "repeats: input should be greater than or equal to 1, not '0'"),
        ({"frames": "many"}, "frames: input should be a valid integer"),
        ({"temperature": "nan"}, "temperature: input should be a finite number"),
        ({"detail": "medium"}, "detail: input should be 'auto', 'low' or 'high'"),
        ({"model": "gpt-4o"}, "model: must be a LiteLLM string: provider/model"),
        ({"model": "popcorn/echo"}, "model: a baseline takes no pictures"),
        ({"api_base": "ftp://x"}, "api_base: must be an http or https URL"),
        ({"price_input": "1"}, "go together"),
    ],
)
def test_a_value_that_does_not_fit_is_named(settings: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        Judge.card(MODEL | settings)
    assert message in str(caught.value)


def test_a_password_in_an_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(UsageError) as caught:
        Judge.card(MODEL | {"api_base": "https://me:hunter22@host/v1"})
    assert "hunter22" not in str(caught.value)


def test_it_says_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "model=PROVIDER/MODEL" in Judge.missing(Judge.card({}))[0]
    assert Judge.missing(Judge.card(MODEL)) == ["set OPENAI_API_KEY"]
    assert Judge.missing(Judge.card(MODEL | {"api_base": "http://127.0.0.1:1/v1"})) == []
    assert Judge.missing(Judge.card({"model": "my_provider/unheard-of"})) == []
    table = prices._table().items()
    blind = next(name for name, row in table if "/" in name and row.get("supports_vision") is False)
    assert "is known to take none" in Judge.missing(Judge.card({"model": blind}))[0]
    monkeypatch.setenv("OPENAI_API_KEY", "sk-something")
    assert Judge.missing(Judge.card(MODEL)) == []


def test_an_endpoint_of_the_environment_is_part_of_the_identity(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = Judge.card(MODEL)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    card = Judge.card(MODEL)

    assert card.settings["api_base"] == "http://127.0.0.1:1/v1"
    assert evaluator_id(card) != evaluator_id(before)


def test_a_setting_is_never_a_key() -> None:
    assert not any("key" in name or name == "token" for name in Judge.setting_names())

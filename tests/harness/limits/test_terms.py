"""Prices and times of the command line, applied to a plan."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from popcorn_bench.errors import UsageError
from popcorn_bench.harness.limits.estimate import CallSize, Largest
from popcorn_bench.harness.limits.terms import on_terms, read_prices
from popcorn_bench.harness.plan import RunPlan
from popcorn_bench.harness.resolve import resolve
from popcorn_bench.harness.spec import RunSpec
from popcorn_bench.remote.prices import Price
from popcorn_bench.types import Message

_LOCAL = {"api_base": "http://127.0.0.1:9/v1"}
_SPEC = RunSpec(
    llms=("openai/a", "echo"),
    llm_args=(("", _LOCAL),),
    videos=("still",),
    limit=1,
    tasks=("popcorn_concrete",),
    evaluators=("popularity",),
)


def _plan(**changes: object) -> RunPlan:
    return on_terms(resolve(replace(_SPEC, **changes)))  # type: ignore[arg-type]  # any field


def test_prices_have_one_number_for_a_piece_and_two_for_tokens() -> None:
    assert read_prices(["openai/a:b=1,2.5", "veo=0.4"]) == (
        ("openai/a:b", (1.0, 2.5)),
        ("veo", (0.4,)),
    )


@pytest.mark.parametrize("text", ["", "a", "=1", "a=", "a=x", "a=1,2,3", "a=-1", "a=nan", "a=inf"])
def test_anything_else_is_no_price(text: str) -> None:
    with pytest.raises(UsageError, match="--price"):
        read_prices([text])


def test_a_stated_price_holds_for_names_and_globs_and_not_for_baselines() -> None:
    plan = _plan(
        price=(("*", (1.0, 2.0)), ("openai/*", (3.0, 4.0))), videos=("none",), covers=("none",)
    )
    paid, free = plan.llms
    assert paid.price == Price(3.0, 4.0)
    assert free.price == Price(0.0, 0.0)


def test_a_stated_price_makes_a_generator_a_paid_one() -> None:
    (still,) = _plan(price=(("still", (0.25,)),)).videos
    assert (still.paid, still.usd_per_clip) == (True, 0.25)


@pytest.mark.parametrize(
    ("price", "said"),
    [
        (("openai/a", (1.0,)), "form IN,OUT"),
        (("still", (1.0, 2.0)), "that of a piece"),
        (("openai/b", (1.0, 2.0)), "did you mean 'openai/a'"),
    ],
)
def test_a_price_that_fits_nothing_is_refused(
    price: tuple[str, tuple[float, ...]], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        _plan(price=(price,))


def test_a_budget_needs_every_price() -> None:
    with pytest.raises(UsageError, match=r"openai/a is not known.*--price"):
        _plan(budget=1.0)
    assert _plan(budget=1.0, price=(("openai/a", (1.0, 1.0)),)).llms
    assert _plan(llms=("echo",), llm_args=(), budget=0.0).llms


def test_a_judge_at_an_unknown_price_is_refused_under_a_budget_only() -> None:
    judge = {
        "llms": ("echo",),
        "llm_args": (),
        "evaluators": ("judge",),
        "evaluator_args": (("judge", {"model": "openai/eye", **_LOCAL}),),
    }
    assert _plan(**judge).evaluators
    with pytest.raises(UsageError, match="the price of judge"):
        _plan(**judge, budget=1.0)
    assert _plan(**judge, budget=1.0, price=(("judge", (0.01,)),)).evaluators
    priced = {"price_input": "1", "price_output": "2"}
    args = (("judge", {"model": "openai/eye", **_LOCAL, **priced}),)
    assert _plan(**{**judge, "evaluator_args": args}, budget=1.0).evaluators


def test_the_time_limit_of_a_call_yields_to_the_one_of_an_llm() -> None:
    args = (("", _LOCAL), ("openai/b", {"timeout": "7"}))
    a, b = _plan(llms=("openai/a", "openai/b"), llm_args=args, timeout=2.0).llms
    assert (a.transport["timeout"], b.transport["timeout"]) == (2.0, 7.0)


def test_limits_are_part_of_no_key(tmp_path: Path) -> None:
    args = (("", {**_LOCAL, "rpm": "9", "tpm": "900"}),)
    limits = {"timeout": 2.0, "llm_args": args, "price": (("openai/a", (1.0, 1.0)),)}
    plain, limited = _plan(output_path=tmp_path), _plan(output_path=tmp_path, **limits)
    keys = [[job.unit for e in plan.llms for job in plan.briefs(e)] for plan in (plain, limited)]
    assert keys[0] == keys[1]
    assert (limited.llms[0].rpm, limited.llms[0].tpm) == (9, 900)


def test_the_bound_of_an_answer_is_set_aside_where_there_is_one() -> None:
    messages = [Message("user", "x" * 400)]  # 100 tokens
    price = (("openai/*", (1.0, 10.0)),)
    args = (("", _LOCAL), ("openai/b", {"max_tokens": "500"}))
    free, bound = _plan(llms=("openai/a", "openai/b"), llm_args=args, price=price).llms

    assert CallSize(bound).usd(messages) == pytest.approx((2 * 100 + 200 + 500 * 10) / 1e6)
    size = CallSize(free)
    assert size.usd(messages) == pytest.approx((2 * 100 + 200 + 4_000 * 10) / 1e6)
    for _ in range(8):
        size.saw(messages, (100 + 300 * 10) / 1e6, None)
    assert size.usd(messages) == pytest.approx((2 * 100 + 200 + 2 * 300 * 10) / 1e6)
    size.saw(messages, (100 + 9_000 * 10) / 1e6, None)
    assert size.usd(messages) == pytest.approx((2 * 100 + 200 + 2 * 9_000 * 10) / 1e6)


def test_the_largest_so_far_counts_and_nothing_seen_is_unknown() -> None:
    largest = Largest(safety=2.0)
    assert largest.next() is None
    largest.saw(None)
    largest.saw(3.0)
    largest.saw(1.0)
    assert largest.next() == 6.0
    assert Largest(prior=5.0).next() == 5.0

"""What is tried again, how often, and how long."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from time import monotonic

import pytest

from popcorn_bench.errors import AdapterError
from popcorn_bench.harness import retry
from popcorn_bench.harness.limits.leaving import LeftOutError, NotSentError
from popcorn_bench.harness.retry import Attempted, Patience, attempt

_PATIENT = Patience()


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "_FIRST_WAIT_S", 0.0)


async def _try(
    *errors: BaseException, patience: Patience = _PATIENT, stop: asyncio.Event | None = None
) -> tuple[Attempted[str], list[AdapterError | None]]:
    """Fail with each of `errors` in turn, then succeed; and what each call was told."""
    told: list[AdapterError | None] = []
    coming: Iterator[BaseException] = iter(errors)

    async def make(last: AdapterError | None) -> str:
        told.append(last)
        if (error := next(coming, None)) is not None:
            raise error
        return "done"

    return await attempt("x", make, stop or asyncio.Event(), patience), told


def _passing(kind: str, **more: float) -> AdapterError:
    return AdapterError(kind, "", retriable=True, **more)


@pytest.mark.parametrize("kind", ["overload", "timeout", "connection", "bad_response", "whatever"])
async def test_what_may_pass_is_tried_until_the_attempts_are_used_up(kind: str) -> None:
    outcome, _ = await _try(_passing(kind), _passing(kind), _passing(kind))
    assert (outcome.result, outcome.attempts) == ("done", 4)
    outcome, told = await _try(*(_passing(kind) for _ in range(9)))
    assert outcome.error
    assert (outcome.error.kind, outcome.attempts, len(told)) == (kind, 4, 4)


@pytest.mark.parametrize(
    "kind", ["refusal", "authentication", "context_overflow", "bug", "bad_request"]
)
async def test_what_will_not_pass_is_tried_once(kind: str) -> None:
    outcome, _ = await _try(AdapterError(kind, ""))
    assert outcome.error
    assert outcome.attempts == 1


async def test_a_bug_is_a_failure_that_is_not_repeated() -> None:
    outcome, told = await _try(ZeroDivisionError("oops"))
    assert outcome.error
    assert (outcome.error.kind, len(told)) == ("bug", 1)


async def test_waiting_for_a_rate_limit_counts_as_no_attempt_up_to_a_bound() -> None:
    outcome, _ = await _try(*(_passing("rate_limit") for _ in range(20)), _passing("overload"))
    assert (outcome.result, outcome.attempts) == ("done", 22)
    outcome, told = await _try(*(_passing("rate_limit") for _ in range(99)))
    assert outcome.error
    assert len(told) == _PATIENT.waits + 1


async def test_the_wait_that_was_asked_for_is_kept() -> None:
    began = monotonic()
    outcome, _ = await _try(_passing("rate_limit", retry_after=0.2))
    assert outcome.result == "done"
    assert 0.2 <= monotonic() - began < 2


async def test_a_wait_beyond_the_time_of_a_unit_is_not_begun() -> None:
    began = monotonic()
    outcome, told = await _try(_passing("rate_limit", retry_after=3600))
    assert outcome.error
    assert len(told) == 1
    assert monotonic() - began < 1


async def test_a_malformed_answer_is_asked_for_twice_more_and_the_error_is_handed_on() -> None:
    errors = [AdapterError("malformed_answer", str(number), cost_usd=1.0) for number in range(9)]
    outcome, told = await _try(*errors)
    assert outcome.error is errors[2]
    assert told == [None, *errors[:2]]
    assert (outcome.attempts, outcome.wasted_usd) == (3, 2.0)


async def test_zero_retries_are_one_attempt() -> None:
    outcome, told = await _try(_passing("overload"), patience=Patience(attempts=1))
    assert outcome.error
    assert len(told) == 1


async def test_what_is_not_sent_is_no_attempt() -> None:
    outcome, _ = await _try(NotSentError("endpoint_down", "", retriable=True))
    assert outcome.error
    assert outcome.attempts == 0


async def test_a_unit_that_is_left_out_before_its_first_call_is_no_failure() -> None:
    with pytest.raises(LeftOutError):
        await _try(LeftOutError("stop"))
    error = _passing("overload", cost_usd=0.5)
    outcome, _ = await _try(_passing("timeout", cost_usd=0.25), error, LeftOutError("stop"))
    assert outcome.error is error  # its cost comes with the failure
    assert (outcome.attempts, outcome.wasted_usd) == (2, 0.25)


async def test_a_stop_ends_the_waiting_at_once() -> None:
    stop = asyncio.Event()
    stop.set()
    error = _passing("rate_limit", retry_after=30)
    async with asyncio.timeout(1):
        outcome, _ = await _try(error, stop=stop)
    assert outcome.error is error

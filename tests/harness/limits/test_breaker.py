"""An endpoint that cannot be reached."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from popcorn_bench.harness.limits.breaker import Breaker
from popcorn_bench.harness.limits.leaving import NotSentError


@dataclass
class Clock:
    at: float = 0.0

    def __call__(self) -> float:
        return self.at


def _dead(clock: Clock) -> Breaker:
    """A breaker that has just opened."""
    breaker = Breaker("http://gone", after=3, seconds=5, pause_s=30, now=clock)
    for seconds in (0, 3, 6):
        clock.at = seconds
        breaker.begin()
        breaker.missed()
    return breaker


def _is_open(breaker: Breaker) -> bool:
    try:
        breaker.check()
    except NotSentError:
        return True
    return False


def test_a_row_of_failures_over_a_while_opens_it() -> None:
    with pytest.raises(NotSentError) as raised:
        _dead(Clock()).check()
    assert (raised.value.kind, raised.value.retriable) == ("endpoint_down", True)


def test_failures_of_one_moment_do_not() -> None:
    clock = Clock()
    breaker = Breaker("http://blip", after=3, seconds=5, now=clock)
    for _ in range(50):
        breaker.begin()
        breaker.missed()
    assert not _is_open(breaker)
    breaker.reached()
    clock.at = 60
    breaker.missed()
    assert not _is_open(breaker)


def test_after_a_pause_one_call_tries_and_closes_it_for_all() -> None:
    clock = Clock()
    breaker = _dead(clock)
    clock.at = 36
    breaker.begin()
    assert _is_open(breaker)  # for everybody else
    breaker.reached()
    assert not _is_open(breaker)


def test_a_try_that_fails_doubles_the_pause() -> None:
    clock = Clock()
    breaker = _dead(clock)
    clock.at = 36
    breaker.begin()
    breaker.missed()
    clock.at = 36 + 59
    assert _is_open(breaker)
    clock.at = 36 + 60
    assert not _is_open(breaker)


def test_a_try_that_tells_nothing_lets_another_one_try() -> None:
    clock = Clock()
    breaker = _dead(clock)
    clock.at = 36
    breaker.begin()
    breaker.undecided()
    breaker.begin()
    with pytest.raises(NotSentError):
        breaker.begin()

"""The one retry layer: finite attempts and finite time, only where a further one may help.

| class | tried again |
|---|---|
| rate limit | after the time that was asked for; counts as no attempt, but at most 20 times |
| overload, timeout, connection, whatever else may pass | within the attempts |
| malformed answer | at most twice, within the attempts; the model is shown what was wrong |
| refusal, authentication, context overflow, bug, whatever will not pass | never |
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Generic, TypeVar

from popcorn_bench.errors import AdapterError, boundary
from popcorn_bench.harness.limits.faults import Fault, fault_of
from popcorn_bench.harness.limits.leaving import LeftOutError, NotSentError, stopped_after

Result = TypeVar("Result")

_FIRST_WAIT_S, _LONGEST_BACKOFF_S = 0.5, 60.0
_ASKED_FOR_SPREAD = 0.1  # of a wait that was asked for, on top of it
_AGAIN = frozenset(
    {Fault.RATE_LIMIT, Fault.OVERLOAD, Fault.TIMEOUT, Fault.CONNECTION, Fault.MALFORMED}
    | {Fault.PASSING}
)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a unit is tried.

    `attempts` are calls that count, `waits` further ones after rate limits, and after `seconds`
    (of calls and waits together) no call begins any more. So a unit takes at most
    `attempts + waits` requests.
    """

    attempts: int = 4
    waits: int = 20
    asked_again: int = 2
    seconds: float = 3600.0


@dataclass(frozen=True, slots=True)
class Attempted(Generic[Result]):
    """How a unit ended: its result or the last error, and what the attempts before it cost.

    `cut` says that it might have been tried again, had the run not stopped.
    """

    result: Result | None
    error: AdapterError | None = None
    attempts: int = 1
    wasted_usd: float = 0.0
    cut: bool = False


async def attempt(
    what: str,
    make: Callable[[AdapterError | None], Awaitable[Result]],
    stop: asyncio.Event,
    patience: Patience = Patience(),
) -> Attempted[Result]:
    """Call `make` until it succeeds, fails for good, or patience is at its end.

    `make` is given the error before it, so that it can show a model what was wrong. `stop` ends
    the waiting: the last error then stands, to be tried again by another run.

    Raises:
        LeftOutError: when the run stops before the first call.
    """
    trial = _Trial(patience)
    last: AdapterError | None = None
    while True:
        try:
            with boundary(what):
                result = await make(last)
            return Attempted(result, None, trial.calls + 1, trial.wasted)
        except LeftOutError:
            if last is None:
                raise
            wasted = trial.wasted - (last.cost_usd or 0.0)  # that comes with the error
            return Attempted(None, last, trial.calls, wasted, cut=True)
        except AdapterError as error:
            wait_s = trial.wait_s(error)
            if wait_s is None:
                return Attempted(None, error, trial.calls, trial.wasted)
            if await stopped_after(stop, wait_s):
                return Attempted(None, error, trial.calls, trial.wasted, cut=True)
            trial.wasted += error.cost_usd or 0.0
            last = error


@dataclass(slots=True)
class _Trial:
    """What was tried of one unit."""

    patience: Patience
    calls: int = 0
    wasted: float = 0.0
    _faults: Counter[Fault] = field(default_factory=Counter)
    _began: float = field(default_factory=monotonic)

    def wait_s(self, error: AdapterError) -> float | None:
        """Note a failed call; how long to wait before the next one, None where none follows."""
        fault = fault_of(error)
        self.calls += not isinstance(error, NotSentError)
        self._faults[fault] += 1
        wait = self._backoff(error)
        late = monotonic() + wait - self._began > self.patience.seconds
        return None if late or not self._is_left(fault) else wait

    def _is_left(self, fault: Fault) -> bool:
        limited = self._faults[Fault.RATE_LIMIT]
        if fault is Fault.RATE_LIMIT:
            return limited <= self.patience.waits
        if fault is Fault.MALFORMED and self._faults[fault] > self.patience.asked_again:
            return False
        return fault in _AGAIN and self.calls - limited < self.patience.attempts

    def _backoff(self, error: AdapterError) -> float:
        """What was asked for and a little more, or else exponential with full jitter."""
        if error.retry_after:
            return error.retry_after * (1 + random.uniform(0, _ASKED_FOR_SPREAD))  # noqa: S311 - spreads load, guards no secret
        longest = min(_LONGEST_BACKOFF_S, _FIRST_WAIT_S * 2.0 ** min(self.calls, 16))
        return random.uniform(0, longest)  # noqa: S311 - spreads load, guards no secret

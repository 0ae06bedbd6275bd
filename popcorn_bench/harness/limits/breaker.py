"""An endpoint that cannot be reached is left alone for a while: a run need not wait for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from popcorn_bench.harness.limits.leaving import NotSentError

_LONGEST_PAUSE_S = 300.0


@dataclass(slots=True)
class Breaker:
    """Closed while calls get through; open after `after` failures in a row over `seconds`.

    While it is open nothing is sent and units fail at once. After `pause_s` one call is let
    through: if it gets through, all may; if not, the pause doubles, up to five minutes. Failures
    that come together count as one moment: a network that is gone for a second is no dead endpoint.
    """

    name: str
    after: int = 8
    seconds: float = 10.0
    pause_s: float = 30.0
    now: Callable[[], float] = monotonic
    _failed: int = 0
    _since: float = 0.0
    _probe_at: float | None = None  # None: closed
    _pause: float = 0.0
    _probing: bool = False

    def check(self) -> None:
        """Pass, or fail at once.

        Raises:
            NotSentError: `endpoint_down` (retriable) while nothing is sent.
        """
        if self._probe_at is not None and (self._probing or self.now() < self._probe_at):
            raise NotSentError(
                "endpoint_down",
                f"{self.name} could not be reached {self._failed} times in a row; "
                "nothing is sent to it for a while",
                retriable=True,
            )

    def begin(self) -> None:
        """Pass for good: the call is sent now. Raises as `check`."""
        self.check()
        self._probing = self._probe_at is not None

    def reached(self) -> None:
        """The endpoint answered, whatever it said."""
        self._failed, self._probe_at, self._probing = 0, None, False

    def missed(self) -> None:
        """The endpoint could not be reached."""
        now = self.now()
        self._since = self._since if self._failed else now
        self._failed += 1
        if self._probing:
            self._pause = min(_LONGEST_PAUSE_S, 2 * self._pause)
            self._probing, self._probe_at = False, now + self._pause
        elif self._probe_at is None and self._is_dead(now):
            self._pause = self.pause_s
            self._probe_at = now + self._pause

    def undecided(self) -> None:
        """The call ended without telling anything of the endpoint."""
        self._probing = False

    def _is_dead(self, now: float) -> bool:
        return self._failed >= self.after and now - self._since >= self.seconds

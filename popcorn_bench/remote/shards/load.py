"""How many processes a stream of calls asks for."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

_FULL = 0.3  # of a process: beyond it, calls begin to wait for each other
_WEIGHT = 0.1  # of a new answer among those before it


@dataclass(slots=True)
class Load:
    """Running means of what calls take; the first values are guesses.

    By Little's law as many calls begin per second as are under way at once, divided by the seconds
    that one takes; each costs `cpu` seconds of a core.
    """

    seconds: float = 0.5
    cpu: float = 0.005

    def saw(self, seconds: float, cpu: float) -> None:
        """Learn from an answer."""
        self.seconds += _WEIGHT * (seconds - self.seconds)
        self.cpu += _WEIGHT * (cpu - self.cpu)

    def processes(self, at_once: int, most: int) -> int:
        """Processes for so many calls at once: one, unless it would be full; at most `most`."""
        cores = at_once * self.cpu / max(self.seconds, self.cpu)
        return max(1, min(most, ceil(cores / _FULL)))

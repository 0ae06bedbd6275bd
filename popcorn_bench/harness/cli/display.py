"""Progress on stderr: a live table on a terminal, lines elsewhere, or nothing."""

from __future__ import annotations

import sys
import threading
import time

from rich.console import Console
from rich.live import Live
from rich.table import Table

from popcorn_bench.errors import visible
from popcorn_bench.harness.progress import Display, Outcome, Silent, Step, Tally
from popcorn_bench.types import Stage

_EVERY_S = 5.0
_ENOUGH = 8  # units after the first, to judge a rate
_MINUTE, _HOUR = 60, 3600


def make_display(choice: str | None) -> Display:
    """The display of that name; by default what suits stderr."""
    match choice or ("rich" if sys.stderr.isatty() else "plain"):
        case "rich":
            return Rich()
        case "plain":
            return Plain()
        case _:
            return Silent()


class _Counting:
    """What both displays know."""

    def __init__(self) -> None:
        self._totals: dict[Stage, int] = {}
        self._tally = Tally()
        self._first: dict[Stage, tuple[int, float]] = {}
        self._steps: dict[str, Step] = {}

    def step(self, step: Step) -> None:
        """Remember how far a generator is."""
        self._steps[step.who] = step

    def _at(self) -> str:
        """What generators are at: `ltx step 12/50`."""
        open_steps = [s for s in self._steps.values() if s.done < s.total]
        return "".join(f" · {s.who} step {s.done}/{s.total}" for s in open_steps)

    def _ended(self, stage: Stage) -> int:
        return sum(self._tally.of(outcome, stage) for outcome in Outcome)

    def _rate(self, stage: Stage) -> float:
        """Units a second since the stage's first one ended: starting up is no work."""
        made = self._tally.of(Outcome.DONE, stage) + self._tally.of(Outcome.FAILED, stage)
        if not made:
            return 0.0
        first, at = self._first.setdefault(stage, (made, time.monotonic()))
        return (made - first) / max(time.monotonic() - at, 1e-9)

    def _left(self) -> str:
        """Time left, from the stage that needs longest at its present rate."""
        open_stages = [s for s, n in self._totals.items() if self._ended(s) < n]
        rates = {stage: self._rate(stage) for stage in open_stages}
        if not all(map(self._steady, open_stages)):
            return "time left unknown"
        left = max((self._totals[s] - self._ended(s)) / rates[s] for s in rates) if rates else 0
        return f"about {_duration(left)} left"

    def _steady(self, stage: Stage) -> bool:
        """Whether enough of a stage has ended to judge its rate."""
        first, at = self._first.get(stage, (0, 0.0))
        made = self._tally.of(Outcome.DONE, stage) + self._tally.of(Outcome.FAILED, stage)
        return bool(at) and made - first >= _ENOUGH

    def _money(self) -> str:
        unknown = " + unknown" if self._tally.cost_unknown else ""
        return f"${self._tally.cost_usd:.4f}{unknown}"


class Rich(_Counting):
    """A small table that is redrawn in place."""

    def __init__(self) -> None:
        super().__init__()
        self._console = Console(stderr=True)
        self._live = Live(
            get_renderable=self._table, console=self._console, refresh_per_second=4, transient=True
        )

    def start(self, totals: dict[Stage, int], tally: Tally) -> None:
        """Begin to draw."""
        self._totals, self._tally = totals, tally
        self._live.start()

    def note(self, text: str) -> None:
        """Print above the table."""
        self._console.print(visible(text), markup=False, highlight=False)

    def stop(self) -> None:
        """Remove the table."""
        self._live.stop()

    def _table(self) -> Table:
        table = Table(box=None, pad_edge=False, title_justify="left")
        for name in ("stage", "ended", "of", "failed", "per second"):
            table.add_column(name, justify="left" if name == "stage" else "right")
        for stage, total in self._totals.items():
            failed = self._tally.of(Outcome.FAILED, stage)
            rate = f"{self._rate(stage):.1f}"
            table.add_row(f"{stage}s", str(self._ended(stage)), str(total), str(failed), rate)
        table.caption = f"cost {self._money()} · {self._left()}{self._at()}"
        return table


class Plain(_Counting):
    """A line now and then."""

    def __init__(self) -> None:
        super().__init__()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._tell, daemon=True)

    def start(self, totals: dict[Stage, int], tally: Tally) -> None:
        """Begin to tell."""
        self._totals, self._tally = totals, tally
        self._thread.start()

    def note(self, text: str) -> None:
        """Print a line."""
        sys.stderr.write(f"{visible(text)}\n")

    def stop(self) -> None:
        """Tell the last state."""
        self._stopped.set()
        self._thread.join()
        self.note(self._line())

    def _tell(self) -> None:
        while not self._stopped.wait(_EVERY_S):
            self.note(f"{self._line()} · {self._left()}{self._at()}")

    def _line(self) -> str:
        stages = [f"{s}s {self._ended(s)}/{total}" for s, total in self._totals.items()]
        failed = f"failed {self._tally.of(Outcome.FAILED)}"
        return " · ".join([*stages, failed, f"cost {self._money()}"])


def _duration(seconds: float) -> str:
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    return f"{seconds / _HOUR:.1f} h"

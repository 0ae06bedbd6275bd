"""How long a campaign is, what holds for every case of it, and the count of what was run."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from zlib import crc32

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.fuzz.pen import Ended

T = TypeVar("T")

PEAK_MB = 2048  # resident, with the program itself
SOAK = bool(os.environ.get("POPCORN_SOAK"))
_COMMAND_CODES = frozenset({0, 2, 3, 4, 5})
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def campaign(few: int, many: int) -> Callable[[Any], Any]:
    """So many cases: `few` that are always the same, or with `--soak` as many anew."""
    chosen = settings(
        max_examples=many if SOAK else few,
        derandomize=not SOAK,
        database=None,
        deadline=None,
        phases=(Phase.explicit, Phase.generate, *(() if SOAK else (Phase.shrink,))),
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    return lambda test: pytest.mark.timeout(3600)(chosen(test))


@dataclass(slots=True)
class Tally:
    """Holds each case against the rule, and counts the inputs and the processes they took."""

    inputs: int = 0
    processes: int = 0
    peak_mb: float = 0.0
    seconds: float = 0.0
    codes: dict[int | None, int] = field(default_factory=dict)

    def command(
        self, ended: Ended, *, codes: Collection[int] = _COMMAND_CODES, inputs: int = 1,
        typed: Sequence[str] = (),
    ) -> Ended:  # fmt: skip
        """A command said what is wrong, or did its work; nothing steers the terminal.

        Where it did, it may repeat what was `typed` as it was: that is nobody else's.
        """
        self._count(ended, inputs)
        assert ended.code in codes, ended
        assert ended.code == 0 or ended.err.strip() or ended.out.strip(), ended
        said = ended.err
        for word in sorted(typed if ended.code == 0 else (), key=len, reverse=True):
            said = said.replace(word, "")
        assert not _UNSAFE.search(said), ended
        return ended

    def call(self, ended: Ended, inputs: int = 1) -> Ended:
        """A function came to an answer."""
        self._count(ended, inputs)
        assert ended.code == 0, ended
        return ended

    def _count(self, ended: Ended, inputs: int) -> None:
        self.inputs += inputs
        self.processes += 1
        self.peak_mb = max(self.peak_mb, ended.peak_mb)
        self.seconds = max(self.seconds, ended.seconds)
        self.codes[ended.code] = self.codes.get(ended.code, 0) + 1
        assert ended.code is not None, f"hung: {ended}"
        assert "Traceback" not in ended.err + ended.out, ended
        assert ended.peak_mb < PEAK_MB, ended

    def words(self) -> str:
        codes = ", ".join(f"{n} x {code}" for code, n in sorted(self.codes.items(), key=str))
        inputs = f"{self.inputs} | {self.processes}"
        return f"{inputs} | {self.peak_mb:.0f} MB | {self.seconds:.1f} s | exit codes {codes}"


def picked(ways: Sequence[T], data: bytes) -> list[T]:
    """The first way to read some data, and another one, the same for the same data."""
    rest = ways[1:]
    return [ways[0], rest[crc32(data) % len(rest)]]


def tell(reporter: pytest.TerminalReporter) -> None:
    """One line per test, and the number of all cases."""
    reports = reporter.stats.get("", [])  # where pytest keeps setups and teardowns
    told = [
        (report.nodeid.removeprefix("tests/fuzz/"), words)
        for report in reports
        if report.when == "teardown"
        for name, words in report.user_properties
        if name == "fuzz"
    ]
    if told:
        reporter.section("fuzz: inputs | processes | most memory | slowest")
        for name, words in sorted(set(told)):
            reporter.line(f"{name}: {words}")
        total = sum(int(words.split(" ")[0]) for _, words in set(told))
        reporter.line(f"{total:,} inputs")

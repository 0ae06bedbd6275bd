"""One part of the trust panel, as every form of the board shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from popcorn_bench.leaderboard import text


@dataclass(frozen=True, slots=True)
class Block:
    """A title, what it says in plain lines, and the table behind it (`heads` () for none).

    All text is clean; `words` are the columns behind the first that hold words. `said_in_table`
    says that the table holds all that the lines say, `of_evaluator` that the block is about the
    evaluator and may be the same for several tasks.
    """

    title: str
    lines: tuple[str, ...]
    heads: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    words: tuple[int, ...] = ()
    said_in_table: bool = False
    of_evaluator: bool = False

    @property
    def numbers(self) -> frozenset[int]:
        """The columns of numbers."""
        return frozenset(range(1, len(self.heads))) - set(self.words)


def fixed(value: float | None, decimals: int = 3) -> str:
    """A number with so many decimals."""
    return text.NOTHING if value is None else f"{value:,.{decimals}f}"


def listed(items: Sequence[str], most: int = 6) -> str:
    """The first of many, and how many more there are."""
    more = f" and {len(items) - most} more" if len(items) > most else ""
    return ", ".join(items[:most]) + more

"""The trust panel of a board: a section per metric and task, and what nobody has measured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from popcorn_bench.leaderboard import text, words
from popcorn_bench.leaderboard.model import Board, Table
from popcorn_bench.leaderboard.trust.agreement.words import agreement_block
from popcorn_bench.leaderboard.trust.block import Block
from popcorn_bench.leaderboard.trust.leakage import leak_line
from popcorn_bench.leaderboard.trust.noise.words import noise_block
from popcorn_bench.leaderboard.trust.probing.table import probe_block
from popcorn_bench.leaderboard.trust.ratings.words import rating_block
from popcorn_bench.leaderboard.trust.shift.words import shift_block
from popcorn_bench.leaderboard.trust.validity.words import validity_block

TITLE = "How far to trust these numbers"
_PAIR = 2  # rows that are needed for an order


@dataclass(frozen=True, slots=True)
class Section:
    """What is known of one metric on one task; `title` is clean text."""

    key: words.Key
    title: str
    blocks: tuple[Block, ...]


def sections(board: Board) -> list[Section]:
    """One per ranked metric and task of which anything is known.

    What is known of the evaluator whatever the task stands once: further tasks name its place.
    """
    labels = words.labels_of(board)
    made: list[Section] = []
    said: dict[tuple[str, str, Block], str] = {}
    for table in board.ranking:
        title = _title(table, labels)
        about = table.evaluator, table.card.name
        blocks = []
        for block in _blocks(board, table):
            above = said.setdefault((*about, block), title) if block.of_evaluator else title
            blocks.append(block if above == title else _as_above(block, above))
        if blocks:
            made.append(Section(words.key_of(table), title, tuple(blocks)))
    return made


def described(board: Board) -> list[Section]:
    """Probes of metrics without better or worse."""
    labels = words.labels_of(board)
    return [
        Section(words.key_of(t), _title(t, labels), (probe_block(t.trust.probes, t.card),))
        for tables in board.describing
        for t in tables
        if t.trust.probes
    ]


def not_measured(board: Board) -> list[str]:
    """What nobody has measured: metrics with the same gaps together, tasks where they differ."""
    labels = words.labels_of(board)
    every: dict[str, int] = {}
    gaps: dict[tuple[str, ...], dict[str, list[str]]] = {}
    for table in board.ranking:
        label = labels[words.key_of(table)]
        every[label] = every.get(label, 0) + 1
        if lacking := tuple(_missing(table)):
            gaps.setdefault(lacking, {}).setdefault(label, []).append(text.clean(table.task))
    return [
        f"Not measured for {', '.join(_where(*item, every) for item in metrics.items())}: "
        f"{', '.join(lacking)}."
        for lacking, metrics in gaps.items()
    ]


def _blocks(board: Board, table: Table) -> Iterator[Block]:
    """All that is known of how far to trust a table."""
    trust, card = table.trust, table.card
    if trust.validity:
        yield validity_block(trust, trust.validity, card)
    if trust.agreement:
        yield agreement_block(trust.agreement)
    if trust.shifts:
        yield shift_block(trust.shifts)
    if trust.probes:
        yield probe_block(trust.probes, card)
    if trust.noise:
        yield noise_block(trust.noise, card.unit)
    if leak := leak_line(trust):
        yield Block("Leakage", (leak,))
    if board.rated:
        yield rating_block(table, words.dimensions(table.rows))


def _as_above(block: Block, above: str) -> Block:
    return replace(block, lines=(f"The same as above for {above}.",), heads=(), rows=(), words=())


def _missing(table: Table) -> Iterator[str]:
    """What nobody has measured of a table's metric, with the reason where it is known."""
    trust = table.trust
    if not trust.validity:
        yield "held-out figures"
    if not trust.agreement:
        few = sum(row.rank_low is not None for row in table.rows) < _PAIR
        yield f"families and seeds{' (fewer than two ranked rows)' if few else ''}"
    if not trust.shifts:
        yield "likeness to human videos"
    if not trust.probes:
        yield f"altered inputs{' (not probed: each score is paid for)' if trust.paid else ''}"
    if not trust.noise:
        yield f"re-run noise{' (nothing is scored twice unasked)' if trust.paid else ''}"


def _where(label: str, tasks: list[str], every: dict[str, int]) -> str:
    """A metric, with its tasks where it is not the same on all."""
    return label if len(tasks) == every[label] else f"{label} on {' and '.join(tasks)}"


def _title(table: Table, labels: dict[words.Key, str]) -> str:
    return f"{labels[words.key_of(table)]}, {text.clean(table.task)}"

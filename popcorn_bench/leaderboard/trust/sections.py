"""The trust panel of a board: a section per metric, and what nobody has measured."""

from __future__ import annotations

from dataclasses import dataclass, replace

from popcorn_bench.leaderboard import text, words
from popcorn_bench.leaderboard.model import Board, Table
from popcorn_bench.leaderboard.trust.block import Block
from popcorn_bench.leaderboard.trust.blocks import blocks, missing
from popcorn_bench.leaderboard.trust.probe_table import probe_block
from popcorn_bench.leaderboard.trust.rating_words import rating_block

TITLE = "How far to trust these numbers"


@dataclass(frozen=True, slots=True)
class Section:
    """What is known of one metric on one task; `title` is clean text."""

    key: words.Key
    title: str
    blocks: tuple[Block, ...]


def sections(board: Board) -> list[Section]:
    """One per ranked metric of which anything is known; what several tasks share stands once."""
    made, said = [], set[tuple[str, str, Block]]()
    for table in board.ranking:
        section = _section(board, table)
        about = (table.evaluator, table.card.name)
        fresh = tuple(block for block in section.blocks if (*about, block) not in said)
        said.update((*about, block) for block in fresh)
        if fresh:
            made.append(replace(section, blocks=fresh))
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
    """What nobody has measured, metrics with the same gaps together."""
    labels = words.labels_of(board)
    gaps: dict[tuple[str, ...], dict[str, None]] = {}
    for table in board.ranking:
        if lacking := missing(table):
            gaps.setdefault(lacking, {})[labels[words.key_of(table)]] = None
    return [
        f"Not measured for {', '.join(metrics)}: {', '.join(lacking)}."
        for lacking, metrics in gaps.items()
    ]


def _section(board: Board, table: Table) -> Section:
    rated = rating_block(table, words.dimensions(table.rows)) if board.rated else None
    found = [*blocks(table), *([rated] if rated else [])]
    return Section(words.key_of(table), _title(table, words.labels_of(board)), tuple(found))


def _title(table: Table, labels: dict[words.Key, str]) -> str:
    return f"{labels[words.key_of(table)]}, {text.clean(table.task)}"

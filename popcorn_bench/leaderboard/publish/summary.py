"""The short table for a README, and keeping it up to date between two markers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from popcorn_bench.errors import FileError
from popcorn_bench.leaderboard import text, words
from popcorn_bench.leaderboard.figures import Figures, figures_of
from popcorn_bench.leaderboard.model import Board, Row, Table

BEGIN, END = "<!-- popcorn-bench:begin -->", "<!-- popcorn-bench:end -->"
_MOST = 20  # rows of a table in a README
_NONE = "No scores yet."


def summary(found: Board) -> str:
    """A table per ranked metric in Markdown, its best rows first."""
    labels = words.labels_of(found)
    tables = [_table(table, labels[words.key_of(table)]) for table in found.ranking]
    remark = ["Baselines only: these numbers show the harness, not a model."]
    parts = [*(remark if found.baselines_only else []), *(tables or [_NONE])]
    return "\n\n".join(parts)


def block(found: Board) -> str:
    """The summary between its markers; nothing in it can look like a marker."""
    return f"{BEGIN}\n{summary(found)}\n{END}"


def updated(document: str, new: str, path: Path) -> str:
    """The document with the text between the markers replaced, or the block appended once.

    Line ends stay as they are in the document.

    Raises:
        FileError: where the markers do not stand once each, in their order.
    """
    newline = "\r\n" if "\r\n" in document else "\n"
    new = new.replace("\n", newline)
    if BEGIN not in document and END not in document:
        before = f"{document.rstrip()}{newline * 2}" if document.strip() else ""
        return f"{before}{new}{newline}"
    start, stop = document.find(BEGIN), document.find(END)
    if document.count(BEGIN) != 1 or document.count(END) != 1 or stop < start:
        first = min(place for place in (start, stop) if place >= 0)
        line = document.count("\n", 0, first) + 1
        raise FileError(path, line, "", f"needs {BEGIN} and {END} once each, in this order")
    return document[:start] + new + document[stop + len(END) :]


def _table(table: Table, label: str) -> str:
    names = words.dimensions(table.rows)
    figures = figures_of(table)
    heads = ["Rank", *(words.HEADINGS[name] for name in names), "Score", "Scored", "Notes"]
    lines = [_line(heads), _line(["---"] * len(heads))]
    lines += [_line(_cells(row, names, figures)) for row in table.rows[:_MOST]]
    more = len(table.rows) - _MOST
    notes = [words.clause(table.card), words.rank_basis(table)]
    notes += [f"{more:,} more rows stand on the page."] if more > 0 else []
    title = f"**{text.markdown(label)}** on {text.markdown(table.task)}"
    return "\n".join([f"{title}\n", *lines, "", text.markdown(" ".join(filter(None, notes)))])


def _cells(row: Row, names: Sequence[str], figures: Figures) -> list[str]:
    return [
        text.rank_range(row),
        *(text.markdown(getattr(row, name) or "") for name in names),
        figures.with_margin(row),
        f"{row.n_scored}/{row.n_planned}",
        text.markdown(", ".join(row.flags)),
    ]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"

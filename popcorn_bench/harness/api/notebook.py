"""Tables in a notebook: plain HTML that takes its colours from the page, light or dark.

Everything may come from a model, so every cell is cleaned and escaped here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from popcorn_bench.leaderboard.text import clean

_TABLE = "border-collapse:collapse;margin:0.5em 0"
_CAPTION = "caption-side:top;text-align:left;font-weight:bold"
_NUMBER = "text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums"
_WORD = "text-align:left;overflow-wrap:anywhere"
_NOTE = "opacity:0.75;margin:0.2em 0"


def table(
    title: str,
    heads: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    words: frozenset[str] = frozenset(),
) -> str:
    """A table; the columns in `words` are set to the left, all others are numbers."""
    styles = [_WORD if head in words else _NUMBER for head in heads]
    body = "".join(_row("td", row, styles) for row in rows)
    return (
        f'<table style="{_TABLE}"><caption style="{_CAPTION}">{text(title)}</caption>'
        f"<thead>{_row('th', heads, styles)}</thead><tbody>{body}</tbody></table>"
    )


def notes(lines: Iterable[str]) -> str:
    """Paragraphs below a table."""
    return "".join(f'<p style="{_NOTE}">{text(line)}</p>' for line in lines if line)


def text(said: str) -> str:
    """Anything as text: no tag, no control character, nothing that turns what is around it."""
    return f"<bdi>{escape(clean(said))}</bdi>"


def _row(tag: str, cells: Sequence[str], styles: Sequence[str]) -> str:
    scope = ' scope="col"' if tag == "th" else ""
    inner = "".join(
        f'<{tag}{scope} style="{style}">{text(cell)}</{tag}>'
        for cell, style in zip(cells, styles, strict=True)
    )
    return f"<tr>{inner}</tr>"

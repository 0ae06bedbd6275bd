"""Markdown that several parts need."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

NOTE = "<!-- written by `python -m docs.generate`, not by hand -->\n"


def page(title: str, *parts: str) -> str:
    """A whole page."""
    return "\n".join([f"# {title}", NOTE, *(part.rstrip() + "\n" for part in parts if part)])


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; cells may hold anything."""
    lines = [_line(heads), _line(["---"] * len(heads)), *(_line(row) for row in rows)]
    return "\n".join(lines) + "\n"


def code(text: str) -> str:
    """Text set as code, empty where there is none."""
    return f"`{text}`" if text else ""


def one_line(text: str) -> str:
    """Folded at any white space."""
    return re.sub(r"\s+", " ", text).strip()


def _line(cells: Sequence[str]) -> str:
    shown = (one_line(cell).replace("|", "\\|").replace("<", "&lt;") for cell in cells)
    return "| " + " | ".join(shown) + " |"

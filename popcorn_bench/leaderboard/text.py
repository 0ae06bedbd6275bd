"""Hostile text made plain, and numbers made readable, for every way out of the board."""

from __future__ import annotations

import re
from math import floor, log10
from unicodedata import category

from popcorn_bench.leaderboard.model import Row, Uplift

_JOINER = "\u200d"  # holds emoji together
_FORMULA = tuple("=+-@\t\r")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|~>$^:@])")
_HTML = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_SMALL_MONEY = 0.01
_SMALL_P = 0.001
NOTHING = "–"  # noqa: RUF001 - a dash stands for no number


def clean(text: str) -> str:
    """One line without control, bidi or other invisible characters and lone surrogates.

    Terminal escapes and reordered text lose their effect; what is visible stays.
    """
    if text.isascii() and text.isprintable():
        return text  # most of what a page shows: spares a look at every character
    return "".join(_visible(char) for char in text)


def markdown(text: str) -> str:
    """Text that Markdown shows as it is: no link, table cell, emphasis or HTML in it."""
    escaped = "".join(_HTML.get(char, char) for char in clean(text))
    parts = re.split(r"(&(?:amp|lt|gt);)", escaped)
    return "".join(part if part.startswith("&") else _MARKDOWN.sub(r"\\\1", part) for part in parts)


def csv_field(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    plain = clean(text)
    return f"'{plain}" if plain.lstrip().startswith(_FORMULA) else plain


def score(value: float | None, margin: float | None = None) -> str:
    """A score with as many decimals as its margin of error supports, three where it is unknown."""
    return NOTHING if value is None else f"{value:,.{decimals(margin)}f}"


def decimals(margin: float | None, digits: int = 2) -> int:
    """Decimals that show so many digits of the margin, at most four; three without a margin."""
    if not margin:
        return 3
    return min(4, max(0, digits - 1 - floor(log10(abs(margin)))))


def count(number: int, one: str, more: str) -> str:
    """A number with its noun: `1 query`, `20 queries`."""
    return f"{number:,} {one if number == 1 else more}"


def p_value(p: float | None) -> str:
    """A p value to three decimals."""
    if p is None:
        return score(None)
    return "<0.001" if p < _SMALL_P else f"{p:.3f}"


def effect(size: float | None) -> str:
    """A standardised difference."""
    return score(None) if size is None else f"{size:+.2f}"


def pairs(uplift: Uplift) -> str:
    """Complete pairs of all that were begun."""
    return f"{uplift.n_pairs:,}/{uplift.n_pairs + uplift.n_dropped:,}"


def similarity(uplift: Uplift) -> str:
    """Mean similarity of titles to references."""
    return score(None) if uplift.copying is None else f"{uplift.copying:.2f}"


def copying(uplift: Uplift) -> str:
    """Mean similarity of titles to references, and the share of titles that are copied."""
    if uplift.copying is None:
        return similarity(uplift)
    return f"{similarity(uplift)} ({percent(uplift.copied_share)})"


def percent(share: float | None) -> str:
    """A share of 1 in percent."""
    if share is None:
        return NOTHING
    return f"{share:.0%}" if share in {0, 1} else f"{share:.1%}"


def money(dollars: float | None) -> str:
    """US dollars; small sums keep their first digits."""
    if dollars is None:
        return "unknown"
    if dollars == 0:
        return "$0"
    return f"${dollars:,.2f}" if dollars >= _SMALL_MONEY else f"${dollars:.2g}"


def cost(row: Row) -> str:
    """What a row cost; nothing where it has no briefs, as with imported scores."""
    known = row.cost_usd is not None or "cost_unknown" in row.flags
    return money(row.cost_usd) if known else NOTHING


def rank_range(row: Row) -> str:
    """The ranks that stay open: one, or the first and last with a dash between."""
    if row.rank_low is None:
        return NOTHING
    return str(row.rank_low) if row.rank_low == row.rank_high else f"{row.rank_low}–{row.rank_high}"  # noqa: RUF001


def _visible(char: str) -> str:
    kind = category(char)
    if kind in {"Zl", "Zp"} or char in "\t\n\r":
        return " "
    if kind == "Cs":
        return "\ufffd"
    return "" if kind in {"Cc", "Cf"} and char != _JOINER else char

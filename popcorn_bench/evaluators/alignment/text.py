"""Texts longer than a model reads: cut at a word, as near to the middle as can be, until they fit.

Halves are of like length, so that the mean over them gives every part of the text its weight.
"""

from __future__ import annotations

from collections.abc import Callable


def pieces(text: str, fits: Callable[[str], bool]) -> list[str]:
    """The text in order, in parts that fit; none is empty unless the text is."""
    text = text.strip()
    if len(text) <= 1 or fits(text):
        return [text]
    middle = _middle(text)
    return pieces(text[:middle], fits) + pieces(text[middle:], fits)


def _middle(text: str) -> int:
    """Where to cut: at the space nearest to the middle, or in the middle of what has none."""
    half = len(text) // 2
    spaces = [position for position, letter in enumerate(text) if letter.isspace()]
    return min(spaces, key=lambda position: abs(position - half), default=half)

"""How much of an output title stands in one of the references that the LLM was shown."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from popcorn_bench.generators.retrieval.found import Reference

_WORD = re.compile(r"\w+")
_SIZE = 4  # characters of an n-gram


def copying(title: str, references: Iterable[Reference]) -> float:
    """The largest share of the title that one reference's title holds, 0 to 1.

    Share: of the different character 4-grams of the title, one blank around each word included,
    case and punctuation aside, how many the reference's title has as well. 1 means that the title
    is taken whole, or in pieces of at least four characters, from one reference, which may be
    longer. 0 for a title without a word.
    """
    own = _grams(title)
    if not own:
        return 0.0
    return max((len(own & _grams(item.title)) / len(own) for item in references), default=0.0)


def _grams(text: str) -> set[str]:
    folded = unicodedata.normalize("NFKC", text).casefold()
    words = " ".join(_WORD.findall(folded))
    if not words:
        return set()
    line = f" {words} "
    return {line[i : i + _SIZE] for i in range(max(1, len(line) - _SIZE + 1))}

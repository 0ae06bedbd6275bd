"""What in a title moved its score: by taking it out and asking again."""

from __future__ import annotations

import re
from collections.abc import Iterator

from popcorn_bench.evaluators.popularity.evaluator import Moved
from popcorn_bench.evaluators.popularity.grams import TITLE_LIMIT
from popcorn_bench.evaluators.popularity.model import DIGITS, Model

REST = "everything else"
_PIECE = re.compile(r"#[^#]*|\w+")  # a hashtag as a whole, or a word


def explain(model: Model, title: str, category: str, mean: float, top: int) -> list[Moved]:
    """The features that moved a score most, strongest first, and the rest.

    A feature is a word, a hashtag, the capitals or the marks of the title. Its effect is the score
    less that of the title without it, with every n-gram that it has a part in, by the whole
    ensemble. Effects overlap, so they need not add up by themselves: the last entry, `REST`, is
    what is left of the score less `mean`.

    Args:
        model: the predictor.
        title: what was scored.
        category: in which it was scored.
        mean: what the effects start from: the mean score of human videos of the category.
        top: how many entries to give, the last one included.
    """
    read = title[:TITLE_LIMIT]
    without = list(_alterations(read))
    titles = [read, *(altered for _, altered in without)]
    score, *altered = model.predict(titles, [category] * len(titles)).tolist()
    effects = [
        Moved(feature, round(score - other, DIGITS))
        for (feature, _), other in zip(without, altered, strict=True)
    ]
    told = sorted((m for m in effects if m.effect), key=lambda m: -abs(m.effect))[: top - 1]
    rest = score - mean - sum(moved.effect for moved in told)
    return [*told, Moved(REST, round(rest, DIGITS))]


def _alterations(title: str) -> Iterator[tuple[str, str]]:
    """Names of features, and the title without each; a piece that is repeated goes everywhere."""
    pieces = dict.fromkeys(match.group().strip() for match in _PIECE.finditer(title))
    for piece in pieces:
        yield piece, _without(title, piece)
    yield "CAPITALS", title.lower()
    yield "marks", re.sub(r"[^\w\s#]", "", title)


def _without(title: str, piece: str) -> str:
    return _PIECE.sub(lambda match: "" if match.group().strip() == piece else match.group(), title)

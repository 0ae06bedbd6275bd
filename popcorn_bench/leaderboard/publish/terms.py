"""What the licences of the generators say about showing their clips."""

from __future__ import annotations

import re
from collections.abc import Iterator

from popcorn_bench.leaderboard.model import Board
from popcorn_bench.leaderboard.publish.options import Options
from popcorn_bench.leaderboard.text import clean

_LIMITS = re.compile(r"non-?\s?commercial|research only|\bnc\b|terms|\bpays\b", re.IGNORECASE)


def terms(found: Board, options: Options) -> list[str]:
    """One line per generator whose licence forbids something, or that names none.

    What a licence forbids comes from the catalog that knows the model; a licence text that speaks
    of limits is told even where the catalog does not know it.
    """
    return list(dict.fromkeys(_lines(found, options)))


def _lines(found: Board, options: Options) -> Iterator[str]:
    forbidden = dict(options.forbids)
    for one in found.generators:
        name, licence = clean(one.label), clean(one.card.licence)
        rules = forbidden.get(one.card.video_id, ())
        if rules:
            said = "; ".join(map(clean, rules))
            yield f"{name}: its licence ({licence or 'not named'}) forbids {said}"
        elif not licence:
            yield f"{name}: its licence is not known"
        elif _LIMITS.search(licence):
            yield f"{name}: read its licence before you use its clips: {licence}"

"""The generators of a board as a table and in words, the same in every form."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from popcorn_bench.leaderboard import text
from popcorn_bench.leaderboard.generators.differ import Aspect, aspects
from popcorn_bench.leaderboard.generators.model import GeneratorCard, ShownGenerator, Span
from popcorn_bench.leaderboard.model import Board
from popcorn_bench.types import JSON

TITLE = "Generators"
NO_GPU = "not a GPU"
_COMMIT = re.compile(r"[0-9a-f]{40,64}")
_MINUTE, _HOUR = 60, 3600
_NAMED = {"seconds": "length", "fps": "frames per second", "pixels": "pixels a frame"}


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, its clean text, and whether a narrow terminal has room for it."""

    head: str
    of: Callable[[ShownGenerator], str]
    wide: bool = False
    numeric: bool = True


def columns(board: Board) -> list[Column]:
    """All columns; those without any value on this board are left out."""
    price = board.gpu_hour_usd

    def gpu_cost(one: ShownGenerator) -> str:
        paid = one.gpu_usd(price)
        return _no_gpu(one) if paid is None else text.money(paid)

    every = [
        Column("Generator", name, numeric=False),
        Column("Size", _size),
        Column("Frames", lambda one: _span(one.facts.frames), wide=True),
        Column("fps", lambda one: _span(one.facts.fps)),
        Column("Length", lambda one: _seconds(one.facts.seconds)),
        Column("Steps", lambda one: _setting(one.steps)),
        Column("Guid.", lambda one: _setting(one.guidance)),
        Column("Made", _made),
        Column("Failed", lambda one: f"{one.failed:,}"),
        Column("Median", lambda one: _time(one.taken.median)),
        Column("p90", lambda one: _time(one.taken.p90), wide=True),
        Column("Total", lambda one: _time(one.taken.total), wide=True),
        Column("Memory", _memory, wide=True),
        Column("Asked", lambda one: text.money(one.taken.cost_usd), wide=True),
        *([] if price is None else [Column("GPU cost", gpu_cost)]),
    ]
    shown = board.generators
    return [c for c in every if any(c.of(one) != text.NOTHING for one in shown)]


def name(one: ShownGenerator) -> str:
    """The displayed name; that of a generator of covers says so."""
    return text.clean(f"{one.label} (covers)" if one.covers else one.label)


def fairness(board: Board) -> str:
    """In what the clips differ, in one line; '' where there is nothing to compare."""
    found = aspects(board.generators)
    apart = [aspect for aspect in found if aspect.differs]
    if apart:
        return (
            f"Clips differ in {_listed([_aspect(a) for a in apart])}: "
            "run with --profile matched for equal ones."
        )
    return f"Clips are alike in {_listed([_aspect(a) for a in found])}." if found else ""


def notes(board: Board) -> list[str]:
    """How to read the table."""
    return [line for line in (fairness(board), _reading(board), _gpu(board)) if line]


def identities(board: Board) -> list[str]:
    """Which generator each one is, a line each."""
    return [f"{name(one)}: {', '.join(_identity(one.card))}" for one in board.generators]


def revision(card: GeneratorCard) -> str:
    """The revision, of a commit its first twelve digits."""
    known = card.revision
    return text.clean(known[:12] if _COMMIT.fullmatch(known) else known)


def _identity(card: GeneratorCard) -> Iterator[str]:
    parts = {"family": card.family, "adapter": card.adapter, "revision": revision(card)}
    yield from (f"{what} {text.clean(value)}" for what, value in parts.items() if value)


def _reading(board: Board) -> str:
    noted = any(one.taken.median is not None for one in board.generators)
    if not noted:
        return ""
    return (
        "Times are the device's for clips that were made, of a batch its share; a provider's are "
        "until they were there. Asked: what a provider asked for."
    )


def _gpu(board: Board) -> str:
    if board.gpu_hour_usd is None:
        return ""
    return (
        f"GPU cost: time on the GPU at {text.money(board.gpu_hour_usd)} an hour; loading, and "
        "attempts that failed, are not in it."
    )


def _size(one: ShownGenerator) -> str:
    sizes = [f"{size.width}x{size.height}" for size in one.facts.sizes]
    return text.NOTHING if not sizes else "–".join(dict.fromkeys((sizes[0], sizes[-1])))  # noqa: RUF001


def _made(one: ShownGenerator) -> str:
    return f"{one.made:,}" if one.made == one.clips else f"{one.made:,} of {one.clips:,}"


def _memory(one: ShownGenerator) -> str:
    peak = one.taken.peak_gb
    return _no_gpu(one) if peak is None else f"{peak:.1f} GB"


def _no_gpu(one: ShownGenerator) -> str:
    """What stands for a generator without time on a GPU; one that made nothing may yet have it."""
    return NO_GPU if one.made else text.NOTHING


def _setting(value: JSON) -> str:
    if isinstance(value, int | float):
        return f"{value:g}"
    return text.NOTHING if value is None else text.clean(str(value))


def _time(seconds: float | None) -> str:
    """Seconds, minutes or hours, with enough digits to compare."""
    if seconds is None:
        return text.NOTHING
    if seconds < 2 * _MINUTE:
        return f"{seconds:.1f} s"
    if seconds < 2 * _HOUR:
        return f"{seconds / _MINUTE:.1f} min"
    return f"{seconds / _HOUR:,.1f} h"


def _span(span: Span | None) -> str:
    return text.NOTHING if span is None else _reach(span, "–")  # noqa: RUF001 - a dash for a range


def _seconds(span: Span | None) -> str:
    return text.NOTHING if span is None else f"{_reach(span, '–', decimals=1)} s"  # noqa: RUF001


def _aspect(aspect: Aspect) -> str:
    if aspect.name == "seconds":
        reach = f"{_reach(aspect.span, ' to ', decimals=1)} s"
    else:
        reach = _reach(aspect.span, " to ")
    return f"{_NAMED[aspect.name]} ({reach})"


def _reach(span: Span, joint: str, decimals: int | None = None) -> str:
    """Both ends, or one where they read the same; as many decimals as there are, up to three."""
    ends = (_plain(end) if decimals is None else f"{end:,.{decimals}f}" for end in span)
    return joint.join(dict.fromkeys(ends))


def _plain(value: float) -> str:
    return f"{value:,.3f}".rstrip("0").rstrip(".")


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"

"""The tables of what modes change, in a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.text import Text

from popcorn_bench.leaderboard import text, words
from popcorn_bench.leaderboard.figures import uplift_figures
from popcorn_bench.leaderboard.model import Uplift
from popcorn_bench.leaderboard.scale import interval_of, uplift_scale
from popcorn_bench.leaderboard.widgets import (
    BAR,
    NAME,
    WIDE,
    bar,
    grid,
    plain,
    print_notes,
    print_title,
)


@dataclass(frozen=True, slots=True)
class _Column:
    title: str
    of: Callable[[Uplift], Text | str]
    numeric: bool = True
    least: int = 0


def print_uplift(uplifts: Sequence[Uplift], label: str, console: Console) -> None:
    """Print the changes of one task and metric; `label` is what the metric is called.

    Much of it needs a wide terminal.
    """
    about = (words.uplift_title(uplifts), text.clean(uplifts[0].task), label)
    table = grid()
    columns = list(_columns(uplifts, console))
    for column in columns:
        table.add_column(
            column.title,
            justify="right" if column.numeric else "left",
            no_wrap=column.numeric,
            min_width=column.least or None,
            overflow="fold",
        )
    for uplift in uplifts:
        table.add_row(*(plain(column.of(uplift)) for column in columns))
    print_title(" · ".join(about), console)
    console.print(table)
    print_notes([words.uplift_basis(uplifts)], console)


def _columns(uplifts: Sequence[Uplift], console: Console) -> Iterable[_Column]:
    wide, scale = console.width >= WIDE, uplift_scale(uplifts)

    def draw(uplift: Uplift) -> Text:
        interval = interval_of(uplift)
        return bar(interval, scale, ascii_only=console.options.ascii_only, zero=True)

    for name in words.uplift_names(uplifts):
        yield _name(name, uplifts)
    yield _Column("Change", uplift_figures(uplifts).aligned)
    if wide:
        yield _Column("95 % CI", draw, numeric=False, least=BAR)
    yield _Column("p", lambda uplift: text.p_value(uplift.p_holm))
    if wide:
        yield _Column("g_z", lambda uplift: text.effect(uplift.hedges_gz))
        yield _Column("Better", lambda uplift: text.percent(uplift.share_improved))
    yield _Column("Pairs", text.pairs)
    if any(uplift.copying is not None for uplift in uplifts):
        yield _Column("Copying" if wide else "Copy", text.copying if wide else text.similarity)


def _name(name: str, uplifts: Sequence[Uplift]) -> _Column:
    def of(uplift: Uplift) -> str:
        return text.clean(getattr(uplift, name))

    longest = max(len(of(uplift)) for uplift in uplifts)
    return _Column(words.HEADINGS[name], of, numeric=False, least=min(longest, NAME))

"""What making a run again has shown, in a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

from popcorn_bench.harness.reproduce.compare import Part
from popcorn_bench.harness.reproduce.outcome import Outcome, Verdict
from popcorn_bench.harness.reproduce.surroundings import Difference
from popcorn_bench.leaderboard.text import clean
from popcorn_bench.types import Stage

_SAID = {
    Verdict.SAME: "All that should be the same is the same.",
    Verdict.INCOMPLETE: "What was made again is as it should be, but not all was made again.",
    Verdict.DIFFERENT: "Something came out other than it should.",
}
_MADE = ("", "made by", "equal", "others*", "missing")
_SCORES = ("", "score", "equal", "largest", "mean", "noise SD", "others*", "missing")
_WORDS = 2  # columns of words, before those of numbers
_MOST = 12  # differences of the environment that are shown; the JSON has all


def show(outcome: Outcome, console: Console) -> None:
    """A row per stage and maker, one per metric, then what is different around the runs."""
    for scores in (False, True):
        table = Table(box=None, pad_edge=False)
        for number, head in enumerate(_SCORES if scores else _MADE):
            justify: JustifyMethod = "left" if number < _WORDS else "right"
            table.add_column(head, justify=justify, no_wrap=number != 1, overflow="fold")
        for stage, parts in outcome.comparison.stages.items():
            for part in parts if (stage is Stage.SCORE) is scores else ():
                style = "red" if part.differs else None
                table.add_row(*map(Text, (stage.value, *_cells(part, scores=scores))), style=style)
        if table.row_count:
            console.print(table)
    for line in _lines(outcome):
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _cells(part: Part, *, scores: bool) -> Iterator[str]:
    yield clean(part.name)
    yield f"{part.equal:,} of {part.comparable:,}{'' if part.expected else ' (may differ)'}"
    if scores:
        gap = part.gap
        values = (gap.largest, gap.mean, gap.sd) if gap else (None, None, None)
        yield from ("-" if value is None else f"{value:.3g}" for value in values)
    yield f"{part.n - part.comparable:,}"
    yield f"{part.missing:,}"


def _lines(outcome: Outcome) -> Iterator[str]:
    yield "* made from other inputs than in the first run, so not held against each other"
    for part in outcome.comparison.parts:
        if part.moved is not None:
            name = clean(part.name)
            yield f"{name}: where the inputs were others, {part.moved:.3g} apart in the mean"
    yield from _listed("Judged otherwise", outcome.trained)
    yield from _listed("Different around the runs", outcome.around)
    if not outcome.around:
        yield "Versions, packages and machine are the same."
    yield _SAID[outcome.verdict]


def _listed(title: str, differences: Sequence[Difference]) -> Iterator[str]:
    if differences:
        yield f"{title}:"
    for difference in differences[:_MOST]:
        before, now = (clean(str(value)) for value in difference[1:])
        yield f"  {clean(difference.what)}: {before} -> {now}"
    if len(differences) > _MOST:
        yield f"  and {len(differences) - _MOST} more (--json has all)"

"""A comparison in a terminal of 80 columns or more."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from popcorn_bench.leaderboard import text
from popcorn_bench.leaderboard.compare import words
from popcorn_bench.leaderboard.compare.history import History, Step
from popcorn_bench.leaderboard.compare.model import Comparison, Delta, Mover, Sample
from popcorn_bench.leaderboard.scale import Interval, Scale
from popcorn_bench.leaderboard.statistics.gate import Verdict
from popcorn_bench.leaderboard.widgets import bar, grid, plain, print_notes, print_title

_STYLES = {Verdict.REGRESSED: "red", Verdict.NOT_COMPARABLE: "red", Verdict.INCONCLUSIVE: "yellow"}
_TITLE = 60  # characters of a title or a query that a line has room for
_PLOT = 30


def render(found: Comparison, console: Console) -> None:
    """Print what changed, by part, which queries moved, what differs, and the verdict."""
    print_title(words.title(found), console)
    for name, party in (("A", found.a), ("B", found.b)):
        models = ", ".join(map(text.clean, (*party.llms, *party.videos, *party.modes)))
        console.print(Text(f"{name}  {text.clean(party.label)}: {models}"))
    console.print()
    _print_overall(found, console)
    _print_parts(found, console)
    _print_movers(found.movers, console)
    if found.differences:
        print_title("What differs besides", console)
        for difference in found.differences:
            console.print(Text(f"- {text.clean(difference.text)}"))
        console.print()
    if line := words.worse_line(found):
        console.print(Text(line, style="yellow"))
    if line := words.verdict_line(found):
        style = _STYLES.get(found.verdict, "green") if found.verdict else ""
        console.print(Text(line, style=f"bold {style}"))


def _print_overall(found: Comparison, console: Console) -> None:
    overall = found.overall
    if overall is None:
        console.print("The two share no query: nothing to compare.", markup=False)
        console.print()
        return
    margin = words.precision([overall])
    a, b = (text.score(mean, margin) for mean in (overall.mean_a, overall.mean_b))
    parts = [
        f"{a} → {b}",
        f"change {words.changed(overall, margin)}",
        words.queries(overall),
    ]
    console.print(Text(" · ".join(parts), style="bold"))
    facts = [
        f"p {text.p_value(overall.p)}",
        f"g_z {text.effect(overall.hedges_gz)}",
        f"better in {text.percent(overall.share_improved)} of queries",
    ]
    if found.checks:
        facts.append(
            f"checks: sign-flip p {text.p_value(found.checks.sign_flip)}, "
            f"Wilcoxon p {text.p_value(found.checks.wilcoxon)}"
        )
    console.print(Text(" · ".join(facts)))
    print_notes([words.basis(found)], console)


def _print_parts(found: Comparison, console: Console) -> None:
    for dimension, parts in found.by_dimension():
        print_title(f"By {words.HEADINGS[dimension]}", console)
        console.print(_parts_table(parts, console))
    if found.slices:
        print_notes([words.parts_basis(found)], console)


def _parts_table(parts: Sequence[Delta], console: Console) -> RichTable:
    table, margin, scale = grid(), words.precision(parts), _scale(parts)
    table.add_column("", overflow="fold", max_width=32)
    for name in ("Change", "", "p", "g_z", "Better", "n"):
        table.add_column(name, justify="right" if name else "left", no_wrap=True)
    for part in parts:
        line = bar(_interval(part), scale, ascii_only=console.options.ascii_only, zero=True)
        cells: list[Text | str] = [text.clean(part.value), words.changed(part, margin), line]
        cells += [text.p_value(part.p_holm), text.effect(part.hedges_gz)]
        cells += [text.percent(part.share_improved), f"{part.n:,}"]
        table.add_row(*map(plain, cells), style="bold" if words.sure(part) else "")
    return table


def _interval(part: Delta) -> Interval | None:
    if part.delta is None:
        return None
    low = part.delta if part.ci_low is None else part.ci_low
    return Interval(low, part.delta, part.delta if part.ci_high is None else part.ci_high)


def _scale(parts: Sequence[Delta]) -> Scale:
    ends = [end for interval in map(_interval, parts) if interval for end in interval]
    return Scale(min([0.0, *ends]), max([0.0, *ends]))


def _print_movers(movers: Sequence[Mover], console: Console) -> None:
    if not movers:
        return
    print_title("Queries that moved most", console)
    for mover in movers:
        cell = " · ".join(filter(None, (mover.topic, mover.llm, mover.video, mover.mode)))
        console.print(Text(f"{words.signed(mover.delta)}  {_short(mover.text)}"))
        console.print(Text(f"        {text.clean(cell)}", style="dim"))
        for name, sample in (("A", mover.a), ("B", mover.b)):
            console.print(Text(f"     {name}  {_sample(sample)}"), soft_wrap=True)
    console.print()


def _sample(sample: Sample) -> str:
    title = "" if sample.title is None else f"  {_short(sample.title)}"
    video = "" if sample.video is None else f"\n        {text.clean(str(sample.video))}"
    return f"{text.score(sample.score)}{title}{video}"


def _short(said: str) -> str:
    line = text.clean(said)
    return line if len(line) <= _TITLE else f"{line[: _TITLE - 1]}…"


def render_history(found: History, console: Console) -> None:
    """Print the versions with a plot of their intervals, the oldest first."""
    what = text.clean(found.family) or words.HEADINGS[found.dimension]
    print_title(f"{what} over time · {text.clean(found.metric)}", console)
    table = grid()
    table.add_column("Released", no_wrap=True)
    table.add_column("Version", overflow="fold", max_width=22)
    table.add_column("Score", justify="right", no_wrap=True)
    table.add_column("95 % CI", no_wrap=True)
    for name in ("Gain", "p"):
        table.add_column(name, justify="right", no_wrap=True)
    scale, margin = _history_scale(found.steps), _history_margin(found.steps)
    for step in found.steps:
        line = _line(step, scale, ascii_only=console.options.ascii_only)
        cells = [text.clean(step.released) or text.NOTHING, text.clean(step.label)]
        cells += [text.score(step.mean, margin), line, words.signed(step.gain, margin)]
        table.add_row(*map(plain, [*cells, text.p_value(step.p_holm)]))
    console.print(table)
    print_notes([words.history_basis(found)], console)
    if found.without:
        names = ", ".join(map(text.clean, found.without))
        print_notes([f"Without scores, so not shown: {names}."], console)


def _history_scale(steps: Sequence[Step]) -> Scale:
    ends = [end for s in steps for end in (s.mean, s.ci_low, s.ci_high) if end is not None]
    return Scale(min(ends), max(ends))


def _history_margin(steps: Sequence[Step]) -> float | None:
    halves = [s.ci_high - s.mean for s in steps if s.ci_high is not None and s.ci_high > s.mean]
    return min(halves, default=None)


def _line(step: Step, scale: Scale, *, ascii_only: bool) -> str:
    """The interval on an axis that all versions share."""
    line, dot = ("-", "o") if ascii_only else ("─", "●")
    low = step.mean if step.ci_low is None else step.ci_low
    high = step.mean if step.ci_high is None else step.ci_high
    start, middle, end = (round(scale.at(at) * (_PLOT - 1)) for at in (low, step.mean, high))
    drawn = [line if start <= i <= end else " " for i in range(_PLOT)]
    drawn[middle] = dot
    return "".join(drawn)

"""Comparisons: B against A, and the versions of a family over time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from io import StringIO
from math import inf
from pathlib import Path

from popcorn_bench.errors import UsageError
from popcorn_bench.harness.api import notebook
from popcorn_bench.harness.api.sides import SIDES, line_of, name_at, opened, references
from popcorn_bench.harness.api.telling import (
    Folder,
    Names,
    Tell,
    names_of,
    optional,
    silent,
)
from popcorn_bench.harness.spec import DEFAULT_OUTPUT
from popcorn_bench.leaderboard import text
from popcorn_bench.leaderboard.choose import check_known
from popcorn_bench.leaderboard.compare import compare as comparing
from popcorn_bench.leaderboard.compare import html, markdown, record, terminal, words
from popcorn_bench.leaderboard.compare.history import History
from popcorn_bench.leaderboard.compare.history import history as followed
from popcorn_bench.leaderboard.compare.junit import to_junit
from popcorn_bench.leaderboard.compare.metric import Asked
from popcorn_bench.leaderboard.compare.model import DIMENSIONS, Comparison, Delta
from popcorn_bench.leaderboard.compare.side import Wanted
from popcorn_bench.leaderboard.statistics.gate import Verdict

_WIDTH = 120
_HEADS = ("Part", "A", "B", "Change", "95 % CI", "p", "Queries")
_STEPS = ("Released", "Version", "Score", "95 % CI", "Gain", "p")
_WORDS = frozenset({"Part", "Released", "Version"})


@dataclass(frozen=True, slots=True)
class Compared:
    """A comparison, as text, as files, and as a table in a notebook."""

    comparison: Comparison
    warnings: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict | None:
        """What the margin decided; None without one."""
        return self.comparison.verdict

    @property
    def exit_code(self) -> int:
        """Of a gate: 0 passed, 3 inconclusive, 4 regressed, 5 not comparable; 0 without."""
        return self.comparison.exit_code

    def to_json(self) -> str:
        """As `popcorn-bench compare --json`."""
        return record.to_json(self.comparison)

    def to_markdown(self) -> str:
        """As `--markdown`."""
        return markdown.to_markdown(self.comparison)

    def to_junit(self) -> str:
        """As `--junit`."""
        return to_junit(self.comparison)

    def to_html(self, folder: Folder, *, warn: Tell = silent) -> Path:
        """Write `folder/index.html` and give its path; `warn` hears what it has to do without."""
        return html.write_comparison(self.comparison, Path(folder), warn)

    def __str__(self) -> str:
        """As in a wide terminal."""
        from rich.console import Console

        out = StringIO()
        terminal.render(self.comparison, Console(file=out, width=_WIDTH))
        return out.getvalue()

    def _repr_html_(self) -> str:
        found = self.comparison
        deltas = [*filter(None, [found.overall]), *found.slices]
        margin = words.precision(deltas)
        rows = [_cells(delta, margin) for delta in deltas]
        said = [words.verdict_line(found), words.basis(found), words.parts_basis(found)]
        said += [f"Differs: {difference.text}" for difference in found.differences]
        return notebook.table(words.title(found), _HEADS, rows, words=_WORDS) + notebook.notes(said)


@dataclass(frozen=True, slots=True)
class Followed:
    """The versions of a family, as text, as files, and as a table in a notebook."""

    history: History
    warnings: tuple[str, ...] = ()

    def to_json(self) -> str:
        """As `popcorn-bench compare --history --json`."""
        return record.history_to_json(self.history)

    def to_markdown(self) -> str:
        """As `--markdown`."""
        return markdown.history_to_markdown(self.history)

    def to_html(self, folder: Folder) -> Path:
        """Write `folder/index.html` and give its path."""
        return html.write_history(self.history, Path(folder))

    def __str__(self) -> str:
        """As in a wide terminal."""
        from rich.console import Console

        out = StringIO()
        terminal.render_history(self.history, Console(file=out, width=_WIDTH))
        return out.getvalue()

    def _repr_html_(self) -> str:
        found = self.history
        rows = [
            (
                *(step.released or text.NOTHING, step.label, text.score(step.mean)),
                _interval(step.ci_low, step.ci_high),
                *(words.signed(step.gain), text.p_value(step.p_holm)),
            )
            for step in found.steps
        ]
        what = found.family or words.HEADINGS[found.dimension]
        shown = notebook.table(f"{what} · {found.metric}", _STEPS, rows, words=_WORDS)
        return shown + notebook.notes([words.history_basis(found)])


def compare(  # noqa: PLR0913 - one per option of the command
    *sides: Folder,
    results: Folder | None = None,
    llm: Names | None = None,
    video: Names | None = None,
    task: str | None = None,
    mode: str | None = None,
    metric: str | None = None,
    evaluator: str | None = None,
    by: Names = DIMENSIONS,
    gate: bool = False,
    margin: float | None = None,
    allow_incomplete: bool = False,
    movers: int = 5,
) -> Compared:
    """Whether B, the second, is better than A, the baseline, paired by query.

    Args:
        *sides: two results folders, or runs (`DIR#RUN`, or `RUN` of `results`); one folder or
            none with two names in `llm` or `video`.
        results: folder of A and B where they are run ids, or of the models [`results`].
        llm: of A and of B; one name holds for both.
        video: the same for generators.
        task: only this.
        mode: only this.
        metric: which; the first of the task that ranks if missing.
        evaluator: whose metric, where several have one of that name.
        by: parts to show; all of them are one family for Holm.
        gate: whether differences around the models forbid a verdict; needs `margin`.
        margin: the loss that is acceptable, in the metric's unit: gives a verdict.
        allow_incomplete: let a gate pass cells with less than 95 % of their plan.
        movers: how many queries to show that moved most.

    Raises:
        UsageError: for folders, runs and names that are not there.
    """
    wanted = Wanted(task=task, mode=mode)
    one, other = optional(llm), optional(video)
    halves = tuple(
        replace(wanted, llm=name_at("--llm", one, at), video=name_at("--video", other, at))
        for at in range(SIDES)
    )
    if margin is not None and not 0 < margin < inf:
        raise UsageError(f"--margin: {margin} is not above zero")
    options = comparing.Options(
        metric=metric,
        evaluator=evaluator,
        by=names_of(by),
        gate=gate,
        margin=margin,
        allow_incomplete=allow_incomplete,
        movers=movers,
    )
    for name in options.by:
        check_known("--by", name, DIMENSIONS)
    models = any(len(names or ()) >= SIDES for names in (one, other))
    with opened(references(sides, results, models=models), results) as (places, warnings):
        found = comparing.compare(places[0], places[-1], (halves[0], halves[1]), options)
        return Compared(found, warnings)


def history(  # noqa: PLR0913 - one per option of the command
    family: str = "",
    /,
    place: Folder | None = None,
    *,
    results: Folder | None = None,
    llm: Names | None = None,
    video: Names | None = None,
    task: str | None = None,
    mode: str | None = None,
    metric: str | None = None,
    evaluator: str | None = None,
) -> Followed:
    """The versions of a family over their release dates.

    Args:
        family: of LLMs or of generators; '' follows the models of `llm` or `video`.
        place: results folder or run [`results`].
        results: folder of `place` where that is a run id.
        llm: several LLMs to follow, or the one beside a family of generators.
        video: the same for generators.
        task: only this.
        mode: only this.
        metric: which; the first of the task that ranks if missing.
        evaluator: whose metric, where several have one of that name.

    Raises:
        UsageError: for names that are not there, or fewer than two versions with scores.
    """
    followed_line, wanted = line_of(family, optional(llm), optional(video))
    wanted = replace(wanted, task=task, mode=mode)
    refs = [str(place if place is not None else results or DEFAULT_OUTPUT)]
    with opened(refs, results) as (places, warnings):
        asked = Asked(metric=metric, evaluator=evaluator)
        return Followed(followed(places[0], followed_line, wanted, asked), warnings)


def _cells(delta: Delta, margin: float | None) -> tuple[str, ...]:
    part = f"{words.HEADINGS.get(delta.dimension, delta.dimension)} {delta.value}".strip() or "all"
    return (
        part,
        *(text.score(value, margin) for value in (delta.mean_a, delta.mean_b)),
        words.changed(delta, margin),
        _interval(delta.ci_low, delta.ci_high),
        text.p_value(delta.p_holm if delta.dimension else delta.p),
        words.queries(delta),
    )


def _interval(low: float | None, high: float | None) -> str:
    return text.NOTHING if low is None else f"{text.score(low)} to {text.score(high)}"

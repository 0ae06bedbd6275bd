"""`popcorn-bench compare`: two runs, folders or models held against each other."""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from popcorn_bench.errors import UsageError
from popcorn_bench.harness.cli.damage import tell_damage
from popcorn_bench.harness.cli.options import EXISTING, FILE, FOLDER, LIST, with_json
from popcorn_bench.harness.spec import DEFAULT_OUTPUT

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from popcorn_bench.leaderboard.compare.compare import Options
    from popcorn_bench.leaderboard.compare.history import Line
    from popcorn_bench.leaderboard.compare.metric import Asked as MetricAsked
    from popcorn_bench.leaderboard.compare.side import Place, Wanted

_BY = "llm,video,mode,task,kind,topic"
_SIDES = 2


@click.command(name="compare")
@click.argument("sides", nargs=-1, metavar="[A [B]]")
@click.option("--results", type=EXISTING, default=None, metavar="DIR",
    help="Folder of A and B where they are run ids, or of the models [results].",
)  # fmt: skip
@click.option("--llm", type=LIST, metavar="X,Y", help="This LLM of A against that one of B.")
@click.option("--video", type=LIST, metavar="X,Y", help="The same for generators.")
@click.option("--task", help="Only this task.")
@click.option("--mode", help="Only this mode.")
@click.option("--metric", help="Which metric [the first of the task that ranks].")
@click.option("--evaluator", help="Whose metric, where several have one of that name.")
@click.option("--by", type=LIST, default=_BY, show_default=True, metavar="A,B",
    help="Parts to show; all of them are one family for Holm.",
)  # fmt: skip
@click.option("--gate", is_flag=True, help="Exit 0 passed, 3 inconclusive, 4 regressed, "
    "5 not comparable; needs --margin.",
)  # fmt: skip
@click.option("--margin", type=float, metavar="M",
    help="The loss that is acceptable, in the metric's unit: gives a verdict.",
)  # fmt: skip
@click.option("--allow-incomplete", is_flag=True,
    help="Let a gate pass cells with less than 95 % of their plan.",
)  # fmt: skip
@click.option("--movers", type=click.IntRange(min=0), default=5, show_default=True, metavar="N",
    help="Queries to show that moved most.",
)  # fmt: skip
@click.option("--history", is_flag=False, flag_value="", default=None, metavar="[FAMILY]",
    help="Versions of a family over release dates; without FAMILY those of --llm or --video.",
)  # fmt: skip
@click.option("--markdown", is_flag=True, help="Print Markdown, for a pull request.")
@click.option("--junit", type=FILE, metavar="FILE", help="Write JUnit XML too.")
@click.option("--html", type=FOLDER, metavar="DIR", help="Write DIR/index.html too.")
@with_json
@click.pass_context
def command(ctx: click.Context, /, **given: Any) -> None:  # noqa: ANN401 - as the options say
    """Tell whether B is better than A, the baseline, worse, or not to be told apart.

    A and B are results folders, runs (DIR#RUN, or RUN of --results), or with --llm X,Y or
    --video X,Y two models of one folder. Everything is paired by query (docs/compare.md).
    """
    asked = _Asked(**given)
    if asked.as_json and asked.markdown:
        raise UsageError("--json, --markdown: only one at a time")
    with ExitStack() as stack:
        if asked.history is None:
            code = _compare(asked, *_places(asked, stack))
        else:
            code = _history(asked, stack)
    ctx.exit(code)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """The options as they were given."""

    sides: tuple[str, ...]
    results: Path | None
    llm: tuple[str, ...] | None
    video: tuple[str, ...] | None
    task: str | None
    mode: str | None
    metric: str | None
    evaluator: str | None
    by: tuple[str, ...]
    gate: bool
    margin: float | None
    allow_incomplete: bool
    movers: int
    history: str | None
    markdown: bool
    junit: Path | None
    html: Path | None
    as_json: bool


def _compare(asked: _Asked, a: Place, b: Place) -> int:
    from rich.console import Console

    from popcorn_bench.harness.cli.board import tell
    from popcorn_bench.leaderboard.compare.compare import compare
    from popcorn_bench.leaderboard.compare.html import write_comparison
    from popcorn_bench.leaderboard.compare.junit import to_junit
    from popcorn_bench.leaderboard.compare.markdown import to_markdown
    from popcorn_bench.leaderboard.compare.record import to_json
    from popcorn_bench.leaderboard.compare.terminal import render

    found = compare(a, b, (_wanted(asked, 0), _wanted(asked, 1)), _options(asked))
    if asked.junit:
        asked.junit.parent.mkdir(parents=True, exist_ok=True)
        asked.junit.write_text(to_junit(found), encoding="utf-8")
    if asked.html:
        click.echo(f"page: {write_comparison(found, asked.html, tell)}", err=True)
    if asked.as_json:
        click.echo(to_json(found))
    elif asked.markdown:
        click.echo(to_markdown(found), nl=False)
    else:
        render(found, Console())
    return found.exit_code


def _history(asked: _Asked, stack: ExitStack) -> int:
    from rich.console import Console

    from popcorn_bench.leaderboard.compare.history import history
    from popcorn_bench.leaderboard.compare.html import write_history
    from popcorn_bench.leaderboard.compare.markdown import history_to_markdown
    from popcorn_bench.leaderboard.compare.record import history_to_json
    from popcorn_bench.leaderboard.compare.terminal import render_history

    if asked.gate or asked.junit or asked.margin is not None:
        raise UsageError("--history: has no --gate, --margin or --junit")
    found = history(_one(asked, stack, "--history"), *_line(asked))
    if asked.html:
        click.echo(f"page: {write_history(found, asked.html)}", err=True)
    if asked.as_json:
        click.echo(history_to_json(found))
    elif asked.markdown:
        click.echo(history_to_markdown(found), nl=False)
    else:
        render_history(found, Console())
    return 0


def _line(asked: _Asked) -> tuple[Line, Wanted, MetricAsked]:
    """Whose history: of a family, or of the option that names several."""
    from popcorn_bench.leaderboard.compare.history import Line
    from popcorn_bench.leaderboard.compare.metric import Asked
    from popcorn_bench.leaderboard.compare.side import Wanted

    metric = Asked(metric=asked.metric, evaluator=asked.evaluator)
    wanted = Wanted(task=asked.task, mode=asked.mode)
    if asked.history:
        if asked.llm and asked.video:
            raise UsageError("--history FAMILY: takes --llm or --video, not both")
        wanted = replace(
            wanted, llm=_alone("--llm", asked.llm), video=_alone("--video", asked.video)
        )
        return Line(family=asked.history), wanted, metric
    if asked.llm and len(asked.llm) > 1:
        wanted = replace(wanted, video=_alone("--video", asked.video))
        return Line(dimension="llm", names=asked.llm), wanted, metric
    if asked.video and len(asked.video) > 1:
        wanted = replace(wanted, llm=_alone("--llm", asked.llm))
        return Line(dimension="video", names=asked.video), wanted, metric
    raise UsageError("--history: needs a FAMILY, or several models by --llm or --video")


def _alone(flag: str, names: tuple[str, ...] | None) -> str | None:
    if names and len(names) > 1:
        raise UsageError(f"{flag}: takes one name beside what the history is of")
    return names[0] if names else None


def _wanted(asked: _Asked, at: int) -> Wanted:
    """What to take of A (0) or B (1)."""
    from popcorn_bench.leaderboard.compare.side import Wanted

    return Wanted(
        llm=_name("--llm", asked.llm, at),
        video=_name("--video", asked.video, at),
        task=asked.task,
        mode=asked.mode,
    )


def _name(flag: str, names: tuple[str, ...] | None, at: int) -> str | None:
    """One name holds for both sides, of two the first is A's."""
    if names is None:
        return None
    if len(names) > _SIDES:
        raise UsageError(f"{flag}: takes one name or two, got {len(names)} (more with --history)")
    return names[min(at, len(names) - 1)]


def _options(asked: _Asked) -> Options:
    from popcorn_bench.leaderboard.choose import check_known
    from popcorn_bench.leaderboard.compare.compare import Options
    from popcorn_bench.leaderboard.compare.model import DIMENSIONS

    for name in asked.by:
        check_known("--by", name, DIMENSIONS)
    if asked.margin is not None and not 0 < asked.margin < inf:
        raise UsageError(f"--margin: {asked.margin} is not above zero")
    return Options(
        metric=asked.metric,
        evaluator=asked.evaluator,
        by=asked.by,
        gate=asked.gate,
        margin=asked.margin,
        allow_incomplete=asked.allow_incomplete,
        movers=asked.movers,
    )


def _places(asked: _Asked, stack: ExitStack) -> tuple[Place, Place]:
    """Where A and B are: two places, or one that holds both models."""
    models = any(len(names or ()) >= _SIDES for names in (asked.llm, asked.video))
    if len(asked.sides) < _SIDES and models:
        place = _one(asked, stack, "compare")
        return place, place
    if len(asked.sides) != _SIDES:
        raise UsageError("compare: needs A and B, or one folder and --llm X,Y or --video X,Y")
    opened: dict[Path, DuckDBPyConnection] = {}
    first, second = (_place(asked, ref, stack, opened) for ref in asked.sides)
    return first, second


def _one(asked: _Asked, stack: ExitStack, what: str) -> Place:
    """The place that holds everything; by default the results folder."""
    if len(asked.sides) > 1:
        raise UsageError(f"{what}: takes one folder or run, got {len(asked.sides)}")
    ref = asked.sides[0] if asked.sides else str(asked.results or DEFAULT_OUTPUT)
    return _place(asked, ref, stack, {})


def _place(
    asked: _Asked, ref: str, stack: ExitStack, opened: dict[Path, DuckDBPyConnection]
) -> Place:
    """A folder, `DIR#RUN`, or a run of `--results`."""
    from popcorn_bench.leaderboard.compare.side import Place
    from popcorn_bench.results import index

    folder, run = _parsed(ref, asked.results or DEFAULT_OUTPUT)
    if folder not in opened:
        opened[folder] = stack.enter_context(closing(index.connect([folder])))
        tell_damage(opened[folder])
    return Place(opened[folder], folder, run)


def _parsed(ref: str, results: Path) -> tuple[Path, str | None]:
    if Path(ref).is_dir():
        return Path(ref), None
    folder, mark, run = ref.rpartition("#")
    if mark and Path(folder).is_dir():
        return Path(folder), run
    if results.is_dir() and not mark and "/" not in ref:
        return results, ref
    raise UsageError(f"{ref}: no such results folder or run")

"""`popcorn-bench compare`: two runs, folders or models held against each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from popcorn_bench.errors import UsageError
from popcorn_bench.harness.cli.damage import tell_all
from popcorn_bench.harness.cli.kinds import EXISTING, FILE, FOLDER, LIST
from popcorn_bench.harness.cli.options import with_json

if TYPE_CHECKING:
    from rich.console import Console

    from popcorn_bench.harness.api.comparing import Compared, Followed

_BY = "llm,video,mode,task,kind,topic"


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
    asked = _Asked(**{name: given.pop(name) for name in _OUTPUT})
    if asked.as_json and asked.markdown:
        raise UsageError("--json, --markdown: only one at a time")
    family = given.pop("history")
    ctx.exit(_compare(asked, given) if family is None else _history(asked, family, given))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """Where the answer goes."""

    markdown: bool
    junit: Path | None
    html: Path | None
    as_json: bool


_OUTPUT = tuple(field.name for field in fields(_Asked))
_OF_GATES = ("gate", "margin", "by", "allow_incomplete", "movers")


def _compare(asked: _Asked, given: dict[str, Any]) -> int:
    from popcorn_bench.harness.api.comparing import compare
    from popcorn_bench.harness.cli.board import tell
    from popcorn_bench.leaderboard.compare.terminal import render

    found = compare(*given.pop("sides"), **given)
    tell_all(found.warnings)
    if asked.junit:
        asked.junit.parent.mkdir(parents=True, exist_ok=True)
        asked.junit.write_text(found.to_junit(), encoding="utf-8")
    if asked.html:
        click.echo(f"page: {found.to_html(asked.html, warn=tell)}", err=True)
    _print(asked, found, partial(render, found.comparison))
    return found.exit_code


def _history(asked: _Asked, family: str, given: dict[str, Any]) -> int:
    from popcorn_bench.harness.api.comparing import history
    from popcorn_bench.leaderboard.compare.terminal import render_history

    if given["gate"] or asked.junit or given["margin"] is not None:
        raise UsageError("--history: has no --gate, --margin or --junit")
    places = given.pop("sides")
    if len(places) > 1:
        raise UsageError(f"--history: takes one folder or run, got {len(places)}")
    kept = {name: value for name, value in given.items() if name not in _OF_GATES}
    found = history(family, *places, **kept)
    tell_all(found.warnings)
    if asked.html:
        click.echo(f"page: {found.to_html(asked.html)}", err=True)
    _print(asked, found, partial(render_history, found.history))
    return 0


def _print(asked: _Asked, found: Compared | Followed, render: Callable[[Console], None]) -> None:
    from rich.console import Console

    if asked.as_json:
        click.echo(found.to_json())
    elif asked.markdown:
        click.echo(found.to_markdown(), nl=False)
    else:
        render(Console())

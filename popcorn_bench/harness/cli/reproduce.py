"""`popcorn-bench reproduce`: make a run again and tell what became different."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from popcorn_bench import plugins
from popcorn_bench.errors import redact
from popcorn_bench.harness.cli import INCOMPLETE, INTERRUPTED
from popcorn_bench.harness.cli.kinds import FOLDER, LIST, Finite
from popcorn_bench.harness.cli.options import limited, say, with_display, with_json, with_limits
from popcorn_bench.harness.spec import DEFAULT_OUTPUT

if TYPE_CHECKING:
    from popcorn_bench.harness.reproduce.doing import Repetition
    from popcorn_bench.harness.reproduce.outcome import Outcome

DIFFERENT, NOT_REPRODUCIBLE = 4, 5
_STAGES = ("brief", "cover", "video", "score")


@click.command(name="reproduce")
@click.argument("run")
@click.option("--results", type=FOLDER, default=DEFAULT_OUTPUT, show_default=True, metavar="DIR",
    help="Results folder that holds the run.",
)  # fmt: skip
@click.option("--to", "target", type=FOLDER, metavar="DIR2",
    help="Fresh folder for the second run [beside DIR, with the id of the run].",
)  # fmt: skip
@click.option("--stage", "stages", type=LIST, default=_STAGES, metavar="A,B",
    help="Make only these again, from what the first run holds of the others "
    f"[{','.join(_STAGES)}].",
)  # fmt: skip
@click.option("--pay", is_flag=True, help="Ask again for what costs money, or may.")
@click.option("--strict", is_flag=True,
    help="Hold everything to come out the same, not only what cannot but do so.",
)  # fmt: skip
@click.option("--tolerance", type=Finite(min=0), default=0.0, show_default=True,
    help="Difference up to which two scores count as equal.",
)  # fmt: skip
@click.option("--device", help="Where generators and evaluators run [as the first run].")
@click.option("--dry-run", is_flag=True, help="Show the plan with its cost and stop.")
@with_limits
@with_display
@with_json
@click.pass_context
def command(  # noqa: PLR0913 - one per option
    ctx: click.Context,
    /,
    *,
    run: str,
    results: Path,
    target: Path | None,
    stages: tuple[str, ...],
    device: str | None,
    **options: Any,  # noqa: ANN401 - click's values
) -> None:
    """Make RUN (its id, or the start of it) again, and tell stage by stage what became different.

    Exit code 0 where all is the same that should be, 3 where not all could be made again, 4 where
    something came out otherwise, 5 where what the run was made of is not there as it was.
    """
    from popcorn_bench.harness.reproduce.again import NotReproducibleError
    from popcorn_bench.harness.reproduce.doing import beside, repetition, stages_of
    from popcorn_bench.harness.reproduce.manifest import read_manifest

    first, wanted = read_manifest(results, run), stages_of(stages)
    plugins.check_named(first.spec.plugin)
    folder = target or beside(first, wanted)
    spec = replace(first.spec, output_path=folder, device=device or first.spec.device)
    try:
        with repetition(first, limited(spec, options), wanted) as again:
            code = _do(again, options)
    except NotReproducibleError as error:
        say(f"popcorn-bench: {redact(str(error))}")
        code = NOT_REPRODUCIBLE
    ctx.exit(code)


def _do(again: Repetition, options: Mapping[str, Any]) -> int:
    """Make what is to be made, compare, tell; give the exit code."""
    from popcorn_bench.harness.cli.display import make_display
    from popcorn_bench.harness.reproduce.doing import refuse_to_pay

    if options["dry_run"]:
        return _only_plan(again, as_json=options["as_json"])
    refuse_to_pay(again.survey, allowed=options["pay"])
    found = again.do(
        make_display(options["display"]),
        tolerance=options["tolerance"],
        strict=options["strict"],
    )
    if found.halted:
        say(found.halted)
    _tell(found.outcome, as_json=options["as_json"])
    return INTERRUPTED if found.interrupted else _code(found.outcome)


def _only_plan(again: Repetition, *, as_json: bool) -> int:
    from rich.console import Console

    from popcorn_bench.harness.cli.planscreen import show_plan
    from popcorn_bench.harness.planrecord import plan_record

    if as_json:
        click.echo(json.dumps(plan_record(again.plan, again.survey), indent=2))
    else:
        show_plan(again.plan, again.survey, Console())
    return 0


def _tell(outcome: Outcome, *, as_json: bool) -> None:
    from rich.console import Console

    from popcorn_bench.harness.cli.board import write_page
    from popcorn_bench.harness.cli.reproducescreen import show

    page = write_page(outcome.second.folder)
    if as_json:
        click.echo(json.dumps({**outcome.to_record(), "page": str(page)}, indent=2))
        return
    show(outcome, Console())
    say(f"page: {page}")


def _code(outcome: Outcome) -> int:
    from popcorn_bench.harness.reproduce.outcome import Verdict

    codes = {Verdict.SAME: 0, Verdict.INCOMPLETE: INCOMPLETE, Verdict.DIFFERENT: DIFFERENT}
    return codes[outcome.verdict]

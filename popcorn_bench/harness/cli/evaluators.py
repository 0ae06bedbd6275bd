"""`popcorn-bench evaluators`: what scores, and how far to trust it."""

from __future__ import annotations

import json

import click

from popcorn_bench.harness.cli.options import with_json


@click.group(name="evaluators", invoke_without_command=True)
@with_json
@click.pass_context
def command(ctx: click.Context, *, as_json: bool) -> None:
    """List evaluators and what they see, or show the card of one."""
    if ctx.invoked_subcommand is None:
        from popcorn_bench.harness.cli.ls import command as ls

        ctx.invoke(ls.commands["evaluators"], include_path=(), as_json=as_json)


@command.command(name="card")
@click.argument("name")
@click.option("--evaluator-args", multiple=True, metavar="[NAME:]K=V,...",
    help="Its settings, where the card depends on them; repeatable.",
)  # fmt: skip
@with_json
def card(name: str, evaluator_args: tuple[str, ...], *, as_json: bool) -> None:
    """Print the card of an evaluator, as Markdown or as JSON."""
    from popcorn_bench.harness.cards import card_page, card_record
    from popcorn_bench.harness.spec import parse_args

    args = parse_args(evaluator_args, "--evaluator-args")
    if as_json:
        click.echo(json.dumps(card_record(name, args), indent=2))
    else:
        click.echo(card_page(name, args), nl=False)

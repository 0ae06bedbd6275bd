"""The page of the command line: every command with every option, as click knows them."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import cleandoc

import click

from docs.generating.text import code, page, table
from popcorn_bench.harness.cli import cli

_INTRO = """Without a command, options go to `run`. Hyphens and underscores are both accepted, in
names of commands and of options. `--json` prints one JSON document on stdout; everything else
goes to stderr. [Exit codes](exit_codes.md) are part of the contract, and every option can come
from the [environment](environment.md)."""


def commands() -> str:
    """The page."""
    return page("Command line", _INTRO, *(_section(*found) for found in every_command()))


def every_command() -> Iterator[tuple[str, click.Command]]:
    """All commands that can be called, by their full name, in the order of the help."""
    context = click.Context(cli, info_name="popcorn-bench")
    yield from _below("popcorn-bench", cli, context)


def _below(
    name: str, group: click.Group, context: click.Context
) -> Iterator[tuple[str, click.Command]]:
    for part in group.list_commands(context):
        command = group.get_command(context, part)
        if isinstance(command, click.Group):
            inner = click.Context(command, info_name=part, parent=context)
            yield from _below(f"{name} {part}", command, inner)
        elif command is not None:
            yield f"{name} {part}", command


def _section(name: str, command: click.Command) -> str:
    context = click.Context(command, info_name=name, max_content_width=90, terminal_width=90)
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    records = [r for p in command.get_params(context) if (r := p.get_help_record(context))]
    text = cleandoc((command.help or "").replace("\b", ""))
    rows = [(code(flags), _escaped(said)) for flags, said in records]
    return f"## `{name}`\n```text\n{usage}\n```\n\n{_escaped(text)}\n\n" + table(
        ("option", "meaning"), rows
    )


def _escaped(text: str) -> str:
    """Help is plain text: what Markdown would read as markup is shown as it is."""
    return text.replace("*", "\\*").replace("[", "\\[")

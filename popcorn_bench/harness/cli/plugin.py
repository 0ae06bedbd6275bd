"""`--plugin`, which every command takes."""

from __future__ import annotations

from pathlib import Path

import click

from popcorn_bench import plugins


def with_plugins(command: click.Command) -> click.Command:
    """Add `--plugin` to a command, or to all commands of a group, once."""
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            with_plugins(inner)
    elif not any(isinstance(parameter, _Plugins) for parameter in command.params):
        command.params.append(_Plugins())
    return command


class _Plugins(click.Option):
    def __init__(self) -> None:
        super().__init__(
            [plugins.FLAG],
            type=click.Path(dir_okay=False, path_type=Path),
            multiple=True,
            is_eager=True,
            expose_value=False,
            callback=_use,
            help="Python file with models, evaluators or tasks of your own; repeatable.",
        )


def _use(_: click.Context, __: click.Parameter, files: tuple[Path, ...]) -> None:
    plugins.use(files)

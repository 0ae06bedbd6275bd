"""Option types and options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


class CommaList(click.ParamType[object, tuple[str, ...]]):
    """`a,b,c` as a tuple."""

    name = "a,b,..."

    def convert(
        self,
        value: object,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> tuple[str, ...]:
        """Split at commas; an empty list is an error."""
        if isinstance(value, tuple | list):
            return tuple(str(item) for item in value)
        items = tuple(item.strip() for item in str(value).split(",") if item.strip())
        if not items:
            self.fail("needs at least one name", param, ctx)
        return items


LIST = CommaList()
EXISTING = click.Path(exists=True, file_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)
FILE = click.Path(dir_okay=False, path_type=Path)


def with_json(command: F) -> F:
    """Add `--json`."""
    return click.option(
        "--json", "as_json", is_flag=True, help="Print one JSON document on stdout."
    )(command)


def with_display(command: F) -> F:
    """Add `--display`."""
    return click.option(
        "--display",
        type=click.Choice(["rich", "plain", "none"]),
        default=None,
        help="How progress is shown on stderr [default: rich on a terminal, else plain].",
    )(command)


def with_include_path(command: F) -> F:
    """Add `--include-path`."""
    return click.option(
        "--include-path",
        type=click.Path(exists=True, file_okay=False),
        multiple=True,
        help="Folder with tasks (and llms.yaml, videos.yaml) of your own; repeatable.",
    )(command)

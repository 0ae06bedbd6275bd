"""Option types and options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from popcorn_bench.harness.spec import RunSpec

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
        parts = value if isinstance(value, tuple | list) else str(value).split(",")
        items = tuple(str(item).strip() for item in parts if str(item).strip())
        if not items:
            self.fail("needs at least one name", param, ctx)
        return items


class Numbers(click.ParamType[object, tuple[int, ...]]):
    """`1,2,3` as a tuple of whole numbers."""

    name = "n,m,..."

    def convert(
        self,
        value: object,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> tuple[int, ...]:
        """Split at commas; an empty list is an error."""
        parts = value if isinstance(value, tuple | list) else str(value).split(",")
        texts = [str(part).strip() for part in parts]
        if value != () and not (texts and all(text.isdecimal() for text in texts)):
            self.fail(f"{value!r} is not a list of whole numbers", param, ctx)
        return tuple(int(text) for text in texts)


LIST, NUMBERS = CommaList(), Numbers()
DEFAULT = RunSpec()
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


def with_enhancement(command: F) -> F:
    """Add the options of prompt enhancement; they matter where a mode is `pe`."""
    for option in reversed(_ENHANCEMENT):
        command = option(command)
    return command


_ENHANCEMENT = (
    click.option(
        "--corpus",
        default=DEFAULT.corpus,
        show_default=True,
        help="Human micro-videos that `pe` retrieves from: a name or a YAML file.",
    ),
    click.option("--corpus-dir", type=str, metavar="DIR", help="Where the corpus's files are."),
    click.option(
        "--pe-references",
        type=NUMBERS,
        default=(),
        help="References to show; several values make one mode each [50].",
    ),
    click.option(
        "--pe-tags",
        type=NUMBERS,
        default=(),
        help="Categories to look in; several values make one mode each [1].",
    ),
    click.option(
        "--pe-ratio",
        type=float,
        default=DEFAULT.pe_ratio,
        show_default=True,
        help="Share of unpopular references.",
    ),
    click.option(
        "--pe-popular",
        type=click.Choice(["decile", "paper"]),
        default=DEFAULT.pe_popular,
        show_default=True,
        help="What is popular: the top tenth (more where few), or the paper's nine tenths.",
    ),
    click.option(
        "--pe-embedder",
        default=DEFAULT.pe_embedder,
        show_default=True,
        help="hashed, or a sentence-transformers model.",
    ),
    click.option(
        "--pe-category",
        type=click.Choice(["profiles", "names"]),
        default=DEFAULT.pe_category,
        show_default=True,
        help="What a query is compared with to find its category.",
    ),
    click.option(
        "--pe-show-engagement", is_flag=True, help="Show likes, views and comments to the LLM."
    ),
    click.option(
        "--allow-leakage",
        is_flag=True,
        help="Retrieve rows that a predictor was trained on; the board says so.",
    ),
)

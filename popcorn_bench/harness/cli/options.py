"""Option types and options that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

import click

from popcorn_bench.errors import visible
from popcorn_bench.harness.cli.kinds import MONEY, NUMBERS, Bytes, Finite
from popcorn_bench.harness.spec import LIMITS, RunSpec

F = TypeVar("F", bound=Callable[..., Any])


DEFAULT = RunSpec()


def say(line: str) -> None:
    """A line on stderr."""
    click.echo(visible(line), err=True)


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


def with_executor(command: F) -> F:
    """Add `--executor` and `--ray-address`."""
    executor = click.option(
        "--executor",
        type=click.Choice(["local", "ray"]),
        default=DEFAULT.executor,
        show_default=True,
        help="Where clips and scores are made: this machine, or the nodes of a Ray cluster.",
    )
    address = click.option(
        "--ray-address",
        metavar="ADDRESS",
        help="The cluster: HOST:6379, or auto on one of its nodes [one of this machine, for the "
        "time of the run].",
    )
    return executor(address(command))


def with_artifacts(command: F) -> F:
    """Add `--artifacts` and `--artifact-cache`."""
    cache = click.option(
        "--artifact-cache",
        type=Bytes(),
        metavar="SIZE",
        help="Most that is kept on this machine of clips and covers that are elsewhere [20GB].",
    )
    url = click.option(
        "--artifacts",
        metavar="URL",
        help="Where clips and covers go: s3://bucket/prefix, a folder, any fsspec URL; the results "
        "folder remembers it [in the results folder].",
    )
    return url(cache(command))


def with_limits(command: F) -> F:
    """Add what a run may take: `limited` puts them into a spec."""
    for option in reversed(_LIMITS):
        command = option(command)
    return command


def limited(spec: RunSpec, given: Mapping[str, Any]) -> RunSpec:
    """The spec with those limits that were given; the others stay.

    Raises:
        UsageError: for a price or share that cannot be read.
    """
    from popcorn_bench.harness.limits.terms import read_prices
    from popcorn_bench.harness.limits.tolerance import Tolerance

    values = {name: given[name] for name in LIMITS if given[name] not in (None, ())}
    if "price" in values:
        values["price"] = read_prices(values["price"])
    Tolerance.read(values.get("fail_on_error"))
    return replace(spec, **values)


_LIMITS = (
    click.option(
        "--max-connections",
        type=click.IntRange(min=1),
        help="Calls at once to each endpoint; fewer when it has too many "
        f"[{DEFAULT.max_connections}].",
    ),
    click.option(
        "--timeout",
        type=Finite(0.001, 86_400),
        metavar="SECONDS",
        help="Longest call to an LLM [300]; the timeout of --llm-args wins.",
    ),
    click.option(
        "--retry-on-error",
        type=click.IntRange(0, 100),
        metavar="N",
        help=f"How often a call that may yet succeed is made again [{DEFAULT.retry_on_error}].",
    ),
    click.option(
        "--fail-on-error",
        metavar="N|X%",
        help="Stop once N units failed, or X% of the units of a stage.",
    ),
    click.option(
        "--budget",
        type=MONEY,
        help="US dollars that this run may cost (20usd, $20, 20); it stops before.",
    ),
    click.option(
        "--max-gpu-hours",
        type=Finite(min=0),
        metavar="H",
        help="GPU time that this run may take for clips and covers.",
    ),
    click.option(
        "--price",
        multiple=True,
        metavar="NAME=IN,OUT",
        help="USD per million tokens of an LLM, or NAME=USD per clip, cover or score; repeatable.",
    ),
)


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

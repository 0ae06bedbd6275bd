"""Whether a command that cannot run here would at least be understood."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from functools import cache
from importlib.util import find_spec

import click

from popcorn_bench.evaluators.catalog import EVALUATORS
from popcorn_bench.generators.image.catalog import ImageCatalog
from popcorn_bench.generators.llm.catalog import LLMCatalog
from popcorn_bench.generators.video.catalog import VideoCatalog
from popcorn_bench.harness.cli import cli
from popcorn_bench.tasks.catalog import TaskCatalog
from tests.docs.blocks import ROOT

# Programs of others: that they are called is all that can be said here.
_FOREIGN = {
    "source", "export", "vllm", "ollama", "hf", "ray", "srun", "scontrol", "sleep", "pytest",
    "aws", "git", "cat", "head", "echo", "printf", "exit", "case", "esac",
}  # fmt: skip
_EXTRA = re.compile(r"popcorn-bench(\[(?P<extras>[\w,]+)\])?$")


def check(words: list[str], own: Iterable[str] = ()) -> None:
    """Assert that a command is one that exists, with options and names that exist.

    Args:
        words: of the command.
        own: names that the page itself brings.
    """
    program, *rest = words
    if program == "popcorn-bench":
        _popcorn([word for word in rest if word != "..."], set(own))
    elif program == "make":
        _made(rest)
    elif rest[:2] == ["-m", "pip"] or program == "pip":
        _installed(rest)
    elif program == "python":
        _module(rest)
    else:
        assert program in _FOREIGN, f"unknown program {program!r}"


def _popcorn(args: list[str], own: set[str]) -> None:
    command, context, args = _found(cli, args)
    parser = command.make_parser(context)
    values, left, _ = parser.parse_args(args=list(args))
    assert not left, f"too many arguments: {left}"
    for parameter in command.get_params(context):
        value = values.get(parameter.name or "")
        if isinstance(parameter, click.Argument | click.Option):
            _value(parameter, value, context)
        catalog = _CATALOGS.get(parameter.name or "")
        if catalog and isinstance(value, str):
            _names(value.split(","), catalog() | own, parameter.name or "")


def _found(group: click.Group, args: list[str]) -> tuple[click.Command, click.Context, list[str]]:
    """The command that these words call, as the groups themselves find it."""
    context = click.Context(group, info_name="popcorn-bench", token_normalize_func=_hyphens)
    command: click.Command = group
    args = args if args and not args[0].startswith("-") else ["run", *args]
    while isinstance(command, click.Group):
        inner = command.get_command(context, args[0])
        assert inner is not None, f"no such command {args[0]!r}"
        context = click.Context(inner, info_name=args[0], parent=context)
        command, args = inner, args[1:]
    return command, context, args


def _hyphens(token: str) -> str:
    return token.replace("_", "-")


def _value(parameter: click.Parameter, value: object, context: click.Context) -> None:
    """Convert it as click would, but for files, which need not be there."""
    texts = value if isinstance(value, list | tuple) else [value]
    given = [text for text in texts if isinstance(text, str)]
    if parameter.required and isinstance(parameter, click.Argument):
        assert given, f"argument {parameter.name} is missing"
    if not isinstance(parameter.type, click.Path | click.File):
        for text in given:
            parameter.type.convert(text, parameter, context)


def _names(asked: Iterable[str], known: set[str], what: str) -> None:
    for name in asked:
        free = "/" in name or name in {"all", "none"} or name.startswith("tag:")
        assert free or any(fnmatchcase(one, name) for one in known), f"no {what} {name!r}"


def _made(targets: list[str]) -> None:
    text = (ROOT / "Makefile").read_text()
    for target in targets:
        assert "=" in target or re.search(rf"^{target}:", text, re.MULTILINE), (
            f"no target {target!r}"
        )


def _installed(args: list[str]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for found in filter(None, map(_EXTRA.match, args)):
        extras = set((found["extras"] or "").split(",")) - {""}
        assert extras <= set(project["optional-dependencies"]), f"no such extra: {extras}"


def _module(args: list[str]) -> None:
    if args[:1] == ["-m"]:
        assert find_spec(args[1]), f"no module {args[1]!r}"


@cache
def _llms() -> set[str]:
    return {entry.llm.name for entry in LLMCatalog().entries()}


@cache
def _videos() -> set[str]:
    return {entry.generator.name for entry in VideoCatalog().entries()}


@cache
def _covers() -> set[str]:
    return {entry.generator.name for entry in ImageCatalog().entries()}


@cache
def _tasks() -> set[str]:
    return set(TaskCatalog().known())


_CATALOGS: Mapping[str, Callable[[], set[str]]] = {
    "llms": _llms,
    "videos": _videos,
    "covers": _covers,
    "tasks": _tasks,
    "evaluators": lambda: set(EVALUATORS.names()),
}

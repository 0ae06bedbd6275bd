"""The `--config` file: a mapping of option names to values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from popcorn_bench import yamlfile
from popcorn_bench.errors import FileError, did_you_mean
from popcorn_bench.harness.cli.kinds import CommaList, Numbers
from popcorn_bench.yamlfile import Document


def read_config(path: Path, command: click.Command) -> dict[str, Any]:
    """The defaults that the file gives to `command`.

    Raises:
        FileError: for an option that the command does not have.
    """
    document = yamlfile.read(path)
    if not isinstance(document.data, dict):
        raise FileError(path, 1, "", "must be a mapping of options to values")
    known = {_option(p): p for p in command.params if p.name not in {"config", "help"}}
    found: dict[str, Any] = {}
    for key, value in document.data.items():
        name = str(key).replace("-", "_")
        if name not in known:
            line = document.line((key,))
            raise FileError(path, line, str(key), f"unknown option{did_you_mean(name, known)}")
        if value is not None:  # an empty value says nothing: the default stands
            found[str(known[name].name)] = _values(document, str(key), value, known[name])
    return found


def _values(document: Document, key: str, value: Any, parameter: click.Parameter) -> Any:  # noqa: ANN401 - what YAML holds
    """What click is handed: its types know text, numbers and truth, and no collections in them."""
    listed = parameter.multiple or isinstance(parameter.type, CommaList | Numbers)
    items = value if listed and isinstance(value, list) else [value]
    for item in items:
        if not isinstance(item, str | int | float):
            what = "a value, or a list of values" if listed else "a single value"
            raise document.fault((key,), f"must be {what}")
    return items if parameter.multiple else value


def _option(parameter: click.Parameter) -> str:
    """The name that a user knows: of the first long option."""
    return parameter.opts[0].lstrip("-").replace("-", "_")

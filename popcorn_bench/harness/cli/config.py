"""The `--config` file: a mapping of option names to values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from popcorn_bench import yamlfile
from popcorn_bench.errors import FileError, did_you_mean


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
        parameter = known[name]
        several = parameter.multiple and not isinstance(value, list)
        found[str(parameter.name)] = [value] if several else value
    return found


def _option(parameter: click.Parameter) -> str:
    """The name that a user knows: of the first long option."""
    return parameter.opts[0].lstrip("-").replace("-", "_")

"""Specs as Python writes them: lists, dicts and plain text where the command line has commas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from popcorn_bench.errors import UsageError, did_you_mean
from popcorn_bench.harness.spec import Args, RunSpec, parse_args

_ARGS = ("llm_args", "video_args", "cover_args", "evaluator_args")


def spec_of(spec: RunSpec | None, options: Mapping[str, Any]) -> RunSpec:
    """A spec with some fields changed.

    Names may be one text with commas or any iterable. Settings may be a dict, for all
    (`{"temperature": 0}`) or by name (`{"gpt-5": {"temperature": 0}}`), or the texts that the
    command line takes.

    Raises:
        UsageError: for a field that does not exist.
    """
    known = {field.name: field for field in fields(RunSpec)}
    for name in options:
        if name not in known:
            raise UsageError(f"unknown option {name!r}{did_you_mean(name, known)}")
    defaults = RunSpec()
    values: dict[str, Any] = {n: _value(n, value, getattr(defaults, n)) for n, value in options.items()}
    return replace(spec or defaults, **values)


def _value(name: str, value: object, default: object) -> object:
    if name in _ARGS:
        return _args(value, f"--{name.replace('_', '-')}")
    if isinstance(default, Path):
        return Path(str(value))
    if not isinstance(default, tuple):
        return str(value) if isinstance(value, Path) else value
    if isinstance(value, str | Path):
        return tuple(part for part in map(str.strip, str(value).split(",")) if part)
    if isinstance(value, Iterable):
        return tuple(str(item) if isinstance(item, Path) else item for item in value)
    return (value,)


def _args(value: object, flag: str) -> Args:
    if isinstance(value, str):
        return parse_args([value], flag)
    if not isinstance(value, Mapping):
        return parse_args(list(value), flag) if isinstance(value, Iterable) else ()
    general = {k: v for k, v in value.items() if not isinstance(v, Mapping)}
    named = [(k, v) for k, v in value.items() if isinstance(v, Mapping)]
    pairs = [("", general), *named] if general else named
    texts = [f"{name}:{k}={v}" if name else f"{k}={v}" for name, given in pairs
             for k, v in given.items()]  # fmt: skip
    return parse_args(texts, flag)

"""Specs as Python writes them: lists, dicts and numbers where the command line has text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Final

from popcorn_bench.errors import UsageError, did_you_mean, holds_secret
from popcorn_bench.harness.api.telling import names_of
from popcorn_bench.harness.limits.terms import read_prices
from popcorn_bench.harness.spec import Args, Prices, RunSpec, checked, parse_args

_ARGS: Final = frozenset({"llm_args", "video_args", "cover_args", "evaluator_args"})
_NUMBERS: Final = frozenset({"pe_references", "pe_tags"})


def spec_of(spec: RunSpec | None, options: Mapping[str, Any]) -> RunSpec:
    """A spec with some fields changed, all of them checked.

    Names may be one text with commas or any iterable. Settings may be a dict, for all
    (`{"temperature": 0}`) or by name (`{"gpt-5": {"temperature": 0}}`), or the texts that the
    command line takes. So may prices (`{"gpt-5": (1.25, 10), "ltx": 0.02}`).

    Raises:
        UsageError: for a field that does not exist and a value that does not fit.
    """
    known = {field.name for field in fields(RunSpec)}
    for name in options:
        if name not in known:
            raise UsageError(f"unknown option {name!r}{did_you_mean(name, known)}")
    values: dict[str, Any] = {name: _value(name, value) for name, value in options.items()}
    return checked(replace(spec or RunSpec(), **values))


def _value(name: str, value: Any) -> Any:  # noqa: ANN401 - a field's
    default = getattr(_DEFAULTS, name)
    if name in _ARGS:
        return args_of(value, f"--{name.replace('_', '-')}")
    if name == "price":
        return _prices(value)
    if name in _NUMBERS:
        return _numbers(name, value)
    if isinstance(default, tuple):
        if not isinstance(value, Iterable | Path):
            raise UsageError(f"--{name.replace('_', '-')}: {value!r} names nothing")
        return names_of(str(value) if isinstance(value, Path) else value)
    if isinstance(default, Path):
        return Path(value)
    return str(value) if isinstance(value, Path) else value


def _numbers(name: str, value: object) -> tuple[int, ...]:
    """One whole number or several, or the text with commas."""
    parts = value.split(",") if isinstance(value, str) else value
    several = list(parts) if isinstance(parts, Iterable) else [parts]
    if not all(str(part).strip().isdecimal() for part in several):
        raise UsageError(f"--{name.replace('_', '-')}: {value!r} is not a list of whole numbers")
    return tuple(int(str(part)) for part in several)


_DEFAULTS: Final = RunSpec()


def args_of(value: object, flag: str) -> Args:
    """Settings from a dict, a text, or several texts.

    Raises:
        UsageError: for what is none of these, and for a value that is a secret.
    """
    if isinstance(value, str):
        return parse_args([value], flag)
    if isinstance(value, Mapping):
        general = {k: v for k, v in value.items() if not isinstance(v, Mapping)}
        named = [(str(k), v) for k, v in value.items() if isinstance(v, Mapping)]
        pairs = [("", general), *named] if general else named
        return tuple((name, _texts(given, flag)) for name, given in pairs)
    if isinstance(value, Iterable):
        return tuple(pair for item in value for pair in _one(item, flag))
    raise UsageError(f"{flag}: {value!r} holds no settings: a dict or NAME:KEY=VALUE is meant")


def _one(item: object, flag: str) -> Args:
    """A text, or a pair of a name and its settings, as a spec holds them."""
    match item:
        case (str(name), Mapping() as given):
            return ((name, _texts(given, flag)),)
        case str():
            return parse_args([item], flag)
    raise UsageError(f"{flag}: {item!r} holds no settings: a dict or NAME:KEY=VALUE is meant")


def _texts(given: Mapping[object, object], flag: str) -> dict[str, str]:
    """The values as the command line has them, none of which is a secret."""
    found = {str(key): _text(value) for key, value in given.items()}
    for key, value in found.items():
        if holds_secret(value):
            raise UsageError(
                f"{flag}: the value of {key!r} holds a secret; keys come from the environment"
            )
    return found


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)


def _prices(value: object) -> Prices:
    if isinstance(value, str):
        return read_prices([value])
    if isinstance(value, Mapping):
        numbers = {k: v if isinstance(v, Iterable) else (v,) for k, v in value.items()}
        return read_prices([f"{k}={','.join(map(str, v))}" for k, v in numbers.items()])
    if isinstance(value, Iterable):
        return read_prices(list(value))
    raise UsageError(f"--price: {value!r} is no price: a dict or NAME=USD is meant")

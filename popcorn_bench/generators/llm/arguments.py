"""The settings of an LLM: which there are, what they hold, and where each of them goes.

The same rules hold for `--llm-args` and for `params` of a catalog file. Settings are kept flat
(`extra_body.think`), so that files and flags can be laid over each other, until `split` gives
each its place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite

import yaml

from popcorn_bench.errors import did_you_mean, holds_secret
from popcorn_bench.remote import providers
from popcorn_bench.remote.prices import Price
from popcorn_bench.types import JSON

Flat = Mapping[str, JSON]

EXTRA_BODY = "extra_body."
_AUTO = "auto"
_SECRET = re.compile(r"key|secret|password|credential|authorization|(^|_)token$|headers")
_WORD = re.compile(r"[\w.:/@+-]{1,200}")
_WORDS_FOR_NONE = frozenset({"", "null", "none"})
_FLAGS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


@dataclass(frozen=True, slots=True)
class _Rule:
    """What a setting holds; numbers lie in [low, high]."""

    type: type[object]
    low: float = float("-inf")
    high: float = float("inf")


# These decide what a model answers: they go into the request and into the key of a brief.
_PARAMS: Mapping[str, _Rule] = {
    "api_base": _Rule(str),
    "api_version": _Rule(str),
    "temperature": _Rule(float, 0, 2),
    "top_p": _Rule(float, 0, 1),
    "top_k": _Rule(int, 0),
    "min_p": _Rule(float, 0, 1),
    "max_tokens": _Rule(int, 1),
    "max_completion_tokens": _Rule(int, 1),
    "frequency_penalty": _Rule(float, -2, 2),
    "presence_penalty": _Rule(float, -2, 2),
    "repetition_penalty": _Rule(float, 0, 10),
    "reasoning_effort": _Rule(str),
    "verbosity": _Rule(str),
}
# These decide only how the call is made.
_TRANSPORT: Mapping[str, _Rule] = {
    "timeout": _Rule(float, 0.001, 86_400),
    "organization": _Rule(str),
}
_OTHER: Mapping[str, _Rule] = {
    "response_schema": _Rule(bool),
    "price_input": _Rule(float, 0),
    "price_output": _Rule(float, 0),
    "rpm": _Rule(int, 1),
    "tpm": _Rule(int, 1),
}
_RULES: Mapping[str, _Rule] = {**_PARAMS, **_TRANSPORT, **_OTHER}
OTHER_NAMES = frozenset(_OTHER)
SETTING_NAMES = (*_RULES, EXTRA_BODY + "NAME")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings, each in its place.

    `params` decide the answer, `transport` only the call; `response_schema` None means that the
    model's own support decides. An explicit choice of it stands in `params` as well, since it
    changes what is answered.
    """

    params: dict[str, JSON] = field(default_factory=dict)
    transport: dict[str, JSON] = field(default_factory=dict)
    response_schema: bool | None = None
    price: Price | None = None
    rpm: int | None = None
    tpm: int | None = None


def accept(name: str, value: JSON, key_variable: str = "") -> JSON:
    """Hold one setting to its rule; text is read as the type that the rule asks for.

    Raises:
        ValueError: saying what is wrong; a name that could hold a secret is refused.
    """
    if _SECRET.search(name.lower()) and name not in _RULES:
        where = f"set {key_variable}" if key_variable else "set the provider's variable"
        raise ValueError(f"{name!r} is refused: keys are read from the environment only; {where}")
    if name.startswith(EXTRA_BODY) and len(name) > len(EXTRA_BODY):
        return _open(name, _scalar(value))
    if name not in _RULES:
        raise ValueError(f"unknown setting {name!r}{did_you_mean(name, SETTING_NAMES)}")
    if value is None or (isinstance(value, str) and value.lower() in _WORDS_FOR_NONE):
        return None
    return _open(name, _typed(name, value, _RULES[name]))


def _open(name: str, value: JSON) -> JSON:
    """A value that may be seen: it goes into the journal, whichever file it came from."""
    if isinstance(value, str) and holds_secret(value):
        raise ValueError(
            f"the value of {name!r} holds a secret: keys are read from the environment"
        )
    return value


def split(flat: Flat) -> Settings:
    """Give every accepted setting its place; None stands for "as the provider does it"."""
    given = {name: value for name, value in flat.items() if value is not None}
    params: dict[str, JSON] = {name: given[name] for name in _PARAMS if name in given}
    body = {n.removeprefix(EXTRA_BODY): v for n, v in given.items() if n.startswith(EXTRA_BODY)}
    if body:
        params["extra_body"] = body
    schema = given.get("response_schema")
    forced = schema if isinstance(schema, bool) else None
    if forced is not None:
        params["response_schema"] = forced
    return Settings(
        params=params,
        transport={name: given[name] for name in _TRANSPORT if name in given},
        response_schema=forced,
        price=_price(given),
        rpm=_whole(given.get("rpm")),
        tpm=_whole(given.get("tpm")),
    )


def _typed(name: str, value: JSON, rule: _Rule) -> JSON:
    if rule.type is bool:
        return _flag(name, value)
    if rule.type is str:
        return _word(name, value)
    return _number(name, value, rule)


def _number(name: str, value: JSON, rule: _Rule) -> JSON:
    what = "a whole number" if rule.type is int else "a number"
    try:
        number = float(value) if isinstance(value, str | int | float) else float("nan")
    except (ValueError, OverflowError):
        number = float("nan")
    if isinstance(value, bool) or not isfinite(number) or (rule.type is int and number % 1):
        raise ValueError(f"{name} must be {what}, not {value!r}")
    if not rule.low <= number <= rule.high:
        raise ValueError(f"{name} must lie in [{rule.low:g}, {rule.high:g}], not {value!r}")
    return int(number) if rule.type is int else number


def _flag(name: str, value: JSON) -> JSON:
    if isinstance(value, str) and value.lower() == _AUTO:
        return _AUTO
    flag = _FLAGS.get(value.lower()) if isinstance(value, str) else value
    if flag is not True and flag is not False:
        raise ValueError(f"{name} must be true, false or auto, not {value!r}")
    return flag


def _word(name: str, value: JSON) -> JSON:
    if not isinstance(value, str) or not _WORD.fullmatch(value):
        raise ValueError(f"{name} must be a word, not {value!r}")
    fault = providers.address_fault(value) if name == "api_base" else ""
    if fault:
        raise ValueError(f"api_base {fault}")
    return value


def _scalar(value: JSON) -> JSON:
    """The value of an `extra_body` entry: text is read as a YAML scalar."""
    if not isinstance(value, str):
        return value
    try:
        read = yaml.safe_load(value)
    except (yaml.YAMLError, RecursionError, ValueError):
        read = value
    if isinstance(read, float) and not isfinite(read):
        raise ValueError(f"not a finite number: {value!r}")
    return read if isinstance(read, bool | int | float) else value


def _price(given: Flat) -> Price | None:
    paid = [given.get(name) for name in ("price_input", "price_output")]
    known = [float(usd) for usd in paid if isinstance(usd, int | float)]
    if len(known) == 1:
        raise ValueError("price_input and price_output (USD per million tokens) go together")
    return Price(*known) if known else None


def _whole(value: JSON) -> int | None:
    return value if isinstance(value, int) else None

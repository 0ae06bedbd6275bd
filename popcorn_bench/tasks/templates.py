"""Prompt templates: a small, bounded part of Jinja, because a task file may come from anyone.

A template can show the values that it is given, choose between them and loop over them once. It
calls nothing, assigns nothing and includes nothing, so that it ends soon and its text stays small.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

MAX_OUTPUT = 200_000  # characters of one message

_encoder = json.JSONEncoder(ensure_ascii=False)

_ALLOWED = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.Const, nodes.Name),
    *(nodes.Getattr, nodes.Getitem, nodes.If, nodes.For, nodes.CondExpr, nodes.Filter),
    *(nodes.Test, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Concat),
)


class BadTemplateError(ValueError):
    """What is wrong with a template, in one line."""


def render(source: str, values: Mapping[str, object]) -> str:
    """Fill in `source`.

    Raises:
        BadTemplateError: a template that is not allowed, names an unknown value or grows too large.
    """
    parts: list[str] = []
    size = 0
    try:
        for part in _compiled(source).generate(values):
            size += len(part)
            if size > MAX_OUTPUT:
                raise BadTemplateError(f"gives more than {MAX_OUTPUT} characters")
            parts.append(part)
    except TemplateError as error:
        raise BadTemplateError(_line(error)) from error
    except (TypeError, ValueError, AttributeError) as error:
        raise BadTemplateError(str(error)) from error
    return "".join(parts)


@lru_cache(maxsize=256)
def _compiled(source: str) -> Template:
    environment = _environment()
    try:
        tree = environment.parse(source)
        _refuse_foreign(tree)
        return environment.from_string(tree)
    except (RecursionError, SyntaxError, MemoryError) as error:
        raise BadTemplateError("nested too deeply") from error


def _refuse_foreign(tree: nodes.Template) -> None:
    for node in tree.find_all(nodes.Node):
        if not isinstance(node, _ALLOWED):
            what = type(node).__name__.lower()
            raise BadTemplateError(f"line {node.lineno} of the template: {what} is not allowed")
    if any(loop.find(nodes.For) for loop in tree.find_all(nodes.For)):
        raise BadTemplateError("a loop inside a loop is not allowed")


class _Environment(ImmutableSandboxedEnvironment):
    def is_safe_attribute(self, obj: object, attr: str, value: object) -> bool:
        """Methods show as an address in memory, which would differ in every process."""
        return not callable(value) and super().is_safe_attribute(obj, attr, value)


@cache
def _environment() -> _Environment:
    environment = _Environment(
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
        optimized=False,  # folding constants tries a chain of filters anew for each of its links
    )
    filters = {name: environment.filters[name] for name in ("trim", "length", "default")}
    filters |= {"upper": str.upper, "lower": str.lower, "tojson": _tojson}
    environment.filters = {name: _bounded(function) for name, function in filters.items()}
    environment.globals = {}
    return environment


def _bounded(function: Callable[..., Any]) -> Callable[..., Any]:
    """Keep a chain of filters from doubling its text at every link."""

    def bounded(*arguments: object) -> object:
        value: object = function(*arguments)
        if isinstance(value, str) and len(value) > MAX_OUTPUT:
            raise BadTemplateError(f"gives more than {MAX_OUTPUT} characters")
        return value

    return bounded


def _tojson(value: object) -> str:
    """JSON as people write it: Jinja's own filter escapes for HTML."""
    return _encoder.encode(value)


def _line(error: TemplateError) -> str:
    message = error.message or type(error).__name__
    at = error.lineno if isinstance(error, TemplateSyntaxError) else None
    return f"line {at} of the template: {message}" if at else message

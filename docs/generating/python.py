"""The page of the Python API: what the package exports, and what those functions give back.

It holds directives; mkdocstrings reads signatures and docstrings when the site is built.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Final

from docs.generating.text import page
from popcorn_bench.exports import FOUND_IN, find

_INTRO = """Everything that `popcorn_bench` exports, as `popcorn_bench.NAME`, then what the
functions give back. How to work with it: [Python](../python.md). Only these names are under the
promise of compatibility; the modules in which they are found are not."""
_ORDER: Final = ("running", "reading", "boards", "comparing")  # first; the others by name
_TITLES: Final = {
    "running": "Runs", "reading": "Results", "boards": "Boards", "comparing": "Comparisons",
    "folders": "Folders of results", "humans": "Corpora", "knowing": "What there is",
    "making": "Making things", "predicting": "Predicting", "prompting": "Prompts",
    "publishing": "Publishing", "reproducing": "Making a run again", "viewing": "Viewing",
    "spec": "The specification of a run", "errors": "Errors",
}  # fmt: skip
_EXTEND: Final = """## Extending
What a [plugin](../plugins.md) builds on.

::: popcorn_bench.generators.simple.SimpleGenerator

::: popcorn_bench.evaluators.simple.SimpleEvaluator

::: popcorn_bench.evaluators.protocol.Sample
"""


def python() -> str:
    """The page."""
    modules = sorted(set(FOUND_IN.values()), key=_rank)
    return page("Python", _INTRO, *map(_section, modules), _EXTEND)


def _rank(module: str) -> tuple[int, str]:
    last = _last(module)
    if last in _ORDER:
        return _ORDER.index(last), ""
    return len(_ORDER) + (last in {"spec", "errors"}), last


def _last(module: str) -> str:
    return module.rpartition(".")[2]


def _section(module: str) -> str:
    names = [name for name, found in FOUND_IN.items() if found == module]
    given = dict.fromkeys(one for name in names for one in _given(name))
    last = _last(module)
    title = _TITLES.get(last, last.capitalize())
    paths = [f"{module}.{name}" for name in names] + list(given)
    return "\n".join([f"## {title}", *(f"::: {path}\n" for path in dict.fromkeys(paths))])


def _given(name: str) -> Iterator[str]:
    """Classes of the project that a function gives back, by their full name."""
    found = find(name)
    if not inspect.isfunction(found):
        return
    for word in re.findall(r"\w+", str(found.__annotations__.get("return", ""))):
        kind = found.__globals__.get(word)
        if inspect.isclass(kind) and kind.__module__.startswith("popcorn_bench.harness.api"):
            yield f"{kind.__module__}.{kind.__name__}"

"""What the paper's LLMs cost for its queries: the estimate of the plan, never a call."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Final

from docs.generating.text import code, table
from popcorn_bench.harness.api.running import plan

# A plan asks whether keys are there, and nothing asks anybody.
_KEYS: Final = {"OPENAI_API_KEY": "-", "DEEPINFRA_API_KEY": "-", "VERTEXAI_PROJECT": "-"}
_LLMS: Final = (
    "deepseek-v3", "deepseek-r1", "gpt-4o", "llama-3.3-70b", "qwen2.5-72b", "mistral-large",
)  # fmt: skip
BEGIN, END = "<!-- costs: begin -->\n", "<!-- costs: end -->"
_COUNTS: Final = (0, 10, 20, 40, 50, 60, 80, 100, 120, 140)
_MODES: Final[Mapping[str, dict[str, object]]] = {
    "basic": {"modes": "basic"},
    "pe": {"modes": "pe"},
    "13 modes": {"modes": "pe", "pe_references": _COUNTS, "pe_tags": (1, 2, 3, 4)},
}


def with_costs(text: str) -> str:
    """The page with the table made anew; takes a minute."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}{costs()}{END}{rest.partition(END)[2]}"


def estimated(llms: str, mode: str) -> float:
    """Dollars of the paper's queries for some LLMs in one of the columns."""
    with TemporaryDirectory() as folder, _keys():
        return _usd(llms, folder, _MODES[mode])


def costs() -> str:
    """A table: dollars by LLM and mode."""
    rows = {llm: [estimated(llm, mode) for mode in _MODES] for llm in _LLMS}
    sums = [sum(column) for column in zip(*rows.values(), strict=True)]
    shown = [(code(llm), *map(_dollars, usd)) for llm, usd in rows.items()]
    heads = ("LLM, 200 queries", *(f"`{mode}`" for mode in _MODES))
    return table(heads, [*shown, ("all six", *map(_dollars, sums))])


def _usd(llm: str, folder: str, mode: Mapping[str, object]) -> float:
    found = plan(
        llms=llm, videos="none", evaluators="popularity", output_path=f"{folder}/results", **mode
    ).to_record()
    assert not found["unpriced"], found["unpriced"]
    return float(found["estimated_usd"])


def _dollars(usd: float) -> str:
    return f"${usd:.2f}"


@contextmanager
def _keys() -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(_KEYS)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)

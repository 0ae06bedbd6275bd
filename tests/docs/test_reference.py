"""The reference is what the code says now."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from docs.generate import stale
from docs.generating.commands import every_command
from docs.generating.paper import estimated
from docs.generating.surroundings import VARIABLES
from tests.docs.blocks import ROOT

_NAME = re.compile(r"[A-Z][A-Z0-9_]+")


def test_no_page_is_out_of_date() -> None:
    assert not stale(), "python -m docs.generate writes them anew"


def test_every_command_has_a_section() -> None:
    text = (ROOT / "docs/reference/cli.md").read_text()
    names = [name for name, _ in every_command()]
    assert len(names) > 25
    assert all(f"## `{name}`" in text for name in names)


@pytest.mark.parametrize(("mode", "column"), [("basic", 0), ("pe", 1)])
def test_the_cost_of_the_paper_is_what_a_plan_estimates(mode: str, column: int) -> None:
    text = (ROOT / "docs/llmpopcorn.md").read_text()
    row = re.search(r"\| all six \|( \$.+)\|", text)
    assert row
    stated = float(row[1].split("|")[column].strip(" $"))
    assert estimated("tag:paper", mode) == pytest.approx(stated, abs=0.02)


def test_every_variable_that_the_code_reads_is_explained() -> None:
    unknown = {name for name in _variables() if name not in VARIABLES}
    assert not unknown, "docs/generating/surroundings.py"


def _variables() -> Iterator[str]:
    """Names in capitals that stand where the environment is asked or changed."""
    for path in (ROOT / "popcorn_bench").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and "environ" in ast.unparse(node.func):
                found = node.args[0] if node.args else None
            elif isinstance(node, ast.Subscript) and "environ" in ast.unparse(node.value):
                found = node.slice
            else:
                continue
            if isinstance(found, ast.Constant) and _NAME.fullmatch(str(found.value)):
                yield str(found.value)

# ruff: noqa: INP001 - a script beside the documents
"""Write the reference from the code.

    python -m docs.generate [--check]

`--check` writes nothing and ends with 1 where a page is out of date.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from docs.generating.commands import commands
from docs.generating.metrics import metrics
from docs.generating.paper import with_costs
from docs.generating.python import python
from docs.generating.schemas import schemas
from docs.generating.surroundings import environment, exit_codes
from docs.generating.tables import tables
from popcorn_bench.tasks.schema import json_schema

HERE: Final = Path(__file__).parent


def _task_schema() -> str:
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


PAGES: Final[dict[str, Callable[[], str]]] = {
    "reference/cli.md": commands,
    "reference/yaml.md": schemas,
    "reference/duckdb.md": tables,
    "reference/metrics.md": metrics,
    "reference/python.md": python,
    "reference/exit_codes.md": exit_codes,
    "reference/environment.md": environment,
    "task.schema.json": _task_schema,
}


def stale() -> list[str]:
    """The pages that the code no longer gives."""
    return [name for name, made in PAGES.items() if _read(HERE / name) != made()]


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def main() -> None:
    """Write them, or say which are out of date."""
    parser = argparse.ArgumentParser(description="Write the reference from the code.")
    parser.add_argument("--check", action="store_true")
    if parser.parse_args().check:
        found = stale()
        sys.exit(f"out of date: {', '.join(found)}" if found else 0)
    for name, made in PAGES.items():
        (HERE / name).write_text(made(), encoding="utf-8")
    page = HERE / "llmpopcorn.md"
    page.write_text(with_costs(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()

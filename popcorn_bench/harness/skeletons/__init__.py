"""Beginnings of a task, a generator, an evaluator or an LLM, for those who write their own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Final

from popcorn_bench.errors import UsageError

KINDS: Final = ("task", "generator", "evaluator", "llm")
_NAME = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")
_LONGEST = 50


@dataclass(frozen=True, slots=True)
class Skeleton:
    """The files of one beginning, by path, and the command that tries it."""

    files: dict[Path, str]
    command: str


def skeleton(kind: str, name: str, folder: Path) -> Skeleton:
    """Write nothing yet: the files for a new `kind` called `name` in `folder`.

    Raises:
        UsageError: for a name that no module could have.
    """
    if not _NAME.fullmatch(name) or len(name) > _LONGEST:
        raise UsageError(
            f"NAME: {name!r} is not lower-case words joined by - or _ ({_LONGEST} letters at most)"
        )
    module = name.replace("-", "_")
    if kind == "task":
        file = folder / f"{module}.yaml"
        command = f"popcorn-bench --tasks {name} --include-path {folder} --limit 2"
        return Skeleton({file: _filled("task.yaml", name, file)}, command)
    file, test = folder / f"{module}.py", folder / f"test_{module}.py"
    texts = {
        file: _filled(f"{kind}.py", name, file, test),
        test: _filled(f"test_{kind}.py", name, file, test),
    }
    return Skeleton(texts, f"popcorn-bench --plugin {file} --{_flag(kind)} {name} --limit 2")


def write(beginning: Skeleton) -> None:
    """Write the files.

    Raises:
        UsageError: if one is there already; then nothing is written.
    """
    for path in beginning.files:
        if path.exists():
            raise UsageError(f"{path} is there already")
    for path, text in beginning.files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _flag(kind: str) -> str:
    return {"generator": "videos", "evaluator": "evaluators", "llm": "llms"}[kind]


def _filled(template: str, name: str, file: Path, test: Path = Path()) -> str:
    text = files(__name__).joinpath(f"{template}.txt").read_text(encoding="utf-8")
    return Template(text).substitute(
        name=name,
        file=file.name,
        module=file.stem,
        class_="".join(part.title() for part in file.stem.split("_")),
        test_file=test.name,
    )

"""Every code block of every page runs, or is checked as far as that goes without what it needs."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.docs import checked, data
from tests.docs.blocks import LANGUAGES, ROOT, Block, blocks, pages
from tests.docs.lines import commands


def _runs(block: Block) -> bool:
    return not block.needs and block.language in {"sh", "python"}


_PAGES = [path.relative_to(ROOT).as_posix() for path in pages()]
_SECONDS = 250


@pytest.mark.parametrize("name", _PAGES)
def test_blocks_say_what_they_are(name: str) -> None:
    unknown = [b.place for b in blocks(ROOT / name) if b.language not in LANGUAGES]
    assert not unknown, "no language, or another one than sh, python, yaml, toml, json, text"


@pytest.mark.parametrize("name", _PAGES)
def test_what_cannot_run_here_is_understood(name: str) -> None:
    page = list(blocks(ROOT / name))
    own = set(_own(page))
    for block in page:
        if block.language == "sh":
            for words in commands(block.text):
                try:
                    checked.check(words, own)
                except Exception as error:
                    raise AssertionError(f"{block.place}: {' '.join(words)}: {error}") from error
        if block.language == "python":
            ast.parse(block.text)
        if block.language in {"yaml", "toml", "json"}:
            data.check(block)


@pytest.mark.timeout(900)  # a page may hold many commands
@pytest.mark.parametrize("name", [n for n in _PAGES if any(map(_runs, blocks(ROOT / n)))])
def test_the_page_runs(name: str, tmp_path: Path, environment: Mapping[str, str]) -> None:
    for block in blocks(ROOT / name):
        if block.title:
            path = tmp_path / block.title
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
        if _runs(block):
            _run(block, tmp_path, environment)


def _run(block: Block, cwd: Path, environment: Mapping[str, str]) -> None:
    how = ["bash", "-euo", "pipefail", "-c"] if block.language == "sh" else [sys.executable, "-c"]
    done = subprocess.run(
        [*how, block.text],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    assert done.returncode == block.code, f"{block.place}: {done.stderr}\n{done.stdout[-2000:]}"
    assert "Traceback" not in done.stderr, f"{block.place}: {done.stderr}"


def _own(page: list[Block]) -> Iterator[str]:
    """Names that a page brings: in its files, and by `popcorn-bench new`."""
    for block in page:
        if block.language == "yaml":
            yield from data.names(block)
        if block.language == "sh":
            for words in commands(block.text):
                if words[:2] == ["popcorn-bench", "new"]:
                    yield words[3]

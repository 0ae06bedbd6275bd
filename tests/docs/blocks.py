"""The code blocks of a Markdown page, and what the comment before each says of it.

`<!-- needs: REASON -->` before a block: it is not run, only checked. `<!-- exit: N -->`: it ends
with that code. A block with `title="FILE"` is written to that file of the page's folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = {"sh", "python", "yaml", "toml", "json", "text"}
_NEEDS = re.compile(r"<!--\s*needs:\s*(?P<reason>.+?)\s*-->")
_EXIT = re.compile(r"<!--\s*exit:\s*(?P<code>\d+)\s*-->")
_TITLE = re.compile(r'title="(?P<name>[^"]+)"')


@dataclass(frozen=True, slots=True)
class Block:
    """One block; `needs` is why it cannot run here, empty where it can."""

    page: str
    line: int
    language: str
    text: str
    needs: str = ""
    code: int = 0
    title: str = ""

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"


def pages() -> list[Path]:
    """README and every page that is written by hand."""
    found = sorted((ROOT / "docs").rglob("*.md"))
    return [ROOT / "README.md", *(page for page in found if page.parent.name != "reference")]


def blocks(path: Path) -> Iterator[Block]:
    """In the order of the page; indented ones have no language."""
    said = ""
    for token in MarkdownIt("commonmark").parse(path.read_text(encoding="utf-8")):
        if token.type in {"fence", "code_block"}:
            yield _block(path, token.info, token.content, (token.map or [0])[0] + 1, said)
        said = token.content if token.type == "html_block" else ""


def _block(path: Path, info: str, text: str, line: int, said: str) -> Block:
    needs, code, title = _NEEDS.search(said), _EXIT.search(said), _TITLE.search(info)
    return Block(
        page=path.relative_to(ROOT).as_posix(),
        line=line,
        language=info.split(maxsplit=1)[0] if info.split() else "",
        text=text,
        needs=needs["reason"] if needs else "",
        code=int(code["code"]) if code else 0,
        title=title["name"] if title else "",
    )

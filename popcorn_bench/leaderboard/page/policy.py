"""Scripts, stylesheet and the content policy that lets only these run."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from dataclasses import dataclass, replace
from importlib.resources import files

_PARTS = (
    *("tools", "state", "board", "slice", "sort", "export", "compare"),
    *("card", "gallery", "samples", "main"),
)


@dataclass(frozen=True, slots=True)
class Assets:
    """`early` runs before anything is painted, `script`, if any, once the page is there."""

    style: str
    early: str
    script: str

    @property
    def policy(self) -> str:
        """Nothing is loaded but clips and pictures beside the page; only these scripts run."""
        scripts = " ".join(_digest(source) for source in (self.early, self.script) if source)
        return "; ".join(
            (
                "default-src 'none'",
                f"script-src {scripts}",
                f"style-src {_digest(self.style)}",
                "img-src 'self' data:",
                "media-src 'self' data:",
                "base-uri 'none'",
                "form-action 'none'",
                "require-trusted-types-for 'script'",
                "trusted-types 'none'",
            )
        )


def read_assets() -> Assets:
    """Put the parts of the script together, in one scope of their own."""
    body = "\n".join(_read(f"{name}.js") for name in _PARTS)
    return Assets(
        style=f"\n{_read('page.css')}",
        early=f"\n{_read('early.js')}",
        script=f"\n(() => {{\n'use strict';\n{body}}})();\n",
    )


def read_plain() -> Assets:
    """Those of a page without controls."""
    return replace(read_assets(), script="")


def _read(name: str) -> str:
    return (files(__package__) / "assets" / name).read_text(encoding="utf-8")


def _digest(source: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"

"""`include`: a file over the files that it builds on; what it says itself wins, field by field."""

from __future__ import annotations

import os
from pathlib import Path

from popcorn_bench.yamlfile import Document, scan


def read_with_includes(path: Path, root: Path) -> Document:
    """Read `path` and everything that it includes, none of which may lie outside `root`.

    Raises:
        FileError: a file that cannot be read, leaves `root`, or includes itself.
    """
    return _resolve(scan(path), root.resolve(), (path.resolve(),))


def over(local: Document, base: Document) -> Document:
    """`local` laid over `base`: each top-level field comes whole from one of the two."""
    if not isinstance(local.data, dict) or not isinstance(base.data, dict):
        return local
    kept = {loc: m for loc, m in base.marks.items() if loc and loc[0] not in local.data}
    data, marks = {**base.data, **local.data}, {**kept, **local.marks}
    return Document(local.path, data, marks, (*local.faults, *base.faults))


def _resolve(document: Document, root: Path, chain: tuple[Path, ...]) -> Document:
    included = document.data.get("include") if isinstance(document.data, dict) else None
    if not isinstance(included, str):
        return document
    path = Path(os.path.normpath(document.path.parent / included))
    real = path.resolve()
    if not real.is_relative_to(root):
        raise document.fault(("include",), f"{included!r} leaves {root}")
    if real in chain:
        circle = " -> ".join(p.name for p in (*chain[chain.index(real) :], real))
        raise document.fault(("include",), f"goes in a circle: {circle}")
    if not real.is_file():
        raise document.fault(("include",), f"no such file: {included!r}")
    return over(document, _resolve(scan(path), root, (*chain, real)))

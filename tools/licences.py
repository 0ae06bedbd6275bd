"""Write `docs/licences.md`: the licence of every package in the locks.

`make lock` runs it. Nothing is fetched: licences come from the installed packages' own metadata.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import NamedTuple, cast

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "licences.md"
LOCKS = {
    "What `pip install popcorn-bench` brings": "requirements.lock",
    "What extras, tests and development bring besides": "requirements-dev.lock",
}
_LINE = re.compile(r"(?P<name>[\w.-]+)==(?P<version>[^\s;\\]+)(?:\s*;\s*(?P<where>[^\\]+))?")
_LONGEST = 40  # a longer `License` field is the text of the licence
_SPDX = {
    "Apache": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "Apache 2.0 License": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "3-Clause BSD License": "BSD-3-Clause",
    "BSD 2-Clause License": "BSD-2-Clause",
    "ISC License": "ISC",
    "Apache Software License": "Apache-2.0",
    "MIT License": "MIT",
    "BSD License": "BSD (see the package)",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
_ONLY_ELSEWHERE = {  # locked for Windows and browsers alone, so installed on no machine of ours
    "colorama": "BSD (see the package)",
    "pywin32": "PSF-2.0",
    "tzdata": "Apache-2.0",
}
_COPYLEFT = re.compile(r"\b(A?GPL|LGPL|MPL|EPL)\b")
_HEAD = """# Licences

This project is Apache-2.0. Below is the licence of each package in the locks, as the package itself
states it; written by `python -m tools.licences`, not by hand. MPL-2.0 is the only copyleft among
them: it binds whoever changes files of that package, not whoever uses it.

Two wheels carry other libraries that their own line does not name. That of PyAV holds FFmpeg under
the LGPL, version 3 or later (as the library itself reports), with the encoder x264, which its
makers license under the GPL or commercially; clips are written with it. That of OpenCV holds an
FFmpeg of its own. Both are used as they come from the index; whoever redistributes them is bound
by those licences.

torch stands in no lock, because which build is right is for the machine to say: it is BSD-3-Clause,
and its CUDA builds bring NVIDIA's libraries under NVIDIA's terms.

Weights of generators have licences of their own: `popcorn-bench ls videos` shows them and marks
those that restrict commercial use, and a run says so before it begins.
"""


class Locked(NamedTuple):
    """A line of a lock; `where` says on which machines it holds, '' for all."""

    name: str
    version: str
    where: str


def main() -> None:
    """Write the file."""
    TARGET.write_text(document(), encoding="utf-8")


def document() -> str:
    """The whole file."""
    parts, known = [_HEAD], set[Locked]()
    for title, lock in LOCKS.items():
        rows = [
            row for row in locked((ROOT / lock).read_text(encoding="utf-8")) if row not in known
        ]
        known.update(rows)
        parts.append(f"## {title}\n\n| package | version | licence |\n|---|---|---|")
        parts += [f"| {row.name} | {row.version} | {licence(row.name)} |" for row in rows]
        parts.append("")
    return "\n".join(parts)


def locked(text: str) -> Iterator[Locked]:
    """The packages of a lock, in its order."""
    for line in text.splitlines():
        if found := _LINE.match(line):
            yield Locked(found["name"], found["version"], (found["where"] or "").strip())


def licence(package: str) -> str:
    """What a package says of its licence, as SPDX where it is clear.

    Raises:
        PackageNotFoundError: where it is not installed.
    """
    try:
        stated = cast("Message", metadata(package))
    except PackageNotFoundError:
        if package in _ONLY_ELSEWHERE:
            return _ONLY_ELSEWHERE[package]
        raise
    if expression := stated.get("License-Expression"):
        return str(expression)
    named = str(stated.get("License") or "").strip()
    if named and len(named) <= _LONGEST and "\n" not in named and not named.startswith("Dual"):
        return _SPDX.get(named, named)
    classified = _classified(stated)
    first = named.splitlines()[0].strip() if named else ""
    return " OR ".join(_SPDX.get(text, text) for text in classified) or _SPDX.get(first, first)


def is_copyleft(stated: str) -> bool:
    """Whether a licence asks for something in return of whoever changes or redistributes."""
    return bool(_COPYLEFT.search(stated))


def _classified(stated: Message) -> list[str]:
    """Licences by classifier."""
    found = [str(line) for line in stated.get_all("Classifier") or []]
    licences = [line.split(" :: ")[-1] for line in found if line.startswith("License ::")]
    return [name for name in licences if name != "DFSG approved"]


if __name__ == "__main__":
    main()

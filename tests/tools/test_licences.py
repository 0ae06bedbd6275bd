"""The table of licences stands for what the locks hold."""

from __future__ import annotations

import re

import pytest

from tools.licences import LOCKS, ROOT, TARGET, document, is_copyleft, licence, locked

_ROW = re.compile(r"\| (?P<name>[\w.-]+) \| (?P<version>[^ |]+) \| (?P<licence>[^|]+) \|")


def test_every_locked_package_has_its_line_and_no_other() -> None:
    written = TARGET.read_text(encoding="utf-8").splitlines()
    found = [row for line in written if (row := _ROW.fullmatch(line))]
    rows = [row for row in found if row["name"] != "package"]
    wanted = {
        (row.name, row.version)
        for lock in LOCKS.values()
        for row in locked((ROOT / lock).read_text(encoding="utf-8"))
    }

    assert {(row["name"], row["version"]) for row in rows} == wanted
    assert all(row["licence"].strip() for row in rows)


def test_the_file_is_what_the_installed_packages_state() -> None:
    assert TARGET.read_text(encoding="utf-8") == document()


def test_no_package_binds_who_uses_it() -> None:
    """MPL-2.0 binds changes to its own files; another copyleft is for people to decide on."""
    names = {row.name for row in locked((ROOT / "requirements.lock").read_text(encoding="utf-8"))}
    bound = {name: licence(name) for name in names if is_copyleft(licence(name))}

    assert set(bound) == {"certifi", "tqdm"}
    assert all("GPL" not in stated for stated in bound.values())


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("av==18.1.0 ; python_version < '3.12' \\", ("av", "18.1.0", "python_version < '3.12'")),
        ("attrs==26.1.0 \\", ("attrs", "26.1.0", "")),
        ("    --hash=sha256:00 \\", None),
        ("# a comment", None),
    ],
)  # fmt: skip
def test_lines_of_a_lock(line: str, wanted: tuple[str, str, str] | None) -> None:
    assert list(map(tuple, locked(line))) == ([wanted] if wanted else [])

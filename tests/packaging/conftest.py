"""The distributions as a release makes them, and an environment that holds nothing but the wheel.

All of it works without a network: the build backend is installed here, and the dependencies are
those of this environment, lent to the new one by a path. The checkout is not: an editable install
stands in a `.pth` file, and Python reads none in a folder that was itself added by one.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.cli import Done
from tests.needs import lacking

ROOT = Path(__file__).resolve().parents[2]
NOWHERE = "http://127.0.0.1:9"  # a proxy that takes no connection: who calls out fails


@dataclass(frozen=True, slots=True)
class Installed:
    """An environment with the wheel in it."""

    folder: Path

    def run(self, *command: str | Path, cwd: Path) -> Done:
        """A command of the environment; it sees neither the checkout nor keys nor a network."""
        kept = {k: v for k, v in os.environ.items() if k in {"HOME", "LANG", "PATH", "TMPDIR"}}
        offline = {"HTTP_PROXY": NOWHERE, "HTTPS_PROXY": NOWHERE, "ALL_PROXY": NOWHERE}
        found = self.folder / "bin" / str(command[0])
        done = subprocess.run(
            [found, *command[1:]],
            cwd=cwd,
            env={**kept, **offline, "COLUMNS": "120"},
            capture_output=True,
            text=True,
            check=False,
            timeout=280,
        )
        return Done(done.returncode, done.stdout, done.stderr)


def build(source: Path, target: str, into: Path) -> Path:
    """A distribution by the backend itself, as every front end would call it."""
    pytest.importorskip("hatchling")
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(into)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    (made,) = into.iterdir()
    return made


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(ROOT, "wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(ROOT, "sdist", tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    uv = Path(sys.executable).parent / "uv"
    if not uv.is_file():
        lacking("there is no uv beside this Python")
    folder = tmp_path_factory.mktemp("env")
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    subprocess.run(
        [uv, "pip", "install", "-q", "--offline", "--no-deps", "--python", python, wheel],
        check=True,
    )
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return Installed(folder)

"""A package of plugins, installed beside this one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "plugin_package"


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """An environment in which the package is installed, with one plugin that is broken."""
    source = shutil.copytree(PACKAGE, tmp_path_factory.mktemp("source") / "package")
    site = tmp_path_factory.mktemp("site")
    uv = shutil.which("uv", path=Path(sys.executable).parent)
    if uv is None:
        pytest.skip("no uv beside this Python")
    target = ["--no-build-isolation", "--no-deps", "--offline", "--target", str(site)]
    subprocess.run([uv, "pip", "install", "-q", *target, str(source)], check=True)
    inherited = os.environ.get("PYTHONPATH")
    return {"PYTHONPATH": os.pathsep.join(filter(None, [str(site), inherited]))}

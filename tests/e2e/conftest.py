"""Fixtures of other areas that whole commands need, too, and a run that two modules look at."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.cli import Done, popcorn
from tests.e2e.tinyruns import ENV, TASK, told
from tests.generators.pipelines.conftest import Folder, folder  # noqa: F401 - a fixture


@pytest.fixture(scope="session")
def matched_args(folder: Folder) -> list[str]:  # noqa: F811 - the fixture
    """Two LLMs, two pipelines of unlike frame rates under equal terms, covers by another one."""
    models = [
        f"--video-args={told(name, folder(name), height=64)}" for name in ("ltx", "cogvideox")
    ]
    cover = told("sd-1.5", folder("sd15"), height=64)
    return [
        "--llms=echo,template", "--videos=ltx,cogvideox", *models, "--covers=sd-1.5",
        f"--cover-args={cover}", "--profile=matched", "--device=cpu", f"--tasks={TASK}",
        "--limit=1", "--evaluators=popularity", "--json",
    ]  # fmt: skip


@pytest.fixture(scope="session")
def matched(matched_args: list[str], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Done]:
    """The results folder of that run, and what the command said."""
    cwd = tmp_path_factory.mktemp("matched")
    return cwd / "results", popcorn(*matched_args, cwd=cwd, env=ENV)

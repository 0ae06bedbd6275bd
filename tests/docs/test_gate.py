"""The workflow file for gates: read as GitHub would, its steps run by the shell."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from popcorn_bench.leaderboard.compare.model import EXIT_CODES
from tests.docs import checked
from tests.docs.blocks import ROOT
from tests.docs.lines import commands

_FILE = ROOT / "docs/examples/gate.yml"


@pytest.fixture(scope="module")
def steps() -> list[dict[str, Any]]:
    found = yaml.safe_load(_FILE.read_text())
    return [step for step in found["jobs"]["gate"]["steps"] if "run" in step]


def test_every_command_is_understood(steps: list[dict[str, Any]]) -> None:
    for step in steps:
        for words in commands(step["run"]):
            if words[0] in {"3", "5", "code", "esac"}:  # the branches of the shell's case
                continue
            checked.check(words, {"house"})


def test_the_codes_of_the_comment_are_those_of_the_gate() -> None:
    head = _FILE.read_text().partition("name:")[0]
    for verdict, code in EXIT_CODES.items():
        assert code == 0 or f"{code} {verdict.value.replace('_', ' ')}" in head


@pytest.mark.parametrize("code", [0, 1, 2, 3, 4, 5])
def test_the_step_ends_as_the_gate_does(
    code: int, steps: list[dict[str, Any]], tmp_path: Path, environment: Mapping[str, str]
) -> None:
    """The command is one of ours that ends so; the file of its summary is there either way."""
    gate = tmp_path / "popcorn-bench"
    gate.write_text(f"#!/bin/sh\necho '| verdict |'\nexit {code}\n")
    gate.chmod(0o755)
    summary = tmp_path / "summary"
    path = os.pathsep.join([str(tmp_path), environment["PATH"]])
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", steps[-1]["run"]],
        cwd=tmp_path,
        env={**environment, "PATH": path, "GITHUB_STEP_SUMMARY": str(summary)},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == code
    assert "verdict" in summary.read_text()
    assert ("::warning::" in done.stdout) == (code == 3)
    assert ("::error::" in done.stdout) == (code == 5)

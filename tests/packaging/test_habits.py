"""Workflows, hooks and templates hold to what the docs say of them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.packaging.conftest import ROOT

GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
_PINNED = re.compile(r"[\w./-]+@(v\d+|release/v\d+|[0-9a-f]{40})|\./\.github/workflows/[\w.]+")
_HARMLESS = {"contents": "read"}
# Who may do more than read, and what for: a name of the job, and the one permission it has.
_MORE = {"upload": {"id-token": "write"}, "release": {"contents": "write"}}


def _read(path: Path) -> dict[Any, Any]:
    found: dict[Any, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def _jobs() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in WORKFLOWS:
        yield from _read(path)["jobs"].items()


def _steps() -> list[dict[str, Any]]:
    return [step for _, job in _jobs() for step in job.get("steps", [])]


def test_there_are_workflows_and_every_action_is_pinned() -> None:
    used = [step["uses"] for step in _steps() if "uses" in step]
    used += [job["uses"] for _, job in _jobs() if "uses" in job]

    assert len(used) > len(WORKFLOWS)
    assert [name for name in used if not _PINNED.fullmatch(name)] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_reads_and_knows_no_secret(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert _read(path)["permissions"] == _HARMLESS
    assert "secrets" not in text
    assert "pull_request_target" not in text


def test_only_two_jobs_of_a_release_may_do_more() -> None:
    granted = {name: job["permissions"] for name, job in _jobs() if "permissions" in job}

    assert granted == _MORE
    for name, job in _jobs():
        if name in _MORE:  # and they run nothing of the checkout
            assert not [s for s in job["steps"] if "checkout" in s.get("uses", "")]


def test_every_job_ends() -> None:
    assert [
        name for name, job in _jobs() if "timeout-minutes" not in job and "uses" not in job
    ] == []


def test_what_others_wrote_reaches_no_shell() -> None:
    """A branch name in `${{ }}` inside a script is a way to run code."""
    assert [step["run"] for step in _steps() if "${{" in step.get("run", "")] == []


def test_every_python_that_is_promised_is_tested() -> None:
    jobs = dict(_jobs())
    tested = jobs["test"]["strategy"]["matrix"]["python"]

    assert tested == jobs["install"]["strategy"]["matrix"]["python"]
    assert tested[0] == PROJECT["requires-python"].removeprefix(">=")
    assert tested == [f"3.{minor}" for minor in range(11, 15)]


def test_what_workflows_and_the_guide_call_is_there() -> None:
    targets = set(re.findall(r"^([\w./$()-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    told = re.findall(r"`make ([\w -]+)`", guide) + [
        line.removeprefix("make ") for s in _steps() for line in s.get("run", "").splitlines()
        if line.startswith("make ")
    ]  # fmt: skip
    named = {target.replace(".venv", "$(VENV)") for words in told for target in words.split()}

    assert named <= targets


@pytest.mark.parametrize("path", sorted((GITHUB / "ISSUE_TEMPLATE").glob("*.yml")), ids=str)
def test_an_issue_form_asks_for_something(path: Path) -> None:
    if path.stem == "config":
        assert _read(path)["blank_issues_enabled"] is True
        return
    form = _read(path)
    fields = [part for part in form["body"] if part["type"] != "markdown"]
    assert {"name", "description", "body"} <= set(form)
    assert all(part["attributes"]["label"] for part in fields)
    assert len({part["id"] for part in fields}) == len(fields) > 0


def test_hooks_run_the_tools_of_the_checks() -> None:
    (repo,) = _read(ROOT / ".pre-commit-config.yaml")["repos"]
    check = re.search(r"^check:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert check is not None
    tools = {Path(hook["entry"].split()[0]).name for hook in repo["hooks"]}

    assert repo["repo"] == "local"
    assert tools == set(re.findall(r"\$\(BIN\)/([\w-]+)", check[1]))


@pytest.mark.parametrize(
    "name", ["CONTRIBUTING.md", "CODE_OF_CONDUCT.md", "SECURITY.md", "CHANGELOG.md"]
)
def test_links_of_the_guides_lead_somewhere(name: str) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", (ROOT / name).read_text(encoding="utf-8"))
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_changelog_keeps_its_form() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## (.+)$", text, re.MULTILINE)
    kinds = set(re.findall(r"^### (.+)$", text, re.MULTILINE))

    assert versions[0] == "Unreleased"
    assert all(re.fullmatch(r"\d+\.\d+\.\d+ - \d{4}-\d\d-\d\d", v) for v in versions[1:])
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}

"""What the package promises to Python: names, signatures, documentation, and a light import."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

import popcorn_bench as pb
from popcorn_bench import exports
from popcorn_bench.harness.cli import cli
from tests.api.conftest import script

_PINNED = Path(__file__).with_name("signatures.txt")
_HEAVY = (
    "av", "click", "cv2", "datasets", "duckdb", "jinja2", "lightgbm", "litellm", "numpy", "polars",
    "pyarrow", "pydantic", "rich", "scipy", "sklearn", "torch",
)  # fmt: skip
# What each command is in Python.
_COMMANDS = {
    "run": ("run", "plan", "arun"),
    "leaderboard": ("leaderboard",),
    "compare": ("compare", "history"),
    "publish": ("publish",),
    "view": ("view",),
    "ls": ("tasks", "llms", "videos", "covers", "evaluators", "corpora", "runs"),
    "validate": ("validate",),
    "prompt": ("prompt",),
    "retry": ("retry", "plan_retry"),
    "costs": ("costs",),
    "reproduce": ("reproduce", "plan_reproduce"),
    "score": ("score", "plan_score"),
    "results": ("import_scores", "export", "merge", "rebuild", "schema", "load"),
    "corpus": ("corpus",),
    "train": ("train_popularity", "train_mmra"),
    "predict": ("predict", "predict_csv"),
    "evaluators": ("evaluators", "card"),
    "videos": ("origin",),
    "pull": ("pull",),
    "new": ("new",),
    "doctor": ("doctor",),
}
_VALUES = {"AdapterError", "FileError", "PopcornError", "RunSpec", "StoreError", "UsageError"}
_FUNCTIONS = sorted(set(pb.__all__) - _VALUES)


def test_the_list_of_exports_is_what_was_promised() -> None:
    options = ", ".join(field.name for field in fields(pb.RunSpec))
    lines = [f"RunSpec: {options}"]
    lines += [f"{name}{inspect.signature(getattr(pb, name))}" for name in _FUNCTIONS]
    lines = [re.sub(r"<function (\w+) at \w+>", r"\1", line) for line in lines]
    assert lines == _PINNED.read_text().splitlines(), "a change of the API: is it meant?"
    assert sorted(pb.__all__) == pb.__all__
    assert set(pb.__all__) == set(exports.FOUND_IN)
    assert set(dir(pb)) == {*pb.__all__, "__version__"}


def test_every_command_is_there_in_python() -> None:
    commands = set(cli.list_commands(None))  # type: ignore[arg-type]  # it asks for no context
    assert set(_COMMANDS) == commands
    assert {name for names in _COMMANDS.values() for name in names} == set(_FUNCTIONS)


@pytest.mark.parametrize("name", _FUNCTIONS)
def test_every_function_says_what_it_takes_and_raises(name: str) -> None:
    function = exports.find(name)
    said = inspect.getdoc(function) or ""
    parameters = inspect.signature(function).parameters
    for parameter in parameters:
        assert f"{parameter}: " in said, f"{parameter} of {name} is not described"
    assert not parameters or ("Args:" in said and "Raises:" in said) or name == "costs"


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="leaderbord"):
        _ = pb.leaderbord


def test_packages_that_share_a_name_are_both() -> None:
    import popcorn_bench.leaderboard.board as under  # an import that sets it on the package

    assert callable(pb.leaderboard)
    assert callable(under.board)
    assert {row["name"] for row in pb.evaluators()} >= {"popularity", "quality"}
    assert {row["name"] for row in pb.tasks()} >= {"popcorn_concrete"}


def test_importing_it_loads_nothing_heavy(tmp_path: Path) -> None:
    code = f"""
        import sys
        import popcorn_bench as pb
        pb.RunSpec(), pb.UsageError, dir(pb)
        print([name for name in {_HEAVY!r} if name in sys.modules])
    """
    assert script(code, tmp_path).strip() == "[]"


def test_help_needs_none_of_the_api() -> None:
    code = (
        "import sys; sys.argv = ['popcorn-bench', '--help']\n"
        "from popcorn_bench.harness.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print([name for name in sys.modules if name.startswith('popcorn_bench.harness.api.')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout.splitlines()[-1]
    assert "running" not in loaded
    assert "boards" not in loaded

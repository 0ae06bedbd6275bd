"""Plugins from a file: `--plugin`."""

from __future__ import annotations

from pathlib import Path

import pytest

from popcorn_bench import plugins
from popcorn_bench.errors import UsageError
from tests.e2e.cli import popcorn

LENGTH = """
from popcorn_bench.evaluators.simple import SimpleEvaluator
from popcorn_bench.types import Direction, Metric


class Length(SimpleEvaluator):
    name = "length"
    version = "1"
    metrics = (Metric(name="letters", description="Letters.", direction=Direction.HIGHER),)

    def judge(self, sample):
        if sample.query.id.endswith("1"):
            raise RuntimeError("cannot count")
        return {"letters": float(len(sample.title))}


PLUGINS = {"evaluators": {"length": Length}}
"""
RUN = ("--videos", "none", "--evaluators", "length", "--tasks", "popcorn_concrete", "--json")


@pytest.fixture
def length(tmp_path: Path) -> Path:
    path = tmp_path / "length.py"
    path.write_text(LENGTH)
    return path


def test_it_is_used_recorded_and_asked_for_again_by_retry(length: Path, tmp_path: Path) -> None:
    done = popcorn("--plugin", length.name, "--limit", "10", *RUN, cwd=tmp_path)
    failed = {f["kind"] for f in done.json["failures"]}
    assert (done.code, failed) == (3, {"bug"}), done.err
    assert done.json["units"]["score"]["done"] > 0

    length.write_text(LENGTH.replace('.endswith("1")', '.endswith("nothing")'))
    alone = popcorn("retry", "results", "--json", cwd=tmp_path)  # a folder may be anybody's
    assert (alone.code, "name it again" in alone.err) == (2, True)
    again = popcorn("retry", "results", "--plugin", length.name, "--json", cwd=tmp_path)
    assert again.code == 0, again.err


def test_a_config_file_and_every_command_take_it(length: Path, tmp_path: Path) -> None:
    (tmp_path / "run.yaml").write_text(f"plugin: [{length}]\nevaluators: [length]\nlimit: 2\n")
    assert popcorn("run", "--config", "run.yaml", "--dry-run", cwd=tmp_path).code == 0
    listed = popcorn("ls", "evaluators", "--plugin", length, "--json", cwd=tmp_path)
    assert "length" in {row["name"] for row in listed.json}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "no such Python file"),
        ("def (:", "broken.py:1: SyntaxError"),
        ("\n\nraise KeyError('x')", "broken.py:3: KeyError"),
        ("x = 1", "no constant PLUGINS"),
        ("PLUGINS = {'evaluator': {}}", "did you mean 'evaluators'"),
        ("PLUGINS = {'evaluators': 3}", "must map names to objects"),
    ],
)
def test_a_file_that_is_wrong_is_one_line(tmp_path: Path, text: str | None, said: str) -> None:
    if text is not None:
        (tmp_path / "broken.py").write_text(text)
    done = popcorn("--plugin", "broken.py", "--limit", "1", cwd=tmp_path)
    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(
    ("group", "plugin", "what"),
    [
        ("videos", "PLUGINS = {'generators': {'odd': type('Odd', (), {'makes': 'tea'})}}", "tea"),
        (
            "videos",
            "PLUGINS = {'generators': {'odd': type('Odd', (), {'entry': {'licens': 'x'}})}}",
            "licens",
        ),
        ("llms", "PLUGINS = {'llms': {'odd': type('Odd', (), {'entry': {'rpm': 0}})}}", "rpm"),
        ("videos", "PLUGINS = {'generators': {'odd': 3}}", "3 has no setting_names()"),
        ("evaluators", "PLUGINS = {'evaluators': {'odd': 3}}", "3 has no setting_names()"),
        ("llms", "PLUGINS = {'llms': {'odd': type('Odd', (), {'entry': 3})}}", "no mapping"),
        ("tasks", "PLUGINS = {'tasks': {'odd': 'a\\x00b'}}", "neither a folder"),
        ("llms", "PLUGINS = {'llms': {'odd': '/nowhere'}}", "neither a folder"),
        ("tasks", "PLUGINS = {'tasks': {'odd': 7}}", "neither a folder"),
        ("corpora", "PLUGINS = {'corpora': {'odd': None}}", "neither a folder"),
    ],
)
def test_a_plugin_that_is_not_what_it_should_be_is_listed(
    tmp_path: Path, group: str, plugin: str, what: str
) -> None:
    (tmp_path / "odd.py").write_text(plugin)
    done = popcorn("ls", group, "--plugin", "odd.py", "--json", cwd=tmp_path)
    assert done.code == 0, done.err
    (row,) = (row for row in done.json if row["name"] == "odd")
    assert not row["usable"]
    assert what in row["reason"]


def test_a_built_in_name_cannot_be_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from popcorn_bench.evaluators.catalog import EVALUATORS
    from popcorn_bench.evaluators.quality import Quality

    (tmp_path / "mine.py").write_text("PLUGINS = {'evaluators': {'quality': 3, 'own': 4}}")
    monkeypatch.setenv(plugins.VARIABLE, "")
    plugins.use([tmp_path / "mine.py"])
    assert EVALUATORS.load("quality") is Quality
    assert EVALUATORS.load("own") == 4
    with pytest.raises(UsageError, match="did you mean 'own'"):
        EVALUATORS.load("owm")

"""Runs from Python: specs as Python writes them, resuming, errors, and one run after another."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

import popcorn_bench as pb
from popcorn_bench import plugins
from popcorn_bench.harness.api.running import Finished
from popcorn_bench.harness.api.spec import spec_of
from popcorn_bench.harness.ended import Ending
from tests.api.conftest import SMALL
from tests.loopback import ChatServer

_EVALUATOR = """
import os
from popcorn_bench.evaluators.simple import SimpleEvaluator
from popcorn_bench.types import Direction, Metric


class {name}(SimpleEvaluator):
    name = "{word}"
    version = "1"
    metrics = (Metric(name="{word}", description="A number.", direction=Direction.HIGHER),)

    def judge(self, sample):
        return {{"{word}": float(os.environ["POPCORN_TEST_NUMBER"])}}


PLUGINS = {{"evaluators": {{"{word}": {name}}}}}
"""
_ONE: dict[str, Any] = {**SMALL, "limit": 1, "llms": "echo", "videos": "none"}


def test_a_run_is_complete_says_so_and_is_not_repeated(finished: Finished) -> None:
    assert finished.complete
    assert finished.ending is Ending.COMPLETE
    assert finished.to_record()["units"]["brief"]["done"] == 4
    again = pb.run(**SMALL, output_path=finished.folder)
    assert again.report is None
    assert again.complete
    assert again.to_record()["run_id"] is None


def test_nothing_is_printed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    pb.run(**_ONE, output_path=tmp_path)
    pb.leaderboard(tmp_path).to_html(tmp_path)
    assert capfd.readouterr() == ("", "")


def test_a_plan_is_what_a_dry_run_prints(folder: Path) -> None:
    planned = pb.plan(**{**SMALL, "limit": 3}, output_path=folder)
    record = planned.to_record()
    assert record["units"]["brief"] == {
        "to_do": 2, "reuse": 0, "present": 4, "failed": 0, "missing": 0,
    }  # fmt: skip
    assert record["llms"] == ["echo", "template"]


def test_a_spec_can_be_made_first_and_changed(tmp_path: Path) -> None:
    spec = pb.RunSpec(llms=("echo",), tasks=("popcorn_concrete",), limit=1)
    planned = pb.plan(spec, videos="none", output_path=str(tmp_path))
    assert planned.plan.spec.llms == ("echo",)
    assert planned.plan.videos == ()
    assert not list(tmp_path.glob("journal/*"))


@pytest.mark.parametrize(
    ("given", "args"),
    [
        ({"temperature": 0}, (("", {"temperature": "0"}),)),
        ({"a:b/c": {"x": "1,y=2"}}, (("a:b/c", {"x": "1,y=2"}),)),
        ({"t": 1, "m": {"flag": True}}, (("", {"t": "1"}), ("m", {"flag": "true"}))),
        ("m:t=1,u=2", (("m", {"t": "1", "u": "2"}),)),
        (["t=1", "m:u=2"], (("", {"t": "1"}), ("m", {"u": "2"}))),
        ([("m", {"u": 2})], (("m", {"u": "2"}),)),
        ({}, ()),
    ],
)
def test_settings_are_dicts_or_texts(given: object, args: object) -> None:
    assert spec_of(None, {"llm_args": given}).llm_args == args


def test_prices_are_numbers_or_texts() -> None:
    by_number = spec_of(None, {"price": {"gpt": (1.25, 10), "clip": 0.5}}).price
    assert by_number == spec_of(None, {"price": ["gpt=1.25,10", "clip=0.5"]}).price
    assert by_number == (("gpt", (1.25, 10.0)), ("clip", (0.5,)))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"llm": "echo"}, "did you mean 'llms'"),
        ({"llms": "ech"}, "did you mean 'echo'"),
        ({"llms": 7}, "--llms: 7 names nothing"),
        ({"pe_tags": "two"}, "--pe-tags: 'two' is not a list of whole numbers"),
        ({"llms": []}, "--llms: needs at least one name"),
        ({"limit": 0}, "--limit: 0 is not a whole number from 1"),
        ({"limit": "5"}, "--limit: '5' is not a whole number"),
        ({"limit": True}, "--limit: True is not"),
        ({"seed": -1}, "--seed"),
        ({"repeats": 1.5}, "--repeats"),
        ({"budget": float("nan")}, "--budget"),
        ({"executor": "rai"}, "did you mean 'ray'"),
        ({"profile": "papr"}, "did you mean 'paper'"),
        ({"fail_on_error": "many"}, "--fail-on-error"),
        ({"include_path": "/nowhere/at/all"}, "no such folder"),
        ({"plugin": "/nowhere.py"}, "no such Python file"),
        ({"llm_args": 3}, "holds no settings"),
        ({"price": 3}, "is no price"),
        ({"llms": "openai/gpt-x"}, "skip_unusable=True"),
    ],
)
def test_what_is_wrong_is_one_line(
    options: dict[str, Any], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(pb.UsageError) as caught:
        pb.run(**{**_ONE, "output_path": tmp_path, **options})
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.glob("journal/*"))


def test_a_key_among_the_settings_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", "sk-a-long-secret-value")
    with pytest.raises(pb.UsageError, match="keys come from the environment") as caught:
        pb.plan(llm_args={"organization": "sk-a-long-secret-value"})
    assert "sk-a" not in str(caught.value)


def test_score_and_retry_go_on_from_the_last_run(folder: Path, tmp_path: Path) -> None:
    copied = shutil.copytree(folder, tmp_path / "results")
    assert pb.plan_score(copied, evaluators="quality").survey.to_do.total() == 4
    assert pb.score(copied, evaluators="quality").complete
    assert "quality" in set(pb.load(copied).scores["evaluator"])
    assert pb.plan_retry(copied).survey.complete
    assert pb.retry(copied).report is None
    with pytest.raises(pb.UsageError, match="no run there"):
        pb.retry(tmp_path / "nothing")


def test_runs_in_one_process_have_their_own_plugins_and_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(plugins.VARIABLE, "")
    for number, word in ((3, "first"), (7, "second")):
        file = tmp_path / f"{word}.py"
        file.write_text(_EVALUATOR.format(name=word.title(), word=word))
        monkeypatch.setenv("POPCORN_TEST_NUMBER", str(number))
        made = pb.run(**{**_ONE, "evaluators": word}, plugin=file, output_path=tmp_path / word)
        assert made.complete, made.tally.kinds
        assert made.load().scores["score"].to_list() == [number]
        assert plugins.files() == []
        (run,) = made.load().runs["environment"]
        recorded = {p["name"] for p in run["plugins"]} if isinstance(run, dict) else run
        assert word in recorded
        assert "first" not in recorded or word == "first"
    with pytest.raises(pb.UsageError, match="first"):
        pb.run(**{**_ONE, "evaluators": "first"}, output_path=tmp_path / "third")


def test_a_plugin_that_was_edited_is_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POPCORN_TEST_NUMBER", "1")
    file = tmp_path / "own.py"
    file.write_text(_EVALUATOR.format(name="Own", word="own"))
    assert "own" in {row["name"] for row in pb.evaluators(plugin=file)}
    file.write_text(_EVALUATOR.format(name="Other", word="another"))
    listed = {row["name"] for row in pb.evaluators(plugin=file)}
    assert "another" in listed
    assert "own" not in listed


def test_runs_in_one_process_have_their_own_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ChatServer() as server:
        for key in ("sk-key-of-the-first", "sk-key-of-the-second"):
            monkeypatch.setenv("OPENAI_API_KEY", key)
            made = pb.run(
                **{**_ONE, "llms": "openai/mock"},
                llm_args={"api_base": server.base_url},
                output_path=tmp_path / key[-5:],
            )
            assert made.complete, made.tally.kinds
            assert server.requests[-1].headers["Authorization"] == f"Bearer {key}"
        assert server.count == 2


def test_failures_of_models_are_rows_and_raise_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-for-the-mock")
    with ChatServer(lambda _: "no brief at all") as server:
        made = pb.run(
            **{**_ONE, "llms": "openai/mock"},
            llm_args={"api_base": server.base_url},
            retry_on_error=0,
            output_path=tmp_path,
        )
    assert made.ending is Ending.INCOMPLETE
    assert not made.complete
    assert made.load().failures.height == 1
    assert made.to_record()["failures"][0]["who"] == "openai/mock"

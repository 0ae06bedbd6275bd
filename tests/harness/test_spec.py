from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from popcorn_bench.errors import UsageError
from popcorn_bench.harness.spec import RunSpec, parse_args

_KEY = st.from_regex(r"[a-z][a-z_.]{0,8}", fullmatch=True)
_PLAIN = st.text(alphabet="abc/:_-.0123 ", max_size=12)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("temperature=0.5", ("", {"temperature": "0.5"})),
        ("gpt-4o:temperature=0.5,top_p=1", ("gpt-4o", {"temperature": "0.5", "top_p": "1"})),
        (
            "ollama/llama3:8b:api_base=http://127.0.0.1:1/v1",
            ("ollama/llama3:8b", {"api_base": "http://127.0.0.1:1/v1"}),
        ),
        ("ltx:negative_prompt=blurry, jittery", ("ltx", {"negative_prompt": "blurry, jittery"})),
        ("api_base=http://h/v1?a=b", ("", {"api_base": "http://h/v1?a=b"})),
    ],
)
def test_names_and_pairs_are_told_apart(text: str, expected: tuple[str, dict[str, str]]) -> None:
    assert parse_args([text], "--llm-args") == (expected,)


@pytest.mark.parametrize("text", ["temperature", "", "=1", "a=1,b=2,c", "a=1,a=2"])
def test_what_is_no_pair_is_refused_with_the_flag(text: str) -> None:
    with pytest.raises(UsageError, match="--llm-args"):
        parse_args([text], "--llm-args")


@given(
    name=st.from_regex(r"[a-z/:-]{0,10}", fullmatch=True),
    pairs=st.dictionaries(_KEY, _PLAIN, min_size=1, max_size=4),
)
def test_every_pair_comes_back(name: str, pairs: dict[str, str]) -> None:
    prefix = f"{name}:" if name else ""
    text = prefix + ",".join(f"{key}={value}" for key, value in pairs.items())

    assert parse_args([text], "--x") == ((name, pairs),)


@pytest.mark.parametrize("value", ["http://user:pw@h/v1", "x sk-canary-1234 y"])
def test_a_secret_among_the_settings_is_refused(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOCK_API_KEY", "sk-canary-1234")

    with pytest.raises(UsageError, match="--llm-args: the value of 'api_base' holds a secret") as e:
        parse_args([f"m:api_base={value}"], "--llm-args")
    assert value not in str(e.value)


def test_a_spec_survives_its_record(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "openai")  # a dummy must not be cut out of names
    monkeypatch.chdir(tmp_path)
    args = parse_args(["openai/m:api_base=http://h/v1"], "--llm-args")
    spec = RunSpec(
        llms=("openai/m",), limit=3, llm_args=args, include_path=("mine",), output_path=Path("x")
    )

    record = json.loads(json.dumps(spec.to_record()))

    again = RunSpec.from_record(record, Path("x"))
    assert again == replace(spec, include_path=(str(tmp_path / "mine"),))

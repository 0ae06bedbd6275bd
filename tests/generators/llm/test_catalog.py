from __future__ import annotations

from datetime import date
from pathlib import Path
from types import ModuleType

import pytest

from popcorn_bench.errors import FileError, UsageError
from popcorn_bench.fingerprint import llm_id
from popcorn_bench.generators.llm import catalog as catalog_module
from popcorn_bench.generators.llm.catalog import LLMCatalog, LLMEntry
from popcorn_bench.remote import runtime
from popcorn_bench.remote.prices import ModelFacts, Price, facts

PAPER = {
    "deepseek-v3",
    "deepseek-r1",
    "gpt-4o",
    "llama-3.3-70b",
    "qwen2.5-72b",
    "mistral-large",
}
URL = "http://127.0.0.1:9/v1"
_SHIPPED_ON = date(2026, 11, 23)


def one(name: str, **settings: str) -> LLMEntry:
    return LLMCatalog().resolve([name], [("", settings)] if settings else [])[0]


@pytest.fixture
async def litellm() -> ModuleType:
    return await runtime.load()


def hosted() -> list[LLMEntry]:
    return [entry for entry in LLMCatalog().entries() if not entry.llm.baseline]


def test_every_model_is_known_to_litellm_and_had_not_ended_when_it_was_listed() -> None:
    for entry in hosted():
        known = facts(entry.llm.model)
        assert known is not None, entry.llm.model
        assert not known.ended(_SHIPPED_ON), entry.llm.model


def test_litellm_routes_every_model_to_the_provider_of_its_prefix(litellm: ModuleType) -> None:
    for entry in hosted():
        prefix, _, rest = entry.llm.model.partition("/")
        model, provider, _, _ = litellm.get_llm_provider(entry.llm.model)
        assert provider in {prefix, f"{prefix}_chat"}
        assert model == rest


def test_litellm_asks_for_the_keys_that_we_name(litellm: ModuleType) -> None:
    for entry in hosted():
        asked = litellm.validate_environment(entry.llm.model)["missing_keys"]
        needed = entry.reason.removeprefix("set ").split(" and ")
        assert not asked or set(needed) & set(asked), entry.llm.model


def test_the_systems_of_the_paper_are_there_with_its_settings() -> None:
    paper = {entry.llm.name: entry.llm for entry in LLMCatalog().resolve(["tag:paper"], [])}
    assert set(paper) == PAPER
    assert paper["qwen2.5-72b"].params == {
        "temperature": 0.7,
        "top_p": 0.9,
        "repetition_penalty": 1.1,
        "max_tokens": 5000,
    }
    assert paper["gpt-4o"].params == {}


def test_every_hosted_model_without_its_key_says_which() -> None:
    for entry in hosted():
        assert not entry.usable
        assert entry.reason.startswith("set ")
        assert not entry.llm.release_date or date.fromisoformat(entry.llm.release_date)


def test_a_key_makes_usable(monkeypatch: pytest.MonkeyPatch) -> None:
    assert one("gpt-4o").reason == "set OPENAI_API_KEY"
    monkeypatch.setenv("OPENAI_API_KEY", "")
    assert not one("gpt-4o").usable
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    assert one("gpt-4o").usable
    monkeypatch.setenv("GOOGLE_API_KEY", "k")
    assert one("gemini-4-argon").usable


def test_all_has_the_baselines_and_they_are_usable_and_free() -> None:
    entries = {entry.llm.name: entry for entry in LLMCatalog().resolve(["all"], [])}
    assert set(entries) > PAPER | {"echo", "template"}
    for name in ("echo", "template"):
        assert entries[name].usable
        assert entries[name].llm.baseline
        assert entries[name].price == Price(0, 0)
    assert [e.llm.name for e in LLMCatalog().resolve(["tag:baseline"], [])] == ["echo", "template"]


def test_names_are_resolved_in_their_order_and_once() -> None:
    wanted = ["openai/x", "gpt-4*", "gpt-4o", "openai/x", "echo"]
    names = [entry.llm.name for entry in LLMCatalog().resolve(wanted, [])]
    assert names == ["openai/x", "gpt-4o", "gpt-4.1", "echo"]


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("gpt-4p", "did you mean 'gpt-4o'"),
        ("zzz*", "no LLM matches"),
        ("tag:nothing", "no LLM matches"),
        ("/x", "no LiteLLM string"),
        ("openai/", "no LiteLLM string"),
        ("openai/a b", "no LiteLLM string"),
    ],
)
def test_what_is_not_there_is_said(wanted: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        LLMCatalog().resolve([wanted], [])


@pytest.mark.parametrize(
    ("model", "settings", "usable", "reason"),
    [
        ("openai/x", {}, False, "set OPENAI_API_KEY"),
        ("openai/x", {"api_base": URL}, True, ""),
        ("ollama/x", {}, True, ""),
        ("hosted_vllm/x", {}, False, "set HOSTED_VLLM_API_BASE or give api_base"),
        ("hosted_vllm/x", {"api_base": URL}, True, ""),
        ("lm_studio/x", {"api_base": URL}, True, ""),
        ("azure/x", {"api_base": URL}, False, "set AZURE_API_KEY"),
        ("azure/x", {}, False, "set AZURE_API_KEY and AZURE_API_BASE"),
        ("nobody_knows/x", {}, True, ""),
        ("bedrock/x", {}, True, ""),
    ],
)
def test_who_can_be_called(model: str, settings: dict[str, str], usable: bool, reason: str) -> None:
    entry = one(model, **settings)
    assert (entry.usable, entry.reason) == (usable, reason)
    assert entry.llm.name == entry.llm.model == model


def test_an_endpoint_of_the_environment_is_part_of_the_identity(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = one("openai/x")
    monkeypatch.setenv("OPENAI_BASE_URL", URL)
    after = one("openai/x")
    assert after.usable
    assert after.llm.params == {"api_base": URL}
    assert llm_id(before.llm) != llm_id(after.llm)
    assert one("openai/x", api_base="http://other/v1").llm.params["api_base"] == "http://other/v1"
    monkeypatch.setenv("OPENAI_BASE_URL", "http://me:secret@host/v1")
    hidden = one("openai/x")
    assert hidden.reason == "OPENAI_BASE_URL must hold no user, password, query or fragment"
    assert "secret" not in repr(hidden)


def test_settings_go_where_they_belong() -> None:
    entry = one(
        "openai/x",
        api_base=URL,
        temperature="0.5",
        max_tokens="100",
        timeout="30",
        organization="acme",
        price_input="1.5",
        price_output="2",
        rpm="60",
        **{"extra_body.think": "true", "extra_body.mode": "fast"},
    )
    assert entry.llm.params == {
        "api_base": URL,
        "temperature": 0.5,
        "max_tokens": 100,
        "extra_body": {"think": True, "mode": "fast"},
    }
    assert entry.transport == {"timeout": 30.0, "organization": "acme"}
    assert entry.price == Price(1.5, 2)
    assert (entry.rpm, entry.tpm) == (60, None)


def test_what_does_not_change_the_answer_does_not_change_the_identity() -> None:
    plain = llm_id(one("openai/x").llm)
    assert llm_id(one("openai/x", timeout="3", rpm="2").llm) == plain
    assert llm_id(one("openai/x", price_input="3", price_output="2").llm) == plain
    assert llm_id(one("openai/x", temperature="0").llm) != plain
    assert llm_id(one("openai/x", response_schema="true").llm) != plain
    assert llm_id(one("openai/x", response_schema="auto").llm) == plain


def test_a_closer_name_wins() -> None:
    args = [
        ("openai/a", {"temperature": "0.1"}),
        ("openai/*", {"temperature": "0.2", "top_p": "0.5"}),
        ("", {"temperature": "0.3", "top_k": "4"}),
    ]
    a, b, echo = LLMCatalog().resolve(["openai/a", "openai/b", "echo"], args)
    assert a.llm.params == {"temperature": 0.1, "top_p": 0.5, "top_k": 4}
    assert b.llm.params == {"temperature": 0.2, "top_p": 0.5, "top_k": 4}
    assert echo.llm.params == {}


def test_none_gives_back_the_default_of_the_provider() -> None:
    assert "temperature" not in one("llama-3.3-70b", temperature="none").llm.params


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("", {"temprature": "1"}, "did you mean 'temperature'"),
        ("", {"temperature": "hot"}, "temperature must be a number"),
        ("", {"temperature": "nan"}, "temperature must be a number"),
        ("", {"temperature": "7"}, r"temperature must lie in \[0, 2\]"),
        ("", {"max_tokens": "1.5"}, "max_tokens must be a whole number"),
        ("", {"response_schema": "maybe"}, "must be true, false or auto"),
        ("", {"api_base": "localhost:8000"}, "must be an http or https URL"),
        ("", {"api_base": "http://me:pw@host/v1"}, "must hold no user"),
        ("", {"api_base": "http://host/v1?version=2"}, "api_base must be a word"),
        ("", {"api_key": "sk-1"}, "set OPENAI_API_KEY"),
        ("", {"extra_body.api_key": "sk-1"}, "set OPENAI_API_KEY"),
        ("", {"extra_headers.x": "sk-1"}, "set OPENAI_API_KEY"),
        ("", {"auth_token": "sk-1"}, "set OPENAI_API_KEY"),
        ("", {"price_input": "1"}, "go together"),
        ("gpt-4o", {"temperature": "1"}, "no LLM that was asked for is named 'gpt-4o'"),
        ("echo", {"temperature": "1"}, "no LLM that was asked for"),
        ("anthropic/*", {"temperature": "1"}, "no LLM that was asked for"),
    ],
)
def test_wrong_settings_are_one_clear_line(
    name: str, settings: dict[str, str], message: str
) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        LLMCatalog().resolve(["openai/x"], [(name, settings)])
    assert "sk-1" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_baselines_take_no_settings() -> None:
    with pytest.raises(UsageError, match="echo is a baseline"):
        LLMCatalog().resolve(["echo"], [("echo", {"temperature": "1"})])
    with pytest.raises(UsageError, match="none of the LLMs asked for takes settings"):
        LLMCatalog().resolve(["echo"], [("", {"temperature": "1"})])


def test_the_price_of_the_table_is_not_that_of_another_endpoint() -> None:
    assert one("gpt-4o").price == Price(2.5, 10)
    assert one("gpt-4o", api_base=URL).price is None
    assert one("gpt-4o", api_base=URL, price_input="1", price_output="2").price == Price(1, 2)


def test_a_model_that_its_provider_ended_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    monkeypatch.setattr(catalog_module, "facts", lambda _: ModelFacts(ends="2020-01-31"))
    entry = one("gpt-4o")
    assert not entry.usable
    assert entry.deprecated == "2020-01-31"
    assert entry.reason.startswith("its provider ended it on 2020-01-31; ask for openai/gpt-4o")
    assert one("gpt-4o", api_base=URL).usable
    asked = one("openai/gpt-4o-2024-08-06")
    assert (asked.usable, asked.deprecated) == (True, "2020-01-31")


def write(folder: Path, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "llms.yaml").write_text(text)
    return folder


def test_a_local_catalog_adds_and_replaces(tmp_path: Path) -> None:
    first = write(tmp_path / "a", "llms:\n  gpt-4o: {model: azure/mine}\n  mine: {model: x/y}\n")
    second = write(
        tmp_path / "b",
        "llms:\n  mine:\n    model: openai/z\n    tags: [house]\n    params: {temperature: 0}\n"
        "    price: {input: 1, output: 2}\n    context: 9\n    response_schema: true\n"
        "    rpm: 5\n",
    )
    entries = {e.llm.name: e for e in LLMCatalog([first, second, tmp_path]).entries()}
    assert entries["gpt-4o"].llm.model == "azure/mine"
    mine = entries["mine"]
    assert (mine.price, mine.context, mine.rpm) == (Price(1, 2), 9, 5)
    assert (mine.response_schema, mine.tags) == (True, frozenset({"house"}))
    assert mine.llm.params == {"temperature": 0, "response_schema": True}


@pytest.mark.parametrize(
    ("body", "line", "where"),
    [
        ("{model: gpt-4o}", 2, "llms.mine.model"),
        ("{model: a/b, parms: {}}", 2, "llms.mine.parms"),
        ("{model: a/b, params: {temprature: 1}}", 2, "llms.mine.params"),
        ("{model: a/b, params: {api_key: sk}}", 2, "llms.mine.params"),
        ("{model: a/b, params: {rpm: 1}}", 2, "llms.mine.params"),
        ("{model: a/b, release_date: May}", 2, "llms.mine.release_date"),
        ("{model: a/b, price: {input: -1, output: 1}}", 2, "llms.mine.price.input"),
    ],
)
def test_a_wrong_catalog_names_the_place(tmp_path: Path, body: str, line: int, where: str) -> None:
    folder = write(tmp_path, f"llms:\n  mine: {body}\n")
    with pytest.raises(FileError) as caught:
        LLMCatalog([folder])
    assert (caught.value.line, caught.value.where) == (line, where)


@pytest.mark.parametrize("name", ["all", "'tag:x'", "a/b", "'a*'", "'a:b'"])
def test_a_name_that_could_not_be_asked_for_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(FileError):
        LLMCatalog([write(tmp_path, f"llms:\n  {name}: {{model: a/b}}\n")])

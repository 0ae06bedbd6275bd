"""Keys: equal work is recognised, different work never collides, and old results stay found."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from popcorn_bench import fingerprint as fp
from popcorn_bench.types import (
    LLM,
    Anchor,
    BriefRules,
    Direction,
    EvaluatorCard,
    Generator,
    Input,
    Message,
    Metric,
    Mode,
    Stage,
)
from tests.values import PLACE

MODEL = LLM(name="m", model="openai/m", params={"temperature": 0.7, "top_p": 1})
CLIPS = Generator(name="g", adapter="paint", revision="r1", settings={"steps": 8})
CARD = EvaluatorCard(
    name="e", version="1", inputs=(Input.TITLE,), metrics=(), weights="ab", settings={"k": 1}
)
BARE = replace(CARD, settings={})
ASKED = (Message("system", "Be brief."), Message("user", "A cat \u2603"))
RULES = BriefRules(title_max=40, example_titles=("One",))
SIXTEEN, WHOLE = 16, 64

_plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


def _sha(*parts: object) -> str:
    """The same by other means: what each key is stated to be."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


# What results folders hold. A change of any of these makes all finished work unknown.
STANDING: dict[str, tuple[Callable[[], object], object]] = {
    "seed": (lambda: fp.unit_seed(0, "q1", 0), int(_sha("seed", 0, "q1", 0)[:8], 16) % 2**31),
    "seed high": (lambda: fp.unit_seed(3, "q2", 5), int(_sha("seed", 3, "q2", 5)[:8], 16) % 2**31),
    "llm": (
        lambda: fp.llm_id(MODEL),
        _sha("llm", "m", "openai/m", {"temperature": 0.7, "top_p": 1})[:SIXTEEN],
    ),
    "generator": (
        lambda: fp.generator_id(CLIPS),
        _sha("generator", "g", ["paint", "r1", {"steps": 8}])[:SIXTEEN],
    ),
    "evaluator": (
        lambda: fp.evaluator_id(CARD),
        _sha("evaluator", "e", "1", "ab", {"k": 1})[:SIXTEEN],
    ),
    "bare evaluator": (
        lambda: fp.evaluator_id(BARE),
        _sha("evaluator", "e", "1", "ab")[:SIXTEEN],
    ),
    "mode": (lambda: fp.mode_id(Mode(name="basic")), "basic"),
    "mode with settings": (
        lambda: fp.mode_id(Mode(name="pe", settings={"n": 10})),
        _sha("mode", "pe", {"n": 10})[:SIXTEEN],
    ),
    "task": (lambda: fp.task_id("t", "2", {"a": 1}), _sha("task", "t", "2", {"a": 1})[:SIXTEEN]),
    "brief": (
        lambda: fp.brief_key(ASKED, MODEL, 7, RULES),
        _sha(
            "brief",
            [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": "A cat \u2603"},
            ],
            "openai/m",
            {"temperature": 0.7, "top_p": 1},
            7,
            {"title_max": 40, "example_titles": ["One"]},
        ),
    ),
    "video": (
        lambda: fp.media_key(Stage.VIDEO, "rain", CLIPS, 7),
        _sha("video", "rain", ["paint", "r1", {"steps": 8}], 7),
    ),
    "cover": (
        lambda: fp.media_key(Stage.COVER, "rain", CLIPS, 7),
        _sha("cover", "rain", ["paint", "r1", {"steps": 8}], 7),
    ),
    "score": (
        lambda: fp.score_key({Input.TITLE: "aa", Input.VIDEO: "bb"}, CARD),
        _sha("score", {"title": "aa", "video": "bb"}, "e", "1", "ab", {"k": 1}),
    ),
    "audit": (
        lambda: fp.audit_key([{Input.TITLE: "aa"}, {Input.TITLE: "bb"}], BARE, "3"),
        _sha("audit", [{"title": "aa"}, {"title": "bb"}], "3", "e", "1", "ab"),
    ),
    "place": (lambda: fp.place_key(PLACE, "k"), _sha("place", list(PLACE), "k")),
}


@pytest.mark.parametrize("name", STANDING)
def test_each_key_is_the_hash_of_what_it_is_stated_to_be(name: str) -> None:
    made, wanted = STANDING[name]
    assert made() == wanted


def test_keys_of_finished_work_stay_as_they_were() -> None:
    """Written down once, so that a change of the hash itself does not go unseen."""
    assert fp.digest() == "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945"
    assert fp.digest("a", 1, None) == hashlib.sha256(b'["a",1,null]').hexdigest()
    assert fp.digest({"b": [1.5, True], "a": "\u00fc"}) == (
        hashlib.sha256('[{"a":"\u00fc","b":[1.5,true]}]'.encode()).hexdigest()
    )


@given(_plain)
def test_the_canonical_form_is_json_of_the_same_value(value: object) -> None:
    assert json.loads(fp.canonical(value).decode("utf-8", "surrogatepass")) == value


@given(st.dictionaries(st.text(), st.integers(), max_size=6))
def test_the_order_of_a_mapping_and_its_type_do_not_matter(values: dict[str, int]) -> None:
    turned = dict(reversed(values.items()))
    assert fp.canonical(values) == fp.canonical(turned) == fp.canonical(MappingProxyType(turned))


def test_dataclasses_are_their_fields() -> None:
    assert fp.canonical(Message("user", "x")) == b'{"content":"x","role":"user"}'


def test_half_a_surrogate_pair_has_a_key_of_its_own() -> None:
    """A model may answer with one; it is no reason to lose the unit."""
    assert fp.text_sha("\ud83d") != fp.text_sha("\ud83c")
    assert fp.digest("\ud83d") != fp.digest("\ud83c")
    assert fp.text_sha("\ud83d") == hashlib.sha256(b"\xed\xa0\xbd").hexdigest()


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_what_is_not_finite_has_no_canonical_form(number: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        fp.canonical({"x": number})


def test_what_is_no_plain_data_is_named() -> None:
    with pytest.raises(TypeError, match=r"^set has no canonical form$"):
        fp.canonical({"x": {1}})
    with pytest.raises(TypeError, match=r"^type has no canonical form$"):
        fp.canonical([Message])


LLM_CHANGES = {
    "name": replace(MODEL, name="n"),
    "model": replace(MODEL, model="openai/n"),
    "a parameter": replace(MODEL, params={**MODEL.params, "temperature": 0.8}),
    "one more parameter": replace(MODEL, params={**MODEL.params, "n": 1}),
}


@pytest.mark.parametrize("change", LLM_CHANGES)
def test_what_decides_an_answer_makes_another_llm(change: str) -> None:
    assert fp.llm_id(LLM_CHANGES[change]) != fp.llm_id(MODEL)


def test_what_describes_a_model_decides_nothing() -> None:
    told = replace(MODEL, family="f", version="v", release_date="2026-01-01", baseline=True)
    assert fp.llm_id(told) == fp.llm_id(MODEL)
    shown = replace(CLIPS, hints={"gb": 8}, family="f", licence="MIT", baseline=True)
    assert fp.generator_id(shown) == fp.generator_id(CLIPS)
    anchors = (Anchor(metric="m", topic="*", n=1, mean=0, sd=0, quantiles=()),)
    metrics = (Metric(name="m", description="", direction=Direction.HIGHER),)
    carried = replace(CARD, anchors=anchors, metrics=metrics, validity={"a": 1}, transport={"t": 2})
    assert fp.evaluator_id(carried) == fp.evaluator_id(CARD)


@pytest.mark.parametrize(
    "other",
    [
        replace(CLIPS, adapter="draw"),
        replace(CLIPS, revision="r2"),
        replace(CLIPS, settings={"steps": 9}),
    ],
)
def test_what_decides_a_clip_makes_another_key(other: Generator) -> None:
    assert fp.generator_id(other) != fp.generator_id(CLIPS)
    assert fp.media_key(Stage.VIDEO, "p", other, 0) != fp.media_key(Stage.VIDEO, "p", CLIPS, 0)


def test_the_name_of_a_generator_is_on_the_board_but_not_in_its_clips() -> None:
    renamed = replace(CLIPS, name="h")
    assert fp.generator_id(renamed) != fp.generator_id(CLIPS)
    assert fp.media_key(Stage.VIDEO, "p", renamed, 0) == fp.media_key(Stage.VIDEO, "p", CLIPS, 0)


def test_a_brief_does_not_hang_on_the_name_of_its_model_or_the_kind_of_sequence() -> None:
    known = fp.brief_key(ASKED, MODEL, 7, RULES)
    assert fp.brief_key(list(ASKED), replace(MODEL, name="n"), 7, RULES) == known


def test_a_list_of_messages_that_grew_is_another_request() -> None:
    """What is remembered is remembered of values that cannot change."""
    asked = list(ASKED)
    before = fp.brief_key(asked, MODEL, 7, RULES)
    asked.append(Message("user", "Again."))
    assert fp.brief_key(asked, MODEL, 7, RULES) != before


def _with(base: str) -> LLM:
    return replace(MODEL, params={"api_base": base})


def test_an_endpoint_counts_without_its_user_and_its_query() -> None:
    plain = fp.llm_id(_with("https://host:8000/v1"))
    assert fp.llm_id(_with("https://me:secret@host:8000/v1?key=x#part")) == plain
    assert plain == _sha("llm", "m", "openai/m", {"api_base": "https://host:8000/v1"})[:SIXTEEN]
    others = ("http://host:8000/v1", "https://host:8001/v1", "https://host:8000/v2")
    assert len({fp.llm_id(_with(other)) for other in others} | {plain}) == len(others) + 1


@pytest.mark.parametrize("name", ["api", "stop"])
def test_only_an_endpoint_is_read_as_one(name: str) -> None:
    first, second = (replace(MODEL, params={name: value}) for value in ("a?b", "a?c"))
    assert fp.llm_id(first) != fp.llm_id(second)


def test_equal_values_that_are_two_objects_have_one_id() -> None:
    """Identities are remembered by object: another object must be looked at anew."""
    assert fp.llm_id(replace(MODEL)) == fp.llm_id(MODEL)
    ids = [fp.llm_id(replace(MODEL, params={"seed": n})) for n in range(3000)]
    assert len(set(ids)) == len(ids)


def test_an_identity_is_worked_out_once() -> None:
    """Hundreds of thousands of units ask for it."""
    assert fp.generator_id(CLIPS) is fp.generator_id(CLIPS)


@given(st.integers(), st.text(max_size=8), st.integers(0, 99))
def test_seeds_fit_in_31_bits(root: int, query: str, repeat: int) -> None:
    assert 0 <= fp.unit_seed(root, query, repeat) < 2**31


def test_seeds_differ_by_root_query_and_repeat() -> None:
    seeds = {fp.unit_seed(r, q, n) for r in range(5) for q in "abcde" for n in range(5)}
    assert len(seeds) == 5**3
    assert max(seeds) > 2**30


def test_a_file_has_the_hash_of_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"\r\n\x00" * 100_000)
    assert fp.file_sha256(path) == hashlib.sha256(path.read_bytes()).hexdigest()
    with pytest.raises(FileNotFoundError):
        fp.file_sha256(tmp_path / "none")


@pytest.mark.parametrize("name", sorted(set(STANDING) - {"seed", "seed high", "mode"}))
def test_ids_are_short_and_keys_are_whole(name: str) -> None:
    made = STANDING[name][0]()
    assert isinstance(made, str)
    assert len(made) in {SIXTEEN, WHOLE}

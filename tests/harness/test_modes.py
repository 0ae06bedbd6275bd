"""Modes in a plan: identity, sweeps, and what is kept away from an LLM."""

from __future__ import annotations

import csv
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from popcorn_bench.errors import UsageError
from popcorn_bench.evaluators.popularity import Popularity, PopularityDisjoint
from popcorn_bench.fingerprint import mode_id
from popcorn_bench.harness.modes import Prompting, plan_modes
from popcorn_bench.harness.resolve import resolve
from popcorn_bench.harness.spec import RunSpec
from popcorn_bench.tasks.corpora.catalog import CorpusCatalog

SPEC = RunSpec(limit=5, tasks=("popcorn_concrete",), modes=("basic", "pe"), videos=("none",))


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POPCORN_CACHE", str(tmp_path / "cache"))


def _modes(spec: RunSpec) -> list[Prompting]:
    return list(resolve(spec).modes)


def test_a_mode_with_only_a_template_is_its_name() -> None:
    basic, pe = _modes(SPEC)

    assert mode_id(basic.mode) == "basic"
    assert pe.mode.name == "pe"
    assert len(mode_id(pe.mode)) == 16


@pytest.mark.parametrize(
    "change",
    [
        {"pe_references": (20,)},
        {"pe_tags": (2,)},
        {"pe_ratio": 0.5},
        {"pe_popular": "paper"},
        {"pe_category": "names"},
        {"pe_show_engagement": True},
    ],
)
def test_every_setting_makes_another_mode(change: dict[str, object]) -> None:
    usual = mode_id(_modes(SPEC)[1].mode)
    other = _modes(replace(SPEC, **change))[1].mode  # type: ignore[arg-type]  # field by field

    assert mode_id(other) != usual
    assert other.name.startswith("pe[")


def test_a_sweep_is_one_mode_per_value() -> None:
    names = [m.mode.name for m in _modes(replace(SPEC, pe_references=(0, 10, 50), pe_tags=(1, 2)))]

    assert names == ["basic", "pe[n=0]", "pe[n=10]", "pe", "pe[tags=2]"]


def test_references_stand_in_the_prompt_without_their_numbers() -> None:
    plan = resolve(SPEC)
    task, pe = plan.tasks[0], plan.modes[1]
    prompt = pe.prompt(task, task.queries[0])

    assert prompt.found is not None
    assert prompt.found.references
    user = prompt.messages[-1].content
    assert all(reference.title in user for reference in prompt.found.references)
    assert '"comments"' not in user
    shown = resolve(replace(SPEC, pe_show_engagement=True)).modes[1].prompt(task, task.queries[0])
    assert '"comments"' in shown.messages[-1].content


def test_a_model_with_little_context_is_shown_less_and_never_more_than_it_can_read() -> None:
    plan = resolve(SPEC)
    task, pe = plan.tasks[0], plan.modes[1]
    whole = pe.prompt(task, task.queries[0]).found
    tight = pe.prompt(task, task.queries[0], context=1_000).found

    assert whole is not None
    assert tight is not None
    assert not tight.references
    assert tight.dropped == len(whole.references)


def _title(n: int) -> str:
    """Four words that no other row has: no row has a twin."""
    digits = (sha256(f"{n} {i}".encode()).hexdigest()[:8] for i in range(4))
    return " ".join("".join(chr(97 + int(digit, 16)) for digit in word) for word in digits)


def _corpus(folder: Path, rows: int) -> Path:
    with (folder / "rows.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "title", "category", "comments"])
        writer.writerows([n, _title(n), ("food", "games")[n % 2], n + 1] for n in range(rows))
    path = folder / "mine.yaml"
    path.write_text("corpus: mine\npath: rows.csv\n")
    return path


def test_rows_that_a_predictor_knows_are_never_shown(tmp_path: Path) -> None:
    path = _corpus(tmp_path, 600)
    corpus = CorpusCatalog().load(str(path))
    learned = frozenset(corpus.hashed_ids([str(n) for n in range(300)]))
    spec = replace(SPEC, corpus=str(path), modes=("pe",))
    task = resolve(SPEC).tasks[0]

    (pe,), (note,) = plan_modes(spec, [task], [], learned)
    shown = {r.id for q in task.queries for r in pe.prompt(task, q).found.references}  # type: ignore[union-attr]  # pe retrieves

    assert shown
    assert min(int(i) for i in shown) >= 300
    assert "300 rows of mine left out of retrieval" in note
    assert pe.mode.settings["left_out"] == 300

    (leaky,), (note,) = plan_modes(replace(spec, allow_leakage=True), [task], [], learned)
    assert leaky.mode.settings["leaked"] == 300
    assert "known to a predictor" in note


def test_too_few_rows_left_is_refused(tmp_path: Path) -> None:
    path = _corpus(tmp_path, 300)
    learned = frozenset(CorpusCatalog().load(str(path)).hashed_ids()[:200])
    task = resolve(SPEC).tasks[0]

    with pytest.raises(UsageError, match=r"100 of 300 rows .* --allow-leakage"):
        plan_modes(replace(SPEC, corpus=str(path), modes=("pe",)), [task], [], learned)


def test_the_shipped_predictor_says_what_it_learned_from() -> None:
    assert len(Popularity.trained_on(Popularity.card({}))) == 15_790


@pytest.mark.shared
def test_microlens_is_offered_without_the_rows_of_the_predictor_that_ranks(shared: Path) -> None:
    folder = shared / "data" / "microlens_100k"
    spec = replace(SPEC, corpus="microlens", corpus_dir=str(folder), pe_popular="paper")
    plan = resolve(spec)
    corpus = CorpusCatalog().load("microlens", folder)
    known = dict(zip(corpus.frame["id"], corpus.hashed_ids(), strict=True))
    learned = PopularityDisjoint.trained_on(PopularityDisjoint.card({}))
    task, pe = plan.tasks[0], plan.modes[1]

    for query in task.queries:
        found = pe.prompt(task, query).found
        assert found is not None
        assert not {known[r.id] for r in found.references} & learned
        assert len({r.category for r in found.references}) == 1


@pytest.mark.shared
def test_a_predictor_that_knows_the_rows_shown_is_marked_and_joined(shared: Path) -> None:
    folder = shared / "data" / "microlens_100k"
    spec = replace(SPEC, corpus="microlens", corpus_dir=str(folder))
    plan = resolve(spec)
    retrieved = plan.modes[1].mode.settings["corpus_rows"]

    assert [card.name for card in plan.evaluators][:2] == ["popularity-disjoint", "popularity"]
    (leak,) = plan.leaks
    assert (leak.evaluator.name, leak.mode) == ("popularity", plan.modes[1].mode)
    assert isinstance(retrieved, int)
    assert 0 < leak.rows <= retrieved
    assert 8_000 < retrieved < 10_000  # the half that is kept for retrieval, and held-out rows
    assert any("popularity-disjoint joins" in note for note in plan.notes)


def test_a_mode_without_references_shows_no_rows_and_leaks_none() -> None:
    plan = resolve(replace(SPEC, pe_references=(0,)))

    assert plan.leaks == ()
    assert plan.modes[1].shown == frozenset()

"""The modes of a plan: how each prompts, and for prompt enhancement what it retrieves from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from popcorn_bench.errors import UsageError, did_you_mean
from popcorn_bench.generators.retrieval.prompt import tokens, trim, values
from popcorn_bench.generators.retrieval.settings import (
    Category,
    Popular,
    Retrieval,
    mode_name,
    sweep,
)
from popcorn_bench.harness.spec import RunSpec
from popcorn_bench.tasks.corpora.cache import cache_folder
from popcorn_bench.tasks.corpora.catalog import CorpusCatalog
from popcorn_bench.tasks.task import Task
from popcorn_bench.types import Message, Mode, Query

if TYPE_CHECKING:
    from popcorn_bench.generators.retrieval.found import Found
    from popcorn_bench.generators.retrieval.retriever import Retriever
    from popcorn_bench.tasks.corpora.corpus import Corpus

PE = "pe"
_ANSWER_TOKENS = 4_000  # room that a trimmed prompt leaves for reasoning and answer
_REMEMBERED = 4_096  # queries whose references are kept: all LLMs go through them side by side
_LEAST_ROWS = 200  # a corpus with fewer rows left says little about what is popular


@dataclass(frozen=True, slots=True)
class Prompt:
    """What an LLM is sent for a query, and the references in it, if the mode retrieves any."""

    messages: tuple[Message, ...]
    found: Found | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompting:
    """One mode of a plan. `find` retrieves for the text of a query.

    `shown` holds the hashed ids of the corpus rows that an LLM may be shown.
    """

    mode: Mode
    template: str
    find: Callable[[str], Found] | None = None
    show_engagement: bool = False
    shown: frozenset[str] = frozenset()

    def prompt(self, task: Task, query: Query, context: int | None = None) -> Prompt:
        """Render the messages for a query of a task.

        References are cut to `context`, the tokens that the model can read, where it is known.
        """
        if self.find is None:
            return Prompt(task.render(self.template, query))
        found = self.find(query.text)
        if context is not None:
            bare = sum(tokens(m.content) for m in task.render(self.template, query))
            room = max(0, context - bare - _ANSWER_TOKENS)
            found = trim(found, room, show_engagement=self.show_engagement)
        shown = values(found, show_engagement=self.show_engagement)
        return Prompt(task.render(self.template, query, shown), found)


def plan_modes(
    spec: RunSpec, tasks: Sequence[Task], include: Sequence[Path], trained_on: frozenset[str]
) -> tuple[tuple[Prompting, ...], tuple[str, ...]]:
    """The modes of a spec, and what there is to say about them.

    Args:
        spec: names the modes; prompt enhancement becomes one mode per value that is swept over.
        tasks: each must have a template for each mode.
        include: folders with corpora of the user's own.
        trained_on: hashed ids of rows that a predictor learned from. They and their twins are
            left out of retrieval, unless the spec allows leakage.

    Raises:
        UsageError: for a mode that a task lacks, or a corpus that cannot be used.
    """
    for task in tasks:
        for name in spec.modes:
            if name not in task.modes:
                raise UsageError(
                    f"--modes: task {task.name!r} has no mode {name!r} "
                    f"(it has: {', '.join(task.modes)}){did_you_mean(name, task.modes)}"
                )
    modes: list[Prompting] = []
    notes: tuple[str, ...] = ()
    for name in dict.fromkeys(spec.modes):
        if name == PE:
            enhanced, notes = _enhanced(spec, include, trained_on)
            modes += enhanced
        else:
            modes.append(Prompting(mode=Mode(name=name), template=name))
    return tuple(modes), notes


def _enhanced(
    spec: RunSpec, include: Sequence[Path], trained_on: frozenset[str]
) -> tuple[list[Prompting], tuple[str, ...]]:
    from popcorn_bench.generators.retrieval.retriever import Retriever

    folder = Path(spec.corpus_dir) if spec.corpus_dir else None
    whole = CorpusCatalog(include).load(spec.corpus, folder)
    corpus, leaked, notes = _fit_for_retrieval(whole, spec, trained_on)
    wanted = sweep(spec.pe_references, spec.pe_tags, _base(spec))
    first = Retriever(corpus.frame, corpus.sha256, wanted[0], cache_folder() / "retrieval")
    shown = frozenset(corpus.hashed_ids())
    modes = [_mode(corpus, s, first.with_settings(s), leaked, shown) for s in wanted]
    return modes, notes


def _fit_for_retrieval(
    corpus: Corpus, spec: RunSpec, trained_on: frozenset[str]
) -> tuple[Corpus, int, tuple[str, ...]]:
    """The corpus without what a predictor learned from, how many such rows stay, and a note."""
    known = [key in trained_on for key in corpus.hashed_ids()]
    n = sum(known)
    if not n:
        return corpus, 0, ()
    if spec.allow_leakage:
        return corpus, n, (f"{n:,} rows of {corpus.title} are known to a predictor and shown",)
    left = _without_twins(corpus, known)
    gone = corpus.frame.height - left.frame.height
    if left.frame.height < _LEAST_ROWS:
        raise UsageError(
            f"--corpus: {left.frame.height:,} of {corpus.frame.height:,} rows of {corpus.title} "
            "are left without those that a predictor was trained on (and their twins), fewer than "
            f"{_LEAST_ROWS}; use another corpus or evaluator, or --allow-leakage"
        )
    note = (
        f"{gone:,} rows of {corpus.title} left out of retrieval: a predictor was trained on them "
        f"or their twins ({left.frame.height:,} stay)"
    )
    return left, 0, (note,)


def _without_twins(corpus: Corpus, known: Sequence[bool]) -> Corpus:
    import polars as pl

    from popcorn_bench.tasks.corpora.twins import group_keys

    groups = group_keys(corpus.frame)
    learned = {group for group, is_known in zip(groups, known, strict=True) if is_known}
    keep = pl.Series([group not in learned for group in groups], dtype=pl.Boolean)
    return corpus.only(corpus.frame.filter(keep))


def _base(spec: RunSpec) -> Retrieval:
    return Retrieval(
        ratio=spec.pe_ratio,
        popular=cast("Popular", spec.pe_popular),
        embedder=spec.pe_embedder,
        category=cast("Category", spec.pe_category),
        show_engagement=spec.pe_show_engagement,
    )


def _mode(
    corpus: Corpus,
    settings: Retrieval,
    retriever: Retriever,
    leaked: int,
    shown: frozenset[str],
) -> Prompting:
    identity = {
        **asdict(settings),
        "embedder_revision": retriever.revision,
        "corpus": corpus.name,
        "corpus_title": corpus.title,
        "corpus_sha256": corpus.sha256,
        "corpus_rows": corpus.frame.height,
        "left_out": corpus.left_out,
        "leaked": leaked,
    }
    return Prompting(
        mode=Mode(name=mode_name(settings), settings=identity),
        template=PE,
        find=lru_cache(_REMEMBERED)(retriever.references),
        show_engagement=settings.show_engagement,
        shown=shown if settings.references else frozenset(),
    )

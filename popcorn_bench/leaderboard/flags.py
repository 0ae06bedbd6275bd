"""The notes of a row: what they mean, and which of them a narrow column has room for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from popcorn_bench.leaderboard.form import FORM, FORM_RULES
from popcorn_bench.leaderboard.text import clean

_MARKS = {
    "baseline": "B",
    "baseline_video": "V",
    "leakage": "L",
    "extrapolation": "X",
    "predictor_dependent": "D",
    "incomplete": "I",
    "unbalanced": "U",
    "fewer_queries": "F",
    "partial": "P",
    "cost_unknown": "",  # the cost column says it
    "title_too_long": "T",
}
_MEANINGS = {
    "baseline": "a baseline of the harness, not a model under test",
    "baseline_video": "the clip comes from a baseline generator",
    "leakage": "the predictor was trained on rows that the LLM was shown",
    "extrapolation": "what it made is unlike the human videos that the predictor knows",
    "predictor_dependent": "another part of the predictor would put it outside its rank range",
    "incomplete": "less than 95 % of the plan is scored, so it is not ranked",
    "unbalanced": "it lacks generators or modes that others have, so it is not ranked",
    "fewer_queries": "it was asked fewer queries than the others, so it is not ranked",
    "partial": "only a limited run asked for it",
    "cost_unknown": "the price of its briefs, clips or scores is not known",
    "title_too_long": "share of its titles that are longer than the task allows",
    FORM: "share of its answers that were usable, but not in the form asked for",
    "code_fence": "share of its answers in a code fence",
    "extra_text": "share of its answers with prose around the JSON",
    "json_repaired": "share of its answers that were no valid JSON and had to be repaired",
    "renamed_keys": "share of its answers with keys spelled otherwise",
    "wrapped_object": "share of its answers inside another object",
    "joined_list": "share of its answers with a list where a text was asked for",
    "several_answers": "share of its answers that held more than one",
    "bidi_removed": "share of its answers with marks that turn the direction of text",
    "title_repaired": "share of its titles with control characters or line breaks",
    "prompt_repaired": "share of its prompts with control characters",
}
_OTHER = "share of its answers that broke this rule"


def summed_up(flags: Iterable[str]) -> list[str]:
    """The flags without the single rules of form: `form 33%` stands for all of them."""
    return [flag for flag in flags if _name(flag) not in FORM_RULES]


def short(flags: Iterable[str]) -> str:
    """The flags as the marks that the legend explains: `B, T 12%, form 33%`."""
    marks = (_short(flag) for flag in summed_up(flags))
    return ", ".join(mark for mark in marks if mark)


def legend(flags: Iterable[str]) -> list[tuple[str, str]]:
    """Every flag that occurs, with its meaning."""
    return [(name, _MEANINGS.get(name, _OTHER)) for name in _names(flags)]


def short_legend(flags: Sequence[str]) -> list[tuple[str, str]]:
    """The marks that `short` makes, with their meanings; the rules behind `form` by name."""
    found = []
    for name, meaning in legend(summed_up(flags)):
        rules = [rule for rule in _names(flags) if rule in FORM_RULES]
        said = f"{meaning} ({', '.join(rules)})" if name == FORM else meaning
        found.append((_short(name), said))
    return [(mark, said) for mark, said in found if mark]


def _names(flags: Iterable[str]) -> list[str]:
    present = {_name(flag) for flag in flags}
    known = [name for name in _MEANINGS if name in present]
    return [*known, *sorted(present.difference(known))]


def _name(flag: str) -> str:
    return flag.partition(" ")[0]


def _short(flag: str) -> str:
    name, _, share = flag.partition(" ")
    return f"{_MARKS.get(name, clean(name))} {share}".strip()

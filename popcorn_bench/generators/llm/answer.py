"""From what a model said to a title and two prompts, or to the name of what is wrong with it.

A fault that leaves the brief useful is recorded as a breach; one that does not is an error:

- `empty_answer`: nothing was said.
- `refusal`: the model or its provider declined.
- `truncated`: the answer was cut off before it was complete.
- `malformed_answer`: no object with a field of a brief could be found.
- `missing_field`: an object, but a field is absent, empty or no text.
- `copied_example`: the title is the example of the prompt.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from popcorn_bench.errors import AdapterError
from popcorn_bench.generators.llm import objects
from popcorn_bench.generators.llm.objects import FIELDS, Found
from popcorn_bench.remote import cleaning, refusals
from popcorn_bench.remote.response import Reply
from popcorn_bench.types import BriefRules

MAX_CHARS = 400_000  # of an answer with its thoughts; what lies beyond is not read
MAX_RAW = 100_000  # of an answer as it is kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """The parts of a brief, cleaned; `breaches` in a fixed order."""

    title: str
    cover_prompt: str
    video_prompt: str
    breaches: tuple[str, ...]


def parse(reply: Reply, rules: BriefRules) -> Parsed:
    """Read a brief from an answer.

    Raises:
        AdapterError: of a kind that the module names; never anything else.
    """
    text = refusals.spoken(reply, MAX_CHARS)
    found, breaches = _choose(text, cut_off=refusals.is_cut_off(reply))
    parsed = _cleaned(found, [*breaches, *_form(text, found)], rules)
    _refuse_apology(parsed)
    _refuse_copy(parsed.title, rules)
    return parsed


def _choose(text: str, *, cut_off: bool) -> tuple[Found, list[str]]:
    """The object that is the answer: the last complete one, the first of a list."""
    exact = objects.strict(text)
    if complete := [found for found in exact if found.complete]:
        last = [found for found in complete if found.start == complete[-1].start]
        return last[0], ["several_answers"] if len(complete) > 1 else []
    if cut_off:
        raise AdapterError("truncated", f"cut off: {_end(text)}; raise max_tokens")
    mended = objects.repaired(text)
    if complete := [found for found in mended if found.complete]:
        return complete[0], ["json_repaired"]
    raise _unusable(text, [*exact, *mended])


def _unusable(text: str, partial: list[Found]) -> AdapterError:
    if refusals.is_apology(text):
        return AdapterError("refusal", f"the model declined: {cleaning.excerpt(text)}")
    if not partial:
        said = f"no JSON object with the fields asked for: {cleaning.excerpt(text)}"
        return AdapterError("malformed_answer", said)
    best = max(partial, key=lambda found: len(found.fields))
    absent = [name for name in FIELDS if name not in best.fields]
    return AdapterError("missing_field", f"no text in {', '.join(absent)}")


def _form(text: str, found: Found) -> Iterator[str]:
    """How the form of the answer differs from the one asked for."""
    fence, prose = objects.outside(text, found)
    seen = {
        "code_fence": fence,
        "extra_text": prose,
        "renamed_keys": found.renamed,
        "wrapped_object": found.wrapped,
        "joined_list": found.joined,
    }
    yield from (name for name, is_so in seen.items() if is_so)


def _cleaned(found: Found, breaches: list[str], rules: BriefRules) -> Parsed:
    written = {name: text.strip() for name, text in found.fields.items()}
    kept = {name: cleaning.clean(text) for name, text in written.items()}
    kept["title"] = cleaning.one_line(kept["title"])
    if empty := [name for name, text in kept.items() if not text]:
        raise AdapterError("missing_field", f"no visible text in {', '.join(empty)}")
    seen = {
        "bidi_removed": any(cleaning.has_bidi(text) for text in written.values()),
        "title_repaired": kept["title"] != written["title"],
        "prompt_repaired": any(kept[name] != written[name] for name in FIELDS[1:]),
        "title_too_long": len(kept["title"]) > rules.title_max,
    }
    breaches += [name for name, is_so in seen.items() if is_so]
    return Parsed(**kept, breaches=tuple(breaches))


def _refuse_apology(parsed: Parsed) -> None:
    """A refusal that was pressed into the form: both title and prompt decline."""
    if refusals.is_apology(parsed.title) and refusals.is_apology(parsed.video_prompt):
        raise AdapterError("refusal", f"the model declined: {cleaning.excerpt(parsed.title)}")


def _refuse_copy(title: str, rules: BriefRules) -> None:
    examples = {cleaning.same_words(example) or example for example in rules.example_titles}
    if (cleaning.same_words(title) or title) in examples:
        raise AdapterError("copied_example", f"the title is the example: {cleaning.excerpt(title)}")


def _end(text: str) -> str:
    return cleaning.excerpt(text[-60:], 60)

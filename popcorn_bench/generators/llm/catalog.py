"""The catalog of language models: which there are, which can be called, and with what."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path

from popcorn_bench import plugins, yamlfile
from popcorn_bench.errors import UsageError
from popcorn_bench.generators.llm import arguments, plugged
from popcorn_bench.generators.llm.arguments import Flat, Settings
from popcorn_bench.generators.llm.schema import EntryModel, FileModel, is_litellm_string
from popcorn_bench.remote import providers
from popcorn_bench.remote.prices import FREE, ModelFacts, Price, facts
from popcorn_bench.selection import is_pattern, select
from popcorn_bench.types import JSON, LLM

FILE = "llms.yaml"
_SHIPPED = Path(__file__).parents[1] / "catalog" / FILE
_FLAG = "--llms"
_ARGS_FLAG = "--llm-args"

Args = Sequence[tuple[str, Mapping[str, str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class LLMEntry:
    """A model with all that is known about calling it.

    Attributes:
        llm: identity, with the parameters that decide its answers.
        tags: what `tag:x` finds.
        usable: whether it can be called now, as far as can be told without calling.
        reason: why not, for example `set OPENAI_API_KEY`.
        response_schema: whether answers are asked for by JSON schema; None: LiteLLM knows.
        price: USD per million tokens; None if unknown.
        context: tokens that go in at most; None if unknown.
        deprecated: the date on which the provider ended it, or ''.
        transport: settings of the call that do not change the answer (`timeout`, ...).
        rpm: requests per minute that the provider allows, if known.
        tpm: tokens per minute that the provider allows, if known.
    """

    llm: LLM
    tags: frozenset[str] = frozenset()
    usable: bool = True
    reason: str = ""
    response_schema: bool | None = None
    price: Price | None = None
    context: int | None = None
    deprecated: str = ""
    transport: Mapping[str, JSON] = field(default_factory=dict)
    rpm: int | None = None
    tpm: int | None = None


class LLMCatalog:
    """The shipped catalog, with plugins and the `llms.yaml` files of `include_paths` laid over it.

    A later path wins over an earlier one, and every one over plugins and the shipped file. Keys
    are looked for in the environment at the time of a call.

    Raises:
        FileError: for a file that is wrong.
    """

    def __init__(self, include_paths: Sequence[Path] = ()) -> None:
        self._models = dict(yamlfile.load(_SHIPPED, FileModel).llms)
        self._faults: dict[str, str] = {}  # of plugins
        self._add_plugins()
        for file in (p / FILE for p in include_paths if (p / FILE).is_file()):
            self._models |= yamlfile.load(file, FileModel).llms

    def _add_plugins(self) -> None:
        for name, plugin in plugins.found("llms").items():
            try:
                self._models |= plugged.entries_of(plugin)
            except UsageError as error:
                self._faults[name] = str(error)
                self._models.setdefault(name, plugged.broken(name))

    def entries(self) -> list[LLMEntry]:
        """All models of the catalog, in the order of the files; a broken plugin is listed too."""
        found = (_entry(name, model, model.flat()) for name, model in self._models.items())
        return [self._with_fault(entry) for entry in found]

    def _with_fault(self, entry: LLMEntry) -> LLMEntry:
        fault = self._faults.get(entry.llm.name)
        return replace(entry, usable=False, reason=fault) if fault else entry

    def resolve(self, wanted: Sequence[str], args: Args) -> list[LLMEntry]:
        """The models asked for, with their settings, each once, in the order asked for.

        Args:
            wanted: catalog names, globs, `tag:x`, `all`, or LiteLLM strings with a slash.
            args: (NAME, settings as text); NAME is a name or a glob over the models asked for,
                '' stands for all that are no baselines. An exact name wins over a glob, and a
                glob over ''.

        Raises:
            UsageError: for an unknown name or setting, and for a NAME that nothing matches.
        """
        chosen = self._chosen(wanted)
        given = [_Given(name, settings) for name, settings in args]
        for one in given:
            one.must_match(chosen)
        given.sort(key=lambda one: one.rank)
        found = (_with_args(name, model, given) for name, model in chosen.items())
        return [self._with_fault(entry) for entry in found]

    def _chosen(self, wanted: Sequence[str]) -> dict[str, EntryModel]:
        return {name: model for item in wanted for name, model in self._expand(item)}

    def _expand(self, item: str) -> Iterator[tuple[str, EntryModel]]:
        if "/" in item and not is_pattern(item):
            if not is_litellm_string(item):
                raise UsageError(f"{_FLAG}: {item!r} is no LiteLLM string (provider/model)")
            yield item, EntryModel(model=item)
            return
        known = {name: model.all_tags for name, model in self._models.items()}
        for name in select([item], known, noun="LLM", flag=_FLAG):
            yield name, self._models[name]


@dataclass(frozen=True, slots=True)
class _Given:
    """One `--llm-args`."""

    name: str
    settings: Mapping[str, str]

    @property
    def rank(self) -> int:
        """How closely it names a model: all, a glob, one."""
        if not self.name:
            return 0
        return 1 if is_pattern(self.name) else 2

    def matches(self, name: str, model: EntryModel) -> bool:
        if name == self.name:
            return True
        return not model.is_baseline and (not self.name or fnmatchcase(name, self.name))

    def must_match(self, chosen: Mapping[str, EntryModel]) -> None:
        if not any(self.matches(name, model) for name, model in chosen.items()):
            what = f"no LLM that was asked for is named {self.name!r}"
            none = "none of the LLMs asked for takes settings"
            raise UsageError(f"{_ARGS_FLAG}: {what if self.name else none}")


def _with_args(name: str, model: EntryModel, given: Sequence[_Given]) -> LLMEntry:
    flat = dict(model.flat())
    for one in given:
        if one.matches(name, model):
            flat |= _accepted(name, model, one.settings)
    try:
        return _entry(name, model, flat)
    except ValueError as error:
        raise UsageError(f"{_ARGS_FLAG}: {name}: {error}") from error


def _accepted(name: str, model: EntryModel, settings: Mapping[str, str]) -> Flat:
    if model.is_baseline:
        raise UsageError(f"{_ARGS_FLAG}: {name} is a baseline and takes no settings")
    variable = providers.key_variable(model.model)
    try:
        return {key: arguments.accept(key, text, variable) for key, text in settings.items()}
    except ValueError as error:
        raise UsageError(f"{_ARGS_FLAG}: {name}: {error}") from error


def _entry(name: str, model: EntryModel, flat: Flat) -> LLMEntry:
    """Put together what the file, the flags, the environment and LiteLLM's table say."""
    flat, fault = _with_address(model.model, flat)
    settings = arguments.split(flat)
    known = facts(model.model) or ModelFacts()
    ended = known.ends if known.ended() else ""
    # The end date may be wrong: a model that is asked for by its LiteLLM string is tried anyway.
    reason = fault or _reason(model.model, settings, ended if name != model.model else "")
    return LLMEntry(
        llm=_llm(name, model, settings),
        tags=model.all_tags,
        usable=not reason,
        reason=reason,
        response_schema=_schema(model, settings, known),
        price=_price(model, settings, known),
        context=model.context or known.context,
        deprecated=ended,
        transport=settings.transport,
        rpm=settings.rpm,
        tpm=settings.tpm,
    )


def _with_address(model: str, flat: Flat) -> tuple[Flat, str]:
    """The settings with the endpoint of the environment where none is given; or its fault."""
    variable, url = providers.address(model, os.environ)
    if flat.get("api_base") or not url:
        return flat, ""
    fault = providers.address_fault(url)
    return (flat, f"{variable} {fault}") if fault else ({**flat, "api_base": url}, "")


def _reason(model: str, settings: Settings, ended: str) -> str:
    if plugged.is_plugged(model):
        return plugged.lacking(model)
    api_base = str(settings.params.get("api_base", ""))
    if ended and not api_base:
        return f"its provider ended it on {ended}; ask for {model} to try all the same"
    return providers.missing(model, api_base, os.environ)


def _llm(name: str, model: EntryModel, settings: Settings) -> LLM:
    return LLM(
        name=name,
        model=model.model,
        params=settings.params,
        family=model.family,
        version=model.version,
        release_date=model.release_date,
        baseline=model.is_baseline,
    )


def _price(model: EntryModel, settings: Settings, known: ModelFacts) -> Price | None:
    """The stated price, else the table's, which speaks for the provider's own endpoint only."""
    if model.is_baseline:
        return FREE
    if settings.price or "api_base" in settings.params:
        return settings.price
    return known.price


def _schema(model: EntryModel, settings: Settings, known: ModelFacts) -> bool | None:
    if model.is_baseline:
        return False
    forced = settings.response_schema
    return known.response_schema if forced is None else forced

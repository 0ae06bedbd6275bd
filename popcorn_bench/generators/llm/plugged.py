"""Language models that plugins bring: their own code instead of a provider of LiteLLM."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, cast

from pydantic import ValidationError

from popcorn_bench import plugins, yamlfile
from popcorn_bench.errors import AdapterError, UsageError
from popcorn_bench.generators.llm.schema import EntryModel, FileModel
from popcorn_bench.plugins import Plugin
from popcorn_bench.remote import providers
from popcorn_bench.remote.response import Reply
from popcorn_bench.types import Message


class TextModel(Protocol):
    """A language model of a plugin's own."""

    async def answer(self, messages: Sequence[Message], seed: int) -> str:
        """The whole answer to a chat: JSON with title, cover_prompt and video_prompt.

        Raises:
            AdapterError: with the kind that names what went wrong; anything else is a `bug`.
        """
        ...


class TextModelClass(Protocol):
    """The class behind a plugin's name in the group `llms`: cheap to import.

    `entry` may hold the facts of a catalog entry (`family`, `version`, `release_date`, `tags`).
    """

    entry: Mapping[str, Any]

    @staticmethod
    def missing() -> list[str]:
        """Say what this machine lacks to run it (a key, a package), in short phrases."""
        ...

    def __call__(self) -> TextModel:
        """Load."""
        ...


def entries_of(plugin: Plugin) -> dict[str, EntryModel]:
    """What a plugin adds to the catalog: its class, or the `llms.yaml` that it points to.

    Raises:
        UsageError: if it is broken.
    """
    given = plugin.load()
    if not isinstance(given, type):
        path = plugins.folder_of(plugin)
        return yamlfile.load(path / "llms.yaml" if path.is_dir() else path, FileModel).llms
    facts = getattr(given, "entry", {})
    if not isinstance(facts, Mapping):
        raise plugin.fault("its `entry` is no mapping")
    try:
        return {plugin.name: EntryModel.model_validate({**facts, "model": _model(plugin.name)})}
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise plugin.fault(f"its `entry`: {where}: {first['msg']}") from error


def broken(name: str) -> EntryModel:
    """What stands in the catalog for a plugin that cannot be loaded."""
    return EntryModel(model=_model(name))


def is_plugged(model: str) -> bool:
    """Whether a model is called through a plugin and not through LiteLLM."""
    return providers.provider_of(model) == providers.PLUGINS


def lacking(model: str) -> str:
    """What the machine lacks for a plugin's model, as one phrase; '' if nothing."""
    missing = getattr(_class_of(model), "missing", list)
    return "; ".join(missing())


class Plugged:
    """One model of a plugin, loaded when it is first asked."""

    def __init__(self, model: str, timeout: float) -> None:
        self._model, self._timeout = model, timeout
        self._loaded: TextModel | None = None

    async def ask(self, messages: Sequence[Message], seed: int) -> Reply:
        """Ask once.

        Raises:
            AdapterError: `timeout`, `bad_response` for an answer that is no text, or its own.
        """
        if self._loaded is None:
            self._loaded = cast("Callable[[], TextModel]", _class_of(self._model))()
        try:
            async with asyncio.timeout(self._timeout):
                text = await self._loaded.answer(messages, seed)
        except TimeoutError as error:
            what = f"no answer in {self._timeout:g} s"
            raise AdapterError("timeout", what, retriable=True) from error
        if not isinstance(text, str):
            raise AdapterError("bad_response", f"its answer is no text but {type(text).__name__}")
        return Reply(content=text)


def _class_of(model: str) -> object:
    name = model.partition("/")[2]
    plugin = plugins.found("llms").get(name)
    if plugin is None:
        raise UsageError(f"--llms: no plugin brings the LLM {name!r}")
    return plugin.load()


def _model(name: str) -> str:
    return f"{providers.PLUGINS}/{name}"

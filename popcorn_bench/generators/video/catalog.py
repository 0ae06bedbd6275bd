"""The video generators that are known by name, and whether this machine can run them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from popcorn_bench.errors import UsageError, did_you_mean
from popcorn_bench.generators.video.machine import (
    gpu_memory,
    missing_extra,
    missing_gpu,
    missing_weights,
)
from popcorn_bench.registry import Registry
from popcorn_bench.selection import select
from popcorn_bench.types import JSON, Generator

if TYPE_CHECKING:
    from popcorn_bench.generators.protocol import MediaAdapter
    from popcorn_bench.generators.video.catalog_file import EntryModel

ADAPTERS: Final = Registry(
    "popcorn_bench.generators",
    "generator adapter",
    {
        "storyboard": "popcorn_bench.generators.video.storyboard:Storyboard",
        "still": "popcorn_bench.generators.video.storyboard:Still",
    },
)
_PLANNED: Final = frozenset({"diffusers"})  # catalog entries may name these already
_SHIPPED: Final = Path(__file__).parent.parent / "catalog" / "videos.yaml"
_FLAG: Final = "--video-args"


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoEntry:
    """A generator of the catalog and what is known about running it here.

    `reason` says why it is not usable, empty where it is. Memory, weights in GB and
    `seconds_per_clip` are None where they are not known.
    """

    generator: Generator
    tags: frozenset[str]
    usable: bool
    reason: str
    extra: str
    gpu_gb: float | None
    weights_gb: float | None
    seconds_per_clip: float | None
    native_seconds: float | None = None


class VideoCatalog:
    """The shipped `videos.yaml` and those of the include paths, where a later one wins.

    Args:
        include_paths: folders that may hold a `videos.yaml`.

    Raises:
        FileError: for a catalog file that does not hold what it should.
    """

    def __init__(self, include_paths: Sequence[Path] = ()) -> None:
        from popcorn_bench.generators.video.catalog_file import read

        own = (folder / "videos.yaml" for folder in include_paths)
        self._models: dict[str, EntryModel] = {}
        for path in (_SHIPPED, *(path for path in own if path.is_file())):
            self._models |= read(path)

    def entries(self) -> list[VideoEntry]:
        """All generators, in the order of the files."""
        return [self._entry(name, {}) for name in self._models]

    def resolve(
        self, wanted: Sequence[str], args: Sequence[tuple[str, Mapping[str, str]]] = ()
    ) -> list[VideoEntry]:
        """The generators asked for, with what `--video-args` says about them.

        Args:
            wanted: names, globs, `tag:x` or `all`.
            args: pairs of a name and its settings; the empty name means every generator that
                can run here. A setting given by name wins over one given for all.

        Raises:
            UsageError: for a name or setting that is not known, or a value that does not fit.
        """
        tags = {name: model.tags for name, model in self._models.items()}
        names = select(wanted, tags, noun="video generator", flag="--videos")
        for name, _ in args:
            if name and name not in names:
                hint = did_you_mean(name, names)
                raise UsageError(f"{_FLAG}: {name!r} is not among the --videos asked for{hint}")
        return [self._entry(name, self._args(name, args)) for name in names]

    def _args(self, name: str, args: Sequence[tuple[str, Mapping[str, str]]]) -> dict[str, str]:
        general = {k: v for whom, given in args if not whom for k, v in given.items()}
        if self._models[name].adapter not in ADAPTERS.names():
            general = {k: v for k, v in general.items() if k in self._models[name].settings}
        return general | {k: v for whom, given in args if whom == name for k, v in given.items()}

    def _entry(self, name: str, args: Mapping[str, str]) -> VideoEntry:
        model = self._models[name]
        generator = _with_args(model.generator(name), args)
        lacks = [text for text in (*self._lacking(model), *_adapter_lacks(generator)) if text]
        return VideoEntry(
            generator=generator,
            tags=frozenset(model.tags),
            usable=not lacks,
            reason="; ".join(lacks),
            extra=model.extra,
            gpu_gb=model.gpu_gb,
            weights_gb=model.weights_gb,
            seconds_per_clip=model.seconds_per_clip,
            native_seconds=model.native_seconds,
        )

    def _lacking(self, model: EntryModel) -> list[str]:
        weights = [missing_weights(repo) for repo in model.repos]
        gpu = missing_gpu(self._gpu, model.gpu_gb) if model.gpu else ""
        return [missing_extra(model.extra), gpu, *weights]

    @cached_property
    def _gpu(self) -> float | None:
        return gpu_memory()


def _with_args(generator: Generator, args: Mapping[str, str]) -> Generator:
    """The generator with its settings complete, typed and in range."""
    flag = f"{_FLAG}: {generator.name}" if args else f"video generator {generator.name!r}"
    adapter = _adapter(generator)
    names = adapter.setting_names(generator) if adapter else frozenset(generator.settings)
    for key in args:
        if key not in names:
            hint = did_you_mean(key, names) or f"; known: {', '.join(sorted(names)) or 'none'}"
            raise UsageError(f"{flag}: unknown setting {key!r}{hint}")
    settings = {**generator.settings, **args}
    if adapter is None:
        return replace(generator, settings=_like(generator.settings, args, flag))
    try:
        return adapter.resolved(replace(generator, settings=settings))
    except UsageError as error:
        raise UsageError(f"{flag}: {error}") from error


def _adapter_lacks(generator: Generator) -> list[str]:
    adapter = _adapter(generator)
    if adapter:
        return adapter.missing(generator)
    if generator.adapter in _PLANNED:
        return [f"this version has no {generator.adapter} adapter yet"]
    hint = did_you_mean(generator.adapter, ADAPTERS.names())
    return [f"unknown generator adapter {generator.adapter!r}{hint}"]


def _adapter(generator: Generator) -> MediaAdapter | None:
    if generator.adapter not in ADAPTERS.names():
        return None
    return cast("MediaAdapter", ADAPTERS.load(generator.adapter))


def _like(known: Mapping[str, JSON], args: Mapping[str, str], flag: str) -> dict[str, JSON]:
    """Settings of an adapter that is not here: a value keeps the type that the catalog gives."""
    return {**known, **{key: _typed(key, text, known[key], flag) for key, text in args.items()}}


def _typed(key: str, text: str, example: JSON, flag: str) -> JSON:
    if isinstance(example, bool):
        if text.lower() not in {"true", "false"}:
            raise UsageError(f"{flag}: {key}: {text!r} is not true or false")
        return text.lower() == "true"
    if not isinstance(example, (int, float)):
        return text
    try:
        return type(example)(text)
    except ValueError as error:
        raise UsageError(f"{flag}: {key}: {text!r} is not a number") from error

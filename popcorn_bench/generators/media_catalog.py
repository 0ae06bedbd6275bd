"""Generators that are known by name, with their settings, and whether this machine can run them.

The same for clips and for covers; `video/catalog.py` and `image/catalog.py` name the files and the
flags.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final, cast

from popcorn_bench.errors import UsageError, did_you_mean
from popcorn_bench.generators.machine import (
    gpu_memory,
    missing_extra,
    missing_gpu,
    missing_weights,
)
from popcorn_bench.generators.protocol import Priced
from popcorn_bench.registry import Registry
from popcorn_bench.selection import select
from popcorn_bench.settings import like
from popcorn_bench.types import Generator

if TYPE_CHECKING:
    from popcorn_bench.generators.media_file import EntryModel
    from popcorn_bench.generators.pipelines.profiles import Profile
    from popcorn_bench.generators.plugged import Makes
    from popcorn_bench.generators.protocol import MediaAdapter
    from popcorn_bench.settings import Scalar

ADAPTERS: Final = Registry(
    "generators",
    "generator adapter",
    {
        "storyboard": "popcorn_bench.generators.video.storyboard:Storyboard",
        "still": "popcorn_bench.generators.video.storyboard:Still",
        "keyframe": "popcorn_bench.generators.image.keyframe:KeyFrame",
        "diffusers": "popcorn_bench.generators.pipelines.adapter:Diffusers",
        "litellm-video": "popcorn_bench.generators.remote_media.video:LiteLLMVideo",
        "litellm-image": "popcorn_bench.generators.remote_media.image:LiteLLMImage",
    },
)
CATALOG: Final = Path(__file__).parent / "catalog"

Args = Sequence[tuple[str, Mapping[str, str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaEntry:
    """A generator of a catalog and what is known about running it here.

    `reason` says why it is not usable, empty where it is. Memory, weights in GB and
    `seconds_per_clip` are None where they are not known. `forbids` is what its licence rules out,
    in short phrases; `accept` is where a gated licence is accepted. `on_gpu` says
    that it runs on a GPU where there is one, and needs it for itself. `paid` ones cost
    `usd_per_clip`, None where that is not known; `remarks` are for people.
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
    forbids: tuple[str, ...] = ()
    accept: str = ""
    repos: tuple[str, ...] = ()
    on_gpu: bool = False
    num_gpus: float = 1.0
    paid: bool = False
    usd_per_clip: float | None = None
    remarks: tuple[str, ...] = ()


class MediaCatalog:
    """Shipped entries, those of plugins and of the include paths, where a later one wins.

    Args:
        include_paths: folders that may hold a catalog file of the same name.
        elsewhere: whether they run on other machines, which have GPUs of a size not known here.

    Raises:
        FileError: for a catalog file that does not hold what it should.
    """

    noun: ClassVar[str]
    flag: ClassVar[str]
    args_flag: ClassVar[str]
    shipped: ClassVar[tuple[str, ...]]  # file names; the first is also that of own files
    makes: ClassVar[Makes]

    def __init__(self, include_paths: Sequence[Path] = (), *, elsewhere: bool = False) -> None:
        self._elsewhere = elsewhere
        self._models: dict[str, EntryModel] = {}
        self._adapters: dict[str, MediaAdapter | None] = {}  # looking for plugins takes its time
        self._faults: dict[str, str] = {}  # of plugins
        self._read_all(CATALOG / name for name in self.shipped)
        self._add_plugins()
        self._read_all(folder / self.shipped[0] for folder in include_paths)

    def _read_all(self, paths: Iterable[Path]) -> None:
        for path in paths:
            if path.is_file():
                self._models |= self._read(path)

    def _add_plugins(self) -> None:
        """A plugin's adapter is a generator of its own name, until a file says more of it."""
        from popcorn_bench.generators.plugged import broken, entry_of

        for name, plugin in ADAPTERS.added().items():
            try:
                made, model = entry_of(plugin)
            except UsageError as error:
                self._faults[name] = str(error)
                made, model = "video", broken(name)
            if made == self.makes:
                self._models.setdefault(name, model)

    @staticmethod
    def _read(path: Path) -> dict[str, EntryModel]:
        raise NotImplementedError

    def entries(self) -> list[MediaEntry]:
        """All generators, in the order of the files."""
        return [self._entry(name, {}, "native", "auto") for name in self._models]

    def resolve(
        self,
        wanted: Sequence[str],
        args: Args = (),
        *,
        profile: Profile = "native",
        device: str = "auto",
    ) -> list[MediaEntry]:
        """The generators asked for, with what the command line says about them.

        Args:
            wanted: names, globs, `tag:x` or `all`.
            args: pairs of a name and its settings; the empty name means every generator that
                has such a setting. A setting given by name wins over one given for all, and both
                win over the profile.
            profile: whose settings: `native`, `paper` or `matched`. An entry without settings for
                it is not usable; baselines keep their own.
            device: where it shall run; `cpu` asks for no GPU.

        Raises:
            UsageError: for a name or setting that is not known, or a value that does not fit.
        """
        tags = {name: model.tags for name, model in self._models.items()}
        names = select(wanted, tags, noun=self.noun, flag=self.flag)
        self._check(names, args)
        return [self._entry(name, self._args(name, args), profile, device) for name in names]

    def _check(self, names: Sequence[str], args: Args) -> None:
        """Whom settings are for must be there, and somebody must know each general one."""
        known = [self._setting_names(self._models[name].generator(name)) for name in names]
        every = frozenset[str]().union(*known)
        for whom, given in args:
            if whom and whom not in names:
                what = f"{whom!r} is not among the {self.flag} asked for{did_you_mean(whom, names)}"
                raise UsageError(f"{self.args_flag}: {what}")
            for key in given:
                if not whom and key not in every:
                    raise UsageError(f"{self.args_flag}: {_unknown(key, every)}")

    def _args(self, name: str, args: Args) -> dict[str, str]:
        known = self._setting_names(self._models[name].generator(name))
        general = {k: v for whom, given in args if not whom for k, v in given.items() if k in known}
        return general | {k: v for whom, given in args if whom == name for k, v in given.items()}

    def _entry(
        self, name: str, args: Mapping[str, str], profile: Profile, device: str
    ) -> MediaEntry:
        model = self._models[name]
        settings, unfit = _profiled(model, profile)
        plain = model.generator(name, settings)
        gpu_gb = None if device == "cpu" else self._gpu
        plain = replace(plain, hints={**plain.hints, "gpu_gb": gpu_gb, "device": device})
        generator = self._with_args(plain, args)
        lacks = [unfit, *self._lacking(model), *self._adapter_lacks(generator)]
        reason = "; ".join(text for text in lacks if text)
        described = _described(model, generator, reason)
        adapter = self._adapter(generator.adapter)
        return _priced(described, adapter) if isinstance(adapter, Priced) else described

    def _lacking(self, model: EntryModel) -> list[str]:
        weights = [missing_weights(repo) for repo in model.repos]
        gpu = missing_gpu(self._gpu, model.gpu_gb) if model.gpu else ""
        return [missing_extra(model.needed_extra), gpu, *weights]

    @cached_property
    def _gpu(self) -> float | None:
        return 0.0 if self._elsewhere else gpu_memory()

    def _with_args(self, generator: Generator, args: Mapping[str, str]) -> Generator:
        """The generator with its settings complete, typed and in range."""
        flag = f"{self.args_flag}: {generator.name}" if args else f"{self.noun} {generator.name!r}"
        names = self._setting_names(generator)
        for key in args:
            if key not in names:
                raise UsageError(f"{flag}: {_unknown(key, names)}")
        adapter = self._adapter(generator.adapter)
        if adapter is None:
            return replace(generator, settings=like(generator.settings, args, flag))
        try:
            return adapter.resolved(replace(generator, settings={**generator.settings, **args}))
        except UsageError as error:
            raise UsageError(f"{flag}: {error}") from error

    def _setting_names(self, generator: Generator) -> frozenset[str]:
        adapter = self._adapter(generator.adapter)
        return adapter.setting_names(generator) if adapter else frozenset(generator.settings)

    def _adapter_lacks(self, generator: Generator) -> list[str]:
        adapter = self._adapter(generator.adapter)
        if adapter:
            return adapter.missing(generator)
        if fault := self._faults.get(generator.adapter):
            return [fault]
        hint = did_you_mean(generator.adapter, ADAPTERS.names())
        return [f"unknown generator adapter {generator.adapter!r}{hint}"]

    def _adapter(self, name: str) -> MediaAdapter | None:
        """The class of that name; None where neither this package nor a plugin has it."""
        if name not in self._adapters:
            known = name in ADAPTERS.names() and name not in self._faults
            self._adapters[name] = cast("MediaAdapter", ADAPTERS.load(name)) if known else None
        return self._adapters[name]


def _priced(entry: MediaEntry, adapter: Priced) -> MediaEntry:
    """The entry of a generator that is paid for."""
    return replace(
        entry,
        paid=True,
        usd_per_clip=adapter.usd_per_clip(entry.generator),
        remarks=tuple(adapter.remarks(entry.generator)),
    )


def _unknown(key: str, names: frozenset[str]) -> str:
    hint = did_you_mean(key, names) or f"; known: {', '.join(sorted(names)) or 'none'}"
    return f"unknown setting {key!r}{hint}"


def _profiled(model: EntryModel, profile: Profile) -> tuple[dict[str, Scalar], str]:
    """The settings under a profile, and why the entry cannot have it (empty where it can)."""
    from popcorn_bench.generators.pipelines.profiles import matched

    settings, own = dict(model.settings), model.profiles.get(profile)
    if profile == "matched" and model.pipeline:
        try:
            return settings | matched(model.pipeline, settings) | (own or {}), ""
        except UsageError as error:
            return settings, f"profile 'matched': {error}"
    if own is not None or profile == "native" or model.baseline:
        return settings | (own or {}), ""
    return settings, f"no settings are known for profile {profile!r}"


def _described(model: EntryModel, generator: Generator, reason: str) -> MediaEntry:
    repos = [source.repo for source in model.pipeline.sources.values()] if model.pipeline else []
    frames, fps = (generator.settings.get(name) for name in ("num_frames", "fps"))
    sampled = frames / fps if isinstance(frames, int) and isinstance(fps, float) else None
    return MediaEntry(
        generator=generator,
        tags=frozenset(model.tags),
        usable=not reason,
        reason=reason,
        extra=model.needed_extra,
        gpu_gb=model.least_gpu_gb,
        weights_gb=model.weights_gb,
        seconds_per_clip=model.seconds_per_clip,
        native_seconds=sampled or model.native_seconds,
        forbids=tuple(model.forbids),
        accept=model.accept,
        repos=(*repos, *model.repos),
        on_gpu=model.gpu or model.pipeline is not None,
        num_gpus=model.num_gpus,
    )

"""Load a pipeline from a folder of weights: safetensors only, no code from a repository.

Nothing is downloaded here. Imported in worker processes only.
"""

from __future__ import annotations

import gc
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import diffusers
import torch
import transformers

from popcorn_bench.errors import AdapterError
from popcorn_bench.generators.pipelines import memory, motion_adapter
from popcorn_bench.generators.pipelines.spec import Component, Pipeline, from_hints
from popcorn_bench.types import Generator

HOOKS = {"MotionAdapter": motion_adapter.load}
"""How parts of these classes are loaded; all others by `from_pretrained`."""


def load(generator: Generator, device: torch.device) -> Any:  # noqa: ANN401 - of any class
    """The pipeline on its device, quiet, with its scheduler and its memory strategy.

    Raises:
        AdapterError: kind `load` where classes, files and settings do not fit together.
    """
    _be_quiet()
    try:
        pipe = _assembled(generator)
        _set_scheduler(pipe, from_hints(generator.hints), generator.settings)
        memory.place(pipe, generator, device)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RuntimeError) as error:
        what = " ".join(f"{type(error).__name__}: {error}".split())
        raise AdapterError("load", f"cannot load {generator.name}: {what}") from error
    gc.collect()
    return pipe


def class_named(name: str) -> Any:  # noqa: ANN401 - of either library
    """A class of diffusers or transformers by its name.

    Raises:
        AttributeError: if neither has it.
    """
    return getattr(diffusers, name, None) or getattr(transformers, name)


def dtype_named(name: object) -> torch.dtype:
    """A floating-point type by its name."""
    return cast("torch.dtype", getattr(torch, str(name)))


def _assembled(generator: Generator) -> Any:  # noqa: ANN401 - of any class
    spec, settings = from_hints(generator.hints), generator.settings
    folders = cast("Mapping[str, str]", generator.hints["folders"])
    dtype = dtype_named(settings["dtype"])
    dtypes = _dtypes(spec, dtype)
    parts = {
        name: _part(part, Path(folders[name]), dtypes.get(name, dtype))
        for name, part in spec.components.items()
        if part.source
    }
    return class_named(spec.class_).from_pretrained(
        folders["model"],
        dtype=dtypes,
        variant=_variant(spec, Path(folders["model"])),
        use_safetensors=True,
        local_files_only=True,
        quantization_config=memory.quantization(spec, str(settings["quantization"]), dtype),
        **parts,
    )


def _dtypes(spec: Pipeline, dtype: torch.dtype) -> dict[str, torch.dtype]:
    """By component; those with a type of their own keep it unless all is computed in 32 bits."""
    own = {name: part.dtype for name, part in spec.components.items() if part.dtype}
    if dtype is torch.float32:
        own = {}
    return {"default": dtype, **{name: dtype_named(text) for name, text in own.items()}}


def _part(part: Component, folder: Path, dtype: torch.dtype) -> Any:  # noqa: ANN401 - of any class
    name = str(part.class_)
    if name in HOOKS:
        return HOOKS[name](folder, part.file or "", dtype)
    cls = class_named(name)
    return cls.from_pretrained(str(folder), dtype=dtype, use_safetensors=True)


def _variant(spec: Pipeline, folder: Path) -> str | None:
    """The variant of the catalog, where the folder has files of that name."""
    files = folder.glob(f"*/*.{spec.variant}*.safetensors") if spec.variant else iter(())
    return spec.variant if any(files) else None


def _set_scheduler(pipe: Any, spec: Pipeline, settings: Mapping[str, Any]) -> None:  # noqa: ANN401
    options = {name: settings[name] for name in spec.scheduler.options}
    wanted = str(settings["scheduler"])
    if not wanted and not options:
        return
    cls = class_named(wanted) if wanted else type(pipe.scheduler)
    if not issubclass(cls, diffusers.SchedulerMixin):
        raise AdapterError("load", f"{wanted} is not a scheduler")
    pipe.scheduler = cls.from_config(pipe.scheduler.config, **options)


def _be_quiet() -> None:
    """No bars and no remarks: the harness shows progress, and a worker has no terminal."""
    for library in (diffusers.utils.logging, transformers.utils.logging):
        library.set_verbosity_error()
        library.disable_progress_bar()

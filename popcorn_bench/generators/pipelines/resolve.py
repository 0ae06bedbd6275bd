"""From a catalog entry to a generator that can run: every setting read, weights found, GPU fitted.

What decides the artefact goes into `settings` and `revision`; how it is run here goes into
`hints`. Precision belongs to the first: a clip made with 4-bit weights is another clip.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, cast

from popcorn_bench.errors import UsageError
from popcorn_bench.generators.machine import missing_device, missing_gpu, missing_packages
from popcorn_bench.generators.pipelines.rules import RUNNING, rules
from popcorn_bench.generators.pipelines.spec import Pipeline, Rung, from_hints
from popcorn_bench.generators.pipelines.weights import LOCAL, Weights, found
from popcorn_bench.settings import Scalar, Settings
from popcorn_bench.types import JSON, Generator

VERSION: Final = "1"  # of loading, sampling and export; a change that alters pixels gets another

_BITS: Final = frozenset({"8bit", "4bit"})
_ANY_GPU: Final = Rung(gpu_gb=1)


def setting_names(generator: Generator) -> frozenset[str]:
    """Everything that may be changed for this entry."""
    return _rules(generator).names | RUNNING.names | frozenset(from_hints(generator.hints).sources)


def resolved(generator: Generator) -> Generator:
    """The generator with all that decides its artefacts in `settings` and `revision`.

    Raises:
        UsageError: for a value out of range, or weights that are nowhere.
    """
    pipeline = from_hints(generator.hints)
    given = dict(generator.settings)
    weights = _weights(pipeline, {name: given.pop(name, "") for name in pipeline.sources})
    running = RUNNING.checked({n: given.pop(n) for n in RUNNING.names if n in given})
    settings = _rules(generator).checked(given)
    return replace(
        generator,
        revision="+".join([*(w.revision for w in weights.values()), VERSION]),
        settings={**_identity(pipeline, weights), **settings},
        hints={**generator.hints, **_running(generator, running), **_places(weights)},
    )


def missing(generator: Generator) -> list[str]:
    """What this machine lacks, in short phrases, for a generator that `resolved` gave.

    A GPU is asked for where the catalog's own weights shall run and nobody chose the CPU; what a
    folder of weights needs, its owner knows.
    """
    pipeline, gpu_gb = from_hints(generator.hints), _gpu(generator)
    device = str(generator.hints.get("device", "auto"))
    lacks = missing_packages(pipeline.packages)
    if unfit := missing_device(device):
        lacks.append(unfit)
    if generator.settings["quantization"] in _BITS:
        lacks += missing_packages(["bitsandbytes"])
        if gpu_gb is None:
            lacks.append("8 and 4 bits need a GPU (quantization=none does without)")
    elif not unfit and generator.settings["model"] != LOCAL and device != "cpu":
        least = pipeline.memory[-1].gpu_gb if pipeline.memory else None
        lacks += filter(None, [missing_gpu(gpu_gb, least)])
    return lacks + cast("list[str]", generator.hints["lacking"])


def _rules(generator: Generator) -> Settings:
    pipeline = from_hints(generator.hints)
    defaults = cast("Mapping[str, Scalar]", generator.hints["defaults"])
    return rules(pipeline, defaults, _rung(generator), on_gpu=_gpu(generator) is not None)


def _gpu(generator: Generator) -> float | None:
    return cast("float | None", generator.hints.get("gpu_gb"))


def _rung(generator: Generator) -> Rung:
    return from_hints(generator.hints).rung(_gpu(generator)) or _ANY_GPU


def _weights(pipeline: Pipeline, given: Mapping[str, JSON]) -> dict[str, Weights]:
    weights: dict[str, Weights] = {}
    for name, source in pipeline.sources.items():
        try:
            weights[name] = found(source, str(given[name]), whole=name == "model")
        except UsageError as error:
            raise UsageError(f"{name}: {error}") from error
    return weights


def _identity(pipeline: Pipeline, weights: Mapping[str, Weights]) -> dict[str, JSON]:
    """What of the pipeline itself decides an artefact; all that is as usual is left out."""
    parts = {
        name: part.model_dump(by_alias=True, exclude={"source"}, exclude_none=True)
        for name, part in pipeline.components.items()
    }
    return {
        "pipeline": pipeline.class_,
        **{name: found.model for name, found in weights.items()},
        **({"variant": pipeline.variant} if pipeline.variant else {}),
        **({"components": parts} if parts else {}),
    }


def _running(generator: Generator, asked: Mapping[str, Scalar]) -> dict[str, JSON]:
    rung, batched = _rung(generator), from_hints(generator.hints).batched
    return {
        "offload": asked["offload"] or rung.offload,
        "batch_size": (asked["batch_size"] or rung.batch) if batched else 1,
        "threads": asked["threads"],
    }


def _places(weights: Mapping[str, Weights]) -> dict[str, JSON]:
    return {
        "folders": {name: str(found.folder or "") for name, found in weights.items()},
        "lacking": [found.lacking for found in weights.values() if found.lacking],
    }

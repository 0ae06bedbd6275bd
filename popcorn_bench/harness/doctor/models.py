"""What the catalogs hold, and what each entry lacks here."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from popcorn_bench import plugins
from popcorn_bench.errors import UsageError
from popcorn_bench.harness.doctor.finding import Finding, State

_FOLDERS = ("tasks", "corpora")


def keys(include: list[Path]) -> Iterator[Finding]:
    """Keys of the providers in the catalog: the names of variables, never their values."""
    from popcorn_bench.generators.llm.catalog import LLMCatalog
    from popcorn_bench.remote.providers import provider_of

    lacking: dict[str, str] = {}
    models: dict[str, list[str]] = defaultdict(list)
    for entry in LLMCatalog(include).entries():
        if not entry.deprecated:
            provider = provider_of(entry.llm.model)
            models[provider].append(entry.llm.name)
            lacking.setdefault(provider, entry.reason)
    for provider, names in models.items():
        reason = lacking[provider]
        yield Finding(
            area="llms",
            name=provider,
            state=State.MISSING if reason else State.OK,
            detail=_shortened(names),
            mend=reason.replace("set ", "export ") if reason.startswith("set ") else reason,
        )


def generators(include: list[Path]) -> Iterator[Finding]:
    """Every generator of clips and covers against this machine."""
    from popcorn_bench.generators.image.catalog import ImageCatalog
    from popcorn_bench.generators.video.catalog import VideoCatalog

    for area, catalog in (("videos", VideoCatalog(include)), ("covers", ImageCatalog(include))):
        for entry in catalog.entries():
            name = entry.generator.name
            yield Finding(
                area=area,
                name=name,
                state=State.OK if entry.usable else State.MISSING,
                detail=entry.reason or _needs(entry.gpu_gb),
                mend=_mended(name, entry.reason),
            )


def evaluators() -> Iterator[Finding]:
    """Every evaluator against this machine."""
    from popcorn_bench.evaluators.catalog import entries

    for entry in entries():
        yield Finding(
            area="evaluators",
            name=entry.name,
            state=State.MISSING if entry.reason else State.OK,
            mend=entry.reason,
        )


def added() -> Iterator[Finding]:
    """Every plugin that is installed or named."""
    for group in plugins.GROUPS:
        for plugin in plugins.found(group).values():
            try:
                plugins.folder_of(plugin) if group in _FOLDERS else plugin.load()
                fault = ""
            except UsageError as error:
                fault = str(error)
            yield Finding(
                area="plugins",
                name=f"{group}: {plugin.name}",
                state=State.MISSING if fault else State.OK,
                detail=fault or plugin.origin,
                mend=f"mend or remove {plugin.origin}" if fault else "",
            )


def _mended(name: str, reason: str) -> str:
    """The commands that change what a catalog says is lacking."""
    found = dict.fromkeys(_command(name, part) for part in reason.split("; "))
    return "; ".join(filter(None, found))


def _command(name: str, lacks: str) -> str:
    if lacks.startswith("set "):
        return lacks.replace("set ", "export ", 1)
    if match := re.match(r"package '(.+)' not installed", lacks):
        return f"pip install {match[1]}"
    if match := re.match(r"extra .* not installed \((.+)\)", lacks):
        return match[1]
    return f"popcorn-bench pull {name}" if lacks.startswith("weights not downloaded") else ""


def _needs(gpu_gb: float | None) -> str:
    return f"needs {gpu_gb:g} GB of GPU memory" if gpu_gb else ""


def _shortened(names: Iterable[str], most: int = 4) -> str:
    listed = list(names)
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return ", ".join(listed[:most]) + more

"""From a file that a generator made to an artefact in the store."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from popcorn_bench.errors import AdapterError, boundary
from popcorn_bench.generators.protocol import Made
from popcorn_bench.generators.provenance import read_provenance
from popcorn_bench.media import MediaFacts, is_blank, probe, read_tags, standardise
from popcorn_bench.results.artifacts import Artefacts
from popcorn_bench.types import Artefact


def stored(
    made: Path | Made | AdapterError, store: Artefacts, seconds: float, tags: Mapping[str, str]
) -> Artefact | AdapterError:
    """Put a file into the store.

    `seconds` is what it took, and `tags` where it comes from, where its maker does not say.
    """
    if isinstance(made, AdapterError):
        return made
    if isinstance(made, Path):
        made = Made(made, cost_usd=0.0)
    try:
        with boundary("probe"):
            path = _tagged(made.path, _sound(made.path), tags)
            facts = probe(path)
        with boundary("keeping a file"):
            size = path.stat().st_size
            sha256 = store.put(path)
    except AdapterError as error:
        error.cost_usd = made.cost_usd
        return error
    return Artefact(
        sha256=sha256,
        suffix=path.suffix,
        bytes=size,
        width=facts.width,
        height=facts.height,
        frames=facts.frames,
        fps=facts.fps,
        seconds=facts.seconds,
        codec=facts.codec,
        made_seconds=round(seconds if made.seconds is None else made.seconds, 3),
        peak_gb=made.peak_gb,
        cost_usd=made.cost_usd,
    )


def _tagged(path: Path, facts: MediaFacts, tags: Mapping[str, str]) -> Path:
    """A clip with its provenance in it; one that came without is written anew."""
    if not facts.frames or read_provenance(read_tags(path)):
        return path
    target = path.with_name(f"{path.stem}-tagged.mp4")
    standardise(path, target, tags)
    return target


def _sound(path: Path) -> MediaFacts:
    """The facts of a file that shows something."""
    facts = probe(path)
    if facts.frames and is_blank(path):
        raise AdapterError("degenerate", "every frame is one flat colour")
    return facts

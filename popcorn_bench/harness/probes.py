"""Alterations of what an evaluator reads: they tell what its scores hang on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice, repeat
from pathlib import Path
from random import Random
from typing import Any, TypeAlias

from popcorn_bench import fingerprint
from popcorn_bench.errors import AdapterError, boundary
from popcorn_bench.evaluators.protocol import Evaluator, Sample, Shifted
from popcorn_bench.media import is_blank, probe, read_frames, write_mp4
from popcorn_bench.types import Audit, EvaluatorCard, Input, Probe, Score

VERSION = "2"  # another one makes audits anew

# Probes that alter nothing: the same inputs scored twice by one process, and by two runs.
SCORED_AGAIN, REPRODUCED = "scored_again", "reproduced"

_GREY = 128
Alter: TypeAlias = Callable[[Sample, Path], Sample]
Scores: TypeAlias = tuple[Score, ...] | AdapterError


def audit(
    evaluator: Evaluator, card: EvaluatorCard, samples: Sequence[Sample], scratch: Path
) -> Audit:
    """Score samples as they are, altered, and once more; compare them with human ones if known.

    Args:
        evaluator: loaded.
        card: says what it reads: nothing else is altered.
        samples: as a run made them.
        scratch: folder for altered clips.
    """
    original = _score(evaluator, samples)
    found: list[Probe] = []
    for name, alter in alterations(card.inputs).items():
        shown = altered(samples, alter, scratch)
        changed = _score(evaluator, shown)
        refused = [_refused(s, scores) for s, scores in zip(shown, changed, strict=True)]
        found += _compare(name, card, original, changed, refused)
    again = _score(evaluator, samples)
    lost = [isinstance(scores, AdapterError) for scores in again]
    found += _compare(SCORED_AGAIN, card, original, again, lost)
    shift = evaluator.shift(samples) if isinstance(evaluator, Shifted) else None
    return Audit(probes=tuple(found), shift=shift)


def alterations(inputs: Sequence[Input]) -> Mapping[str, Alter]:
    """The probes that apply to an evaluator with these inputs, by name."""
    found: dict[str, Alter] = {}
    if Input.TITLE in inputs:
        found |= {"title_shuffled": _shuffled, "title_clickbait": _bait, "title_emptied": _emptied}
    if Input.VIDEO in inputs:
        found |= {"clip_frozen": _frozen, "clip_blanked": _blanked}
    return found


def altered(samples: Sequence[Sample], alter: Alter, scratch: Path) -> list[Sample | AdapterError]:
    """Each sample altered, or why that could not be done."""
    found: list[Sample | AdapterError] = []
    for sample in samples:
        try:
            with boundary("probe"):
                found.append(alter(sample, scratch))
        except AdapterError as error:
            found.append(error)
    return found


def blank(sample: Sample) -> AdapterError | None:
    """Why a clip without a picture gets no score, or None for any other sample.

    No metric may prefer nothing to something, so none is asked.
    """
    if sample.video is None or not is_blank(sample.video):
        return None
    return AdapterError("degenerate", "every frame of the clip is one flat colour")


def _score(evaluator: Evaluator, samples: Sequence[Sample | AdapterError]) -> list[Scores]:
    """What the evaluator itself gives, blank clips too: what a run refuses is told beside it."""
    given = iter(evaluator.score([s for s in samples if isinstance(s, Sample)]))
    return [next(given) if isinstance(s, Sample) else s for s in samples]


def _refused(sample: Sample | AdapterError, scores: Scores) -> bool:
    """Whether a run would give the altered sample no score."""
    unscored = isinstance(sample, AdapterError) or isinstance(scores, AdapterError)
    return unscored or (isinstance(sample, Sample) and blank(sample) is not None)


def _compare(
    name: str,
    card: EvaluatorCard,
    original: Sequence[Scores],
    changed: Sequence[Scores],
    refused: Sequence[bool],
) -> Iterator[Probe]:
    """One `Probe` per metric, over the samples that were scored as they are."""
    before = [_values(scores) for scores in original]
    after = [_values(scores) for scores in changed]
    gone = sum(no for no, b in zip(refused, before, strict=True) if b)
    for metric in (m.name for m in card.metrics):
        both = [(b[metric], a.get(metric)) for b, a in zip(before, after, strict=True) if b]
        yield paired(metric, name, [(b, a) for b, a in both if a is not None], gone)


def paired(metric: str, name: str, pairs: Sequence[tuple[float, float]], refused: int) -> Probe:
    """A probe over samples that were scored both ways, as (before, after)."""
    from statistics import fmean, stdev

    if not pairs:
        return Probe(metric=metric, name=name, n=0, refused=refused)
    moved = [after - before for before, after in pairs]
    return Probe(
        metric=metric,
        name=name,
        n=len(pairs),
        refused=refused,
        original=fmean(before for before, _ in pairs),
        altered=fmean(after for _, after in pairs),
        se=stdev(moved) / len(moved) ** 0.5 if len(moved) > 1 else None,
    )


def _values(scores: Scores) -> dict[str, float]:
    return {} if isinstance(scores, AdapterError) else {s.metric: s.value for s in scores}


def _shuffled(sample: Sample, _: Path) -> Sample:
    """The same words in another order, the same for every evaluator."""
    words = sample.title.split()
    Random(fingerprint.text_sha(sample.title)).shuffle(words)  # noqa: S311 - guards no secret
    return replace(sample, title=" ".join(words))


def _bait(sample: Sample, _: Path) -> Sample:
    """The title with what clickbait adds, whatever it is about."""
    return replace(sample, title=f"OMG!!! {sample.title} - you won't BELIEVE what's next 😱🔥")


def _emptied(sample: Sample, _: Path) -> Sample:
    return replace(sample, title="")


def _frozen(sample: Sample, scratch: Path) -> Sample:
    """The clip's middle frame for its whole length."""
    return _remade(sample, scratch, "frozen", lambda frame: frame)


def _blanked(sample: Sample, scratch: Path) -> Sample:
    """Grey for the clip's whole length."""
    return _remade(sample, scratch, "blanked", lambda frame: frame * 0 + _GREY)


def _remade(sample: Sample, scratch: Path, name: str, paint: Callable[[Any], Any]) -> Sample:
    if sample.video is None:
        raise AdapterError("broken_media", "there is no clip to alter")
    facts = probe(sample.video)
    middle = next(islice(read_frames(sample.video), facts.frames // 2, None))
    path = scratch / f"{sample.video.stem}-{name}.mp4"
    write_mp4(repeat(paint(middle), facts.frames), path, facts.fps)
    return replace(sample, video=path)

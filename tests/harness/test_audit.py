"""Audits: what scores hang on, found out on a run's own inputs, and never on nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest
from numpy.typing import NDArray

from popcorn_bench.errors import AdapterError, UsageError
from popcorn_bench.evaluators import catalog
from popcorn_bench.evaluators.catalog import entries
from popcorn_bench.evaluators.protocol import Sample
from popcorn_bench.harness.probes import VERSION, alterations
from popcorn_bench.harness.worker import (
    AuditRequest,
    EvaluatorHost,
    ScoreRequest,
    results_of,
)
from popcorn_bench.media import is_blank, probe, read_frames, write_mp4
from popcorn_bench.results.artifacts import ArtefactStore
from popcorn_bench.types import (
    Artefact,
    Audit,
    Direction,
    EvaluatorCard,
    Input,
    Kind,
    Metric,
    Query,
    Score,
)

Frames: TypeAlias = list[NDArray[np.uint8]]

QUERY = Query(id="q", text="a cat that dances", kind=Kind.CONCRETE, topic="food")
TITLES = ("Seven soups in one night", "A bread that sings", "My knife is older than me")


def clip(folder: Path, name: str, frames: Frames) -> Artefact:
    """A clip in the store of `folder`."""
    path = folder / name
    write_mp4(frames, path, 8)
    facts = probe(path)
    sha = ArtefactStore(folder).put(path)
    return Artefact(
        sha256=sha, suffix=".mp4", bytes=1, width=facts.width, height=facts.height,
        frames=facts.frames, fps=facts.fps, seconds=facts.seconds,
    )  # fmt: skip


def moving(seed: int = 0) -> Frames:
    picture = np.random.default_rng(seed).integers(0, 255, (64, 96, 3), dtype=np.uint8)
    return [np.roll(picture, 4 * i, axis=1) for i in range(24)]


def flat(level: int) -> Frames:
    return [np.full((64, 96, 3), level, dtype=np.uint8)] * 24


def card_of(name: str) -> EvaluatorCard:
    found = next(entry.card for entry in entries() if entry.name == name)
    assert found is not None
    return found


def audit(host: EvaluatorHost, samples: Sequence[ScoreRequest]) -> Audit:
    (found,) = host.run([AuditRequest(tuple(samples))])
    assert isinstance(found, Audit)
    return found


def test_a_title_without_its_words_or_their_order_is_scored_anew(tmp_path: Path) -> None:
    host = EvaluatorHost(card_of("popularity"), "cpu", tmp_path)
    found = audit(host, [ScoreRequest(QUERY, title) for title in TITLES])
    probes = {p.name: p for p in found.probes}
    scores = [
        s[0].value
        for s in host.run([ScoreRequest(QUERY, t) for t in TITLES])
        if isinstance(s, tuple)
    ]
    (nothing,) = host.run([ScoreRequest(QUERY, "")])

    assert set(probes) == {"title_shuffled", "title_clickbait", "title_emptied", "scored_again"}
    assert probes["scored_again"].altered == probes["scored_again"].original
    assert probes["scored_again"].se == 0
    assert probes["title_emptied"].original == pytest.approx(np.mean(scores))
    assert isinstance(nothing, tuple)
    assert probes["title_emptied"].altered == pytest.approx(nothing[0].value)
    assert all(p.n == len(TITLES) and p.refused == 0 for p in probes.values())
    moved = probes["title_emptied"]
    assert moved.se == pytest.approx(np.std(np.array(scores), ddof=1) / len(TITLES) ** 0.5)


def test_a_frozen_clip_loses_its_motion_and_a_blank_one_gets_no_score(tmp_path: Path) -> None:
    host = EvaluatorHost(card_of("quality"), "cpu", tmp_path)
    clips = [clip(tmp_path, f"{i}.mp4", moving(i)) for i in range(2)]
    found = audit(host, [ScoreRequest(QUERY, "t", c) for c in clips])
    probes = {(p.name, p.metric): p for p in found.probes}

    assert probes["clip_frozen", "freeze"].altered == 1
    assert (probes["clip_frozen", "motion"].altered or 0) < (
        probes["clip_frozen", "motion"].original or 0
    )
    blanked = [p for p in found.probes if p.name == "clip_blanked"]
    assert blanked
    assert all(p.refused == len(clips) for p in blanked)
    assert probes["clip_blanked", "freeze"].altered == 1  # what it would give, told all the same
    assert all(p.refused == 0 for p in found.probes if p.name == "clip_frozen")


class LovesNothing:
    """An evaluator that puts a clip the higher, the less there is to see in it."""

    def score(self, samples: Sequence[Sample]) -> Iterator[tuple[Score, ...] | AdapterError]:
        for sample in samples:
            assert sample.video is not None
            spread = np.mean([frame.std() for frame in read_frames(sample.video)])
            yield (Score(metric="love", value=-float(spread)),)


def square(level: int, side: int) -> Frames:
    """A grey clip in which a small square walks."""
    frames = [np.full((144, 256, 3), 110, dtype=np.uint8) for _ in range(24)]
    for i, frame in enumerate(frames):
        frame[20 : 20 + side, 4 * i : 4 * i + side] = level
    return frames


def dusty() -> Frames:
    """A black clip with coding noise all over it."""
    noise = np.random.default_rng(0).integers(0, 9, (24, 144, 256, 3), dtype=np.uint8)
    return list(noise)


@pytest.mark.parametrize(
    "nothing", [flat(0), flat(128), flat(255), square(122, 16), square(255, 8), dusty()]
)
def test_a_blank_clip_never_beats_the_clip_whatever_an_evaluator_says(
    tmp_path: Path, nothing: Frames
) -> None:
    metric = Metric(name="love", description="", direction=Direction.HIGHER)
    card = EvaluatorCard(name="loves", version="1", inputs=(Input.VIDEO,), metrics=(metric,))
    host = EvaluatorHost(card, "cpu", tmp_path)
    host._loaded = LovesNothing()
    made = [clip(tmp_path, "a.mp4", moving()), clip(tmp_path, "b.mp4", nothing)]
    given, refused = host.run([ScoreRequest(QUERY, "t", c) for c in made])

    assert isinstance(given, tuple)
    assert isinstance(refused, AdapterError)
    assert (refused.kind, refused.retriable) == ("degenerate", False)


@pytest.mark.parametrize("name", ["quality"])
def test_no_shipped_metric_that_sees_the_video_scores_a_blank_clip(
    tmp_path: Path, name: str
) -> None:
    host = EvaluatorHost(card_of(name), "cpu", tmp_path)
    made = [clip(tmp_path, f"{i}.mp4", f) for i, f in enumerate([flat(90), dusty()])]

    for refused in host.run([ScoreRequest(QUERY, "t", c) for c in made]):
        assert isinstance(refused, AdapterError)


def test_a_small_thing_that_can_be_seen_is_a_picture(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    write_mp4(square(255, 24), path, 8)

    assert not is_blank(path)


class Unloadable:
    """An evaluator class that cannot be built here."""

    built = 0

    def __init__(self, card: EvaluatorCard, device: str) -> None:
        del card, device
        Unloadable.built += 1
        raise UsageError("no weights")


def test_an_evaluator_that_cannot_be_loaded_fails_its_units_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = EvaluatorHost(card_of("popularity"), "cpu", tmp_path)
    monkeypatch.setattr(catalog, "evaluator_class", lambda _: Unloadable)
    results = list(results_of(host, [ScoreRequest(QUERY, title) for title in TITLES]))

    assert Unloadable.built == 1
    assert all(isinstance(r, AdapterError) and "no weights" in str(r) for r in results)
    assert not any(r.retriable for r in results)


def test_what_an_evaluator_does_not_read_is_not_altered() -> None:
    assert not alterations((Input.QUERY, Input.TOPIC))
    assert set(alterations((Input.VIDEO,))) == {"clip_frozen", "clip_blanked"}
    assert VERSION


def test_a_damaged_clip_is_left_out_of_an_audit(tmp_path: Path) -> None:
    host = EvaluatorHost(card_of("quality"), "cpu", tmp_path)
    good, bad = (clip(tmp_path, f"{i}.mp4", moving(i)) for i in range(2))
    ArtefactStore(tmp_path).path(bad.sha256, bad.suffix).write_bytes(b"no")
    found = audit(host, [ScoreRequest(QUERY, "t", c) for c in (good, bad)])

    assert {max(p.n, p.refused) for p in found.probes} == {1}


def test_nothing_sound_gives_an_empty_audit(tmp_path: Path) -> None:
    host = EvaluatorHost(card_of("quality"), "cpu", tmp_path)
    lost = replace(clip(tmp_path, "a.mp4", moving()), sha256="0" * 64)

    assert all(p.n == 0 for p in audit(host, [ScoreRequest(QUERY, "t", lost)]).probes)

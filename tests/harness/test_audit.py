"""Audits: what scores hang on, found out on a run's own inputs, and never on nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from popcorn_bench.errors import AdapterError
from popcorn_bench.evaluators.catalog import entries
from popcorn_bench.evaluators.protocol import Sample
from popcorn_bench.harness.probes import VERSION, alterations
from popcorn_bench.harness.worker import AuditRequest, EvaluatorHost, ScoreRequest
from popcorn_bench.media import is_blank, probe, write_mp4
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

QUERY = Query(id="q", text="a cat that dances", kind=Kind.CONCRETE, topic="food")
TITLES = ("Seven soups in one night", "A bread that sings", "My knife is older than me")


def clip(
    folder: Path, name: str, frames: Sequence[np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]]
) -> Artefact:
    """A clip in the store of `folder`."""
    path = folder / name
    write_mp4(frames, path, 8)
    facts = probe(path)
    sha = ArtefactStore(folder).put(path)
    return Artefact(
        sha256=sha, suffix=".mp4", bytes=1, width=facts.width, height=facts.height,
        frames=facts.frames, fps=facts.fps, seconds=facts.seconds,
    )  # fmt: skip


def moving(seed: int = 0) -> list[np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]]:
    picture = np.random.default_rng(seed).integers(0, 255, (64, 96, 3), dtype=np.uint8)
    return [np.roll(picture, 4 * i, axis=1) for i in range(24)]


def flat(level: int) -> list[np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]]:
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

    assert set(probes) == {"title_shuffled", "title_clickbait", "title_emptied"}
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
    assert all(p.n == 0 and p.refused == len(clips) and p.altered is None for p in blanked)


class LovesNothing:
    """An evaluator that would put a blank clip above all others."""

    def score(self, samples: Sequence[Sample]) -> Iterator[tuple[Score, ...] | AdapterError]:
        for sample in samples:
            assert sample.video is not None
            yield (Score(metric="love", value=float(is_blank(sample.video))),)


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_blank_clip_never_beats_the_clip_whatever_an_evaluator_says(
    tmp_path: Path, level: int
) -> None:
    metric = Metric(name="love", description="", direction=Direction.HIGHER)
    card = EvaluatorCard(name="loves", version="1", inputs=(Input.VIDEO,), metrics=(metric,))
    host = EvaluatorHost(card, "cpu", tmp_path)
    host._loaded = LovesNothing()
    made = [clip(tmp_path, "a.mp4", moving()), clip(tmp_path, "b.mp4", flat(level))]
    given, nothing = host.run([ScoreRequest(QUERY, "t", c) for c in made])

    assert given == (Score(metric="love", value=0.0),)
    assert isinstance(nothing, AdapterError)
    assert (nothing.kind, nothing.retriable) == ("degenerate", False)


def test_what_an_evaluator_does_not_read_is_not_altered() -> None:
    assert not alterations((Input.QUERY, Input.TOPIC))
    assert set(alterations((Input.VIDEO,))) == {"clip_frozen", "clip_blanked"}
    assert VERSION


def test_a_damaged_clip_is_left_out_of_an_audit(tmp_path: Path) -> None:
    host = EvaluatorHost(card_of("quality"), "cpu", tmp_path)
    good, bad = (clip(tmp_path, f"{i}.mp4", moving(i)) for i in range(2))
    ArtefactStore(tmp_path).path(bad.sha256, bad.suffix).write_bytes(b"no")
    found = audit(host, [ScoreRequest(QUERY, "t", c) for c in (good, bad)])

    assert {p.n + p.refused for p in found.probes} == {1}


def test_nothing_sound_gives_an_empty_audit(tmp_path: Path) -> None:
    host = EvaluatorHost(card_of("quality"), "cpu", tmp_path)
    lost = replace(clip(tmp_path, "a.mp4", moving()), sha256="0" * 64)

    assert all(p.n == 0 for p in audit(host, [ScoreRequest(QUERY, "t", lost)]).probes)

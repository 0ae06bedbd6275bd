"""Evaluators of an installed package, made for a test."""

from __future__ import annotations

from pathlib import Path

_CODE = '''
"""Evaluators that give the length of the title: one exactly, one with noise from the system."""

import random

from popcorn_bench.types import Direction, EvaluatorCard, Input, Metric, Score

SYSTEM = random.SystemRandom()


class Exact:
    name, amplitude = "exact", 0.0
    max_batch, parallel, probed, leak_free = 8, False, True, ""

    def __init__(self, card, device):
        pass

    @classmethod
    def card(cls, settings):
        metric = Metric(name=cls.name, description="characters", direction=Direction.HIGHER)
        return EvaluatorCard(
            name=cls.name, version="VERSION", inputs=(Input.TITLE,), metrics=(metric,),
        )

    @classmethod
    def setting_names(cls):
        return frozenset()

    @classmethod
    def missing(cls, card):
        return []

    @classmethod
    def trained_on(cls, card):
        return frozenset()

    def score(self, samples):
        for sample in samples:
            noise = SYSTEM.gauss(0, self.amplitude)
            yield (Score(metric=self.name, value=len(sample.title) + noise),)


class Noisy(Exact):
    name, amplitude = "noisy", 0.5
'''


def install(folder: Path, version: str = "1") -> dict[str, str]:
    """Put the package into `folder`; give the environment in which it is installed."""
    known = folder / "measuring-1.0.dist-info"
    known.mkdir(parents=True, exist_ok=True)
    (folder / "measuring.py").write_text(_CODE.replace("VERSION", version))
    (known / "METADATA").write_text("Metadata-Version: 2.1\nName: measuring\nVersion: 1.0\n")
    (known / "entry_points.txt").write_text(
        "[popcorn_bench.evaluators]\nexact = measuring:Exact\nnoisy = measuring:Noisy\n"
    )
    return {"PYTHONPATH": str(folder)}

"""What is known of a generator and of the clips that it made for a board."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from popcorn_bench.types import JSON

_STEPS = ("num_inference_steps", "steps")
_GUIDANCE = ("guidance_scale", "true_cfg_scale")
_HOUR = 3600


class Span(NamedTuple):
    """The least and the most of something."""

    low: float
    high: float


class Size(NamedTuple):
    """Pixels of a picture."""

    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the files hold: every size that occurs, the smallest first.

    `frames`, `fps` and `seconds` are None for covers.
    """

    sizes: tuple[Size, ...] = ()
    frames: Span | None = None
    fps: Span | None = None
    seconds: Span | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What the clips took that were made and not reused, None where nobody noted it.

    `median`, `p90` and `total` are seconds of the device, of a batch its share; `on_gpu` is the
    part of the total that was spent on a GPU here. `peak_gb` is the most GPU memory. `cost_usd`
    is what a provider asked, failed attempts included.
    """

    median: float | None = None
    p90: float | None = None
    total: float | None = None
    on_gpu: float | None = None
    peak_gb: float | None = None
    cost_usd: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratorCard:
    """A generator as the journal defines it; `settings` without what is nobody else's business."""

    video_id: str
    name: str
    family: str = ""
    adapter: str = ""
    revision: str = ""
    licence: str = ""
    release_date: str = ""
    baseline: bool = False
    settings: Mapping[str, JSON]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownGenerator:
    """A generator of the board's tasks and modes under its displayed name.

    `clips` counts its clips, or its covers where `covers` is said; `made` those of them that were
    made for their place and not reused; `failed` the places that have none because it failed.
    """

    label: str
    covers: bool
    card: GeneratorCard
    clips: int
    made: int
    failed: int
    facts: Facts
    taken: Taken

    @property
    def steps(self) -> JSON:
        """Its denoising steps, None where it has no such setting."""
        return self._setting(_STEPS)

    @property
    def guidance(self) -> JSON:
        """Its guidance scale, None where it has no such setting."""
        return self._setting(_GUIDANCE)

    def gpu_usd(self, hour_usd: float | None) -> float | None:
        """US dollars for its time on the GPU at a price per hour; None without price or GPU."""
        on_gpu = self.taken.on_gpu
        return None if hour_usd is None or on_gpu is None else on_gpu / _HOUR * hour_usd

    def _setting(self, names: tuple[str, ...]) -> JSON:
        found = (self.card.settings.get(name) for name in names)
        return next((value for value in found if value is not None), None)

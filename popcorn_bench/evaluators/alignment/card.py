"""What the numbers of `alignment` mean, and its settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from popcorn_bench.errors import UsageError
from popcorn_bench.evaluators.alignment.weights import Checkpoint
from popcorn_bench.types import Direction, EvaluatorCard, Input, Metric

VERSION: Final = "1"  # a change that alters any number gets another
DEFAULT_MODEL: Final = "openai/clip-vit-base-patch32"
# The commit that holds the same weights as safetensors: the main branch has them pickled only.
DEFAULT_REVISION: Final = "c237dc49a33fc61debc9276459120b7eac67e7ef"
_DEFAULTS: Final = {"frames": 8, "batch": 32}
_BOUNDS: Final = {"frames": (2, 256), "batch": (1, 4096)}

QUERY: Final = Metric(
    name="alignment_query",
    description=(
        "How well the clip shows what was asked for: cosine of the mean embedding of its frames "
        "and the embedding of the query, by a contrastive text-image model. Matching pairs stay "
        "far below 1: read differences under one model, not levels, and never across models. It "
        "sees single frames, no motion, and reads text in the picture as readily as it sees things."
    ),
    direction=Direction.HIGHER,
    unit="cosine",
    low=-1.0,
    high=1.0,
)
TITLE: Final = Metric(
    name="alignment_title",
    description=(
        "How well the clip shows what its title says: as alignment_query, with the title that the "
        "LLM wrote. A title that promises little is easy to keep."
    ),
    direction=Direction.HIGHER,
    unit="cosine",
    low=-1.0,
    high=1.0,
)
CONSISTENCY: Final = Metric(
    name="consistency",
    description=(
        "How alike neighbouring frames are to the model: mean cosine of the embeddings of each two "
        "of the evenly spaced frames. A still picture has 1 and every cut lowers it, so more is "
        "not better."
    ),
    direction=Direction.NONE,
    unit="cosine",
    low=-1.0,
    high=1.0,
)


def described(settings: Mapping[str, str]) -> EvaluatorCard:
    """The card of `alignment` under these settings.

    Args:
        settings: `model` (a repository or a folder), `revision`, `frames` that are looked at,
            `batch`: pictures or texts in one pass of the model.

    Raises:
        UsageError: for a value that does not fit.
    """
    model = settings.get("model", DEFAULT_MODEL)
    usual = DEFAULT_REVISION if model == DEFAULT_MODEL else ""
    found = Checkpoint.find(model, settings.get("revision", usual))
    numbers = {name: _number(settings, name) for name in _DEFAULTS}
    return EvaluatorCard(
        name="alignment",
        version=VERSION,
        inputs=(Input.TITLE, Input.QUERY, Input.VIDEO),
        metrics=(QUERY, TITLE, CONSISTENCY),
        weights=found.identity,
        settings={"model": found.name, "revision": found.revision, "frames": numbers["frames"]},
        transport={"model": found.model, "batch": numbers["batch"]},
    )


def checkpoint(card: EvaluatorCard) -> Checkpoint:
    """The checkpoint that a card names, as it lies on this machine."""
    return Checkpoint.find(str(card.transport["model"]), str(card.settings["revision"]))


def setting_names() -> frozenset[str]:
    """The settings that there are."""
    return frozenset({"model", "revision", *_DEFAULTS})


def _number(settings: Mapping[str, str], name: str) -> int:
    text = settings.get(name, str(_DEFAULTS[name]))
    low, high = _BOUNDS[name]
    if not text.isascii() or not text.isdigit() or not low <= int(text[:9]) <= high:
        raise UsageError(f"{name}: {text!r} is not a whole number from {low} to {high}")
    return int(text)

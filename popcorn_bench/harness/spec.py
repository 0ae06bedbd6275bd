"""What was asked: the specification of a run, as flags, config file and environment give it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from math import inf
from pathlib import Path
from typing import Any, TypeAlias

from popcorn_bench.errors import UsageError, did_you_mean, holds_secret
from popcorn_bench.types import MAX_SEED

Args: TypeAlias = tuple[tuple[str, Mapping[str, str]], ...]
Prices: TypeAlias = tuple[tuple[str, tuple[float, ...]], ...]  # see `limits/terms.py`

DEFAULT_OUTPUT = Path("results")
NOTHING = ("none",)
# What a run may take, which decides nothing of what comes out.
LIMITS = (
    "max_connections",
    "timeout",
    "retry_on_error",
    "fail_on_error",
    "budget",
    "max_gpu_hours",
    "price",
)
_PAIR = re.compile(r"\s*(?P<key>[\w.-]+)\s*=(?P<value>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSpec:
    """A run before anything is looked up. The defaults are the embedded default run.

    `budget` is in US dollars, `timeout` in seconds for a call to an LLM, and `retry_on_error` says
    how often a failed call is made again. `artifacts` is a URL, `artifact_cache` in bytes; without
    them clips and covers are where they are (see `results/artifacts/place.py`).
    """

    llms: tuple[str, ...] = ("echo", "template")
    videos: tuple[str, ...] = ("storyboard", "still")
    tasks: tuple[str, ...] = ("popcorn",)
    modes: tuple[str, ...] = ("basic",)
    evaluators: tuple[str, ...] = ("popularity", "quality")
    limit: int | None = None
    seed: int = 0
    repeats: int = 1
    include_path: tuple[str, ...] = ()
    plugin: tuple[str, ...] = ()
    corpus: str = "embedded"
    corpus_dir: str | None = None
    pe_references: tuple[int, ...] = ()
    pe_tags: tuple[int, ...] = ()
    pe_ratio: float = 0.1
    pe_popular: str = "decile"
    pe_embedder: str = "hashed"
    pe_category: str = "profiles"
    pe_show_engagement: bool = False
    allow_leakage: bool = False
    llm_args: Args = ()
    video_args: Args = ()
    covers: tuple[str, ...] = ("storyboard",)
    cover_args: Args = ()
    profile: str = "native"
    evaluator_args: Args = ()
    device: str = "auto"
    executor: str = "local"
    ray_address: str | None = None
    max_connections: int = 32
    timeout: float | None = None
    retry_on_error: int = 3
    fail_on_error: str | None = None
    budget: float | None = None
    max_gpu_hours: float | None = None
    price: Prices = ()
    skip_unusable: bool = False
    artifacts: str | None = None
    artifact_cache: int | None = None
    output_path: Path = field(default=DEFAULT_OUTPUT)

    def to_record(self) -> dict[str, Any]:
        """Plain data for the journal, without the folder; `parse_args` lets no secret in."""
        record = asdict(self)
        for own in ("output_path", "artifacts", "artifact_cache"):  # the folder knows them itself
            del record[own]
        for name in ("include_path", "plugin"):
            record[name] = [_absolute(path) for path in record[name]]
        record["corpus_dir"] = _absolute(self.corpus_dir) if self.corpus_dir else None
        record["corpus"] = _absolute(self.corpus) if _is_file(self.corpus) else self.corpus
        return record

    @classmethod
    def from_record(cls, record: Mapping[str, Any], output_path: Path) -> RunSpec:
        """The spec that a run of `output_path` wrote.

        Raises:
            UsageError: for one that no run would have written.
        """
        from pydantic import TypeAdapter, ValidationError

        known = {f.name for f in fields(cls)}
        values = {k: v for k, v in record.items() if k in known} | {"output_path": output_path}
        try:
            return TypeAdapter(cls).validate_python(values)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            message = f"{output_path}: the spec of the run: {where}: {first['msg']}"
            raise UsageError(message) from error


def checked(spec: RunSpec) -> RunSpec:
    """The spec, if its numbers are in range and its words are known.

    Raises:
        UsageError: for the first that is not.
    """
    for name, (kind, low, high) in _RANGES.items():
        value = getattr(spec, name)
        if value is None and name in _MAY_LACK:
            continue
        fits = isinstance(value, kind) and not isinstance(value, bool)
        if not fits or not low <= value <= high:
            noun = "a whole number" if kind is int else "a number"
            upper = "" if high == inf else f" to {high:,}"
            raise UsageError(f"{_flag(name)}: {value!r} is not {noun} from {low:g}{upper}")
    for name, known in CHOICES.items():
        if (word := getattr(spec, name)) not in known:
            hint = did_you_mean(str(word), known) or f"; one of {', '.join(known)}"
            raise UsageError(f"{_flag(name)}: {word!r} is not known{hint}")
    for name in ("llms", "videos", "tasks", "modes", "evaluators", "covers"):
        if not getattr(spec, name):
            raise UsageError(f"{_flag(name)}: needs at least one name")
    for folder in spec.include_path:
        check_folder(folder, "--include-path")
    return spec


def check_folder(folder: str | Path, flag: str) -> None:
    """Raise `UsageError` for a folder that is not there."""
    if not Path(folder).is_dir():
        raise UsageError(f"{flag}: {folder}: no such folder")


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


CHOICES: Mapping[str, tuple[str, ...]] = {
    "profile": ("native", "paper", "matched"),
    "executor": ("local", "ray"),
    "pe_popular": ("decile", "paper"),
    "pe_category": ("profiles", "names"),
}
_REAL = (int, float)
_RANGES: Mapping[str, tuple[type | tuple[type, ...], float, float]] = {
    "limit": (int, 1, inf),
    "seed": (int, 0, MAX_SEED),
    "repeats": (int, 1, 10_000),
    "max_connections": (int, 1, inf),
    "timeout": (_REAL, 0.001, 86_400),
    "retry_on_error": (int, 0, 100),
    "budget": (_REAL, 0, inf),
    "max_gpu_hours": (_REAL, 0, inf),
    "artifact_cache": (int, 0, inf),
    "pe_ratio": (_REAL, 0, 1),
}
_MAY_LACK = frozenset({"limit", "timeout", "budget", "max_gpu_hours", "artifact_cache"})


def parse_args(texts: Sequence[str], flag: str) -> Args:
    """Read `[NAME:]k=v,...` options.

    NAME ends at the last colon before the first `=`, so that LiteLLM strings may hold colons. A
    value with a comma takes an option of its own: `ltx:negative_prompt=blurry, jittery`.

    Raises:
        UsageError: for a pair without `=`, a key given twice, or a value that is a secret.
    """
    return tuple(_parse_one(text, flag) for text in texts)


def _parse_one(text: str, flag: str) -> tuple[str, dict[str, str]]:
    name, colon, _ = text.partition("=")[0].rpartition(":")
    parts = text[len(name) + len(colon) :].split(",")
    pairs = [_PAIR.fullmatch(part) for part in parts]
    if pairs[0] and not any(pairs[1:]):
        pairs = [_PAIR.fullmatch(",".join(parts))]
    found: dict[str, str] = {}
    for part, pair in zip(parts, pairs, strict=False):
        if pair is None:
            raise UsageError(
                f"{flag}: {part!r} in {text!r} is not key=value "
                "(a value with a comma takes an option of its own)"
            )
        if pair["key"] in found:
            raise UsageError(f"{flag}: {pair['key']!r} is given twice in {text!r}")
        if holds_secret(pair["value"]):
            raise UsageError(
                f"{flag}: the value of {pair['key']!r} holds a secret; "
                "keys come from the environment"
            )
        found[pair["key"]] = pair["value"]
    return name, found


def _is_file(corpus: str) -> bool:
    return corpus.endswith((".yaml", ".yml"))


def _absolute(path: str) -> str:
    """So that `retry` finds it from any folder."""
    return str(Path(path).resolve())

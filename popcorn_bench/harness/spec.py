"""What was asked: the specification of a run, as flags, config file and environment give it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeAlias

from popcorn_bench.errors import UsageError, holds_secret

Args: TypeAlias = tuple[tuple[str, Mapping[str, str]], ...]
Prices: TypeAlias = tuple[tuple[str, tuple[float, ...]], ...]  # see `limits/terms.py`

DEFAULT_OUTPUT = Path("results")
NOTHING = ("none",)
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
        """The spec that a run of `output_path` wrote."""
        known = {f.name for f in fields(cls)}
        values: dict[str, Any] = {k: _tuples(v) for k, v in record.items() if k in known}
        return cls(**values, output_path=output_path)


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


def _tuples(value: object) -> object:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value

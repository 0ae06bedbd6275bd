"""What runs with tiny pipelines share: their settings, their environment, their records."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from popcorn_bench.results.journal import Record, journal_files, read_lines

TASK = "popcorn_concrete"
# One thread each, because the machine is shared; and no word with a hub.
ENV = {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def told(name: str, model: Path, **changes: object) -> str:
    """A pipeline's settings, as they stand behind --video-args or --cover-args."""
    given = {"model": model, "width": 64, "height": 32, "num_inference_steps": 2, **changes}
    return f"{name}:{','.join(f'{key}={value}' for key, value in given.items())}"


def records(results: Path, stage: str = "video", kind: str = "unit") -> list[Record]:
    """What the journal holds of a stage, in its order; a torn last line is left out."""
    lines = (line.record for path in journal_files(results) for line in read_lines(path))
    return [r for r in lines if r and (r["t"], r.get("stage")) == (kind, stage)]


def content(record: Record) -> tuple[Any, ...]:
    """A clip's or cover's place, key and file."""
    return (*record["place"], record["key"], record["data"]["sha256"])


def working_in(folder: Path) -> list[int]:
    """Processes that have `folder` for their working directory, where the system tells them."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").resolve(strict=True) == folder.resolve():
                found.append(int(process.name))
        except OSError:
            continue  # it has ended, or is another user's
    return found

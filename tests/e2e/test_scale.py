"""The model of docs/scale.md beside a run that was measured."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from popcorn_bench.results.artifacts import ArtefactStore
from popcorn_bench.results.journal import journal_files
from tests.e2e.cli import popcorn

_ASKED = (
    "--llms=echo,template", "--tasks=popcorn_concrete", "--limit=4", "--repeats=2", "--device=cpu",
    "--evaluators=popularity,quality", "--json",
)  # fmt: skip


def _unit_lines(folder: Path) -> Counter[str]:
    """Bytes of the lines of units, by stage, but for audits."""
    found: Counter[str] = Counter()
    for path in journal_files(folder):
        for line in path.read_bytes().splitlines(keepends=True):
            if line.startswith(b'{"t":"unit","stage":"'):
                found[line.split(b'"')[7].decode()] += len(line)
    del found["audit"]
    return found


def test_a_dry_run_tells_what_the_run_then_does_and_writes(tmp_path: Path) -> None:
    dry = popcorn(*_ASKED, "--dry-run", cwd=tmp_path)
    run = popcorn(*_ASKED, cwd=tmp_path)
    assert (dry.code, run.code) == (0, 0), dry.err + run.err
    folder = tmp_path / "results"

    assert dry.json["calls"] == {"echo": 8, "template": 8}
    for stage, planned in dry.json["units"].items():
        done = run.json["units"][stage]
        assert done["done"] + done["reused"] == planned["to_do"] + planned["reuse"], stage

    said, lines = dry.json["estimated_bytes"], _unit_lines(folder)
    assert 0.75 < said["journal"] / lines.total() < 1.25, (said, lines)
    files = dict(ArtefactStore(folder).listed())
    assert 1 < said["artifacts"] / sum(files.values()) < 3
    assert said["unsized"] == []


def test_a_folder_that_is_complete_will_take_no_more(tmp_path: Path) -> None:
    asked = ("--llms=echo", "--videos=none", "--covers=none", "--limit=2", "--json")
    few = ("--evaluators=popularity", "--tasks=popcorn_concrete")
    assert popcorn(*asked, *few, cwd=tmp_path).code == 0
    again = popcorn(*asked, *few, "--dry-run", cwd=tmp_path)
    assert again.json["estimated_bytes"] == {"journal": 0, "artifacts": 0, "unsized": []}

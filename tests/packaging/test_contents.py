"""What a release holds: all that the package reads, and nothing of how it is made."""

from __future__ import annotations

import subprocess
import tarfile
import zipfile
from email.parser import Parser
from pathlib import Path, PurePosixPath

import popcorn_bench
from tests.packaging.conftest import ROOT, build

PACKAGE = ROOT / "popcorn_bench"
# One of each kind of file that is read at run time: they are no Python, so a builder may miss them.
NEEDED = {
    "evaluators/weights/popularity.npz",
    "evaluators/weights/popularity.json",
    "evaluators/weights/popularity.md",
    "evaluators/weights/popularity.rows",
    "generators/catalog/videos.yaml",
    "harness/skeletons/task.yaml.txt",
    "leaderboard/page/assets/page.css",
    "leaderboard/page/assets/main.js",
    "leaderboard/templates/board.html.j2",
    "results/migrations/0001_tables.sql",
    "tasks/corpora/data/embedded.jsonl",
    "tasks/data/lock.json",
    "tasks/data/popcorn/concrete.jsonl",
    "py.typed",
}


def _names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def _tracked() -> set[str]:
    """Every file of the package that git does not ignore."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "popcorn_bench"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    files = listed.stdout.split() or [
        str(path.relative_to(ROOT))
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    ]
    return {name for name in files if (ROOT / name).is_file()}


def test_the_wheel_holds_every_file_of_the_package_and_nothing_else(wheel: Path) -> None:
    inside = {name for name in _names(wheel) if ".dist-info/" not in name}

    assert inside == _tracked()
    assert {f"popcorn_bench/{name}" for name in NEEDED} <= inside


def test_the_wheel_names_its_command_its_licence_and_its_pythons(wheel: Path) -> None:
    version = popcorn_bench.__version__
    with zipfile.ZipFile(wheel) as archive:
        folder = f"popcorn_bench-{version}.dist-info"
        metadata = Parser().parsestr(archive.read(f"{folder}/METADATA").decode())
        commands = archive.read(f"{folder}/entry_points.txt").decode()
        licence = archive.read(f"{folder}/licenses/LICENSE").decode()

    assert "popcorn-bench = popcorn_bench.harness.cli:main" in commands
    assert (metadata["Version"], metadata["License-Expression"]) == (version, "Apache-2.0")
    assert metadata["Requires-Python"] == ">=3.11"
    assert "Apache License" in licence


def test_heavy_parts_are_asked_for_and_never_come_along(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (n for n in archive.namelist() if n.endswith("/METADATA"))
        metadata = Parser().parsestr(archive.read(name).decode())
    core = [r for r in metadata.get_all("Requires-Dist", []) if "extra ==" not in r]

    assert core
    heavy = ("torch", "diffusers", "transformers", "ray", "accelerate", "sentence-transformers")
    assert not [line for line in core if line.startswith(heavy)]


def test_no_distribution_holds_data_that_is_not_ours(wheel: Path, sdist: Path) -> None:
    """Rows of MicroLens, caches, results and environments stay where they are."""
    with tarfile.open(sdist) as archive:
        packed = {str(PurePosixPath(*PurePosixPath(n).parts[1:])) for n in archive.getnames()}
    first = {PurePosixPath(name).parts[0] for name in packed if name != "."}

    assert not first & {"shared", "results", "build", "dist", "mutants", ".venv", ".git"}
    for name in packed | _names(wheel):
        assert "__pycache__" not in name
        assert not name.endswith((".pyc", ".duckdb", ".csv", ".parquet", ".env"))


def test_the_sdist_gives_the_same_wheel(sdist: Path, wheel: Path, tmp_path: Path) -> None:
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path / "source", filter="data")
    (source,) = (tmp_path / "source").iterdir()
    again = build(source, "wheel", tmp_path / "again")

    with zipfile.ZipFile(wheel) as first, zipfile.ZipFile(again) as second:
        assert {i.filename: i.CRC for i in first.infolist()} == {
            i.filename: i.CRC for i in second.infolist()
        }

"""Covers by Stable Diffusion through the whole command, with tiny random weights."""

from __future__ import annotations

from pathlib import Path

import pytest

from popcorn_bench.fingerprint import text_sha
from popcorn_bench.media import probe
from popcorn_bench.results.artifacts import ArtefactStore
from tests.e2e.cli import Done, popcorn
from tests.e2e.tinyruns import ENV, TASK, records, told
from tests.generators.pipelines.conftest import Folder

COMMAND = (
    "--llms=echo,template", "--videos=none", "--evaluators=popularity", "--device=cpu",
    f"--tasks={TASK}", "--limit=2", "--json",
)  # fmt: skip


@pytest.fixture(scope="module")
def covered(folder: Folder, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Done]:
    """A run that makes covers and no clip."""
    cwd = tmp_path_factory.mktemp("covers")
    model = told("sd-1.5", folder("sd15"), height=64)
    done = popcorn(*COMMAND, "--covers=sd-1.5", f"--cover-args={model}", cwd=cwd, env=ENV)
    return cwd / "results", done


def test_covers_are_pictures_in_the_store(covered: tuple[Path, Done]) -> None:
    results, done = covered
    assert done.code == 0, done.err
    assert done.json["units"]["cover"]["done"] == 4
    assert not records(results, "video")
    covers = [record["data"] for record in records(results, "cover")]
    assert len({cover["sha256"] for cover in covers}) == 4
    for cover in covers:
        facts = probe(ArtefactStore(results).path(cover["sha256"], ".png"))
        assert (facts.width, facts.height, facts.codec) == (64, 64, "png")


def test_a_cover_tells_where_it_comes_from(covered: tuple[Path, Done]) -> None:
    results, _ = covered
    key = records(results, "cover")[0]["key"]
    (shown,) = popcorn("videos", "show", key, results, "--json", cwd=results).json
    assert (shown["stage"], shown["generator"], shown["suffix"]) == ("cover", "sd-1.5", ".png")
    assert shown["metadata"]["generator"] == "sd-1.5"
    assert shown["metadata"]["revision"] == shown["revision"]
    assert shown["metadata"]["prompt_sha256"] == text_sha(shown["prompt"])


def test_the_same_covers_are_not_made_again(covered: tuple[Path, Done], folder: Folder) -> None:
    results, _ = covered
    model = told("sd-1.5", folder("sd15"), height=64)
    done = popcorn(
        *COMMAND, "--covers=sd-1.5", f"--cover-args={model}", cwd=results.parent, env=ENV
    )
    assert done.code == 0, done.err
    assert "nothing to do" in done.err
    assert len(records(results, "cover")) == 4


def test_none_makes_none(tmp_path: Path) -> None:
    done = popcorn(*COMMAND, "--covers=none", cwd=tmp_path)
    assert done.code == 0, done.err
    assert sum(done.json["units"]["cover"].values()) == 0
    assert not list((tmp_path / "results").rglob("*.png"))


def test_a_wrong_cover_setting_is_one_message(tmp_path: Path) -> None:
    given = "--cover-args=sd-1.5:guidance=2"
    done = popcorn("--covers=sd-1.5", given, "--device=cpu", cwd=tmp_path)
    assert done.code == 2
    assert "did you mean 'guidance_scale'?" in done.err
    assert not list(tmp_path.iterdir())

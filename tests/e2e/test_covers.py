"""Covers by Stable Diffusion through the whole command, with tiny random weights."""

from __future__ import annotations

from pathlib import Path

from popcorn_bench.fingerprint import text_sha
from popcorn_bench.media import probe
from popcorn_bench.results.artifacts import ArtefactStore
from tests.e2e.cli import Done, popcorn
from tests.e2e.tinyruns import ENV, records


def test_covers_are_pictures_in_the_store(matched: tuple[Path, Done]) -> None:
    results, done = matched
    assert done.code == 0, done.err
    assert done.json["units"]["cover"]["done"] == 2
    covers = [record["data"] for record in records(results, "cover")]
    assert len({cover["sha256"] for cover in covers}) == 2
    for cover in covers:
        facts = probe(ArtefactStore(results).path(cover["sha256"], ".png"))
        assert (facts.width, facts.height, facts.codec) == (64, 64, "png")


def test_a_cover_tells_where_it_comes_from(matched: tuple[Path, Done]) -> None:
    results, _ = matched
    key = records(results, "cover")[0]["key"]
    (shown,) = popcorn("videos", "show", key, results, "--json", cwd=results).json
    assert (shown["stage"], shown["generator"], shown["suffix"]) == ("cover", "sd-1.5", ".png")
    assert shown["metadata"]["generator"] == "sd-1.5"
    assert shown["metadata"]["revision"] == shown["revision"]
    assert shown["metadata"]["prompt_sha256"] == text_sha(shown["prompt"])


def test_the_same_covers_are_not_made_again(
    matched: tuple[Path, Done], matched_args: list[str]
) -> None:
    results, _ = matched
    done = popcorn(*matched_args, cwd=results.parent, env=ENV)
    assert done.code == 0, done.err
    assert "nothing to do" in done.err
    assert len(records(results, "cover")) == 2


def test_none_plans_none(matched: tuple[Path, Done], matched_args: list[str]) -> None:
    args = [arg for arg in matched_args if not arg.startswith("--cover")]
    plan = popcorn(*args, "--covers=none", "--dry-run", cwd=matched[0].parent, env=ENV).json
    assert not any(plan["units"]["cover"].values())
    assert plan["units"]["video"]["present"] == 4, "covers decide nothing about clips"


def test_a_wrong_cover_setting_is_one_message(tmp_path: Path) -> None:
    given = "--cover-args=sd-1.5:guidance=2"
    done = popcorn("--covers=sd-1.5", given, "--device=cpu", cwd=tmp_path)
    assert done.code == 2
    assert "did you mean 'guidance_scale'?" in done.err
    assert not list(tmp_path.iterdir())

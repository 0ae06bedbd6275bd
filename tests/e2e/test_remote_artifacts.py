"""Runs whose clips and covers go to an object store, through the command line."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from popcorn_bench.results.journal import journal_files, read_lines
from tests.e2e.cli import Done, popcorn, start
from tests.s3 import S3

_RUN = (
    "--llms=echo", "--tasks=popcorn_concrete", "--limit=2", "--videos=still", "--device=cpu",
    "--evaluators=popularity", "--json",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ran:
    """A finished run, and where its clips are."""

    s3: S3
    url: str
    folder: Path
    done: Done

    @property
    def env(self) -> dict[str, str]:
        return self.s3.env

    def clips(self) -> set[str]:
        return {key.rpartition("/")[2] for key in self.s3.objects(self.url) if ".mp4" in key}


@pytest.fixture(scope="module")
def s3() -> Iterator[S3]:
    with S3() as server:
        yield server


@pytest.fixture(scope="module")
def ran(s3: S3, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder, url = tmp_path_factory.mktemp("remote") / "results", s3.bucket()
    asked = (*_RUN, f"--output-path={folder}", f"--artifacts={url}", "--artifact-cache=1GB")
    return Ran(s3, url, folder, popcorn(*asked, cwd=folder.parent, env=s3.env))


def _elsewhere(ran: Ran, folder: Path) -> Path:
    """The results folder on another machine: what the cache holds is not there."""
    shutil.copytree(ran.folder, folder, ignore=shutil.ignore_patterns("artifacts", "posters"))
    return folder


def _units(folder: Path) -> list[tuple[str, object]]:
    lines = [line.record for path in journal_files(folder) for line in read_lines(path)]
    return [(r["stage"], r["data"]) for r in lines if r and r["t"] == "unit"]


def test_a_run_puts_its_clips_there_and_keeps_no_secret(ran: Ran) -> None:
    assert ran.done.code == 0, ran.done.err
    stored = {key.rpartition("/")[2]: body for key, body in ran.s3.objects(ran.url).items()}
    named = {
        f"{data['sha256']}{data['suffix']}"
        for stage, data in _units(ran.folder)
        if stage in {"video", "cover"} and isinstance(data, dict)
    }
    assert named == stored.keys() - {".popcorn-bench"}
    assert json.loads((ran.folder / "artifacts.json").read_text()) == {
        "url": ran.url,
        "cache": 10**9,
    }
    secret = ran.env["AWS_SECRET_ACCESS_KEY"].encode()
    for path in ran.folder.rglob("*"):
        assert not path.is_file() or secret not in path.read_bytes()


def test_the_same_command_again_asks_for_nothing_and_needs_no_option(ran: Ran) -> None:
    again = popcorn(*_RUN, f"--output-path={ran.folder}", cwd=ran.folder.parent, env=ran.env)
    assert again.code == 0, again.err
    assert "nothing to do" in again.err


def test_an_object_that_was_lost_or_damaged_is_a_unit_to_do_again(ran: Ran, tmp_path: Path) -> None:
    folder = _elsewhere(ran, tmp_path / "results")
    first, second = sorted(key for key in ran.s3.objects(ran.url) if ".mp4" in key)[:2]
    whole = ran.s3.objects(ran.url)
    ran.s3.client.delete_object(Bucket=ran.url.split("/")[2], Key=first)
    ran.s3.replace(ran.url, second, bytes(len(whole[second])))  # found out when it is read

    dry = popcorn(*_RUN, "--dry-run", f"--output-path={folder}", cwd=tmp_path, env=ran.env)
    assert dry.json["units"]["video"]["to_do"] == 1
    again = popcorn(*_RUN, f"--output-path={folder}", cwd=tmp_path, env=ran.env)
    assert again.code == 0, again.err
    asked = ("score", folder, "--evaluators=quality", "--json")
    scored = popcorn(*asked, cwd=tmp_path, env=ran.env)
    assert scored.code == 3, scored.err
    assert [f["kind"] for f in scored.json["failures"]] == ["damaged_artefact"]

    last = popcorn(*_RUN, f"--output-path={folder}", cwd=tmp_path, env=ran.env)

    assert last.code == 0, last.err
    assert last.json["units"]["video"]["done"] == 1
    assert ran.s3.objects(ran.url) == whole  # made again, byte for byte


def test_boards_find_the_clips_on_another_machine(ran: Ran, tmp_path: Path) -> None:
    folder = _elsewhere(ran, tmp_path / "results")
    board = popcorn("leaderboard", folder, "--html", tmp_path / "page", cwd=tmp_path, env=ran.env)
    assert board.code == 0, board.err
    assert f"clips are at {ran.url}" in board.err
    posters = {path.stem for path in (tmp_path / "page" / "posters").iterdir()}
    assert posters
    assert posters <= {name.removesuffix(".mp4") for name in ran.clips()}

    site = popcorn(
        "publish", folder, "--to", tmp_path / "site", "--with-clips", "2", cwd=tmp_path,
        env=ran.env,
    )  # fmt: skip
    assert site.code == 0, site.err
    assert {path.name for path in (tmp_path / "site" / "artifacts").glob("*/*")} <= ran.clips()
    assert list((tmp_path / "site" / "artifacts").glob("*/*.mp4"))

    key = min(ran.clips())[:16]
    shown = popcorn("videos", "show", key, folder, "--json", cwd=tmp_path, env=ran.env)
    assert shown.json[0]["metadata"], shown.err


def test_the_viewer_fetches_what_is_played(ran: Ran, tmp_path: Path) -> None:
    folder = _elsewhere(ran, tmp_path / "results")
    process = start("view", folder, "--no-open", cwd=tmp_path, env=ran.env)
    try:
        assert process.stderr is not None
        said = process.stderr.readline()
        url = said.split()[1]
        name = min(ran.clips())
        with urlopen(f"{url}artifacts/{name[:2]}/{name}", timeout=60) as answer:
            assert sha256(answer.read()).hexdigest() == name.removesuffix(".mp4")
        with urlopen(f"{url}posters/{name.removesuffix('.mp4')}.webp", timeout=60) as answer:
            assert answer.read()[:4] == b"RIFF"
        with pytest.raises(HTTPError, match="404"):
            urlopen(f"{url}artifacts/ab/{'ab' * 32}.mp4", timeout=60)
    finally:
        process.terminate()
        _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err


def test_a_merged_folder_uses_the_same_store(ran: Ran, tmp_path: Path) -> None:
    other = _elsewhere(ran, tmp_path / "other")
    done = popcorn(
        "results", "merge", ran.folder, other, "--into", tmp_path / "all", "--json",
        cwd=tmp_path, env=ran.env,
    )  # fmt: skip
    assert done.code == 0, done.err
    assert done.json["artefacts"] == 0
    again = popcorn(*_RUN, f"--output-path={tmp_path / 'all'}", cwd=tmp_path, env=ran.env)
    assert "nothing to do" in again.err


def test_without_the_store_nothing_begins_and_one_line_says_why(s3: S3, tmp_path: Path) -> None:
    asked = (*_RUN, f"--output-path={tmp_path / 'r'}", "--artifacts=s3://nobody-made-it/x")
    done = popcorn(*asked, cwd=tmp_path, env=s3.env)
    assert done.code == 1
    lines = [line for line in done.err.splitlines() if "artefact store" in line]
    assert len(lines) == 1, done.err
    assert "bucket" in lines[0]
    assert not journal_files(tmp_path / "r")


def test_a_store_that_goes_down_stops_the_run_and_the_next_one_goes_on(tmp_path: Path) -> None:
    with S3() as own:
        url = own.bucket()
        asked = (
            "--llms=echo", "--tasks=popcorn_concrete", "--limit=40", "--videos=still",
            "--device=cpu", "--covers=none", "--evaluators=popularity", "--json",
            f"--output-path={tmp_path / 'r'}", f"--artifacts={url}",
        )  # fmt: skip
        process = start(*asked, cwd=tmp_path, env=own.env)
        while len(own.objects(url)) < 3:
            assert process.poll() is None, process.communicate()[1]
            time.sleep(0.02)
        own.stop()
        out, err = process.communicate(timeout=110)
        assert process.returncode == 1, out
        said = [line for line in err.splitlines() if line.startswith("popcorn-bench:")]
        assert len(said) == 1, err
        assert f"artefact store {url} cannot be used" in said[0]
        assert "Traceback" not in err
        made = sum(stage == "video" for stage, _ in _units(tmp_path / "r"))

        own.start()
        done = popcorn(*asked, cwd=tmp_path, env=own.env)

        assert done.code == 0, done.err
        assert done.json["units"]["video"]["present"] == made
        objects = own.objects(url)
        assert len([key for key in objects if key.endswith(".mp4")]) >= 1
        kept = {key.rpartition("/")[2] for key in objects}
        for stage, data in _units(tmp_path / "r"):
            if stage == "video" and isinstance(data, dict):
                assert f"{data['sha256']}.mp4" in kept

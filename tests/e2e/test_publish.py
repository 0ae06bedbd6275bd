"""`popcorn-bench publish` as a user types it: to a folder, to a hub, and into a README."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.e2e.cli import Done, popcorn
from tests.e2e.fakehub import Hub, fake_hub

_TOKEN = "hf_fake_token_for_tests"


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real run: two baselines, two queries, clips."""
    folder = tmp_path_factory.mktemp("run")
    done = popcorn("--tasks", "popcorn_concrete", "--llms", "echo,template", "--videos", "still",
                   "--limit", "2", "--evaluators", "popularity",
                   "--display", "none", cwd=folder)  # fmt: skip
    assert done.code == 0, done.err
    return folder / "results"


def _publish(results: Path, to: str | Path, *args: str | Path, **env: str) -> Done:
    return popcorn("publish", results, "--to", to, *args, cwd=results.parent, env=env)


def _bytes(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_to_a_folder_and_again(results: Path, tmp_path: Path) -> None:
    site, readme = tmp_path / "site", tmp_path / "README.md"
    readme.write_text("# A project\n")
    args = ("--with-clips", "3", "--licence", "cc-by-4.0", "--readme", readme, "--json")
    first = _publish(results, site, *args)
    assert first.code == 0, first.err
    assert len(first.json["written"]) == len(_bytes(site))
    before, said = _bytes(site), readme.read_text()
    assert said.startswith("# A project\n\n<!-- popcorn-bench:begin -->\n")
    clips = [name for name in before if name.endswith(".mp4")]
    assert len(clips) == 3
    assert len([name for name in before if name.endswith(".webp")]) == 3
    second = _publish(results, site, *args)
    assert second.json["written"] == []
    assert _bytes(site) == before
    assert readme.read_text() == said
    fewer = _publish(results, site, "--with-clips", "1", "--licence", "cc-by-4.0", "--json")
    assert len([name for name in fewer.json["removed"] if name.endswith(".mp4")]) == 2
    assert len([name for name in _bytes(site) if name.endswith(".mp4")]) == 1


def test_every_link_of_the_page_leads_to_a_file(results: Path, tmp_path: Path) -> None:
    done = _publish(results, tmp_path / "site", "--with-clips", "2")
    assert done.code == 0, done.err
    page = (tmp_path / "site" / "index.html").read_text()
    clips = sorted(path.name for path in (tmp_path / "site" / "artifacts").rglob("*.mp4"))
    assert len(clips) == 2
    every = {path.name for path in (results / "artifacts").rglob("*.mp4")}
    assert len(every) > 2
    assert not [name for name in every - set(clips) if name in page]


def test_dry_run_writes_nothing(results: Path, tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    done = _publish(results, tmp_path / "site", "--readme", readme, "--dry-run", "--json")
    assert done.code == 0, done.err
    assert "index.html" in done.json["written"]
    assert "would write" in done.err
    assert list(tmp_path.iterdir()) == []


def test_files_of_others_are_left_alone(results: Path, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine")
    done = _publish(results, tmp_path)
    assert done.code == 2
    assert "no publish wrote it" in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--to", "hf://models/a/b"), "hf://datasets/OWNER/NAME"),
        (("--to", "site", "--licence", "mine"), "--licence 'mine' is not known"),
        (("--to", "site", "--private"), "--private"),
        (("--to", "hf://datasets/a/b"), "HF_TOKEN"),
    ],
)
def test_wrong_usage_is_one_line(results: Path, args: tuple[str, ...], said: str) -> None:
    done = popcorn("publish", results, *args, cwd=results.parent)
    assert done.code == 2
    assert said in done.err
    assert len(done.err.splitlines()) == 1


def test_a_broken_readme_stops_before_anything_is_written(results: Path, tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("a\nb\n<!-- popcorn-bench:begin -->\n")
    done = _publish(results, tmp_path / "site", "--readme", readme)
    assert done.code == 2
    assert "README.md:3: needs" in done.err
    assert not (tmp_path / "site").exists()


def test_to_a_dataset_on_a_hub(results: Path, tmp_path: Path) -> None:
    env = {"HF_TOKEN": _TOKEN, "HF_HOME": str(tmp_path)}
    with fake_hub(Hub(private=True)) as hub:
        hub.files["every_eval_ever/data/old.json"] = b"{}"
        hub.files["notes.md"] = b"mine"
        done = _publish(results, "hf://datasets/lab/board", "--private", "--json",
                        **env, HF_ENDPOINT=hub.url)  # fmt: skip
        assert done.code == 0, done.err
    [created] = hub.created
    assert created["type"] == "dataset"
    assert created.get("visibility") == "private" or created.get("private") is True
    bare = [path for _, path, token in hub.requests if token != _TOKEN]
    assert bare in ([], ["/api/validate-yaml"])
    assert hub.requests[-1][:2] == ("POST", "/api/datasets/lab/board/commit/main")
    assert {"index.html", "samples.parquet", "notes.md"} <= set(hub.files)
    assert "every_eval_ever/data/old.json" not in hub.files
    manifest = json.loads(hub.files["manifest.json"])
    assert set(manifest["files"]) == set(hub.files) - {"manifest.json", "notes.md"}
    assert b"By lab." in hub.files["README.md"]
    assert _TOKEN not in done.err + done.out
    assert not [name for name, data in hub.files.items() if _TOKEN.encode() in data]


def test_to_a_space_on_a_hub(results: Path, tmp_path: Path) -> None:
    env = {"HF_TOKEN": _TOKEN, "HF_HOME": str(tmp_path)}
    with fake_hub(Hub()) as hub:
        done = _publish(results, "hf://spaces/lab/board", **env, HF_ENDPOINT=hub.url)
    assert done.code == 0, done.err
    assert hub.created[0]["sdk"] == "static"
    assert b"sdk: static" in hub.files["README.md"]


def test_a_public_repository_is_not_taken_for_a_private_one(results: Path, tmp_path: Path) -> None:
    env = {"HF_TOKEN": _TOKEN, "HF_HOME": str(tmp_path)}
    with fake_hub(Hub(private=False)) as hub:
        done = _publish(results, "hf://datasets/lab/board", "--private", **env,
                        HF_ENDPOINT=hub.url)  # fmt: skip
    assert done.code == 2
    assert "exists and is public" in done.err
    assert hub.commits == 0


def test_a_dry_run_asks_no_hub(results: Path) -> None:
    with fake_hub(Hub()) as hub:
        done = _publish(results, "hf://datasets/lab/board", "--dry-run", HF_ENDPOINT=hub.url)
    assert done.code == 0, done.err
    assert "index.html" in done.err
    assert hub.requests == []


@pytest.mark.parametrize(
    ("refuse", "offline", "said"),
    [(401, False, "the token is not accepted"), (0, True, "cannot be reached")],
)
def test_a_hub_that_fails_is_told_in_one_line(
    results: Path, tmp_path: Path, *, refuse: int, offline: bool, said: str
) -> None:
    with fake_hub(Hub(refuse=refuse)) as hub:
        env = {"HF_TOKEN": _TOKEN, "HF_HOME": str(tmp_path), "HF_ENDPOINT": hub.url}
        if offline:
            env["HF_HUB_OFFLINE"] = "1"
        done = _publish(results, "hf://datasets/lab/board", **env)
    assert done.code == 1
    assert said in done.err
    assert "Traceback" not in done.err
    assert _TOKEN not in done.err
    assert len(done.err.splitlines()) == 1


def test_several_folders_make_one_publication(results: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(results, other)
    done = popcorn("publish", results, other, "--to", tmp_path / "site", cwd=tmp_path)
    assert done.code == 0, done.err
    alone = _publish(results, tmp_path / "alone")
    assert alone.code == 0
    same = [(tmp_path / name / "cells.parquet").read_bytes() for name in ("site", "alone")]
    assert same[0] == same[1]

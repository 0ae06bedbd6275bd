"""`train mmra` from a folder in the layout of MicroLens to a model that scores."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from popcorn_bench.errors import UsageError
from popcorn_bench.evaluators.mmra import Mmra
from popcorn_bench.evaluators.mmra.config import Sources
from popcorn_bench.harness.cli.train_mmra import mmra
from tests.evaluators.mmra.corpus import videos

SMALL = ["--width", "16", "--neighbours", "3", "--epochs", "2", "--lr", "1e-3", "--device", "cpu"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Synthetic rows and clips; one clip is cut short and one is not there."""
    folder = tmp_path_factory.mktemp("microlens")
    made = videos(folder / "videos", 66, seed=7)
    rows = [(int(clip.id) + 1, clip.title) for clip in made.clips]
    write(
        folder / "MicroLens-100k_title_en.csv", ["video_id, title", *(f"{i}, {t}" for i, t in rows)]
    )
    write(folder / "tags_to_summary.csv", ["video_id, tag", *(f"{i},Synthetic" for i, _ in rows)])
    counts = [f"{i},{round(2**label)}" for (i, _), label in zip(rows, made.labels, strict=True)]
    write(folder / "video_label_comment_count.csv", ["video_id,comment_count", *counts])
    split = [f"{i},{'train' if i <= 42 else 'valid'}" for i, _ in rows]
    write(folder / "split.csv", ["video_id,split", *split])
    for number in range(66, 0, -1):
        (folder / "videos" / f"{number - 1}.mp4").rename(folder / "videos" / f"{number}.mp4")
    cut = folder / "videos" / "1.mp4"
    cut.write_bytes(cut.read_bytes()[:700])
    (folder / "videos" / "2.mp4").unlink()
    return folder


def write(path: Path, lines: list[str]) -> None:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def run(*args: object) -> Result:
    return CliRunner().invoke(mmra, [str(arg) for arg in args])


def test_from_raw_files_to_a_model(data: Path, sources: Sources, folder: Path) -> None:
    roles = ("frame", "title", "key")
    given = [part for role in roles for part in (f"--encoder-{role}", getattr(sources, role))]
    given += ["--encoder-caption", ""]
    done = run("--corpus-dir", data, "--out", folder, *SMALL, *given)
    assert done.exit_code == 0, done.output
    assert "# Card: mmra" in done.stdout
    assert "| published: full |" in done.stdout
    assert "epoch 2: MSE" in done.stderr
    assert (folder / "damaged.csv").read_text().count("\n") == 3
    card = Mmra.card({"model": str(folder)})
    assert card.sees_video
    assert len(Mmra.trained_on(card)) == 40
    longer = run("--data", data, "--out", folder, *SMALL, "--epochs", "3", "--resume", *given)
    assert "epoch 3: MSE" in longer.stderr
    assert "epoch 2: MSE" not in longer.stderr
    assert "looked at" in longer.stderr


def test_text_only_needs_no_clips(data: Path, folder: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    shutil.copytree(data, bare, ignore=shutil.ignore_patterns("videos"))
    encoders = ["--encoder-title", "grams", "--encoder-key", "grams"]
    done = run("--data", bare, "--out", folder, *SMALL, *encoders, "--text-only", "--no-retrieval")
    assert done.exit_code == 0, done.output
    assert not Mmra.card({"model": str(folder)}).sees_video
    without = run("--data", bare, "--out", folder, *SMALL, *encoders)
    assert isinstance(without.exception, UsageError)
    assert "--text-only" in str(without.exception)


def test_encoders_that_are_not_there_are_told(data: Path, folder: Path) -> None:
    done = run("--data", data, "--out", folder, *SMALL, "--encoder-title", "no#such")
    assert isinstance(done.exception, UsageError)


def test_an_encoder_that_cannot_be_downloaded_is_told_with_a_remedy(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    out = tmp_path / "models" / "mmra"
    done = run("--data", data, "--out", out, *SMALL, "--text-only", "--encoder-title", "a/model")
    assert isinstance(done.exception, UsageError)
    said = str(done.exception)
    assert said.startswith("encoder 'a/model' is not here and cannot be downloaded (")
    for remedy in ("Name a folder", "grams", "on a machine with the network"):
        assert remedy in said
    assert not (tmp_path / "models").exists()

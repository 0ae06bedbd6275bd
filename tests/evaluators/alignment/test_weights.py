"""Where weights come from, what identifies them, and what is said of those that will not do."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import huggingface_hub.constants
import pytest
from safetensors.torch import load_file, save_file

from popcorn_bench.errors import AdapterError, UsageError
from popcorn_bench.evaluators.alignment import Alignment
from popcorn_bench.evaluators.protocol import EvaluatorClass
from popcorn_bench.fingerprint import evaluator_id
from popcorn_bench.types import Direction, EvaluatorCard, Input

COMMIT = "0123456789abcdef0123456789abcdef01234567"
REPOSITORY = "owner/tiny-clip"


@pytest.fixture
def folder(checkpoints: dict[str, Path], tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    return Path(shutil.copytree(checkpoints["clip"], tmp_path / "model"))


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty cache of the hub, and a network that must not be touched."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


@pytest.fixture
def cached(offline: Path, checkpoints: dict[str, Path]) -> Path:
    """The same cache with one model in it, as the hub's own client lays it out."""
    model = offline / "models--owner--tiny-clip"
    (model / "refs").mkdir(parents=True)
    (model / "refs" / "main").write_text(COMMIT)
    return Path(shutil.copytree(checkpoints["clip"], model / "snapshots" / COMMIT))


def missing(**settings: str) -> list[str]:
    return Alignment.missing(Alignment.card(settings))


def test_the_card(checkpoints: dict[str, Path]) -> None:
    evaluator: EvaluatorClass = Alignment
    card = evaluator.card({"model": str(checkpoints["clip"]), "frames": "4"})
    assert card.inputs == (Input.TITLE, Input.QUERY, Input.VIDEO)
    assert card.settings == {"model": "clip", "revision": "", "frames": 4}
    assert card.transport == {"model": str(checkpoints["clip"]), "batch": 32}
    directions = {metric.name: metric.direction for metric in card.metrics}
    assert directions == {
        "alignment_query": Direction.HIGHER,
        "alignment_title": Direction.HIGHER,
        "consistency": Direction.NONE,
    }
    assert (evaluator.missing(card), evaluator.trained_on(card)) == ([], frozenset())
    assert evaluator.setting_names() == {"model", "revision", "frames", "batch"}
    assert not evaluator.parallel


def test_the_default_is_pinned_and_says_how_to_get_it(offline: Path) -> None:
    card = Alignment.card({})
    assert card.settings["model"] == "openai/clip-vit-base-patch32"
    revision = str(card.settings["revision"])
    assert len(revision) == 40
    assert card.weights == f"openai/clip-vit-base-patch32@{revision}"
    (phrase,) = Alignment.missing(card)
    assert f"hf download openai/clip-vit-base-patch32 --revision {revision}" in phrase
    assert "--include '*.safetensors'" in phrase
    assert not offline.exists()
    with pytest.raises(UsageError, match="not downloaded"):
        Alignment(card, "cpu")


@pytest.mark.usefixtures("cached")
@pytest.mark.parametrize("revision", ["", "main", COMMIT])
def test_a_name_is_found_in_the_cache_and_pinned(revision: str) -> None:
    given = {"model": REPOSITORY} | ({"revision": revision} if revision else {})
    card = Alignment.card(given)
    assert card.settings["revision"] == COMMIT
    assert card.weights == f"{REPOSITORY}@{COMMIT}"
    assert Alignment.missing(card) == []
    assert Alignment(card, "cpu") is not None


@pytest.mark.usefixtures("cached")
def test_another_revision_is_not_taken_for_it() -> None:
    (phrase,) = missing(model=REPOSITORY, revision="f" * 40)
    assert phrase.startswith(f"weights of {REPOSITORY} not downloaded (hf download")
    assert "f" * 40 in phrase


def test_a_download_that_stopped_half_way(cached: Path) -> None:
    (cached / "model.safetensors").unlink()
    (cached / "tokenizer.json").unlink()
    (phrase,) = missing(model=REPOSITORY)
    assert phrase.startswith(f"{REPOSITORY} lacks model.safetensors, tokenizer.json or ")
    assert f"hf download {REPOSITORY} --revision {COMMIT}" in phrase


def test_the_extra_is_missing(
    monkeypatch: pytest.MonkeyPatch, checkpoints: dict[str, Path]
) -> None:
    card = Alignment.card({"model": str(checkpoints["clip"])})
    monkeypatch.setitem(sys.modules, "torch", None)  # as if it were not installed
    (phrase,) = Alignment.missing(card)
    assert phrase == "extra 'evaluators' not installed (pip install 'popcorn-bench[evaluators]')"


def test_the_tokenizer_of_the_first_siglip_needs_more(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "SiglipTokenizer"}')
    monkeypatch.setitem(sys.modules, "sentencepiece", None)
    (phrase,) = missing(model=str(folder))
    assert phrase.startswith("its tokenizer needs pip install sentencepiece")


def test_the_content_of_a_folder_identifies_it(folder: Path, tmp_path: Path) -> None:
    def card(path: Path) -> EvaluatorCard:
        return Alignment.card({"model": str(path)})

    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    (copy / "README.md").write_text("a note changes nothing")
    before = card(folder).weights
    assert card(copy).weights == before
    weights = load_file(folder / "model.safetensors")
    weights["logit_scale"] += 1
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    assert card(folder).weights != before
    assert evaluator_id(card(folder)) != evaluator_id(card(copy))


def test_only_safetensors_are_read(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    (phrase,) = missing(model=str(folder))
    assert phrase == f"{folder} lacks model.safetensors"


def test_weights_in_several_files(folder: Path) -> None:
    parts = {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
    (folder / "model.safetensors").rename(folder / "model-1.safetensors")
    (folder / "model.safetensors.index.json").write_text(json.dumps(parts))
    assert missing(model=str(folder)) == [f"{folder} lacks model-2.safetensors"]


@pytest.mark.parametrize("content", ['{"model_type": "bert"}', "[]", "{"])
def test_another_kind_of_model(folder: Path, content: str) -> None:
    (folder / "config.json").write_text(content)
    (phrase,) = missing(model=str(folder))
    assert "not one of clip, siglip, siglip2" in phrase


def test_code_in_a_checkpoint_is_never_run(folder: Path) -> None:
    (folder / "evil.py").write_text("raise SystemExit('was run')")
    config = json.loads((folder / "config.json").read_text())
    config["auto_map"] = {"AutoModel": "evil.Model", "AutoConfig": "evil.Config"}
    (folder / "config.json").write_text(json.dumps(config))
    assert Alignment(Alignment.card({"model": str(folder)}), "cpu") is not None


def test_weights_that_are_not_all_there_are_refused(folder: Path) -> None:
    """The library would fill the gap with random numbers."""
    weights = load_file(folder / "model.safetensors")
    del weights["visual_projection.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(AdapterError, match=r"visual_projection\.weight") as error:
        Alignment(Alignment.card({"model": str(folder)}), "cpu")
    assert error.value.kind == "broken_weights"


def test_damaged_weights(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(AdapterError) as error:
        Alignment(Alignment.card({"model": str(folder)}), "cpu")
    assert error.value.kind == "broken_weights"


@pytest.mark.parametrize("name", ["tokenizer.json", "preprocessor_config.json", "config.json"])
def test_other_damaged_files(folder: Path, name: str) -> None:
    card = Alignment.card({"model": str(folder)})
    (folder / name).write_text("{" if name != "config.json" else '{"model_type": "clip"}')
    with pytest.raises(AdapterError) as error:
        Alignment(card, "cpu")
    assert error.value.kind == "broken_weights"
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"frames": "1"}, "frames: '1' is not a whole number from 2 to 256"),
        ({"frames": "eight"}, "frames: 'eight'"),
        ({"batch": "0"}, "batch: '0' is not a whole number from 1 to 4096"),
        ({"batch": "-3"}, "batch"),
        ({"batch": "9" * 30}, "batch"),
        ({"model": "nothing here"}, "model: 'nothing here' is no folder here"),
        ({"model": "../../etc/passwd"}, "model"),
        ({"model": ""}, "model"),
    ],
)
def test_values_that_do_not_fit(settings: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Alignment.card(settings)


def test_a_folder_has_no_revision(folder: Path) -> None:
    with pytest.raises(UsageError, match="revision"):
        Alignment.card({"model": str(folder), "revision": "main"})


@pytest.mark.parametrize("device", ["cuda:99", "cuda9", "toaster"])
def test_a_device_that_is_not_here(folder: Path, device: str) -> None:
    with pytest.raises(UsageError, match="--device"):
        Alignment(Alignment.card({"model": str(folder)}), device)


def test_card_and_missing_load_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from popcorn_bench.evaluators.alignment import Alignment\n"
        "card = Alignment.card({})\n"
        "assert Alignment.missing(card)\n"
        "loaded = {'torch', 'transformers', 'numpy', 'av', 'PIL'} & set(sys.modules)\n"
        "assert not loaded, loaded\n"
    )
    environment = os.environ | {"HF_HUB_CACHE": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)

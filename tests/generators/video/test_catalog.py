from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from popcorn_bench.errors import FileError, UsageError
from popcorn_bench.fingerprint import generator_id
from popcorn_bench.generators.protocol import MediaAdapter
from popcorn_bench.generators.video.catalog import ADAPTERS, VideoCatalog, VideoEntry
from popcorn_bench.generators.video.storyboard import Still, Storyboard
from popcorn_bench.types import Generator

PAPER = {"ltx", "hunyuan", "cogvideox", "animatediff"}


@pytest.fixture(autouse=True)
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without GPU tools and with an empty cache."""
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr("popcorn_bench.generators.machine._DRIVER", tmp_path / "driver")


def own(folder: Path, text: str) -> VideoCatalog:
    (folder / "videos.yaml").write_text(text)
    return VideoCatalog([folder])


def by_name(catalog: VideoCatalog) -> dict[str, VideoEntry]:
    return {entry.generator.name: entry for entry in catalog.entries()}


def test_shipped_entries() -> None:
    found = by_name(VideoCatalog())
    assert PAPER | {"storyboard", "still"} <= set(found)
    for name in ("storyboard", "still"):
        assert found[name].usable
        assert found[name].reason == ""
        assert found[name].generator.baseline
        assert found[name].generator.settings == {
            "width": 288, "height": 512, "fps": 15, "seconds": 3.0,
        }  # fmt: skip
    assert found["ltx"].generator.settings["num_frames"] == 161
    assert "use in the EU, the UK and South Korea" in found["hunyuan"].forbids


@pytest.mark.skipif(
    any(__import__("importlib.util").util.find_spec(m) for m in ("torch", "diffusers")),
    reason="the extra is installed here",
)
def test_a_paper_model_says_all_that_is_missing() -> None:
    entry = by_name(VideoCatalog())["ltx"]
    assert not entry.usable
    for part in ("extra 'diffusers'", "no GPU found (needs 10 GB)", "Lightricks/LTX-Video"):
        assert part in entry.reason


def test_downloaded_weights_are_seen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    base, commit = tmp_path / "hf/hub/models--Lightricks--LTX-Video", "0" * 40
    snapshot = base / "snapshots" / commit
    snapshot.mkdir(parents=True)
    (base / "refs").mkdir()
    (base / "refs" / "main").write_text(commit)
    assert "weights" in by_name(VideoCatalog())["ltx"].reason, "an empty snapshot holds nothing"
    (snapshot / "model_index.json").write_text("{}")
    assert "weights" not in by_name(VideoCatalog())["ltx"].reason
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "elsewhere"))
    assert "weights" in by_name(VideoCatalog())["ltx"].reason


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("0, GPU-a, 24564\n", "GPU memory too small (26 GB, needs 40 GB)"),
        ("0, GPU-a, 8192\n1, GPU-b, 81559\n", ""),
        ("0, GPU-a, [N/A]\n", ""),  # there is one, of a size that it does not tell
        ("No devices were found\n", "no GPU found (needs 40 GB)"),
    ],
)
def test_gpu_memory(tmp_path: Path, printed: str, expected: str) -> None:
    program = tmp_path / "bin" / "nvidia-smi"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\nprintf '{printed}'\n")
    program.chmod(0o755)
    entry = own(
        tmp_path, "videos:\n  big:\n    adapter: storyboard\n    gpu: true\n    gpu_gb: 40\n"
    ).resolve(["big"])[0]
    assert entry.reason == expected
    assert entry.usable == (not expected)


def test_a_driver_without_tools_counts_as_a_gpu(tmp_path: Path) -> None:
    (tmp_path / "driver" / "0000:01:00.0").mkdir(parents=True)
    assert "GPU" not in by_name(VideoCatalog())["ltx"].reason


def test_a_broken_tool_is_no_gpu(tmp_path: Path) -> None:
    program = tmp_path / "bin" / "nvidia-smi"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nexit 9\n")
    program.chmod(0o755)
    assert "no GPU found" in by_name(VideoCatalog())["ltx"].reason


def test_names_globs_tags_and_all() -> None:
    catalog = VideoCatalog()

    def names(*wanted: str) -> list[str]:
        return [entry.generator.name for entry in catalog.resolve(wanted)]

    assert names("still", "storyboard") == ["still", "storyboard"]
    assert names("st*") == ["storyboard", "still"]
    assert set(names("tag:paper")) == PAPER
    assert len(names("all")) == len(catalog.entries())
    with pytest.raises(UsageError, match="did you mean 'storyboard'"):
        names("storybord")


def test_arguments_are_typed_and_change_the_identity() -> None:
    catalog = VideoCatalog()
    plain = catalog.resolve(["storyboard"])[0].generator
    changed = catalog.resolve(["storyboard"], [("storyboard", {"fps": "24"})])[0].generator
    assert changed.settings["fps"] == 24
    assert generator_id(plain) != generator_id(changed)
    same = catalog.resolve(["storyboard"], [("", {"fps": "15", "seconds": "3"})])[0].generator
    assert generator_id(plain) == generator_id(same), "a default said aloud is the same work"


def test_named_arguments_win_over_general_ones() -> None:
    given = [("still", {"fps": "10"}), ("", {"fps": "20", "width": "128"})]
    found = VideoCatalog().resolve(["storyboard", "still"], given)
    assert [entry.generator.settings["fps"] for entry in found] == [20, 10]
    assert [entry.generator.settings["width"] for entry in found] == [128, 128]


def test_general_arguments_pass_by_what_does_not_know_them() -> None:
    found = VideoCatalog().resolve(["storyboard", "ltx"], [("", {"seconds": "2"})])
    assert found[0].generator.settings["seconds"] == 2
    assert "seconds" not in found[1].generator.settings


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("", {"fpss": "24"}), "--video-args: unknown setting 'fpss'; did you mean 'fps'"),
        (("storyboard", {"width": "255"}), "width: '255' is not an even number from 64 to 2048"),
        (("stil", {"fps": "24"}), "'stil' is not among the --videos"),
        (("ltx", {"num_frame": "3"}), "did you mean 'num_frames'"),
        (("ltx", {"fps": "many"}), "fps: 'many' is not a number"),
        (("hunyuan", {"offload": "maybe"}), "offload: 'maybe' is not one of none, model"),
        (("ltx", {"zzz": "1"}), "known: batch_size, dtype"),
    ],
)
def test_wrong_arguments(given: tuple[str, dict[str, str]], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        VideoCatalog().resolve(["storyboard", "ltx", "hunyuan"], [given])
    assert message in str(caught.value)


def test_arguments_of_an_unknown_adapter_keep_their_type(tmp_path: Path) -> None:
    settings = "{tiled: true, steps: 5, mode: x, share: 0.5}"
    catalog = own(tmp_path, f"videos:\n  a:\n    adapter: mine\n    settings: {settings}\n")
    given = [("a", {"tiled": "false", "steps": "10", "mode": "y", "share": "1"})]
    found = catalog.resolve(["a"], given)[0].generator.settings
    assert found == {"tiled": False, "steps": 10, "mode": "y", "share": 1.0}
    for name, value in (("steps", "many"), ("tiled", "maybe")):
        with pytest.raises(UsageError, match=f"a: {name}: '{value}' is not"):
            catalog.resolve(["a"], [("a", {name: value})])


def test_own_entries_are_added_and_win(tmp_path: Path) -> None:
    catalog = own(
        tmp_path,
        "videos:\n"
        "  still:\n    adapter: still\n    settings: {fps: 30}\n"
        "  wide:\n    adapter: storyboard\n    settings: {width: 640, height: 360}\n",
    )
    found = by_name(catalog)
    assert found["still"].generator.settings["fps"] == 30
    assert found["wide"].generator.settings["width"] == 640
    assert found["storyboard"].usable


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "videos:\n  a:\n    adapter: still\n    repo: a/b\n",
            "videos.yaml:4: videos.a.repo: unknown",
        ),
        ("videos:\n  a:\n    adapter: still\n    gpu_gb: much\n", "videos.yaml:4: videos.a.gpu_gb"),
        ("videos:\n  a: {}\n", "videos.yaml:2: videos.a: give `adapter` or `pipeline`"),
        ("videos:\n  A b:\n    adapter: still\n", "videos.yaml:2"),
        ("videos:\n  a:\n    adapter: x\n    repos: [../../etc]\n", "videos.yaml:4"),
        ("videos: [\n", "not YAML"),
    ],
)
def test_faults_of_own_files(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(FileError) as caught:
        own(tmp_path, text)
    assert message in str(caught.value)


def test_a_wrong_setting_in_a_file_is_named(tmp_path: Path) -> None:
    catalog = own(tmp_path, "videos:\n  a:\n    adapter: still\n    settings: {fps: 900}\n")
    with pytest.raises(UsageError, match="video generator 'a': fps: 900 is not"):
        catalog.entries()


def test_an_adapter_that_nobody_has(tmp_path: Path) -> None:
    entry = own(tmp_path, "videos:\n  a:\n    adapter: storybord\n").resolve(["a"])[0]
    assert not entry.usable
    assert entry.reason == "unknown generator adapter 'storybord'; did you mean 'storyboard'?"


def test_listing_imports_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from popcorn_bench.generators.video import catalog\n"
        "loaded = {'av', 'numpy', 'cv2', 'PIL', 'torch', 'pydantic'} & set(sys.modules)\n"
        "assert not loaded, loaded\n"
        "catalog.VideoCatalog().entries()\n"
        "loaded = {'av', 'numpy', 'cv2', 'PIL', 'torch'} & set(sys.modules)\n"
        "assert not loaded, loaded\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_adapters_keep_the_protocol() -> None:
    for name, kind in (("storyboard", Storyboard), ("still", Still)):
        adapter: MediaAdapter = kind
        assert ADAPTERS.load(name) is adapter
        generator = Generator(name=name, adapter=name, revision="")
        assert adapter.resolved(generator).settings.keys() == adapter.setting_names(generator)
        assert adapter.resolved(generator).revision, "a drawing that changes gets another key"

"""The recording: its states, and that what it types is understood."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.docs import checked
from tests.docs.blocks import ROOT
from tests.docs.lines import commands

pytest.importorskip("pyte", reason="the terminal emulator is not installed")


def test_what_is_typed_is_understood() -> None:
    from docs.recording import TOUR

    for line in TOUR:
        for words in commands(line):
            checked.check(words)


def test_a_command_is_typed_run_and_left_to_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from docs import recording

    monkeypatch.setattr(recording, "TOUR", ("printf '\\033[1mbold\\033[0m <b>'",))
    states = recording.merged(recording.frames(tmp_path))
    assert states[0][0].startswith("$ █")
    last, seconds = states[-1]
    assert "font-weight:bold" in last
    assert "&lt;b&gt;" in last
    assert seconds >= 4


def test_a_command_that_fails_ends_the_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from docs import recording

    monkeypatch.setattr(recording, "TOUR", ("false",))
    with pytest.raises(SystemExit, match="false"):
        list(recording.frames(tmp_path))


def test_the_recording_moves() -> None:
    with Image.open(ROOT / "docs/images/terminal.webp") as picture:
        assert getattr(picture, "n_frames", 1) > 50

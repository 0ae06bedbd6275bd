"""The evaluator around the measures: what it declares, and what it does with bad files."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import av
import numpy as np

from popcorn_bench.errors import AdapterError
from popcorn_bench.evaluators.protocol import EvaluatorClass, Sample
from popcorn_bench.evaluators.quality import Quality
from popcorn_bench.types import Direction, Input
from tests.evaluators.quality.clips import (
    CARD,
    QUALITY,
    QUERY,
    STEP,
    failed,
    measured,
    window,
    write,
)


def test_the_same_clip_gives_the_same_numbers_in_another_process(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp4", (window(STEP * i) for i in range(16)))
    code = (
        "import sys, pathlib\n"
        "from popcorn_bench.evaluators.quality import Quality\n"
        "from popcorn_bench.evaluators.protocol import Sample\n"
        "from popcorn_bench.types import Kind, Query\n"
        "q = Query(id='1', text='', kind=Kind.CONCRETE, topic='')\n"
        "s = Sample(query=q, title='', video=pathlib.Path(sys.argv[1]))\n"
        "e = Quality(Quality.card({}), 'cpu')\n"
        "print({x.metric: x.value for x in next(e.score([s]))})\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == str(measured(path))


def test_damage_is_answered_and_spares_the_others(tmp_path: Path) -> None:
    good = write(tmp_path / "good.mp4", (window(i) for i in range(12)))
    data = good.read_bytes()
    cut, text, empty = tmp_path / "cut.mp4", tmp_path / "text.mp4", tmp_path / "empty.mp4"
    cut.write_bytes(data[: len(data) // 2])
    text.write_bytes(b"<html>not found</html>")
    empty.write_bytes(b"")
    gone, playlist = tmp_path / "gone.mp4", tmp_path / "a.m3u8"
    playlist.write_text(f"#EXTM3U\n{good}\n")
    samples = [
        Sample(query=QUERY, title="", video=path)
        for path in (cut, text, empty, gone, playlist, good)
    ]
    found = list(QUALITY.score(samples))
    errors = [item for item in found[:5] if isinstance(item, AdapterError)]
    expected = ["broken_media", "broken_media", "degenerate", "broken_media", "broken_media"]
    assert [error.kind for error in errors] == expected
    assert not isinstance(found[5], AdapterError)


def test_a_clip_cut_between_frames_does_not_pass(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    write(path, (window(i) for i in range(12)))
    data = bytearray(path.read_bytes())
    middle = data.index(b"mdat") + (len(data) - data.index(b"mdat")) // 3
    with av.open(str(path)) as container:
        assert container.streams.video[0].frames == 12
    index = data.index(b"moov")
    assert index > middle, "the index stands last here, so that zeros hit the pictures alone"
    data[middle : index - 8] = bytes(index - 8 - middle)
    path.write_bytes(data)
    assert failed(path).kind == "broken_media"


def test_what_cannot_be_measured(tmp_path: Path) -> None:
    assert failed(None).kind == "missing_input"
    assert failed(write(tmp_path / "one.mp4", [window(0)])).kind == "degenerate"
    tiny = [np.zeros((16, 16, 3), np.uint8)] * 4
    assert failed(write(tmp_path / "tiny.mp4", tiny)).kind == "degenerate"


def test_the_card_is_honest() -> None:
    evaluator: EvaluatorClass = Quality
    card = evaluator.card({})
    assert card.inputs == (Input.VIDEO,)
    assert card.sees_video
    ranking = {metric.name for metric in card.metrics if metric.direction is not Direction.NONE}
    assert ranking == {"freeze"}
    assert all(metric.unit and metric.low is not None for metric in card.metrics)
    assert (evaluator.missing(card), evaluator.trained_on(card)) == ([], frozenset())
    assert (evaluator.setting_names(), card.settings) == (frozenset(), {})


def test_the_document_names_every_metric() -> None:
    document = Path(__file__).resolve().parents[3] / "docs" / "quality.md"
    text = document.read_text()
    assert [metric.name for metric in CARD.metrics if f"| `{metric.name}` |" not in text] == []


def test_the_card_needs_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from popcorn_bench.evaluators.quality import Quality\n"
        "Quality.card({})\n"
        "loaded = {'av', 'numpy', 'cv2'} & set(sys.modules)\n"
        "assert not loaded, loaded\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)

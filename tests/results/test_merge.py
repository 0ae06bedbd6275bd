"""Folders of many machines become one, in any order and as often as one likes."""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popcorn_bench.errors import UsageError
from popcorn_bench.results import index
from popcorn_bench.results.artifacts import ArtefactStore
from popcorn_bench.results.artifacts.place import ArtefactPlace, place_of, remember
from popcorn_bench.results.definitions import evaluator_record, generator_record, llm_record
from popcorn_bench.results.journal import journal_files
from popcorn_bench.results.merging import Merged, merge
from popcorn_bench.results.records import failure_record, unit_record
from popcorn_bench.results.store import Status, Store
from popcorn_bench.types import (
    LLM,
    Direction,
    EvaluatorCard,
    Generator,
    Input,
    Metric,
    Score,
    Stage,
)
from tests.s3 import S3, forget_clients
from tests.values import BRIEF, FAILURE, SCORES, VIDEO, unit

_METRIC = Metric(name="popularity", description="as one says", direction=Direction.HIGHER)
_CARD = EvaluatorCard(name="e", version="1", inputs=(Input.TITLE,), metrics=(_METRIC,))
Records = Sequence[Mapping[str, object]]


def _write(folder: Path, run: str, records: Records) -> Path:
    with Store(folder) as store, store.writing(run):
        for record in records:
            store.write({**record, "run": run})
    return folder


def _at(record: Mapping[str, object], second: int) -> Mapping[str, object]:
    return {**record, "at": f"2026-01-01T00:{second // 60:02}:{second % 60:02}.000000"}


def _brief(number: int, title: str = "", second: int = 0) -> Mapping[str, object]:
    made = unit(key=f"{number:064x}", query_id=f"q{number}")
    return _at(
        unit_record(made, replace(BRIEF, title=title or f"t{number}"), "", reused=False), second
    )


def _clip(folder: Path, content: bytes) -> str:
    store = ArtefactStore(folder)
    with store.workspace() as scratch:
        (scratch / "clip.mp4").write_bytes(content)
        return store.put(scratch / "clip.mp4")


def _index(folder: Path) -> dict[str, list[Any]]:
    """All that boards are made from, but for when the tables were made."""
    with closing(index.connect([folder])) as connection:
        names = [row[0] for row in connection.execute(
            "SELECT table_name FROM duckdb_tables() WHERE table_name <> 'migrations'"
        ).fetchall()]  # fmt: skip
        return {name: sorted(connection.table(name).fetchall(), key=repr) for name in sorted(names)}


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in journal_files(folder)}


_record = st.one_of(
    st.builds(
        _brief,
        st.integers(0, 5),
        st.sampled_from(["a", "b", "c"]),
        st.integers(0, 9),
    ),
    st.builds(
        lambda n, value, second: _at(
            unit_record(
                unit(Stage.SCORE, f"{n:064x}", query_id=f"q{n}", evaluator_id="e"),
                (Score(metric="popularity", value=float(value)),),
                "",
                reused=value % 2 == 0,
            ),
            second,
        ),
        st.integers(0, 5),
        st.integers(0, 3),
        st.integers(0, 9),
    ),
    st.builds(
        lambda n, second: _at(
            failure_record(unit(key=f"{n:064x}", query_id=f"q{n}"), FAILURE, ""), second
        ),
        st.integers(0, 5),
        st.integers(0, 9),
    ),
    st.builds(lambda text: evaluator_record(replace(_CARD, validity={"note": text})), st.text()),
    st.builds(
        lambda released: generator_record(
            Generator(name="g", adapter="x", revision="1", release_date=released)
        ),
        st.sampled_from(["2024", "2025"]),
    ),
)
_shards = st.lists(
    st.lists(st.lists(_record, max_size=6), min_size=1, max_size=3), min_size=1, max_size=4
)


@settings(max_examples=8, deadline=None)
@given(_shards, st.randoms(use_true_random=False))
def test_the_order_of_merging_and_how_often_change_nothing(
    shards: list[list[list[Mapping[str, object]]]], chance: random.Random
) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        top = Path(scratch)
        folders = []
        for number, runs in enumerate(shards):
            for at, records in enumerate(runs):
                _write(top / f"s{number}", f"run-{at}-{number}", records)
            folders.append(top / f"s{number}")
        merge(folders, top / "at once")
        expected, files = _index(top / "at once"), _files(top / "at once")

        chance.shuffle(folders)
        for folder in folders:
            merge([folder, chance.choice(folders)], top / "one by one")
            _index(top / "one by one")  # somebody looks in between
        again = merge([*folders, top / "at once"], top / "one by one")

        assert (again.added, again.grown) == (0, 0)
        assert _index(top / "one by one") == expected
        assert _files(top / "one by one") == files
        together = top / "at once"
        index.rebuild(together)
        assert _index(together) == expected


def test_what_two_machines_did_is_there_once_and_the_latest_counts(tmp_path: Path) -> None:
    a = _write(tmp_path / "a", "run-a", [_brief(1, second=1), _brief(2, "early", second=1)])
    b = _write(tmp_path / "b", "run-b", [_brief(2, "late", second=9), _brief(3, second=1)])

    done = merge([a, b], tmp_path / "all")

    with closing(index.connect([tmp_path / "all"])) as connection:
        rows = connection.sql("SELECT query_id, title, run_id FROM briefs ORDER BY ALL").fetchall()
    assert rows == [("q1", "t1", "run-a"), ("q2", "late", "run-b"), ("q3", "t3", "run-b")]
    assert (done.added, done.runs, done.records, done.doubled) == (2, 2, 4, 1)
    assert _files(tmp_path / "all") == {**_files(a), **_files(b)}


@pytest.mark.parametrize("done_first", [True, False])
def test_what_one_machine_did_is_done_though_another_failed(
    tmp_path: Path, *, done_first: bool
) -> None:
    done = _brief(1)
    made = unit(key=f"{1:064x}", query_id="q1")
    failed = _at(failure_record(made, replace(FAILURE, retriable=False), ""), 1)
    _write(tmp_path / "a", "run-1", [done if done_first else failed])
    _write(tmp_path / "b", "run-2", [failed if done_first else done])

    merge([tmp_path / "a", tmp_path / "b"], tmp_path / "all")

    with Store(tmp_path / "all") as store:
        assert store.status(made) is Status.DONE
    with closing(index.connect([tmp_path / "all"])) as connection:
        assert connection.table("open_failures").fetchall() == []


def test_a_run_that_goes_on_is_taken_as_far_as_it_is_whole(tmp_path: Path) -> None:
    a = _write(tmp_path / "a", "run-a", [_brief(n) for n in range(4)])
    (path,) = journal_files(a)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    first = merge([a], tmp_path / "all")
    assert 0 < first.records < 4
    assert all(line.endswith(b"\n") for f in _files(tmp_path / "all").values()
               for line in f.splitlines(keepends=True))  # fmt: skip

    path.write_bytes(whole)
    second = merge([a], tmp_path / "all")

    assert (second.added, second.grown, second.records) == (0, 1, 4)
    assert _files(tmp_path / "all") == _files(a)
    assert len(_index(tmp_path / "all")["briefs"]) == 4
    (tmp_path / "old").mkdir()
    shutil.copytree(a, tmp_path / "old", dirs_exist_ok=True)
    journal_files(tmp_path / "old")[0].write_bytes(whole[:200])
    assert merge([tmp_path / "old"], tmp_path / "all").grown == 0
    assert _files(tmp_path / "all") == _files(a)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_two_copies_that_disagree_the_more_readable_is_taken_and_told(
    tmp_path: Path, order: tuple[int, int]
) -> None:
    a = _write(tmp_path / "a", "run-a", [_brief(n) for n in range(4)])
    shutil.copytree(a, tmp_path / "b")
    (rotten,) = journal_files(tmp_path / "b")
    rotten.write_bytes(b"XX" + rotten.read_bytes()[2:] + b"not a record\n")
    folders = (a, tmp_path / "b")

    done = merge([folders[at] for at in order], tmp_path / "all")

    assert done.differing == ("run-a.jsonl",)
    assert _files(tmp_path / "all") == _files(a)


def test_two_things_under_one_id_stop_it_before_anything_is_written(tmp_path: Path) -> None:
    honest = llm_record(LLM(name="m", model="openai/m"))
    forged = {**honest, "data": {**honest["data"], "model": "openai/another\x1b[31m"}}
    a = _write(tmp_path / "a", "run-a", [honest, _brief(1)])
    b = _write(tmp_path / "b", "run-b", [forged, _brief(2)])

    with pytest.raises(UsageError, match=r"llm 'm'.*model.*under the same id") as caught:
        merge([a, b], tmp_path / "all")

    assert "\x1b" not in str(caught.value)
    assert not journal_files(tmp_path / "all")


def test_two_descriptions_of_one_thing_are_told_and_the_first_by_name_stands(
    tmp_path: Path,
) -> None:
    cards = [replace(_CARD, validity={"note": note}) for note in ("one", "another")]
    a = _write(tmp_path / "a", "run-2", [evaluator_record(cards[0])])
    b = _write(tmp_path / "b", "run-1", [evaluator_record(cards[1])])

    done = merge([a, b], tmp_path / "all")

    (remark,) = done.remarks
    assert "validity" in remark
    assert "'run-1.jsonl', which stands" in remark
    assert '{"note": "another"}' in repr(_index(tmp_path / "all")["evaluators"])


def test_two_versions_stay_two(tmp_path: Path) -> None:
    for number, version in enumerate("12"):
        card = replace(_CARD, version=version)
        _write(tmp_path / version, f"run-{number}", [evaluator_record(card)])

    done = merge([tmp_path / "1", tmp_path / "2"], tmp_path / "all")

    assert len(_index(tmp_path / "all")["evaluators"]) == 2
    assert not done.remarks


def test_clips_are_brought_once_verified_and_found(tmp_path: Path) -> None:
    contents = [b"only a", b"both of them", b"only b"]
    for name, mine in (("a", contents[:2]), ("b", contents[1:])):
        for content in mine:
            _clip(tmp_path / name, content)
        _write(tmp_path / name, f"run-{name}", [_brief(1)])
    clip = _clip(tmp_path / "b", b"a rotten one")
    ArtefactStore(tmp_path / "b").path(clip, ".mp4").write_bytes(b"A ROTTEN ONE")

    done = merge([tmp_path / "a", tmp_path / "b"], tmp_path / "all")

    target = ArtefactStore(tmp_path / "all")
    assert dict(target.listed()) == {f"{sha256(c).hexdigest()}.mp4": len(c) for c in contents}
    with target.reading() as fetch:
        assert {fetch(name).read_bytes() for name, _ in target.listed()} == set(contents)
    assert (done.artefacts, done.artefacts_there) == (3, 1)
    assert done.artefact_bytes == sum(map(len, contents))
    assert [clip in name for name in done.damaged] == [True]
    assert ArtefactStore(tmp_path / "b").path(clip, ".mp4").exists()  # a source is only read
    assert merge([tmp_path / "a"], tmp_path / "all").artefacts == 0


def test_a_store_that_all_have_in_common_is_not_copied(tmp_path: Path) -> None:
    place = ArtefactPlace(f"file://{tmp_path / 'clips'}")
    ArtefactStore.at(tmp_path / "clips").check()
    for name in ("a", "b"):
        remember(tmp_path / name, place)
        _write(tmp_path / name, f"run-{name}", [_brief(1)])

    done = merge([tmp_path / "a", tmp_path / "b"], tmp_path / "all")

    assert place_of(tmp_path / "all") == place
    assert done.artefacts == 0
    assert not (tmp_path / "all" / "artifacts").exists()


def test_clips_move_into_an_object_store_and_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha = _clip(tmp_path / "a", b"a clip")
    _write(tmp_path / "a", "run-a", [_brief(1)])
    forget_clients()
    with S3() as s3:
        for name, value in s3.env.items():
            monkeypatch.setenv(name, value)
        url = s3.bucket()
        merge([tmp_path / "a"], tmp_path / "far", artifacts=url, cache=1_000)
        assert list(s3.objects(url).values()) == [b"a clip"]
        assert place_of(tmp_path / "far") == ArtefactPlace(url, 1_000)

        back = merge([tmp_path / "far"], tmp_path / "near", artifacts=str(tmp_path / "here"))

    assert back.artefacts == 1
    assert (tmp_path / "here" / sha[:2] / f"{sha}.mp4").read_bytes() == b"a clip"


def test_a_folder_without_results_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="no results there"):
        merge([tmp_path / "empty"], tmp_path / "all")
    with pytest.raises(UsageError, match="no results there"):
        merge([tmp_path / "empty"], tmp_path / "empty")
    assert not [*(tmp_path / "empty").iterdir()]


def test_a_folder_into_itself_stays_as_it_is(tmp_path: Path) -> None:
    a = _write(tmp_path / "a", "run-a", [_brief(1)])
    before = _files(a)

    done = merge([a, a], a)

    assert (done.added, done.grown, done.runs, done.records) == (0, 0, 1, 1)
    assert _files(a) == before


def test_a_folder_that_is_being_written_is_left_alone(tmp_path: Path) -> None:
    a = _write(tmp_path / "a", "run-a", [_brief(1)])
    with Store(tmp_path / "all").writing("run-b"), pytest.raises(UsageError, match="is writing"):
        merge([a], tmp_path / "all")


def test_fifty_shards(tmp_path: Path) -> None:
    folders = [
        _write(
            tmp_path / f"shard{shard}",
            f"run-{shard:02}",
            [_brief(1_000 * shard + n) for n in range(20)],
        )
        for shard in range(50)
    ]
    random.Random(0).shuffle(folders)

    done = merge(folders, tmp_path / "all")

    assert done == Merged(
        added=50, grown=0, runs=50, records=1_000, doubled=0, artefacts=0, artefact_bytes=0,
        artefacts_there=0,
    )  # fmt: skip
    assert len(_index(tmp_path / "all")["briefs"]) == 1_000
    with Store(tmp_path / "all") as store:
        known = unit(key=f"{49_019:064x}", query_id="q49019")
        assert store.result(known) == replace(BRIEF, title="t49019")


def test_a_video_and_its_scores_come_along(tmp_path: Path) -> None:
    video, score = unit(Stage.VIDEO, "2" * 64, video_id="v"), unit(Stage.SCORE, "3" * 64)
    content = b"clip"
    made = replace(VIDEO, sha256=_clip(tmp_path / "a", content), bytes=len(content))
    records = [
        unit_record(video, made, "", reused=False),
        unit_record(score, SCORES, "", reused=False),
    ]
    _write(tmp_path / "a", "run-a", records)

    merge([tmp_path / "a"], tmp_path / "all")

    with Store(tmp_path / "all") as store:
        assert store.result(video) == made
        assert store.result(score) == SCORES


def test_the_command_tells_what_it_did_and_what_to_know(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from popcorn_bench.harness.cli.results import command

    a = _write(tmp_path / "a", "run-a", [_brief(1), _brief(2)])
    b = _write(tmp_path / "b", "run-b", [_brief(2)])
    done = CliRunner().invoke(command, ["merge", str(a), str(b), "--into", str(tmp_path / "all")])

    assert done.exit_code == 0, done.output
    assert "2 runs (2 new, 0 longer than before), 3 records" in done.stderr
    assert "note: 1 units have a result in several runs: the latest counts" in done.stderr
    assert not done.stdout

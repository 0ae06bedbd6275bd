from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from popcorn_bench.errors import StoreError, UsageError
from popcorn_bench.results.artifacts import ArtefactStore
from popcorn_bench.results.records import Result
from popcorn_bench.results.store import Status, Store
from popcorn_bench.types import Stage, Unit
from tests.values import BRIEF, FAILURE, SCORES, VIDEO, unit


def _record(folder: Path, *done: tuple[Unit, Result]) -> None:
    async def finish(store: Store) -> None:
        await asyncio.gather(*(store.finish(u, result) for u, result in done))

    with Store(folder) as store, store.writing("run-1"):
        asyncio.run(finish(store))


def test_results_of_every_stage_survive_the_process(tmp_path: Path) -> None:
    clip = ArtefactStore(tmp_path).path(VIDEO.sha256, VIDEO.suffix)
    clip.parent.mkdir(parents=True)
    clip.write_bytes(b"clip")
    done: list[tuple[Unit, Result]] = [
        (unit(Stage.BRIEF, "1" * 64), BRIEF),
        (unit(Stage.VIDEO, "2" * 64, video_id="v"), VIDEO),
        (unit(Stage.SCORE, "3" * 64, evaluator_id="e"), SCORES),
    ]
    _record(tmp_path, *done)

    with Store(tmp_path) as store:
        assert [(u, store.result(u)) for u, _ in done] == done
        assert {store.status(u) for u, _ in done} == {Status.DONE}


def test_a_result_is_found_from_another_place_but_not_taken_for_done_there(tmp_path: Path) -> None:
    here = unit(key="1" * 64)
    _record(tmp_path, (here, BRIEF))
    elsewhere = replace(here, place=here.place._replace(llm_id="another"))

    with Store(tmp_path) as store:
        assert store.result(elsewhere) == BRIEF
        assert store.status(elsewhere) is None


def test_a_video_whose_file_is_gone_or_short_is_to_be_made_again(tmp_path: Path) -> None:
    made = unit(Stage.VIDEO, "2" * 64, video_id="v")
    _record(tmp_path, (made, VIDEO))
    with Store(tmp_path) as store:
        assert store.result(made) is None
        clip = ArtefactStore(tmp_path).path(VIDEO.sha256, VIDEO.suffix)
        clip.parent.mkdir(parents=True)
        clip.write_bytes(b"cli")
        assert store.result(made) is None
        clip.write_bytes(b"clip")
        assert store.result(made) == VIDEO


def test_a_failure_is_remembered_until_a_success(tmp_path: Path) -> None:
    failed = unit(key="4" * 64)
    with Store(tmp_path) as store, store.writing("run-1"):
        asyncio.run(store.fail(failed, FAILURE))
    with Store(tmp_path) as store:
        assert store.status(failed) is Status.FAILED_RETRIABLE
        assert store.result(failed) is None

    with Store(tmp_path) as store, store.writing("run-2"):
        asyncio.run(store.finish(failed, BRIEF))
    with Store(tmp_path) as store:
        assert store.status(failed) is Status.DONE


def test_keys_that_share_their_first_digits_are_told_apart(tmp_path: Path) -> None:
    twin, other = unit(key="a" * 16 + "1" * 48), unit(key="a" * 16 + "2" * 48)
    _record(tmp_path, (twin, BRIEF))

    with Store(tmp_path) as store:
        assert store.result(other) is None


def test_a_second_writer_is_told_who_holds_the_folder(tmp_path: Path) -> None:
    with (
        Store(tmp_path).writing("run-1"),
        pytest.raises(UsageError, match=r"process \d+ on"),
        Store(tmp_path).writing("run-2"),
    ):
        pass


def test_nothing_is_written_without_opening_for_writing(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="not opened"):
        Store(tmp_path).write({"t": "unit"})


def test_a_reused_result_is_found_at_once_and_stays_where_it_is_on_disk(tmp_path: Path) -> None:
    first = unit(key="1" * 64)
    _record(tmp_path, (first, BRIEF))

    async def reuse(store: Store) -> None:
        waiting = []
        for n in range(20):  # none of these is on disk when the next one looks
            assert store.result(first) == BRIEF
            elsewhere = replace(first, place=first.place._replace(llm_id=f"l{n}"))
            waiting.append(asyncio.ensure_future(store.finish(elsewhere, BRIEF, reused=True)))
            await asyncio.sleep(0)
        await asyncio.gather(*waiting)

    with Store(tmp_path) as store, store.writing("run-2"):
        asyncio.run(reuse(store))


def test_what_another_run_did_before_the_lock_was_ours_is_known(tmp_path: Path) -> None:
    done = unit(key="1" * 64)
    with Store(tmp_path) as ours:
        assert ours.status(done) is None  # the journal is read now
        _record(tmp_path, (done, BRIEF))
        assert ours.status(done) is None
        with ours.writing("run-2"):
            assert ours.status(done) is Status.DONE
            assert ours.result(done) == BRIEF

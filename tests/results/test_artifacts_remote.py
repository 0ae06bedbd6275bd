"""Artefacts in an object store, against a real S3-compatible server on loopback."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from popcorn_bench.errors import AdapterError, StoreError, UsageError
from popcorn_bench.results.artifacts import DAMAGED, UNREACHABLE, remote
from popcorn_bench.results.artifacts.cache import Cache
from popcorn_bench.results.artifacts.remote import RemoteArtefacts
from popcorn_bench.types import Artefact
from tests.s3 import S3, forget_clients

GB = 10**9


@pytest.fixture(scope="module")
def s3() -> Iterator[S3]:
    with S3() as server, pytest.MonkeyPatch.context() as patch:
        for name, value in server.env.items():
            patch.setenv(name, value)
        yield server


@pytest.fixture
def url(s3: S3) -> str:
    return s3.bucket()


def _store(url: str, folder: Path, bound: int = GB, patience_s: float = 0.3) -> RemoteArtefacts:
    return RemoteArtefacts(url, Cache(folder, bound), patience_s)


def _put(store: RemoteArtefacts, content: bytes) -> str:
    with store.workspace() as scratch:
        file = scratch / "whatever.mp4"
        file.write_bytes(content)
        return f"{store.put(file)}.mp4"


def _read(store: RemoteArtefacts, name: str) -> bytes:
    with store.reading() as fetch:
        return fetch(name).read_bytes()


def _key(name: str) -> str:
    return f"some/prefix/{name[:2]}/{name}"


def _artefact(content: bytes) -> Artefact:
    sha = sha256(content).hexdigest()
    return Artefact(sha256=sha, suffix=".mp4", bytes=len(content), width=2, height=2)


def _cached(store: RemoteArtefacts) -> set[str]:
    return {path.name for path in store.root.glob("??/*")}


def test_a_file_is_put_once_under_its_content_and_read_from_anywhere(
    s3: S3, url: str, tmp_path: Path
) -> None:
    here, there = _store(url, tmp_path / "a"), _store(url, tmp_path / "b")
    name = _put(here, b"a clip")

    assert name == f"{sha256(b'a clip').hexdigest()}.mp4"
    assert s3.objects(url) == {_key(name): b"a clip"}
    assert _read(there, name) == b"a clip"
    assert list(there.listed()) == [(name, 6)]
    assert _cached(here) == _cached(there) == {name}
    assert not list((here.root / ".incoming").iterdir())


def test_what_is_there_is_not_put_again(s3: S3, url: str, tmp_path: Path) -> None:
    name = _put(_store(url, tmp_path / "a"), b"a clip")
    bucket = url.split("/")[2]
    before = s3.client.head_object(Bucket=bucket, Key=_key(name))["LastModified"]
    s3.client.put_object_tagging(
        Bucket=bucket, Key=_key(name), Tagging={"TagSet": [{"Key": "seen", "Value": "yes"}]}
    )

    assert _put(_store(url, tmp_path / "b"), b"a clip") == name

    tags = s3.client.get_object_tagging(Bucket=bucket, Key=_key(name))["TagSet"]
    assert tags == [{"Key": "seen", "Value": "yes"}]  # a new object would have none
    assert s3.client.head_object(Bucket=bucket, Key=_key(name))["LastModified"] == before


def test_a_file_of_another_length_is_replaced(s3: S3, url: str, tmp_path: Path) -> None:
    name = f"{sha256(b'a clip').hexdigest()}.mp4"
    s3.replace(url, _key(name), b"a cl")
    store = _store(url, tmp_path)
    assert not store.holds(_artefact(b"a clip"))

    _put(store, b"a clip")

    assert s3.objects(url) == {_key(name): b"a clip"}


def test_holds_knows_what_was_there_and_what_has_come_since(url: str, tmp_path: Path) -> None:
    store = _store(url, tmp_path / "a")
    assert not store.holds(_artefact(b"a clip"))
    _put(_store(url, tmp_path / "b"), b"a clip")

    assert store.holds(_artefact(b"a clip"))
    assert _store(url, tmp_path / "c").holds(_artefact(b"a clip"))


def test_a_damaged_object_is_told_and_can_be_removed(s3: S3, url: str, tmp_path: Path) -> None:
    name = _put(_store(url, tmp_path / "a"), b"a clip")
    s3.replace(url, _key(name), b"A CLIP")  # of the same length
    other = _store(url, tmp_path / "b")

    with pytest.raises(AdapterError) as caught:
        _read(other, name)

    assert (caught.value.kind, caught.value.retriable) == (DAMAGED, True)
    assert not _cached(other)
    other.discard(name)
    assert s3.objects(url) == {}
    assert not _store(url, tmp_path / "c").holds(_artefact(b"a clip"))


def test_an_object_that_is_gone_is_told_as_damaged(url: str, tmp_path: Path) -> None:
    with pytest.raises(AdapterError, match="gone") as caught:
        _read(_store(url, tmp_path), f"{'ab' * 32}.mp4")
    assert caught.value.kind == DAMAGED


def test_a_damaged_cached_file_is_fetched_again(url: str, tmp_path: Path) -> None:
    store = _store(url, tmp_path)
    name = _put(store, b"a clip")
    (cached,) = store.root.glob("??/*")
    cached.write_bytes(b"A CLIP")

    assert _read(store, name) == b"a clip"
    assert cached.read_bytes() == b"a clip"


@pytest.mark.parametrize(
    "name", ["../../secret", f"{'ab' * 32}", f"{'ab' * 32}.mp4/../../x", f"{'zz' * 32}.mp4"]
)
def test_a_name_from_a_strangers_journal_reaches_nothing(
    url: str, tmp_path: Path, name: str
) -> None:
    store = _store(url, tmp_path)
    with pytest.raises(AdapterError):
        _read(store, name)
    with pytest.raises(AdapterError):
        store.discard(name)
    assert not store.holds(Artefact(sha256=name, suffix="", bytes=1, width=1, height=1))


def test_the_cache_keeps_its_bound_and_the_last_read(url: str, tmp_path: Path) -> None:
    store = _store(url, tmp_path, bound=10_000)
    names = []
    for number in range(5):
        names.append(_put(store, bytes([number]) * 2_000))
        time.sleep(0.01)
    _read(store, names[0])  # the oldest, but read last
    time.sleep(0.01)

    names.append(_put(store, bytes([9]) * 2_000))

    kept = _cached(store)
    assert {names[0], names[-1]} <= kept
    assert names[1] not in kept
    assert sum(path.stat().st_size for path in store.root.glob("??/*")) <= 10_000
    assert _read(store, names[1]) == bytes([1]) * 2_000  # comes back


def test_a_file_that_is_being_read_stays_whatever_the_cache_does(url: str, tmp_path: Path) -> None:
    store = _store(url, tmp_path, bound=3_000)
    first = _put(store, b"1" * 2_000)
    with store.reading() as fetch:
        path = fetch(first)
        _put(store, b"2" * 2_000)
        assert first not in _cached(store)
        assert path.read_bytes() == b"1" * 2_000
    assert not path.exists()


def test_a_file_larger_than_the_cache_can_be_looked_at(url: str, tmp_path: Path) -> None:
    store = _store(url, tmp_path, bound=1_000)
    small, large = _put(store, b"s" * 500), _put(store, b"l" * 5_000)
    assert _cached(store) == {large}

    shown = store.at_hand(small)
    assert shown is not None
    assert shown.read_bytes() == b"s" * 500
    assert _cached(store) == {small}
    shown = store.at_hand(large)
    assert shown is not None
    assert shown.read_bytes() == b"l" * 5_000


def test_several_processes_share_one_cache(url: str, tmp_path: Path) -> None:
    source = _store(url, tmp_path / "source")
    names = [_put(source, bytes([n]) * 1_000) for n in range(12)]
    code = (
        "import sys, random; from pathlib import Path\n"
        "from popcorn_bench.results.artifacts.cache import Cache\n"
        "from popcorn_bench.results.artifacts.remote import RemoteArtefacts\n"
        "store = RemoteArtefacts(sys.argv[1], Cache(Path(sys.argv[2]), 5_000))\n"
        "names = sys.argv[4:]; random.Random(sys.argv[3]).shuffle(names)\n"
        "for name in names:\n"
        "    with store.reading() as fetch:\n"
        "        assert len(fetch(name).read_bytes()) == 1_000\n"
    )
    command = [sys.executable, "-W", "error", "-c", code, url, str(tmp_path / "shared")]
    readers = [subprocess.Popen([*command, str(n), *names]) for n in range(2)]
    assert [reader.wait(timeout=120) for reader in readers] == [0, 0]

    files = list((tmp_path / "shared" / "artifacts").glob("??/*"))
    used = sum(path.stat().st_size for path in files)
    assert 0 < used <= 5_000
    assert int((tmp_path / "shared" / "artifacts" / ".cache").read_text()) == used


@pytest.fixture
def outage() -> Iterator[S3]:
    """A server of its own, to be stopped; file systems are kept by fsspec and know the other."""
    forget_clients()
    with S3() as other, pytest.MonkeyPatch.context() as patch:
        for name, value in other.env.items():
            patch.setenv(name, value)
        yield other
    forget_clients()


def test_a_server_that_is_down_is_one_typed_error(outage: S3, tmp_path: Path) -> None:
    store = _store(outage.bucket(), tmp_path)
    store.check()
    name = _put(store, b"a clip")
    outage.stop()

    with pytest.raises(AdapterError) as caught:
        _put(store, b"another clip")
    assert (caught.value.kind, caught.value.retriable) == (UNREACHABLE, True)
    assert "artefact store s3://" in caught.value.message
    assert "\n" not in caught.value.message
    with pytest.raises(StoreError, match="cannot be used"):
        store.holds(_artefact(b"another clip"))
    assert _read(store, name) == b"a clip"  # what is cached needs nobody

    outage.start()
    with pytest.raises(AdapterError):  # left alone for a while, so that a run stops soon
        _put(store, b"another clip")
    assert _put(_store(store.address, tmp_path), b"another clip").endswith(".mp4")


def test_a_server_that_says_nothing_is_not_waited_for_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget_clients()
    monkeypatch.setattr(remote, "_SILENT_S", 0.5)
    monkeypatch.setitem(remote._S3_CONFIG, "read_timeout", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:  # its backlog takes connections
        for name, value in S3().env.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(StoreError, match="does not answer"):
            _store("s3://clips/x", tmp_path).check()
        with pytest.raises(StoreError, match="cannot be used"):
            list(_store("s3://clips/x", tmp_path).listed())
    forget_clients()


def test_an_outage_that_ends_is_waited_for(outage: S3, tmp_path: Path) -> None:
    url = outage.bucket()
    store = _store(url, tmp_path, patience_s=120)
    store.check()
    outage.stop()
    again = threading.Timer(1.0, outage.start)
    again.start()

    name = _put(store, b"a clip")

    again.join()
    assert _key(name) in outage.objects(url)


def test_a_transfer_that_broke_after_all_patience_is_tried_once_more(tmp_path: Path) -> None:
    class Breaking(MemoryFileSystem):  # type: ignore[misc]  # fsspec has no types
        protocol = "breaking"
        puts = 0

        def put_file(self, lpath: str, rpath: str, **kwargs: object) -> None:
            Breaking.puts += 1
            if Breaking.puts == 1:
                time.sleep(0.2)
                raise OSError("the line broke")
            super().put_file(lpath, rpath, **kwargs)

    fsspec.register_implementation("breaking", Breaking, clobber=True)

    name = _put(_store("breaking://x", tmp_path, patience_s=0.1), b"a clip")

    assert Breaking.puts == 2
    assert _read(_store("breaking://x", tmp_path / "other"), name) == b"a clip"


@pytest.mark.usefixtures("s3")
def test_a_bucket_that_is_not_there_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="bucket"):
        _store("s3://nobody-made-this/x", tmp_path, patience_s=60).check()


def test_a_protocol_that_nobody_knows_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="smoke-signals"):
        _store("smoke-signals://hill", tmp_path).check()


def test_a_process_killed_in_the_middle_of_a_put_leaves_no_half_object(
    s3: S3, url: str, tmp_path: Path
) -> None:
    size = 106 * 10**6  # several parts, and long enough to be killed in it
    code = (
        "import sys; from pathlib import Path\n"
        "from popcorn_bench.results.artifacts.cache import Cache\n"
        "from popcorn_bench.results.artifacts.remote import RemoteArtefacts\n"
        "store = RemoteArtefacts(sys.argv[1], Cache(Path(sys.argv[2])))\n"
        "with store.workspace() as scratch:\n"
        "    file = scratch / 'a.mp4'; file.write_bytes(b'x' * int(sys.argv[3]))\n"
        "    print('begins', flush=True); store.put(file)\n"
    )
    command = [sys.executable, "-c", code, url, str(tmp_path), str(size)]
    bucket = url.split("/")[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begins\n"
        while not s3.client.list_multipart_uploads(Bucket=bucket).get("Uploads"):
            assert process.poll() is None, "the put was over before it could be killed"
            time.sleep(0.005)
        os.kill(process.pid, signal.SIGKILL)

    assert s3.objects(url) == {}
    store = _store(url, tmp_path)
    store.clear_scratch()
    assert not list(store.root.glob("**/*.mp4"))
    assert not store.holds(_artefact(b"x" * size))
    assert _read(store, _put(store, b"the next clip")) == b"the next clip"


class Interrupted(MemoryFileSystem):  # type: ignore[misc]  # fsspec has no types
    """A file system whose files can be seen while they grow, and whose next put may break off."""

    protocol = "interrupted"
    breaks = False

    def put_file(self, lpath: str, rpath: str, **_: object) -> None:
        content = Path(lpath).read_bytes()
        if Interrupted.breaks:
            self.pipe_file(rpath, content[: len(content) // 2])
            raise PermissionError("broken off")
        self.pipe_file(rpath, content)


def test_where_a_put_can_be_seen_half_done_the_file_is_moved_to_its_name(tmp_path: Path) -> None:
    fsspec.register_implementation("interrupted", Interrupted, clobber=True)
    store = _store("interrupted://clips", tmp_path)
    store.check()
    Interrupted.breaks = True
    with pytest.raises(AdapterError, match="broken off"):
        _put(store, b"a clip")
    store = _store("interrupted://clips", tmp_path)
    assert list(store.listed()) == []
    assert not store.holds(_artefact(b"a clip"))

    Interrupted.breaks = False
    name = _put(store, b"a clip")

    assert list(_store("interrupted://clips", tmp_path).listed()) == [(name, 6)]
    assert _read(_store("interrupted://clips", tmp_path / "b"), name) == b"a clip"

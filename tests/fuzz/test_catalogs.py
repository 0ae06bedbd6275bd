"""Catalogs of models and generators, the configuration of a run, and corpora, all in YAML."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.campaign import Tally, campaign
from tests.fuzz.hostile import deep, dump, spoiled, torn
from tests.fuzz.pen import Pen

_LLMS: dict[str, Any] = {
    "llms": {
        "house": {
            "model": "openai/house-model",
            "family": "house",
            "version": "1",
            "release_date": "2026-01-01",
            "tags": ["own"],
            "params": {"api_base": "http://127.0.0.1:9/v1", "temperature": 0.5, "max_tokens": 9,
                       "extra_body.think": True},
            "response_schema": "auto",
            "price": {"input": 1.5, "output": 2},
            "context": 1000,
            "rpm": 10,
            "tpm": 1000,
        },
        "plain": {"model": "ollama/plain"},
    }
}  # fmt: skip
_ENTRY: dict[str, Any] = {
    "family": "mine",
    "release_date": "2026-01",
    "licence": "MIT",
    "forbids": ["nothing"],
    "accept": "https://example.org/licence",
    "tags": ["own"],
    "pipeline": {
        "class": "LTXPipeline",
        "repo": "someone/something",
        "side": 32,
        "frames": {"step": 8, "offset": 1, "most": 257},
        "memory": [{"gpu_gb": 70, "batch": 4}, {"gpu_gb": 10, "offload": "model"}],
    },
    "settings": {"width": 704, "height": 512, "num_frames": 17, "fps": 24, "negative_prompt": "x"},
    "profiles": {"paper": {"height": 480}},
}
_DRAWN = {"adapter": "storyboard", "baseline": True, "native_seconds": 3.0, "settings": {"fps": 8}}
_VIDEOS: dict[str, Any] = {"videos": {"mine": _ENTRY, "drawn": _DRAWN}}
_IMAGES: dict[str, Any] = {"images": {"mine": _ENTRY | {"profiles": {}}}}
_CONFIG: dict[str, Any] = {
    "llms": ["echo"],
    "videos": "none",
    "limit": 2,
    "seed": 7,
    "repeats": 1,
    "llm_args": ["openai/x:temperature=1"],
    "pe_references": [5, 10],
    "budget": "20usd",
    "timeout": 5.5,
    "price": ["echo=1,2"],
    "fail_on_error": "10%",
    "skip_unusable": True,
    "dry_run": True,
}
_CORPUS: dict[str, Any] = {
    "corpus": "own",
    "description": "made up",
    "path": "rows.csv",
    "columns": {"id": "id", "title": "title"},
    "licence": "CC0",
    "synthetic": True,
    "numbering": "own",
}
_HEADER = "id,title,cover_desc,caption,category,likes,views,comments,cover_path,video_path"
_CSV = f"{_HEADER}\n1,one,d,c,Food,3,4,5,a.png,a.mp4\n2,two,d,c,Pets,0,0,0,,\n".encode()
_RECORD = dict(
    zip(_HEADER.split(","), [1, "one", "d", "c", "Food", 3, 4, 5, "a", "b"], strict=True)
)
_FILES = {"llms": _LLMS, "videos": _VIDEOS, "images": _IMAGES}


def _read(pen: Pen, tally: Tally, name: str, data: bytes) -> None:
    listed = "videos" if name == "images" else name
    with pen.place() as folder:
        (folder / "own").mkdir()
        (folder / "own" / f"{name}.yaml").write_bytes(data)
        flag = "--covers=mine" if name == "images" else f"--{name}=all"
        ways = (
            ("ls", listed, "--json", "--include-path=own"),
            ("run", "--dry-run", flag, "--include-path=own", "--limit=2"),
        )
        for args in ways:
            ended = pen.run(*args, cwd=folder)
            tally.command(ended, codes={0, 2}, inputs=args == ways[0])


@campaign(4, 400)
@given(name_and_data=st.sampled_from(sorted(_FILES)).flatmap(
    lambda name: st.tuples(st.just(name), spoiled(_FILES[name]))
))  # fmt: skip
def test_spoiled_catalogs(pen: Pen, tally: Tally, name_and_data: tuple[str, Any]) -> None:
    name, data = name_and_data
    _read(pen, tally, name, dump(data))


@campaign(3, 250)
@given(name_and_data=st.sampled_from(sorted(_FILES)).flatmap(
    lambda name: st.tuples(st.just(name), torn(dump(_FILES[name])))
))  # fmt: skip
def test_torn_catalogs(pen: Pen, tally: Tally, name_and_data: tuple[str, bytes]) -> None:
    _read(pen, tally, *name_and_data)


@campaign(8, 500)
@given(config=st.one_of(spoiled(_CONFIG).map(dump), torn(dump(_CONFIG))))
def test_configurations(pen: Pen, tally: Tally, config: bytes) -> None:
    with pen.place() as folder:
        (folder / "run.yaml").write_bytes(config)
        tally.command(pen.run("run", "--config=run.yaml", "--dry-run", cwd=folder), codes={0, 2})


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        *(("limit", [1], 2), ("limit", {"a": 1}, 2), ("timeout", [], 2), ("seed", "x", 2)),
        *(("skip_unusable", ["yes"], 2), ("llms", [["echo"]], 2), ("price", [None], 2)),
        *(("llms", None, 0), ("videos", None, 0), ("price", None, 0), ("llm_args", None, 0)),
        *(("llms", "echo", 0), ("pe_references", [5], 0), ("price", "echo=1,2", 0)),
    ],
)
def test_collections_where_a_value_belongs(
    pen: Pen, tally: Tally, key: str, value: Any, code: int
) -> None:
    config = {"llms": ["echo"], "videos": "none", "limit": 2, "dry_run": True, key: value}
    with pen.place() as folder:
        (folder / "run.yaml").write_bytes(dump(config))
        ended = pen.run("run", "--config=run.yaml", cwd=folder)
        assert tally.command(ended, codes={0, 2}).code == code, ended
        assert code == 0 or ended.err.startswith("popcorn-bench: run.yaml:") or key == "seed"


def _corpus(pen: Pen, tally: Tally, corpus: bytes, rows: bytes, kind: str) -> None:
    with pen.place() as folder:
        (folder / "own.yaml").write_bytes(corpus)
        (folder / f"rows{kind}").write_bytes(rows)
        args = ("corpus", "stats", "--corpus=own.yaml", "--json")
        tally.command(pen.run(*args, cwd=folder), codes={0, 2})
        listed = pen.run("ls", "corpora", "--include-path=.", "--json", cwd=folder)
        tally.command(listed, codes={0}, inputs=0)


@campaign(3, 250)
@given(corpus=st.one_of(spoiled(_CORPUS).map(dump), torn(dump(_CORPUS))))
def test_corpus_files(pen: Pen, tally: Tally, corpus: bytes) -> None:
    _corpus(pen, tally, corpus, _CSV, ".csv")


@pytest.mark.parametrize(
    "target", ["../secret.csv", "link.csv", "{away}/secret.csv", "a/../../secret.csv"]
)
def test_a_corpus_cannot_leave_its_folder(pen: Pen, tally: Tally, target: str) -> None:
    with pen.place() as folder:
        (folder / "secret.csv").write_bytes(_CSV)
        own = folder / "own"
        own.mkdir()
        (own / "link.csv").symlink_to(folder / "secret.csv")
        (own / "own.yaml").write_bytes(dump({**_CORPUS, "path": target.format(away=folder)}))
        args = ("corpus", "stats", "--corpus=own/own.yaml", "--json")
        refused = tally.command(pen.run(*args, cwd=folder), codes={2})
        assert "own.yaml:1: path: leaves " in refused.err
        listed = pen.run("ls", "corpora", "--include-path=own", "--json", cwd=folder)
        (entry,) = (
            e for e in json.loads(tally.command(listed, inputs=0).out) if e["name"] == "own"
        )
        assert not entry["usable"]
        assert entry["rows"] is None


@campaign(8, 500)
@given(
    rows=st.one_of(
        torn(_CSV).map(lambda data: (".csv", data)),
        torn(json.dumps(_RECORD).encode() + b"\n").map(lambda data: (".jsonl", data)),
        torn(json.dumps([_RECORD]).encode()).map(lambda data: (".json", data)),
        st.lists(spoiled(_RECORD), max_size=4).map(lambda d: (".json", json.dumps(d).encode())),
        st.builds(
            lambda n: (".jsonl", json.dumps(_RECORD | {"x": deep(n)}).encode()),
            st.integers(10, 990),
        ),
    )
)
def test_rows_of_a_corpus(pen: Pen, tally: Tally, rows: tuple[str, bytes]) -> None:
    kind, data = rows
    _corpus(pen, tally, dump({**_CORPUS, "path": f"rows{kind}"}), data, kind)


def _parquet(columns: dict[str, list[Any]]) -> bytes:
    import io

    import pyarrow as pa
    from pyarrow import parquet

    out = io.BytesIO()
    parquet.write_table(pa.table(columns), out)
    return out.getvalue()


@campaign(3, 250)
@given(rows=torn(_parquet({"id": ["1", "2"], "title": ["a", "b"], "category": ["x", "y"]})))
def test_torn_parquet_in_a_corpus(pen: Pen, tally: Tally, rows: bytes) -> None:
    _corpus(pen, tally, dump({**_CORPUS, "path": "rows.parquet"}), rows, ".parquet")


def _bomb(rows: int, size: int) -> bytes:
    """One long text that a file of a few hundred kilobytes repeats in every row."""
    import io

    import pyarrow as pa
    from pyarrow import parquet

    text = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array(["x" * size]))
    names = pa.array([str(i) for i in range(rows)])
    out = io.BytesIO()
    table = pa.table({"id": names, "text": text, "title": text})
    parquet.write_table(table, out, compression="zstd")
    return out.getvalue()


@pytest.mark.parametrize("rows", [50_000])
def test_a_parquet_bomb_in_a_corpus(pen: Pen, tally: Tally, rows: int) -> None:
    data = _bomb(rows, 100_000)
    assert len(data) < 1 << 20
    _corpus(pen, tally, dump({**_CORPUS, "path": "rows.parquet"}), data, ".parquet")


@pytest.mark.parametrize("rows", [50_000])
def test_a_parquet_bomb_in_a_task(pen: Pen, tally: Tally, rows: int) -> None:
    task = {"task": "mine", "version": 1, "dataset_path": "rows.parquet",
            "defaults": {"kind": "concrete", "topic": "x"}}  # fmt: skip
    with pen.place() as folder:
        (folder / "mine.yaml").write_bytes(dump(task))
        (folder / "rows.parquet").write_bytes(_bomb(rows, 100_000))
        tally.command(pen.run("validate", "mine.yaml", cwd=folder), codes={2})

from __future__ import annotations

import json
import math
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from popcorn_bench import yamlfile
from popcorn_bench.errors import FileError
from popcorn_bench.types import Kind


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Item(Strict):
    id: str
    kind: Kind


class File(Strict):
    queries: list[Item] = []
    by_name: dict[str, Item] = {}
    tag: str | list[str] = ""
    count: int = 0
    ratio: float = 0.0
    pair: tuple[int, int] = (0, 0)
    version: str | int | float | None = None


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file.yaml"


def said(path: Path, text: str) -> list[str]:
    """The faults of `text` without the path."""
    path.write_text(text, "utf-8")
    return [str(fault).removeprefix(f"{path}:") for fault in yamlfile.faults(path, File)]


def test_a_right_file_becomes_its_model(path: Path) -> None:
    path.write_text(
        "queries: [{id: a, kind: abstract}]\npair: [1, 2]\nratio: 1\nversion: 2024-01-01"
    )
    loaded = yamlfile.load(path, File)
    assert loaded.queries == [Item(id="a", kind=Kind.ABSTRACT)]
    assert (loaded.pair, loaded.ratio, loaded.version) == ((1, 2), 1.0, "2024-01-01")


def test_every_fault_has_its_line_and_field(path: Path) -> None:
    text = (
        "count: '3'\nquries: []\nqueries:\n  - id: a\n    kindd: abstract\n  - {id: 3, kind: odd}\n"
    )
    assert said(path, text) == [
        "1: count: input should be a valid integer",
        "2: quries: unknown field; did you mean 'queries'?",
        "4: queries[0].kind: missing field",
        "5: queries[0].kindd: unknown field; did you mean 'kind'?",
        "6: queries[1].id: input should be a valid string",
        "6: queries[1].kind: input should be 'concrete' or 'abstract'",
    ]


def test_load_raises_the_first_fault_only(path: Path) -> None:
    path.write_text("count: x\nquries: []\n")
    with pytest.raises(FileError, match=r"file\.yaml:1: count: ") as caught:
        yamlfile.load(path, File)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "1: the file is empty"),
        ("# only a comment", "1: the file is empty"),
        ("- a", "1: expected a mapping of fields"),
        ("a: [1\nb: }", "2: not YAML: did not find expected ',' or ']'"),
        ("a:\n\t- b", "2: not YAML: found character that cannot start any token"),
        ("count: 1\nratio: \x01", "2: not YAML: control characters are not allowed"),
        ("count: 1\n---\ncount: 2", "2: not YAML: but found another document"),
        ("count: 1\nratio: 2\ncount: 3", "3: count: appears twice"),
        ("by_name:\n  a: {id: x, id: y, kind: abstract}", "2: by_name.a.id: appears twice"),
        ("tag: 5", "1: tag: input should be a valid string or a valid array"),
        ("ratio: .nan", "1: ratio: not a finite number"),
        ("version: !!python/object:os.system x", "1: version: tag 'tag:yaml.org,2002:"),
        ("version: !new [a]", "1: version: tag '!new' is not allowed here"),
        ("? [a, b]\n: 1", "1: ?: a key must be text"),
        ("version: *nobody", "1: not YAML: found undefined alias"),
        ('"\\e[31mcount": 1', "1: ?[31mcount: unknown field; did you mean 'count'?"),
        ("by_name:\n  a:\n    kid: x", "2: by_name.a.id: missing field"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(path: Path, text: str, expected: str) -> None:
    first = said(path, text)[0]
    assert first.startswith(expected)
    assert first.isprintable()


@pytest.mark.parametrize("value", ["16:9", "1:30", "2024-01-01", "<<", "="])
def test_what_only_looks_like_data_stays_text(path: Path, value: str) -> None:
    path.write_text(f"version: {value}")
    assert yamlfile.load(path, File).version == value


def test_a_missing_file_and_a_folder_are_one_line(tmp_path: Path) -> None:
    for path in (tmp_path / "nothing.yaml", tmp_path):
        (fault,) = yamlfile.faults(path, File)
        assert str(fault).startswith(f"{path}:1: cannot be read: ")


def test_text_that_is_not_utf8_names_its_line(path: Path) -> None:
    path.write_bytes(b"tag: a\nversion: \xff\n")
    with pytest.raises(FileError, match=r"file\.yaml:2: not UTF-8 text"):
        yamlfile.read(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: " + "[" * 100_000, "nested deeper"),
        ("a: &a [*a]", "aliases in a circle"),
        ("a: &a\n  b: *a", "aliases in a circle"),
        ("a: x\n" + "# " + "x" * yamlfile.MAX_BYTES, "larger than"),
    ],
)
def test_hostile_files_are_refused(path: Path, text: str, message: str) -> None:
    path.write_text(text)
    with pytest.raises(FileError, match=message):
        yamlfile.read(path)


def test_aliases_cost_what_they_stand_for(path: Path) -> None:
    names = "abcdefgh"
    lines = ["a: &a [" + ",".join(["lol"] * 10) + "]"]
    for before, name in pairwise(names):
        lines.append(f"{name}: &{name} [" + ",".join([f"*{before}"] * 10) + "]")
    path.write_text("\n".join(lines))
    with pytest.raises(FileError, match="too many values"):
        yamlfile.read(path)
    path.write_text("a: &a " + "x" * 100_000 + "\nb: [" + ",".join(["*a"] * 60) + "]")
    with pytest.raises(FileError, match="too many values"):
        yamlfile.read(path)
    path.write_text("a: &a [1, 2]\nb: *a")
    assert yamlfile.read(path).data == {"a": [1, 2], "b": [1, 2]}


def test_lines_of_known_and_unknown_places(path: Path) -> None:
    path.write_text("a: 1\nb:\n  - x\n  - c: 2\n    d: 3\n")
    document = yamlfile.read(path)
    assert document.line(()) == 1
    assert document.line(("b", 1)) == 4
    assert document.line(("b", 1, "d")) == 5
    assert document.line(("b", 1, "nothing")) == 4


_PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=20),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.text("abcxyz 1:#-", min_size=1, max_size=8), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(data=st.dictionaries(st.text("abc", min_size=1), _PLAIN, min_size=1, max_size=4))
def test_plain_data_comes_back_as_it_was_written(path: Path, data: dict[str, object]) -> None:
    path.write_text(
        json.dumps(data, ensure_ascii=False), "utf-8"
    )  # JSON is YAML, without the dialects of a dumper
    document = yamlfile.read(path)
    assert _same(document.data, data)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(text=st.text(st.sampled_from("ab:-[]{}&*!<\"'\n #?|>,\t1.")))
def test_any_text_is_data_or_one_clear_error(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")
    for fault in yamlfile.faults(path, File):
        assert fault.line >= 1
        assert "\n" not in str(fault)


def test_the_fast_parser_is_there() -> None:
    assert yaml.__with_libyaml__


def _same(one: object, other: object) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[k], other[k]) for k in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, float) or isinstance(other, float):
        return math.isclose(float(str(one)), float(str(other)))
    return one == other

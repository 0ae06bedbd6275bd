from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from popcorn_bench.errors import FileError
from popcorn_bench.tasks.includes import over, read_with_includes
from popcorn_bench.yamlfile import Document, Loc, Mark

Write = Callable[[str, str], Path]


def test_local_wins_through_a_chain_and_lines_stay_with_their_files(
    write: Write, tmp_path: Path
) -> None:
    top = write("deep/top.yaml", "include: ../middle.yaml\ntask: t\n")
    middle = write("middle.yaml", "tag: x\ninclude: base.yaml\nversion: 2\n")
    base = write("base.yaml", "version: 1\ntask: other\nmetadata: {a: 1}\n")
    document = read_with_includes(top, tmp_path)
    assert document.data == {
        "include": "../middle.yaml",
        "task": "t",
        "tag": "x",
        "version": 2,
        "metadata": {"a": 1},
    }
    assert document.mark(("task",)) == Mark(top, 2)
    assert document.mark(("version",)).path.resolve() == middle
    assert document.mark(("metadata", "a")).path.resolve() == base
    assert document.line(("metadata", "a")) == 3


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"a.yaml": "include: a.yaml"}, "goes in a circle: a.yaml -> a.yaml"),
        (
            {
                "a.yaml": "include: b.yaml",
                "b.yaml": "x: 1\ninclude: c.yaml",
                "c.yaml": "include: b.yaml",
            },
            "goes in a circle: b.yaml -> c.yaml -> b.yaml",
        ),
        ({"a.yaml": "include: b.yaml"}, "no such file: 'b.yaml'"),
        ({"a.yaml": "include: ../../x.yaml"}, "'../../x.yaml' leaves "),
        ({"a.yaml": "include: /etc/hostname"}, "'/etc/hostname' leaves "),
    ],
)
def test_bad_includes_are_refused(
    write: Write, tmp_path: Path, files: dict[str, str], message: str
) -> None:
    for name, text in files.items():
        write(name, text)
    with pytest.raises(FileError) as caught:
        read_with_includes(tmp_path / "a.yaml", tmp_path)
    assert message in str(caught.value)
    assert ": include: " in str(caught.value)


def test_a_link_out_of_the_folder_is_refused(write: Write, tmp_path: Path) -> None:
    secret = write("secret.yaml", "version: 1")
    path = write("mine/a.yaml", "include: link.yaml")
    (tmp_path / "mine" / "link.yaml").symlink_to(secret)
    with pytest.raises(FileError, match="leaves"):
        read_with_includes(path, tmp_path / "mine")


_FIELDS = st.dictionaries(st.sampled_from("abcdef"), st.lists(st.integers(), max_size=2))


def _document(name: str, data: dict[str, list[int]]) -> Document:
    marks: dict[Loc, Mark] = {(): Mark(Path(name), 1)}
    for line, (key, items) in enumerate(data.items(), start=1):
        marks[(key,)] = Mark(Path(name), line)
        for i in range(len(items)):
            marks[(key, i)] = Mark(Path(name), line)
    return Document(Path(name), data, marks)


@given(local=_FIELDS, base=_FIELDS, root=_FIELDS)
def test_merging_takes_each_field_whole_from_the_nearest_file(
    local: dict[str, list[int]], base: dict[str, list[int]], root: dict[str, list[int]]
) -> None:
    one, two, three = _document("one", local), _document("two", base), _document("three", root)
    merged = over(one, over(two, three))
    assert merged.data == root | base | local
    assert merged.data == over(over(one, two), three).data
    for key in {*local, *base, *root}:
        owner = next(d for d in (one, two, three) if isinstance(d.data, dict) and key in d.data)
        assert merged.mark((key,)).path == owner.path
        under = {loc for loc in merged.marks if loc[:1] == (key,)}
        assert under == {loc for loc in owner.marks if loc[:1] == (key,)}

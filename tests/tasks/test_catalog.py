from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from popcorn_bench.errors import UsageError
from popcorn_bench.tasks.catalog import TaskCatalog

Write = Callable[[str, str], Path]

QUERIES = "queries: [{id: a, text: a kite, kind: concrete, topic: sky}]\n"


def task(name: str, more: str = "") -> str:
    return f"task: {name}\nversion: 1\n{more}{QUERIES}"


@pytest.fixture
def catalog(write: Write, tmp_path: Path) -> TaskCatalog:
    write("mine/_part.yaml", "metadata: {x: 1}\n")
    write("mine/one.yaml", task("one", "tag: [short, mine]\ninclude: _part.yaml\n"))
    write("mine/deep/two.yml", task("two", "tag: short\ngroup: pair\n"))
    write("mine/three.yaml", task("three", "group: [pair, other]\n"))
    write("mine/group.yaml", "group: both\ntask: [pair, one]\n")
    write("mine/broken.yaml", "task: broken\nversion: 1\nquries: []\n")
    write("mine/unreadable.yaml", "task: [")
    write("mine/lost.yaml", "task: lost\nversion: 1\ndataset_path: none.csv\n")
    write("mine/circle.yaml", "group: circle\ntask: [round]\n")
    write("mine/round.yaml", "group: round\ntask: [circle]\n")
    write("mine/gap.yaml", "group: gap\ntask: [one, nobody]\n")
    return TaskCatalog([tmp_path / "mine"])


def test_entries_list_what_is_usable_and_why_the_rest_is_not(catalog: TaskCatalog) -> None:
    entries = {entry.name: entry for entry in catalog.entries()}
    assert {"popcorn_concrete", "popcorn_abstract", "one", "two", "three"} <= set(entries)
    assert not {"pair", "both", "circle"} & set(entries)
    assert (entries["one"].tags, entries["one"].version) == (("short", "mine"), "1")
    reasons = {name: entry.reason for name, entry in entries.items() if not entry.usable}
    assert set(reasons) == {"broken", "unreadable", "lost"}
    assert reasons["broken"].endswith(
        "broken.yaml:3: quries: unknown field; did you mean 'queries'?"
    )
    assert "lost.yaml:3: dataset_path: no such file: 'none.csv'" in reasons["lost"]


def test_groups_come_from_files_and_from_tasks(catalog: TaskCatalog) -> None:
    assert catalog.groups["both"] == ("pair", "one")
    assert set(catalog.groups["pair"]) == {"two", "three"}
    assert catalog.groups["popcorn"] == ("popcorn_concrete", "popcorn_abstract")


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (["two", "one", "two"], ["two", "one"]),
        (["tag:short"], ["two", "one"]),
        (["t*"], ["three", "two"]),
        (["both"], ["two", "three", "one"]),
        (["popcorn"], ["popcorn_concrete", "popcorn_abstract"]),
        (["one", "other", "both"], ["one", "three", "two"]),
        (["broken"], ["broken"]),
    ],
)
def test_select(catalog: TaskCatalog, wanted: list[str], expected: list[str]) -> None:
    found = catalog.select(wanted)
    assert sorted(found) == sorted(expected)
    assert found[0] in expected
    assert len(found) == len(set(found))


def test_all_takes_every_usable_task(catalog: TaskCatalog) -> None:
    usable = {entry.name for entry in catalog.entries() if entry.usable}
    assert set(catalog.select(["all"])) == usable


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("onne", "--tasks: unknown task 'onne'; did you mean 'one'?"),
        ("tag:none", "--tasks: no task matches 'tag:none'"),
        ("brok*", "--tasks: no task matches 'brok*'"),
        ("circle", "group in a circle: circle -> round -> circle"),
        ("gap", "group gap names unknown task 'nobody'"),
    ],
)
def test_select_refuses(catalog: TaskCatalog, wanted: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        catalog.select([wanted])
    assert message in str(caught.value)


def test_load_gives_the_task_with_all_of_its_groups(catalog: TaskCatalog) -> None:
    assert catalog.load("three").groups == ("pair", "other")
    assert set(catalog.load("one").groups) == {"both", "gap"}
    assert catalog.load("one").metadata == {"x": 1}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("broken", "unknown field; did you mean 'queries'?"),
        ("thre", "unknown task 'thre'; did you mean 'three'?"),
        ("both", "unknown task 'both'"),
    ],
)
def test_load_refuses(catalog: TaskCatalog, name: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        catalog.load(name)
    assert message in str(caught.value)


def test_a_name_in_two_files_is_an_error_that_names_both(write: Write, tmp_path: Path) -> None:
    one, two = write("a/one.yaml", task("same")), write("b/two.yaml", task("same"))
    catalog = TaskCatalog([tmp_path / "a", tmp_path / "b"])
    with pytest.raises(UsageError) as caught:
        catalog.load("same")
    assert str(one) in str(caught.value)
    assert str(two) in str(caught.value)
    assert len(catalog.load("popcorn_concrete").queries) == 100


def test_the_same_folder_twice_is_no_conflict(write: Write, tmp_path: Path) -> None:
    path = write("a/one.yaml", task("one"))
    catalog = TaskCatalog([tmp_path / "a", tmp_path, path])
    assert catalog.load("one").queries[0].text == "a kite"


def test_an_include_path_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--include-path: no such folder: "):
        TaskCatalog([tmp_path / "nothing"]).entries()


def test_the_index_is_lazy_and_loads_no_dataset_library() -> None:
    code = (
        "import sys; from popcorn_bench.tasks.catalog import TaskCatalog; from pathlib import Path;"
        "c = TaskCatalog([Path('/nothing/there')]); c = TaskCatalog(); c.entries();"
        "c.load('popcorn_concrete');"
        "print(sorted({'datasets', 'pyarrow', 'polars', 'numpy'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from popcorn_bench.errors import FileError, UsageError
from popcorn_bench.tasks.loader import load_task
from popcorn_bench.tasks.task import Task
from popcorn_bench.types import Kind

Write = Callable[[str, str], Path]

ROWS: list[dict[str, Any]] = [
    {"id": "a", "text": "a red kite", "kind": "concrete", "topic": "sky", "mood": "calm"},
    {"id": "b", "text": "being late", "kind": "abstract", "topic": "time"},
]
LINES = "\n".join(json.dumps(row) for row in ROWS)


def load(path: Path) -> Task:
    return load_task(path, path.parent)


def test_inline_queries_become_a_task(write: Write) -> None:
    path = write(
        "t.yaml",
        """
        task: t
        version: 2
        description: Two requests.
        tag: short
        group: [all_of_mine]
        topics: [sky, time]
        metrics: [popularity, quality]
        metadata: {author: me}
        queries:
          - {id: a, text: a red kite, kind: concrete, topic: sky, mood: calm}
          - {id: 7, text: being late, kind: abstract, topic: time}
        """,
    )
    task = load(path)
    assert (task.name, task.version, task.description) == ("t", "2", "Two requests.")
    assert (task.tags, task.groups, task.path) == (("short",), ("all_of_mine",), path)
    assert [q.id for q in task.queries] == ["a", "7"]
    assert task.queries[0].metadata == {"mood": "calm"}
    assert task.queries[1].kind is Kind.ABSTRACT
    assert (task.topics, task.metrics) == (("sky", "time"), ("popularity", "quality"))
    assert task.modes == ("basic", "pe")
    assert len(task.task_id) == 16


def test_task_id_follows_content_and_not_the_talk_about_it(write: Write) -> None:
    def task_id(text: str, description: str = "", title_max: int = 50) -> str:
        return load(
            write(
                "t.yaml",
                f"""
                task: t
                version: 1
                description: "{description}"
                rules: {{title_max: {title_max}}}
                queries: [{{id: a, text: {text}, kind: concrete, topic: x}}]
                """,
            )
        ).task_id

    same = task_id("a kite")
    assert task_id("a kite", "told differently") == same
    assert len({same, task_id("a bird"), task_id("a kite", title_max=40)}) == 3


@pytest.mark.parametrize("suffix", ["json", "jsonl", "csv", "parquet"])
def test_a_local_file_in_every_format_gives_the_same_task(tmp_path: Path, suffix: str) -> None:
    data = tmp_path / f"rows.{suffix}"
    if suffix == "json":
        data.write_text(json.dumps(ROWS))
    elif suffix == "jsonl":
        data.write_text(LINES + "\n\n")
    elif suffix == "csv":
        text = (
            "id,text,kind,topic,mood\na,a red kite,concrete,sky,calm\nb,being late,abstract,time,\n"
        )
        data.write_text(text)
    else:
        parquet.write_table(pa.Table.from_pylist(ROWS), data)
    path = tmp_path / "t.yaml"
    path.write_text(f"task: t\nversion: 1\ndataset_path: rows.{suffix}\n")
    queries = load(path).queries
    assert [(q.id, q.text, q.kind, q.topic) for q in queries] == [
        ("a", "a red kite", Kind.CONCRETE, "sky"),
        ("b", "being late", Kind.ABSTRACT, "time"),
    ]
    assert [dict(q.metadata) for q in queries] == [{"mood": "calm"}, {}]


def test_columns_filter_and_defaults(write: Write) -> None:
    write("rows.csv", "prompt,lang\na kite,EN \nein Drachen,de\na bird,en\n")
    path = write(
        "t.yaml",
        """
        task: t
        version: "1"
        dataset_path: rows.csv
        columns: {text: prompt}
        filter: {lang: en}
        defaults: {kind: concrete, topic: sky}
        """,
    )
    task = load(path)
    assert [(q.text, q.kind, q.topic) for q in task.queries] == [
        ("a kite", Kind.CONCRETE, "sky"),
        ("a bird", Kind.CONCRETE, "sky"),
    ]


def test_derived_ids_do_not_depend_on_the_order_of_rows(write: Write) -> None:
    def ids(*texts: str) -> dict[str, str]:
        write("rows.jsonl", "\n".join(json.dumps({"text": t}) for t in texts))
        head = "task: t\nversion: 1\ndataset_path: rows.jsonl\n"
        path = write("t.yaml", head + "defaults: {kind: abstract, topic: x}\n")
        return {q.id: q.text for q in load(path).queries}

    assert ids("one", "two", "three") == ids("three", "one", "two")
    twice = ids("one", "two", "one")
    assert len(twice) == 3
    assert sorted(twice.values()) == ["one", "one", "two"]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("d.jsonl", LINES + "\n{'x'", "d.jsonl:3: not JSON: "),
        ("d.jsonl", '{"text": NaN}', "d.jsonl:1: not JSON: NaN is no JSON number"),
        ("d.jsonl", "[1]", "d.jsonl:1: expected an object"),
        ("d.json", '{"a": 1}', "d.json:1: expected a list of objects"),
        ("d.json", '[\n{"a": 1},\n}', "d.json:3: not JSON: "),
        ("d.csv", 'id,text\na,"b', "d.csv:2: not CSV: "),
        ("d.csv", "id,text\na,b,c", "d.csv:2: more cells than the header has"),
        ("d.parquet", "no parquet", "d.parquet:1: not Parquet: "),
        ("d.jsonl", '{"id": "a", "kind": "concrete", "topic": "x"}', "d.jsonl:1: text: missing"),
        ("d.jsonl", LINES + "\n" + LINES, "d.jsonl:3: id: 'a' appears twice"),
        ("d.jsonl", LINES.replace('"sky"', '"\\u001b[2J"'), "d.jsonl:1: topic: control characters"),
        ("d.jsonl", LINES.replace('"concrete"', '"concret"'), "d.jsonl:1: kind: unknown kind"),
        ("d.jsonl", LINES.replace('"b"', "[]"), "d.jsonl:2: id: expected text"),
        ("d.jsonl", "", "t.yaml:1: task: has no queries"),
    ],
)
def test_a_fault_in_a_dataset_names_its_line(
    write: Write, name: str, text: str, expected: str
) -> None:
    data = write(name, "")
    data.write_text(text)
    path = write("t.yaml", f"task: t\nversion: 1\ndataset_path: {name}\n")
    with pytest.raises(FileError) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path.parent}/{expected}")


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ("nothing.jsonl", "no such file: 'nothing.jsonl'"),
        ("../out.jsonl", "'../out.jsonl' leaves "),
        ("/etc/passwd", "'/etc/passwd' leaves "),
        ("link.jsonl", "'link.jsonl' leaves "),
        ("json", "is no .csv, .json, .jsonl, .parquet file, folder or owner/name of the hub"),
        ("https://x.example/y", "folder or owner/name of the hub"),
    ],
)
def test_a_dataset_stays_in_the_folder(
    write: Write, tmp_path: Path, named: str, message: str
) -> None:
    write("out.jsonl", LINES)
    path = write("mine/t.yaml", f"task: t\nversion: 1\ndataset_path: {named}\n")
    (tmp_path / "mine" / "link.jsonl").symlink_to(tmp_path / "out.jsonl")
    with pytest.raises(FileError) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}:3: dataset_path: ")
    assert message in str(caught.value)


@pytest.mark.parametrize("files", ["/etc/passwd", "../x.json", "https://x.example/a.json"])
def test_dataset_kwargs_name_nothing_outside_the_dataset(write: Write, files: str) -> None:
    head = "task: t\nversion: 1\ndataset_path: a/b\ndataset_kwargs:\n"
    path = write("t.yaml", head + f"  data_files: {files}\n")
    with pytest.raises(FileError, match=r"t\.yaml:5: dataset_kwargs\.data_files: "):
        load(path)


def test_render_fills_in_query_rules_and_example(write: Write) -> None:
    path = write(
        "t.yaml",
        """
        task: t
        version: 1
        rules: {title_max: 12}
        example: {title: "<b>é", cover_prompt: c, video_prompt: v}
        queries: [{id: a, text: "a {{ rules }} <kite>", kind: concrete, topic: sky}]
        query_to_messages:
          basic:
            - {role: system, content: "at most {{ rules.title_max }}, like {{ example | tojson }}"}
            - {role: user, content: "{{ query.kind }}/{{ query.topic }}: {{ query.text }}"}
          pe:
            - {role: user, content: "{% if query.kind == 'concrete' %}it{% endif %}"}
        """,
    )
    task = load(path)
    (query,) = task.queries
    system, user = task.render("basic", query)
    assert system.role == "system"
    shown = '{"title": "<b>é", "cover_prompt": "c", "video_prompt": "v"}'
    assert system.content == f"at most 12, like {shown}"
    assert user.content == "concrete/sky: a {{ rules }} <kite>"
    assert task.render("pe", query)[0].content == "it"
    assert task.rules.example_titles == ("<b>é",)
    with pytest.raises(UsageError, match="task t has no mode 'basik', only basic, pe; did you"):
        task.render("basik", query)


def test_own_templates_need_no_example(write: Write) -> None:
    path = write(
        "t.yaml",
        """
        task: t
        version: 1
        queries: [{id: a, text: a kite, kind: concrete, topic: sky}]
        query_to_messages: {basic: [{role: user, content: "{{ query.text }}"}]}
        """,
    )
    task = load(path)
    assert task.rules.example_titles == ()
    assert [m.content for m in task.render("basic", task.queries[0])] == ["a kite"]


def test_blocks_give_topics_and_must_fit(write: Write) -> None:
    write("rows.jsonl", "\n".join(json.dumps({"text": f"t{i}"}) for i in range(6)))
    text = """
        task: t
        version: 1
        dataset_path: rows.jsonl
        defaults: {{kind: abstract}}
        topic_blocks: {{size: {size}, topics: [x, y, z]}}
        """
    task = load(write("t.yaml", text.format(size=2)))
    assert [q.topic for q in task.queries] == ["x", "x", "y", "y", "z", "z"]
    with pytest.raises(FileError, match=r"t\.yaml:5: topic_blocks: 3 topics of 3 rows do not fit"):
        load(write("t.yaml", text.format(size=3)))

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from popcorn_bench.tasks.loader import SHIPPED
from popcorn_bench.tasks.validate import validate_file

Write = Callable[[str, str], Path]


def said(path: Path) -> list[str]:
    return [str(fault).replace(f"{path.parent}/", "") for fault in validate_file(path)]


@pytest.mark.parametrize("path", sorted(SHIPPED.rglob("*.yaml")), ids=lambda path: str(path.name))
def test_every_shipped_file_is_right(path: Path) -> None:
    assert validate_file(path) == []


def test_all_faults_of_the_rows_and_templates_are_told(write: Write) -> None:
    path = write(
        "t.yaml",
        """
        task: t
        version: 1
        topics: [sky, sea]
        rules: {title_max: 5}
        example: {title: too long, cover_prompt: c, video_prompt: v}
        query_to_messages:
          basic:
            - {role: system, content: "{{ exampel.title }}"}
            - role: user
              content: "{{ query.text"
          pe:
            - {role: user, content: "{{ query.text.upper() }}"}
            - {role: user, content: "{% if query.kind == 'x' %}never{% endif %}"}
        queries:
          - {id: a, text: a kite, kind: concrete, topic: skye}
          - {id: a, text: a kite, kind: concrete, topic: sky}
          - id: a
            text: a boat
            topic: sea
            kind: abstract
          - {id: b, text: "  ", kind: abstract, topic: sea}
        """,
    )
    assert said(path) == [
        "t.yaml:5: example.title: longer than rules.title_max",
        "t.yaml:8: query_to_messages.basic[0].content: 'exampel' is undefined",
        (
            "t.yaml:10: query_to_messages.basic[1].content: line 1 of the template: "
            "unexpected end of template, expected 'end of print statement'."
        ),
        "t.yaml:12: query_to_messages.pe[0].content: line 1 of the template: call is not allowed",
        "t.yaml:13: query_to_messages.pe[1].content: gives an empty message",
        "t.yaml:15: queries[0].topic: 'skye' is not in topics; did you mean 'sky'?",
        "t.yaml:17: queries[2].id: 'a' appears twice",
        "t.yaml:21: queries[3].text: expected text",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("task: t\nversion: 1\nquries: []", ["3: quries: unknown field; did you mean 'queries'?"]),
        ("task: t\nversion: [1]\nqueries: []", ["2: version: "]),
        ("task: t\nversion: 1", ["1: give either queries or dataset_path"]),
        ("task: t\nversion: 1\nqueries: []", ["1: task: has no queries"]),
        ("task: 'a b'\nversion: 1\nqueries: []", ["1: task: string should match pattern"]),
        ("task: t\nqueries: []", ["1: version: missing field"]),
        (
            "task: t\nversion: 1\ninclude: t.yaml",
            ["3: include: goes in a circle: t.yaml -> t.yaml"],
        ),
        ("task: t\nversion: 1\ndataset_path: x.csv", ["3: dataset_path: no such file: 'x.csv'"]),
        (
            "task: t\nversion: 1\nqueries:\n - {id: a, text: b, kind: odd, topic: c}",
            ["4: queries[0].kind: input should be 'concrete' or 'abstract'"],
        ),
        ("task: t\nversion: 1\nversion: 2\nqueries: []", ["3: version: appears twice"]),
        (
            "group: g\ntask: [popcorn, popcorn_concret]",
            ["2: task[1]: unknown task 'popcorn_concret'"],
        ),
        ("group: g\ntask: [g]", ["2: task: group in a circle: g -> g"]),
        ("group: g", ["1: task: missing field"]),
        (
            "task: popcorn_concrete\nversion: 1\nqueries: []",
            ["1: task: task 'popcorn_concrete' is"],
        ),
        ("rules: {title_mx: 5}", ["1: rules.title_mx: unknown field; did you mean 'title_max'?"]),
        ("", ["1: the file is empty"]),
    ],
)
def test_one_clear_line_each(write: Write, text: str, expected: list[str]) -> None:
    found = said(write("t.yaml", text))
    assert [line.isprintable() for line in found] == [True] * len(found)
    for line in expected:
        assert any(one.startswith(f"t.yaml:{line}") for one in found), found


def test_a_fault_in_an_included_file_names_that_file(write: Write) -> None:
    write("base.yaml", "version: 1\nrules: {title_max: many}\n")
    text = "include: base.yaml\ntask: t\nqueries: [{text: x, kind: abstract, topic: y}]\n"
    assert said(write("t.yaml", text)) == [
        "base.yaml:2: rules.title_max: input should be a valid integer"
    ]


def test_a_task_may_include_from_above_within_the_working_folder(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("base.yaml", "version: 1\n")
    text = "include: ../base.yaml\ntask: t\nqueries: [{text: x, kind: abstract, topic: y}]\n"
    path = write("deep/t.yaml", text)
    monkeypatch.chdir(tmp_path / "deep")
    assert "leaves" in said(path)[0]
    monkeypatch.chdir(tmp_path)
    assert said(path) == []
    monkeypatch.chdir(tmp_path / "deep")
    assert validate_file(path, [tmp_path]) == []

"""Task files: YAML, includes, datasets and templates of strangers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.campaign import Tally, campaign, picked
from tests.fuzz.hostile import deep, dump, spoiled, texts, torn, values
from tests.fuzz.pen import Ended, Pen

_TASK: dict[str, Any] = {
    "task": "mine",
    "version": 1,
    "description": "made up",
    "tag": ["own"],
    "group": "ours",
    "include": "base.yaml",
    "columns": {"text": "text"},
    "defaults": {"kind": "concrete", "topic": "food"},
    "queries": [
        {"id": "a", "text": "noodles", "kind": "concrete", "topic": "food", "note": [1, {"x": 2}]},
        {"text": "the smell of rain", "kind": "abstract"},
    ],
    "query_to_messages": {
        "basic": [
            {"role": "system", "content": "You write briefs of {{ title_max }} characters."},
            {
                "role": "user",
                "content": "<query>{{ query.text }}</query>{% if example %}e{% endif %}",
            },
        ]
    },
    "rules": {"title_max": 40},
    "example": {"title": "a", "cover_prompt": "b", "video_prompt": "c"},
    "topics": ["food"],
    "metrics": ["popularity"],
    "metadata": {"made": "up", "list": [1, 2.5, None, True]},
}
_BY_FILE = {k: v for k, v in _TASK.items() if k != "queries"} | {
    "dataset_path": "rows.jsonl",
    "filter": {"topic": "food"},
}
_GROUP: dict[str, Any] = {"group": "all-of-mine", "task": ["mine", "popcorn"], "version": 2}
_ROW = {"id": "r", "text": "a cat", "kind": "concrete", "topic": "food", "x": {"y": [1, 2]}}
_ROWS = b"\n".join(json.dumps(_ROW | {"id": f"r{i}"}).encode() for i in range(4)) + b"\n"

_LEAVING = ("../secret.yaml", "link.yaml", "/etc/passwd", "a/../../secret.yaml", "mine.yaml", "..")
_BOMB = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 12)
)
_BY_HAND = {
    "alias bomb": f"task: mine\nversion: 1\nmetadata:\n  {_BOMB.replace(chr(10), chr(10) + '  ')}",
    "alias circle": "task: mine\nversion: 1\nmetadata: &m {x: *m}\nqueries: []\n",
    "merge bomb": "a: &a {x: 1}\ntask: mine\n<<: [*a, *a]\n",
    "deep": "task: mine\nmetadata: " + "[" * 100_000,
    "deep blocks": "".join(" " * i + "a:\n" for i in range(2_000)),
    "wide": "task: mine\nversion: 1\nmetadata:\n" + "".join(f"  k{i}: 1\n" for i in range(60_000)),
    "huge": "task: mine\nversion: 1\ndescription: '" + "x" * 5_000_000 + "'\n",
    "long number": f"task: mine\nversion: {'9' * 100_000}\n",
    "sexagesimal": f"task: mine\nversion: {':'.join(['59'] * 3000)}\n",
    "python": "!!python/object/apply:os.system ['touch owned']\n",
    "twice": "task: mine\ntask: yours\nversion: 1\nqueries: []\n",
    "nan": "task: mine\nversion: .nan\nqueries: []\n",
    "anchors": "".join(f"k{i}: &a{i} v\n" for i in range(50_000)),
    "tabs": "task:\tmine\n\tversion: 1\n",
    "documents": "task: mine\n---\ntask: yours\n---\n" * 3,
    "directive": "%YAML 9.9\n%TAG ! tag:x,2000:\n---\ntask: mine\n",
    "utf-16": "task: mine\n".encode("utf-16").decode("latin-1"),
    "keys": "? [a, b]\n: 1\n? {c: d}\n: 2\ntask: mine\n",
    "empty": "",
    "comment": "# nothing\n",
    "list": "- a\n- b\n",
}


def _laid(folder: Path, task: bytes, base: bytes = b"tag: base\n", rows: bytes = _ROWS) -> Path:
    """A folder with a task, what it includes, and what it must not reach."""
    (folder / "secret.yaml").write_text("description: TOP-SECRET\n")
    own = folder / "own"
    own.mkdir()
    (own / "link.yaml").symlink_to(folder / "secret.yaml")
    for name, data in {"mine.yaml": task, "base.yaml": base, "rows.jsonl": rows}.items():
        (own / name).write_bytes(data)
    return own


_WAYS = (
    ("validate", "own/mine.yaml"),
    ("ls", "tasks", "--json", "--include-path=own"),
    ("run", "--dry-run", "--tasks=mine", "--include-path=own", "--videos=none", "--limit=2"),
)


def _all(pen: Pen, tally: Tally, own: Path, *, whole: bool = False) -> list[Ended]:
    """Whoever reads a task file: `validate`, `ls`, and the plan of a run."""
    found = [
        tally.command(pen.run(*args, cwd=own.parent), codes={0, 2}, inputs=args == _WAYS[0])
        for args in (_WAYS if whole else picked(_WAYS, (own / "mine.yaml").read_bytes()))
    ]
    assert "TOP-SECRET" not in "".join(ended.out + ended.err for ended in found)
    assert sorted(p.name for p in own.parent.iterdir()) == ["own", "secret.yaml"], "nothing written"
    return found


@campaign(8, 500)
@given(task=st.one_of(spoiled(_TASK), spoiled(_BY_FILE), spoiled(_GROUP)))
def test_spoiled_tasks(pen: Pen, tally: Tally, task: Any) -> None:
    with pen.place() as folder:
        _all(pen, tally, _laid(folder, dump(task)))


@campaign(6, 350)
@given(task=torn(dump(_TASK)), base=torn(b"tag: base\nexample: &e {title: t}\nmetadata: *e\n"))
def test_torn_tasks(pen: Pen, tally: Tally, task: bytes, base: bytes) -> None:
    with pen.place() as folder:
        _all(pen, tally, _laid(folder, task, base))


@pytest.mark.parametrize("name", _BY_HAND)
def test_bombs(pen: Pen, tally: Tally, name: str) -> None:
    with pen.place() as folder:
        own = _laid(folder, _BY_HAND[name].encode("utf-8"))
        assert [ended.code for ended in _all(pen, tally, own, whole=True)] == [2, 0, 2]


@pytest.mark.parametrize("target", _LEAVING)
def test_an_include_cannot_leave_its_folder(pen: Pen, tally: Tally, target: str) -> None:
    task = {**_TASK, "include": target}
    with pen.place() as folder:
        checked, _, ran = _all(pen, tally, _laid(folder, dump(task)), whole=True)
        assert (checked.code, ran.code) == (2, 2)


@pytest.mark.parametrize("target", _LEAVING)
def test_a_dataset_cannot_leave_its_folder(pen: Pen, tally: Tally, target: str) -> None:
    task = {**_BY_FILE, "dataset_path": target.replace(".yaml", ".jsonl")}
    with pen.place() as folder:
        own = _laid(folder, dump(task))
        (folder / "secret.jsonl").write_bytes(_ROWS)
        (own / "link.jsonl").symlink_to(folder / "secret.jsonl")
        ran = pen.run("validate", "own/mine.yaml", "--include-path=own", cwd=folder)
        assert tally.command(ran).code == 2
        assert "no such file" in ran.out or "leaves" in ran.out or "is no" in ran.out


@campaign(8, 500)
@given(
    rows=st.one_of(
        torn(_ROWS),
        st.lists(spoiled(_ROW), max_size=4).map(
            lambda rows: b"\n".join(json.dumps(row).encode() for row in rows)
        ),
        st.builds(lambda n: b'{"text": ' + b"[" * n + b"]" * n + b"}\n", st.integers(1, 200_000)),
        st.builds(lambda n: json.dumps(_ROW | {"x": deep(n)}).encode(), st.integers(1, 990)),
    ),
    kind=st.sampled_from((".jsonl", ".json", ".csv", ".parquet")),
)
def test_rows_of_a_dataset(pen: Pen, tally: Tally, rows: bytes, kind: str) -> None:
    with pen.place() as folder:
        own = _laid(folder, dump({**_BY_FILE, "dataset_path": f"rows{kind}"}))
        (own / f"rows{kind}").write_bytes(rows)
        _all(pen, tally, own)


_PIECES = st.one_of(
    st.sampled_from(
        (
            *("{{ query.text }}", "{{ 'a' * 10**9 }}", "{% for i in range(10**9) %}x{% endfor %}"),
            *(
                "{% for a in query.text %}",
                "{% endfor %}",
                "{% if 1 %}",
                "{% endif %}",
                "{{ ''.x }}",
            ),
            *("{{ query.__class__ }}", "{{ query['__init__'] }}", "{{ self }}", "{{ loop.index }}"),
            *(
                "{% include '/etc/passwd' %}",
                "{% import 'x' as y %}",
                "{% macro m() %}{% endmacro %}",
            ),
            *(
                "{% set x = 1 %}",
                "{{ x() }}",
                "{{ 'a'|upper|upper|tojson|tojson|tojson }}",
                "{# #}",
            ),
            *(
                "{{ query|tojson }}",
                "{{ (1,2)|length }}",
                "{{ 9**9**9 }}",
                "{{ 1/0 }}",
                "{{ -query }}",
            ),
            *("{% raw %}", "{% endraw %}", "{{ not", "}}", "{%- if", "{{ 1 ~ 2 ~ query.text }}"),
            *("{{ example|default('x' ~ 'y') }}", "{{ query.metadata|tojson }}", "{{ 'a' < 1 }}"),
            *("{{ " + "(" * 300 + "1" + ")" * 300 + " }}", "{{ 'é'|center(10**9) }}"),
            *(
                "{% for r in references.popular %}{{ r.title }}{% endfor %}",
                "{{ query.text[0:9] }}",
            ),
            *("{{ 'x'|default('y'|default('z')) }}", "{{ none|length }}", "{{ 'a' in 3 }}"),
            *("{% if query.text is divisibleby 0 %}x{% endif %}", "{{ query is sameas query }}"),
            *("{% if 1 is filter %}{% endif %}", "{{ query.text is in 5 }}", "{{ {}|tojson }}"),
        )
    ),
    st.builds(lambda n: "{{ 'a'" + "|tojson" * n + " }}", st.integers(1, 400)),
    st.builds(lambda n: "{% if 1 %}" * n + "x" + "{% endif %}" * n, st.integers(1, 400)),
    st.builds(lambda n: "{{ " + "not " * n + "1 }}", st.integers(1, 2000)),
    st.builds(lambda n: "{{ " + " ~ ".join(["query.text"] * n) + " }}", st.integers(1, 1000)),
    st.builds(lambda t: "{{ " + t + " }}", texts()),
    texts(),
)


@campaign(25, 1200)
@given(pieces=st.lists(_PIECES, min_size=1, max_size=6))
def test_templates(pen: Pen, tally: Tally, pieces: list[str]) -> None:
    with pen.place() as folder:
        (folder / "template").write_bytes("".join(pieces).encode("utf-8", "replace"))
        tally.call(pen.call("rendered", folder / "template", cwd=folder))


@campaign(3, 100)
@given(pieces=st.lists(_PIECES, min_size=1, max_size=4), metadata=values())
def test_templates_in_a_task(pen: Pen, tally: Tally, pieces: list[str], metadata: Any) -> None:
    messages = [{"role": "user", "content": "".join(pieces)}]
    task = {**_TASK, "query_to_messages": {"basic": messages}, "metadata": {"x": metadata}}
    with pen.place() as folder:
        _all(pen, tally, _laid(folder, dump(task)))

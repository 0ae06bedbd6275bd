from __future__ import annotations

import pytest

from popcorn_bench.tasks.templates import MAX_OUTPUT, BadTemplateError, render

VALUES: dict[str, object] = {
    "query": {"text": "a {{ <kite>", "kind": "concrete", "metadata": {}},
    "rules": {"title_max": 50},
    "many": [f"item {i}" for i in range(4_000)],
}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ query.text }}", "a {{ <kite>"),
        ("{{ query['kind'] | upper }} {{ rules.title_max }}", "CONCRETE 50"),
        ("{{ query.text | tojson }}", '"a {{ <kite>"'),
        ("{% if query.kind == 'abstract' %}x{% else %}y{% endif %}", "y"),
        ("{{ query.metadata.mood | default('calm') }}", "calm"),
        ("{% for c in ('ab') %}{{ c }};{% endfor %}", "a;b;"),
    ],
)
def test_what_a_template_can_do(source: str, expected: str) -> None:
    assert render(source, VALUES) == expected


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("{{ query.txt }}", "has no attribute 'txt'"),
        ("{{ qery.text }}", "'qery' is undefined"),
        ("\n{{ query.text", "line 2 of the template: unexpected end of template"),
        ("{{ query.text | foo }}", "No filter named 'foo'"),
        ("{{ ''.__class__.__mro__ }}", "unsafe"),
        ("{{ query.text.upper }}", "unsafe"),
        ("{{ query.text.upper() }}", "call is not allowed"),
        ("{{ range(9) }}", "call is not allowed"),
        ("{{ 'a' * 9 }}", "mul is not allowed"),
        ("{{ '%999d' % 1 }}", "mod is not allowed"),
        ("{% set x = query.text %}", "assign is not allowed"),
        ("{% include 'x' %}", "include is not allowed"),
        ("{% macro m() %}{% endmacro %}", "macro is not allowed"),
        ("{% for a in many %}{% for b in many %}x{% endfor %}{% endfor %}", "loop inside a loop"),
        ("{% for a in many %}{{ many }}{% endfor %}", f"more than {MAX_OUTPUT} characters"),
        ("{{ query.text" + " | tojson" * 40 + " }}", f"more than {MAX_OUTPUT} characters"),
        ("{{ " + "(" * 400 + "1" + ")" * 400 + " }}", "nested too deeply"),
        ("{% for a in rules.title_max %}{% endfor %}", "not iterable"),
    ],
)
def test_what_a_template_may_not_do(source: str, message: str) -> None:
    with pytest.raises(BadTemplateError) as caught:
        render(source, VALUES)
    assert message in str(caught.value)

"""What strangers may write, and what a browser would make of it."""

from __future__ import annotations

from html.parser import HTMLParser

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=http://evil.example/x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "</style></title><base href=//evil.example>",
    "=HYPERLINK(1)",
    "  @SUM(1)",
    "a|b [x](javascript:alert(1)) `c` http://evil.example",
    "\x1b[31mred\x1b]0;title\x07",
    "\u202egnp.exe\u2066",
    "{{ 7*7 }}{% raw %}",
    "[red]styled[/red]",
    "an end of nothing [/b]",
    "line\nbreak\u2028",
)


ATTACKS = (
    *HOSTILE,
    "</script><script>alert(2)</script>",
    "<!--<script>",
    "<iframe srcdoc='<script>parent.alert(3)</script>'>",
    "<a href=javascript:alert(4) autofocus onfocus=alert(5)>x</a>",
    "<math><mtext></mtext><style><img src=x onerror=alert(6)></style></math>",
    "__proto__",
    "constructor",
    "]]><![CDATA[<svg/onload=alert(7)>",
    "' onmouseover='alert(8)",
    "+cmd|' /C calc'!A0",
    "%3Cscript%3Ealert(9)%3C/script%3E",
    "&lt;script&gt;alert(10)&lt;/script&gt;",
    "![x](http://evil.example/a.png)",
)


class Page(HTMLParser):
    """What a browser would make of the page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)

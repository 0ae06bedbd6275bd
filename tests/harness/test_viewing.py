"""Ranges of bytes, and the line of progress that is put on a page."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from popcorn_bench.harness.viewing.frame import empty, framed
from popcorn_bench.harness.viewing.spans import Unsatisfiable, span

_POLICY = "default-src &#39;none&#39;; style-src 'sha256-x'"
_PAGE = (
    f'<html><head><meta http-equiv="Content-Security-Policy" content="{_POLICY}"></head>'
    '<body class="a"><p>board</p></body></html>'
)


@given(size=st.integers(1, 1000), first=st.integers(0, 1200), last=st.integers(0, 1200))
def test_a_range_is_what_the_standard_says(size: int, first: int, last: int) -> None:
    header = f"bytes={first}-{last}"
    if last < first:
        assert span(header, size) is None
    elif first >= size:
        with pytest.raises(Unsatisfiable):
            span(header, size)
    else:
        assert span(header, size) == (first, min(size, last + 1))


@given(size=st.integers(1, 1000), length=st.integers(1, 1200))
def test_a_suffix_is_the_end_of_the_file(size: int, length: int) -> None:
    assert span(f"bytes=-{length}", size) == (max(0, size - length), size)


@given(st.text(max_size=40))
def test_any_header_is_survived(header: str) -> None:
    try:
        found = span(header, 100)
    except Unsatisfiable:
        return
    assert found is None or 0 <= found.start < found.stop <= 100


def test_no_header_asks_for_the_whole() -> None:
    assert span(None, 5) is None


def test_the_policy_lets_in_exactly_what_was_added() -> None:
    page = framed(_PAGE, "a line", "v1")
    found = re.search(r'content="([^"]*)"', page)
    assert found is not None
    policy = dict(part.strip().partition(" ")[::2] for part in unescape(found[1]).split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["connect-src"] == "'self'"
    for tag, name in (("script", "script-src"), ("style", "style-src")):
        source = re.search(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        assert source is not None
        digest = b64encode(hashlib.sha256(source[1].encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy[name]
    assert policy["style-src"].startswith("'sha256-x' ")
    assert page.index('id="live"') < page.index("<p>board</p>")


def test_what_it_says_is_text() -> None:
    page = framed(_PAGE, "<script>alert(1)</script>", '"><img src=x>')
    assert "<script>alert" not in page
    assert "<img" not in page


def test_a_page_without_a_policy_stays_as_it_is() -> None:
    assert framed("<html><body>x</body></html>", "line", "v") == "<html><body>x</body></html>"


def test_the_empty_page_waits_for_results() -> None:
    page = empty("Waiting", "")
    assert 'data-empty="yes"' in page
    assert "Waiting" in page

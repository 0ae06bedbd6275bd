"""What a shell block would call: simple commands, without running any."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

_END = "\x1e"  # of a line
_BETWEEN = {"|", "||", "&&", ";", "&", "(", ")", _END}
_ASSIGNED = re.compile(r"[A-Za-z_]\w*=")
_KEYWORDS = {"then", "else", "do", "if", "while", "!"}
_SUM = re.compile(r"\$\(\(.*?\)\)")
_REDIRECT = re.compile(r"\d?(>>?|<)(&\d)?$")


def commands(text: str) -> Iterator[list[str]]:
    """The words of each simple command; redirections and assignments are left out."""
    text = _SUM.sub("0", text)
    lines = text.replace("\\\n", " ").replace("\n", f" {_END} ")
    lexer = shlex.shlex(lines, posix=True, punctuation_chars="|&;()")
    lexer.whitespace_split = True
    lexer.commenters = ""
    words: list[str] = []
    for word in [*_uncommented(lexer), _END]:
        if word in _BETWEEN or set(word) <= set("|&;()"):
            yield from _simple(words)
            words = []
        else:
            words.append(word)


def _uncommented(lexer: shlex.shlex) -> Iterator[str]:
    comment = False
    for word in lexer:
        comment = (comment or word.startswith("#")) and word != _END
        if not comment:
            yield word


def _simple(words: list[str]) -> Iterator[list[str]]:
    while words and (_ASSIGNED.match(words[0]) or words[0] in _KEYWORDS):
        words = words[1:]
    kept: list[str] = []
    skip = False
    for word in words:
        if skip:
            skip = False
        elif _REDIRECT.fullmatch(word):
            skip = not word.endswith(("&1", "&2"))
        else:
            kept.append(word)
    if kept:
        yield kept

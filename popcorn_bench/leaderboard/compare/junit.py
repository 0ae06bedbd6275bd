"""A comparison as JUnit XML, for what shows tests in CI.

The verdict is the one test that can fail; the parts stand beside it as information, since they
are not what the gate decides by.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from popcorn_bench.leaderboard import text
from popcorn_bench.leaderboard.compare import words
from popcorn_bench.leaderboard.compare.model import Comparison, Delta
from popcorn_bench.leaderboard.statistics.gate import Verdict

_SUITE = "popcorn-bench compare"
_UNFIT = dict.fromkeys((0xFFFE, 0xFFFF))  # what XML cannot hold besides control characters


def to_junit(found: Comparison) -> str:
    """One suite: the verdict, then a test per part."""
    failed = found.exit_code != 0
    error = failed and found.verdict is Verdict.NOT_COMPARABLE
    suite = Element(
        "testsuite",
        name=_SUITE,
        tests=str(1 + len(found.slices)),
        failures=str(int(failed and not error)),
        errors=str(int(error)),
        skipped="0",
    )
    case = SubElement(suite, "testcase", classname=_SUITE, name=_plain(words.title(found)))
    if failed:
        message = _plain(words.verdict_line(found))
        kind = str(found.verdict)
        SubElement(case, "error" if error else "failure", type=kind, message=message)
    SubElement(case, "system-out").text = _plain("\n".join(_lines(found)), lines=True)
    for part in found.slices:
        name = _plain(f"{words.HEADINGS[part.dimension]} {part.value}")
        shown = SubElement(suite, "testcase", classname=f"{_SUITE}.parts", name=name)
        SubElement(shown, "system-out").text = _plain(_line(part))
    indent(suite)
    return tostring(suite, encoding="unicode", xml_declaration=False) + "\n"


def _lines(found: Comparison) -> list[str]:
    lines = [words.verdict_line(found), words.worse_line(found), words.basis(found)]
    if found.overall:
        lines.append(_line(found.overall))
    return [*filter(None, lines), *(difference.text for difference in found.differences)]


def _line(delta: Delta) -> str:
    p = delta.p_holm if delta.dimension else delta.p
    change = words.changed(delta, words.precision([delta]))
    return f"change {change}, p {text.p_value(p)}, {words.queries(delta)}"


def _plain(said: str, *, lines: bool = False) -> str:
    parts = said.split("\n") if lines else [said]
    return "\n".join(text.clean(part).translate(_UNFIT) for part in parts)

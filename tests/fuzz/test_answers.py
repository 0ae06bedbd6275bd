"""What a model, or whoever sits at its address, may answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.fuzz.campaign import Tally, campaign
from tests.fuzz.hostile import spoiled, texts, torn, values
from tests.fuzz.pen import Pen
from tests.loopback import ChatServer, Reply

_BRIEF = {
    "title": "Noodles at dawn",
    "cover_prompt": "a steaming bowl",
    "video_prompt": "steam rises over a bowl",
}
_BODY: dict[str, Any] = {
    "id": "x",
    "object": "chat.completion",
    "created": 1,
    "model": "mock",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": json.dumps(_BRIEF), "refusal": None},
            "finish_reason": "stop",
        }
    ],
    "usage": {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8},
}
_HUGE = 10_000_000
_BY_HAND = {
    "10 MB title": json.dumps({**_BRIEF, "title": "x" * _HUGE}),
    "10 MB of one letter": "{" * _HUGE,
    "10 MB of brackets": "[{" * (_HUGE // 2),
    "10 MB of quotes": '"' * _HUGE,
    "10 MB of backslashes": '{"title":"' + "\\" * _HUGE,
    "10 MB of thoughts": "<think>" * (_HUGE // 7),
    "10 MB of fences": "```json\n" * (_HUGE // 8),
    "10 MB of blanks": " " * _HUGE + json.dumps(_BRIEF),
    "many objects": json.dumps(_BRIEF) * 100_000,
    "deep object": '{"title":' * 100_000 + "1" + "}" * 100_000,
    "deep in the brief": '{"video_prompt":"v","cover_prompt":"c","title":' + "[" * 5_000,
    "long number": '{"title": ' + "9" * 1_000_000 + ', "cover_prompt": "c", "video_prompt": "v"}',
    "numbers": '{"title": NaN, "cover_prompt": Infinity, "video_prompt": -1e999}',
    "surrogates": '{"title":"\\ud800","cover_prompt":"\\udfff\\ud800","video_prompt":"\\ud83c"}',
    "controls": json.dumps(dict.fromkeys(_BRIEF, "".join(map(chr, range(32))) + "x\x7f\x9b[2J")),
    "direction": json.dumps(dict.fromkeys(_BRIEF, "\u202etxt.exe\u2066\u200f")),
    "paths": json.dumps(dict.fromkeys(_BRIEF, "../../../../etc/cron.d/x\x00.png")),
    "nothing visible": json.dumps(dict.fromkeys(_BRIEF, "\u200b\u200f\x00 ")),
    "many keys": json.dumps({str(i): i for i in range(200_000)}),
    "regex": "a" * 50_000 + "!" + json.dumps(_BRIEF) + "<think>" + "</thinking" * 20_000,
    "almost json": "{title: 'x', cover_prompt: [1,,2], " * 3_000,
}


def _texts() -> SearchStrategy[str]:
    briefs = st.fixed_dictionaries({name: texts() for name in _BRIEF})
    return st.one_of(
        spoiled(_BRIEF).map(json.dumps),
        briefs.map(json.dumps),
        torn(json.dumps(_BRIEF).encode()).map(lambda raw: raw.decode("utf-8", "surrogateescape")),
        st.lists(st.one_of(texts(), st.just(json.dumps(_BRIEF))), max_size=4).map("".join),
        values().map(json.dumps),
        st.text(alphabet='{}[]",:\\`<>/think \n0aé\u202e\ud800', max_size=200),
    )


def _replies() -> SearchStrategy[dict[str, str]]:
    return st.fixed_dictionaries(
        {
            "content": _texts(),
            "finish_reason": st.sampled_from(("stop", "length", "content_filter", "", "x")),
            "refusal": st.one_of(st.just(""), texts()),
            "reasoning": st.one_of(st.just(""), texts()),
        }
    )


@campaign(5, 300)
@given(replies=st.lists(_replies(), min_size=10, max_size=20))
def test_answers_are_parsed_or_fail(pen: Pen, tally: Tally, replies: list[dict[str, str]]) -> None:
    with pen.place() as folder:
        (folder / "replies.json").write_text(json.dumps(replies))
        done = tally.call(pen.call("answers", folder / "replies.json", cwd=folder), len(replies))
        assert len(json.loads(done.out)) == len(replies)


@pytest.mark.parametrize("name", _BY_HAND)
def test_answers_by_hand(pen: Pen, tally: Tally, name: str) -> None:
    with pen.place() as folder:
        path = folder / "replies.json"
        path.write_text(json.dumps([{"content": _BY_HAND[name]}]))
        tally.call(pen.call("answers", path, cwd=folder))


@pytest.fixture(scope="module")
def server() -> Iterator[ChatServer]:
    with ChatServer() as running:
        yield running


def _bodies() -> SearchStrategy[bytes]:
    body = json.dumps(_BODY).encode()
    asked = _texts().map(lambda text: {**_BODY, "choices": [_choice(text)]})
    return st.one_of(
        spoiled(_BODY).map(lambda data: json.dumps(data).encode()),
        torn(body),
        asked.map(lambda data: json.dumps(data).encode()),
        st.binary(max_size=200),
        st.sampled_from((b"", b"null", b"[]", b"{}", b"[" * 100_000, b"<html>", body * 2)),
    )


def _choice(text: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    return {"index": 0, "message": message, "finish_reason": "stop"}


_HEADERS = ("application/json", "text/html", "application/json; charset=utf-16", "image/png")


@campaign(5, 600)
@given(
    body=_bodies(),
    status=st.sampled_from((200, 200, 200, 200, 204, 302, 400, 401, 404, 413, 429, 500, 503)),
    kind=st.sampled_from(_HEADERS),
    after=st.sampled_from(
        (None, "1", "-1", "NaN", "1e308", "Thu, 99 Foo 2026", "\u00e9", "9" * 99)
    ),
)
def test_whole_responses(  # noqa: PLR0917 - what a server sends
    pen: Pen, tally: Tally, server: ChatServer, body: bytes, status: int, kind: str,
    after: str | None,
) -> None:  # fmt: skip
    headers = {"Content-Type": kind} | ({"Retry-After": after} if after else {})
    server.answer = lambda _: Reply(status=status, raw=body, headers=headers)
    with pen.place() as folder:
        tally.call(pen.call("asked", server.base_url, cwd=folder))


@campaign(1, 20)
@given(answers=st.lists(_texts(), min_size=6, max_size=6))
def test_a_run_over_hostile_answers_leaves_a_sound_folder(
    pen: Pen, tally: Tally, server: ChatServer, answers: list[str]
) -> None:
    """The whole way: journal, index, page, export."""
    server.answer = lambda request: answers[request.index % len(answers)]
    with pen.place() as folder:
        args = ("--llms=openai/mock", f"--llm-args=api_base={server.base_url}", "--videos=none",
                "--covers=none", "--evaluators=popularity", "--limit=6", "--display=none",
                "--retry-on-error=0", "--json")  # fmt: skip
        ran = tally.command(pen.run(*args, cwd=folder), codes={0, 3}, inputs=len(answers))
        units = json.loads(ran.out)["units"]["brief"]
        assert units["done"] + units["failed"] + units["reused"] == 12
        export = ("results", "export", "results", "--format=csv", "--to=out")
        for more in (("leaderboard", "results", "--json"), export):
            tally.command(pen.run(*more, cwd=folder), codes={0}, inputs=0)

"""Puts the questions about many clips to one model, several at once, and keeps them in order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeAlias

from popcorn_bench.errors import AdapterError, boundary
from popcorn_bench.evaluators.judge.settings import Settings
from popcorn_bench.evaluators.judge.verdict import V, read
from popcorn_bench.fingerprint import digest
from popcorn_bench.remote import runtime
from popcorn_bench.remote.chat import Chat, ChatMessage
from popcorn_bench.remote.response import Response, reply_of, usage_of


class Question(NamedTuple):
    """One request; equal ones of a case share a verdict."""

    messages: Sequence[ChatMessage]
    seed: int


Case: TypeAlias = Callable[[], Sequence[Question]]  # decodes a clip: called in a thread


@dataclass(frozen=True, slots=True)
class Heard(Generic[V]):
    """The verdicts of a case, one per question, and what they cost (None: nothing or unknown)."""

    verdicts: tuple[V, ...]
    cost_usd: float | None


@dataclass(frozen=True, slots=True)
class _Answer(Generic[V]):
    verdict: V
    cost_usd: float | None


_Task: TypeAlias = "asyncio.Task[Heard[V] | AdapterError]"


class _Sitting:
    """What bounds a batch: calls at once, and one clip being decoded while they wait.

    Whoever stops listening half-way ends it: what has begun ends, nothing new begins.
    """

    def __init__(self, connections: int) -> None:
        self._calls, self._clips = asyncio.Semaphore(connections), asyncio.Lock()
        self.over = False

    async def decode(self, case: Case) -> Sequence[Question]:
        async with self._clips:
            self._check()
            return await asyncio.to_thread(case)

    async def call(self, ask: Callable[[], Awaitable[Response]]) -> Response:
        async with self._calls:
            self._check()
            return await ask()

    def _check(self) -> None:
        if self.over:
            raise AdapterError("left_out", "the batch was left half-way", retriable=True)


class Jury(Generic[V]):
    """One model that is asked for verdicts of one form.

    A case has its verdicts when all its questions are answered. Where one fails, the case fails
    with what all of them cost; the answers to the others are remembered, so that a case that is
    brought again pays only for what it lacks.
    """

    def __init__(self, settings: Settings, form: type[V]) -> None:
        self._settings = settings
        self._form: type[V] = form
        self._chat = Chat(settings.endpoint())
        self._remembered: dict[str, V] = {}

    def hear(self, cases: Sequence[Case]) -> Iterator[Heard[V] | AdapterError]:
        """Yield the verdicts of each case in order, or why there are none."""
        sitting = _Sitting(self._settings.connections)
        with asyncio.Runner() as runner:
            tasks = runner.run(self._begin(cases, sitting))
            try:
                for task in tasks:
                    yield runner.run(_ended(task))
            finally:
                sitting.over = True
                runner.run(_close(tasks))

    async def _begin(self, cases: Sequence[Case], sitting: _Sitting) -> list[_Task[V]]:
        return [asyncio.create_task(self._case(case, sitting)) for case in cases]

    async def _case(self, case: Case, sitting: _Sitting) -> Heard[V] | AdapterError:
        try:
            with boundary("judge"):
                return await self._all(await sitting.decode(case), sitting)
        except AdapterError as error:
            return error

    async def _all(self, questions: Sequence[Question], sitting: _Sitting) -> Heard[V]:
        """Ask all; they stand or fall together."""
        keys = [digest(list(question.messages), question.seed) for question in questions]
        asked = [self._ask(k, q, sitting) for k, q in zip(keys, questions, strict=True)]
        answers = await asyncio.gather(*asked)
        paid = [answer.cost_usd for answer in answers if answer.cost_usd is not None]
        cost = sum(paid) if paid else None
        sound = {k: a for k, a in zip(keys, answers, strict=True) if isinstance(a, _Answer)}
        if errors := [answer for answer in answers if isinstance(answer, AdapterError)]:
            self._remembered |= {key: answer.verdict for key, answer in sound.items()}
            raise _joined(errors, len(questions), cost)
        for key in keys:
            self._remembered.pop(key, None)
        return Heard(tuple(sound[key].verdict for key in keys), cost)

    async def _ask(
        self, key: str, question: Question, sitting: _Sitting
    ) -> _Answer[V] | AdapterError:
        if key in self._remembered:
            return _Answer(self._remembered[key], None)
        cost = None
        try:
            with boundary("judge"):
                got = await sitting.call(
                    lambda: self._chat.ask(question.messages, question.seed, self._form)
                )
                cost = self._settings.cost(usage_of(got))
                return _Answer(read(reply_of(got), self._form), cost)
        except AdapterError as error:
            error.cost_usd = cost
            return error


async def _ended(task: _Task[V]) -> Heard[V] | AdapterError:
    return await task


async def _close(tasks: Sequence[_Task[V]]) -> None:
    """Let what has begun end; connections belong to the loop that ends with it."""
    await asyncio.gather(*tasks)
    await runtime.close()


def _joined(errors: Sequence[AdapterError], asked: int, cost: float | None) -> AdapterError:
    """One error for a case: one that will not pass by itself wins over those that may."""
    worst = next((error for error in errors if not error.retriable), errors[0])
    waits = [error.retry_after for error in errors if error.retry_after is not None]
    return AdapterError(
        worst.kind,
        f"{len(errors)} of {asked} answers failed: {worst.message}",
        retriable=worst.retriable,
        retry_after=max(waits, default=None),
        cost_usd=cost,
    )

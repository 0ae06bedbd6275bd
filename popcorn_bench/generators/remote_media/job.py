"""One clip from a service: submitted at most once, asked for until it is there, fetched.

The ledger is written before each step that costs or commits. Every job's cost is told once, with
its end: an error that leaves a job open carries none.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

import httpx

from popcorn_bench.errors import AdapterError
from popcorn_bench.generators.protocol import Made, MediaRequest
from popcorn_bench.generators.remote_media import verdicts
from popcorn_bench.generators.remote_media.download import fetch
from popcorn_bench.generators.remote_media.ledger import End, Job, Ledger, Standing
from popcorn_bench.generators.remote_media.service import Service, Status
from popcorn_bench.generators.remote_media.settings import VideoSettings
from popcorn_bench.media import probe
from popcorn_bench.remote.media_prices import video_usd

_REFUSED = frozenset({"refusal", "job_failed"})
_USELESS = frozenset({"no_media", "broken_media", "degenerate"})
_MISSES = 3  # some services do not know a job in the first moments after they took it


@dataclass(frozen=True, slots=True)
class Clip:
    """The work on one clip. `key` is the content address of its unit."""

    service: Service
    ledger: Ledger
    key: str
    request: MediaRequest

    async def made(self, path: Path) -> Made:
        """The clip at `path`, which is given its suffix.

        Raises:
            AdapterError: `timeout` (retriable) leaves the job open, to be gone on with.
        """
        limit = self.service.settings.timeout
        try:
            async with asyncio.timeout(limit):
                await self._submitted()
                return await self._fetched(path)
        except TimeoutError as error:
            raise self._too_late(limit) from error

    def _too_late(self, limit: float) -> AdapterError:
        if self._job.standing is Standing.OPEN:
            what = f"not there after {limit:g} s; the job is paid for and will be gone on with"
            return AdapterError("timeout", what, retriable=True)
        return _ambiguous("no answer in time")

    async def _submitted(self) -> None:
        """See to it that the service has the job, without asking for it twice."""
        job = self._job
        settings = self.service.settings
        if job.standing is Standing.OPEN:
            return
        if job.standing is Standing.UNKNOWN and not settings.resubmit:
            raise _ambiguous("an earlier submission got no answer")
        if job.standing is Standing.BROKEN and not settings.resubmit:
            message = "the service's file was of no use; resubmit=true pays for another"
            raise AdapterError("broken_media", message)
        self.ledger.intend(self.key, settings.model)
        status = await self._accepted(job)
        self.ledger.submitted(self.key, status.id, self._price(status))

    async def _accepted(self, job: Job) -> Status:
        line = self.service.line
        try:
            status = await self.service.submit(self.request, f"{self.key}-{job.tries}")
        except Exception as error:
            if verdicts.may_be_taken(line.status, sent=line.sent):
                raise _ambiguous(str(error)) from error
            self.ledger.reject(self.key)
            raise
        if not status.id:
            raise _ambiguous("the service took the job but gave no id")
        return status

    async def _fetched(self, path: Path) -> Made:
        """Ask until the job is over, then fetch its file; what may pass is tried again."""
        misses = 0
        while True:
            try:
                status = await self.service.ask(self._job.remote_id)
                if verdicts.is_done(status.status):
                    return self._checked(await self._download(path), status.cost_usd)
                problem = None
            except AdapterError as error:
                problem = error
                is_unknown = error.kind == verdicts.UNKNOWN_JOB
                misses += is_unknown
                if misses == _MISSES or not (is_unknown or error.retriable):
                    raise self._last(error) from error
            else:
                if verdicts.is_failed(status.status):
                    self.ledger.ended(self.key, End.FAILED)
                    raise verdicts.of_failed_job(status.status, status.error, status.cost_usd)
            await self._rest(problem)

    async def _download(self, path: Path) -> Path:
        place = await self.service.place(self._job.remote_id)
        try:
            return await fetch(self.service.line, place.url, path, place.headers, place.body)
        except (httpx.HTTPError, httpx.InvalidURL, verdicts.AnswerError) as error:
            raise verdicts.of_call(error, self.service.settings.model) from error

    async def _rest(self, error: AdapterError | None) -> None:
        asked = error.retry_after if error and error.retry_after else 0.0
        await asyncio.sleep(max(self.service.settings.poll_seconds, asked))

    def _checked(self, path: Path, settled_usd: float | None) -> Made:
        facts = probe(path)
        if not facts.frames:
            raise AdapterError("broken_media", "the service gave a picture for a clip")
        self.ledger.ended(self.key, End.DONE)
        known = self._job.cost_usd if settled_usd is None else settled_usd
        cost = clip_usd(self.service.settings, facts.seconds) if known is None else known
        return Made(path, cost)

    def _last(self, error: AdapterError) -> AdapterError:
        """What remains of a job that cannot be gone on with now; not every such job is over."""
        if error.kind == verdicts.UNKNOWN_JOB:
            self.ledger.ended(self.key, End.GONE)
            what = "the service no longer knows the job; it can be submitted again"
            return AdapterError("job_gone", what, retriable=True)
        if error.kind in _REFUSED:
            self.ledger.ended(self.key, End.FAILED)
        if error.kind in _USELESS:
            error.cost_usd = self._job.cost_usd
            self.ledger.ended(self.key, End.BROKEN)
        return error

    @property
    def _job(self) -> Job:
        return self.ledger.job(self.key)

    def _price(self, status: Status) -> float | None:
        """USD of the job, as far as known when it is taken."""
        if status.cost_usd is not None:
            return status.cost_usd
        told = self.service.settings
        return clip_usd(told, told.seconds or status.seconds or 0.0)


def clip_usd(told: VideoSettings, seconds: float) -> float | None:
    """USD of a clip of that length: by the stated price, or by LiteLLM's table."""
    if told.price_per_second is not None:
        return told.price_per_second * seconds if seconds else None
    return None if told.is_elsewhere else video_usd(told.model, seconds, told.size)


def _ambiguous(what: str) -> AdapterError:
    message = (
        f"{what}: nobody knows whether the service took the job, so it is not submitted again; "
        "resubmit=true does so all the same"
    )
    return AdapterError("ambiguous_submit", message)

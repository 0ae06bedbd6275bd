"""What the evidence says of one table: its trust panel, and what that makes of single rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from popcorn_bench.leaderboard.catalog import MetricCard, TaskCard
from popcorn_bench.leaderboard.draft import Draft
from popcorn_bench.leaderboard.names import Names
from popcorn_bench.leaderboard.query import CellKey
from popcorn_bench.leaderboard.ranking import Ranking
from popcorn_bench.leaderboard.statistics.interval import Floats
from popcorn_bench.leaderboard.statistics.marginal import query_means
from popcorn_bench.leaderboard.trust.agreement.compute import Agreement, agreement
from popcorn_bench.leaderboard.trust.evidence import Evidence
from popcorn_bench.leaderboard.trust.leakage import leaks_of
from popcorn_bench.leaderboard.trust.model import ShownShift, Trust
from popcorn_bench.leaderboard.trust.noise.compute import alterations, rerun_noise
from popcorn_bench.leaderboard.trust.probing.compute import effects
from popcorn_bench.leaderboard.trust.ratings.compute import Corrected, corrected
from popcorn_bench.types import Direction


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """One table under examination: what it shows, and the rows that it makes."""

    evidence: Evidence
    names: Names
    task: TaskCard
    card: MetricCard
    drafts: Sequence[Draft]
    ranking: Ranking

    @property
    def _cells(self) -> list[CellKey]:
        return [cell for draft in self.drafts for cell in draft.cells]

    def trust(self, agreed: Agreement | None, instead: str) -> Trust:
        """The panel; `agreed` is the agreement of the members."""
        validity, evidence = self.card.validity, self.evidence
        key = (self.task.task_id, self.card.evaluator_id, self.card.name)
        leaks = leaks_of(evidence.leaks, self._cells)
        probes = evidence.probes.get(key, {})
        return Trust(
            validity=validity,
            topics=validity.of_topics(self.task.topics) if validity else {},
            agreement=agreed,
            shifts=tuple(self._shifts()),
            probes=effects(alterations(probes), self.card, self.names.videos),
            noise=rerun_noise(probes),
            paid=self.card.evaluator_id in evidence.paid,
            leaks={self.names.modes[mode]: rows for mode, rows in leaks.items()},
            instead=instead,
        )

    def agreement(self) -> Agreement | None:
        """How the members of the predictor rank the ranked rows."""
        ranked = [i for i, place in enumerate(self.ranking.ranges) if place]
        found = [self._members(self.drafts[i]) for i in ranked]
        known = [values for values in found if values is not None]
        if not known or len(known) < len(found):
            return None
        return agreement(
            self.card.members,
            np.stack(known),
            np.stack([self.drafts[i].values for i in ranked]),
            [place for place in self.ranking.ranges if place],
            higher=self.card.direction is Direction.HIGHER,
        )

    def marks(self, agreed: Agreement | None) -> list[tuple[str, ...]]:
        """The flags of each draft that come from here."""
        dependent = iter(agreed.dependent if agreed else ())
        return [
            tuple(self._marks(draft, dependent=bool(place and next(dependent, False))))
            for draft, place in zip(self.drafts, self.ranking.ranges, strict=True)
        ]

    def corrected(self, draft: Draft) -> Corrected | None:
        """The mean of a row in the scale of the ratings; None without a rating file."""
        if self.evidence.rated is None:
            return None
        ids = self.task.query_ids
        columns = [self.evidence.rated.of(cell, ids) for cell in draft.cells]
        return corrected(draft.values, query_means(np.stack(columns)))

    def _marks(self, draft: Draft, *, dependent: bool) -> Iterator[str]:
        if leaks_of(self.evidence.leaks, draft.cells):
            yield "leakage"
        shifts = [shift for shift in self.evidence.shifts if shift.extrapolates]
        if any(shift.covers(cell) for shift in shifts for cell in draft.cells):
            yield "extrapolation"
        if dependent:
            yield "predictor_dependent"

    def _members(self, draft: Draft) -> Floats | None:
        """What each member gives a draft, shape (M, Q)."""
        found = [self.evidence.members.get((cell, self.card.name)) for cell in draft.cells]
        known = [values for values in found if values is not None]
        return query_means(np.stack(known)) if known and len(known) == len(found) else None

    def _shifts(self) -> Iterator[ShownShift]:
        names, cells = self.names, self._cells
        for shift in self.evidence.shifts:
            if any(map(shift.covers, cells)):
                yield ShownShift(
                    llm=names.llms.get(shift.cell.llm_id),
                    video=names.videos.get(shift.cell.video_id),
                    mode=names.modes.get(shift.cell.mode),
                    shift=shift,
                )

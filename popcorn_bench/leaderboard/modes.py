"""The modes that the index holds: identified by id, shown by name, chosen by either."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from duckdb import DuckDBPyConnection

from popcorn_bench.leaderboard.catalog import labels
from popcorn_bench.types import JSON

BASIC = "basic"  # the id of the mode that others are held against

_PRESENT = """
SELECT mode, coalesce(nullif(m.name, ''), mode), coalesce(m.settings::VARCHAR, '{}')
FROM (SELECT mode FROM plan_cells UNION SELECT mode FROM briefs UNION SELECT mode FROM scores)
LEFT JOIN modes AS m USING (mode)
ORDER BY m.rowid NULLS LAST, mode
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeCard:
    """A mode: `label` is what is shown, its name made unique among the modes of the index.

    `settings` is empty for a mode without any and for imported ones.
    """

    id: str
    name: str
    label: str
    settings: Mapping[str, JSON]

    @property
    def retrieves(self) -> bool:
        """Whether it shows the LLM videos of a corpus."""
        return "references" in self.settings

    @property
    def leaked(self) -> int:
        """Corpus rows that a predictor was trained on and that the LLM may have been shown."""
        return 0 if self.count("references") == 0 else self.count("leaked") or 0

    def count(self, setting: str) -> int | None:
        """A setting that is a number of things, None where it is not there."""
        found = self.settings.get(setting)
        return found if isinstance(found, int) else None

    @property
    def known_as(self) -> tuple[str, str, str]:
        """What it may be called on the command line."""
        return self.label, self.name, self.id


def read_modes(connection: DuckDBPyConnection) -> tuple[ModeCard, ...]:
    """All modes with a plan, a brief or a score, in the order in which they were defined.

    One without a definition (imported scores) is called by its id.
    """
    rows = connection.execute(_PRESENT).fetchall()
    shown = labels((mode, name) for mode, name, _ in rows)
    return tuple(
        ModeCard(id=mode, name=name, label=shown[mode], settings=_settings(settings))
        for mode, name, settings in rows
    )


def chosen_modes(modes: Sequence[ModeCard], wanted: str | None) -> tuple[ModeCard, ...]:
    """The modes that `wanted` means: a label, a name (all of that name) or an id; None for all."""
    return tuple(mode for mode in modes if wanted is None or wanted in mode.known_as)


def _settings(document: str) -> Mapping[str, JSON]:
    found = json.loads(document)
    return found if isinstance(found, dict) else {}

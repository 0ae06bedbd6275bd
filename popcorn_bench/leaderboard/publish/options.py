"""What the publisher decides: under which title, name and licence, and how much is shown."""

from __future__ import annotations

from dataclasses import dataclass

from popcorn_bench.errors import UsageError, did_you_mean

# SPDX id: what a dataset card on the Hugging Face hub calls it.
_LICENCES = {
    "Apache-2.0": "apache-2.0",
    "BSD-3-Clause": "bsd-3-clause",
    "CC-BY-4.0": "cc-by-4.0",
    "CC-BY-NC-4.0": "cc-by-nc-4.0",
    "CC-BY-NC-ND-4.0": "cc-by-nc-nd-4.0",
    "CC-BY-NC-SA-4.0": "cc-by-nc-sa-4.0",
    "CC-BY-ND-4.0": "cc-by-nd-4.0",
    "CC-BY-SA-4.0": "cc-by-sa-4.0",
    "CC0-1.0": "cc0-1.0",
    "CDLA-Permissive-2.0": "cdla-permissive-2.0",
    "MIT": "mit",
    "ODC-By-1.0": "odc-by",
    "ODbL-1.0": "odbl",
    "PDDL-1.0": "pddl",
}
TITLE = "popcorn-bench leaderboard"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`licence` is an SPDX id or empty; `authors` are people or groups, as they want to be cited.

    `clips` is how many clips go beside the page; `prompts` whether the LLMs' prompts and answers
    are published. `forbids` says, per id of a generator, what its licence rules out.
    """

    title: str = TITLE
    licence: str = ""
    authors: tuple[str, ...] = ()
    clips: int = 0
    prompts: bool = True
    forbids: tuple[tuple[str, tuple[str, ...]], ...] = ()
    space: bool = False

    @property
    def hub_licence(self) -> str:
        """The licence as the hub calls it, empty where none was chosen."""
        return _LICENCES.get(self.licence, "")


def licence_id(name: str) -> str:
    """The SPDX id that is meant, however it is spelled.

    Raises:
        UsageError: for a licence that is not among the known ones.
    """
    known = {spdx.lower(): spdx for spdx in _LICENCES}
    known |= {hub: spdx for spdx, hub in _LICENCES.items()}
    found = known.get(name.strip().lower())
    if found is None:
        listed = ", ".join(_LICENCES)
        hint = did_you_mean(name.strip().lower(), known)
        raise UsageError(f"--licence {name!r} is not known ({listed}){hint}")
    return found

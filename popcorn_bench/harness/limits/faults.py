"""Classes of failure: what each of them says about trying again, about the endpoint, about cost."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto

from popcorn_bench.errors import AdapterError
from popcorn_bench.harness.limits.leaving import NotSentError


class Fault(Enum):
    """What kind of thing went wrong."""

    RATE_LIMIT = auto()  # too many calls: wait as long as was asked for
    OVERLOAD = auto()  # the other side is in trouble
    TIMEOUT = auto()
    CONNECTION = auto()
    MALFORMED = auto()  # an answer, but not in the form asked for
    PASSING = auto()  # anything else that the adapter says may pass
    REFUSAL = auto()
    AUTHENTICATION = auto()
    OVERFLOW = auto()
    BUG = auto()
    NOT_SENT = auto()
    LASTING = auto()  # anything else that will not pass


_OF_KIND: Mapping[str, Fault] = {
    "rate_limit": Fault.RATE_LIMIT,
    "overload": Fault.OVERLOAD,
    "timeout": Fault.TIMEOUT,
    "connection": Fault.CONNECTION,
    "malformed_answer": Fault.MALFORMED,
    "missing_field": Fault.MALFORMED,
    "refusal": Fault.REFUSAL,
    "authentication": Fault.AUTHENTICATION,
    "context_overflow": Fault.OVERFLOW,
    "bug": Fault.BUG,
    "disk": Fault.LASTING,  # for this run, which ends
    "artifact_store": Fault.LASTING,  # the same; whoever puts a file was patient before
    "damaged_artefact": Fault.LASTING,  # for this run: the clip is made again by the next one
}
# The work may have been done and billed although nothing came back.
_LOST = frozenset(
    {"timeout", "connection", "bad_response", "ambiguous_submit", "worker_died", "worker_timeout"}
)


def fault_of(error: AdapterError) -> Fault:
    """The class of an error, by its kind; else by what its adapter says of trying again."""
    if isinstance(error, NotSentError):
        return Fault.NOT_SENT
    other = Fault.PASSING if error.retriable else Fault.LASTING
    return _OF_KIND.get(error.kind, other)


def may_be_billed(error: AdapterError) -> bool:
    """Whether a call may be paid for although nobody said what it cost."""
    return error.kind in _LOST

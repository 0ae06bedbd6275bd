"""The vocabulary of popcorn-bench: frozen, typed values without I/O.

Every other module speaks in these words. Mappings inside a value are treated as read-only.
"""

from popcorn_bench.types.asked import BriefRules, Message, Mode, Query
from popcorn_bench.types.basics import JSON, MAX_SEED, Direction, Input, Kind, Stage
from popcorn_bench.types.judged import Anchor, Audit, EvaluatorCard, Metric, Probe, Score, Shift
from popcorn_bench.types.made import LLM, Artefact, Brief, Generator, Usage
from popcorn_bench.types.units import Failure, Place, Unit

__all__ = [
    "JSON",
    "LLM",
    "MAX_SEED",
    "Anchor",
    "Artefact",
    "Audit",
    "Brief",
    "BriefRules",
    "Direction",
    "EvaluatorCard",
    "Failure",
    "Generator",
    "Input",
    "Kind",
    "Message",
    "Metric",
    "Mode",
    "Place",
    "Probe",
    "Query",
    "Score",
    "Shift",
    "Stage",
    "Unit",
    "Usage",
]

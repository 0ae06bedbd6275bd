"""What a prompt with references costs: ours, cold and warm, beside the reference's way of working.

    python -m benchmarks.pe [--data DIR] [--embedder NAME] [--reference-prompts 5]

Ours: one process makes a prompt for each of the 200 shipped queries (category, references,
messages), first with an empty cache, so that the index is built, then, in a new process, with the
index on disk; the median of five more rounds of that process is the steady state. Queries are
embedded together in these rounds; five last rounds ask for one query at a time, as a run does.

The reference's way: for every prompt a new process loads files and encoder, encodes the category
names, the query and all rows of the category, and searches. Both use the same embedder, the paper's
settings and the same template, and have to find the same references.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from popcorn_bench.generators.retrieval.embedders import Embedder
    from popcorn_bench.generators.retrieval.found import Found, Label, Reference
    from popcorn_bench.generators.retrieval.settings import Retrieval

_REPO = Path(__file__).resolve().parents[1]
_DATA = _REPO / ".." / "shared" / "data" / "microlens_100k"
_TASKS = _REPO / "popcorn_bench" / "tasks" / "data"
_ROUNDS = 5
_GOAL_MS, _GOAL_RATIO, _GOAL_MB = 5, 1_000, 1_000


@dataclass(frozen=True, slots=True)
class Job:
    """What a child process is told; paths as text, because it travels as JSON."""

    what: str  # ours, prepare or one
    data: str
    embedder: str
    cache: str
    template: str
    popular: str = "paper"
    category: str = "names"
    query: str = ""

    def settings(self) -> Retrieval:
        from popcorn_bench.generators.retrieval.settings import Retrieval

        return Retrieval(
            embedder=self.embedder,
            popular=self.popular,  # type: ignore[arg-type]  # checked by Retrieval
            category=self.category,  # type: ignore[arg-type]  # checked by Retrieval
        )


def main() -> None:
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        base = {
            "data": str(arguments.data.resolve()),
            "embedder": arguments.embedder,
            "cache": folder,
            "template": str(arguments.template.resolve()),
        }
        ours = Job("ours", **base)
        cold, warm = _child(ours), _child(ours)
        _child(Job("prepare", **base))
        queries = _queries()
        chosen = queries[:: max(1, len(queries) // arguments.reference_prompts)]
        chosen = chosen[: arguments.reference_prompts]
        theirs = [_child(Job("one", **base, query=query)) for query in chosen]
        for query, one in zip(chosen, theirs, strict=True):
            if one["ids"] != warm["ids"][query]:
                sys.exit(f"the two ways differ for {query!r}")
        default = _child(Job("ours", **base, popular="decile", category="profiles"))
    _report(cold, warm, default, theirs, arguments.embedder)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="cost of prompts with references")
    parser.add_argument("--data", type=Path, default=_DATA, help="folder of MicroLens-100k files")
    parser.add_argument("--embedder", default="hashed", help="`hashed`, a model name or folder")
    parser.add_argument("--reference-prompts", type=int, default=5)
    parser.add_argument("--template", type=Path, default=_TASKS / "_popcorn.yaml")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        job = Job(**json.loads(arguments.child))
        print(json.dumps({"ours": _ours, "prepare": _prepare, "one": _one}[job.what](job)))
        sys.exit(0)
    return arguments


def _child(job: Job) -> dict[str, Any]:
    """Run a job in a process of its own; `process_s` is its whole wall time."""
    said = json.dumps({name: getattr(job, name) for name in Job.__slots__})
    command = [sys.executable, "-m", "benchmarks.pe", "--child", said]
    began = time.perf_counter()
    done = subprocess.run(command, cwd=_REPO, stdout=subprocess.PIPE, check=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return {**result, "process_s": time.perf_counter() - began}


def _ours(job: Job) -> dict[str, Any]:
    from benchmarks.microlens import read, sha
    from popcorn_bench.generators.retrieval.embedders import load_embedder
    from popcorn_bench.generators.retrieval.found import Found
    from popcorn_bench.generators.retrieval.retriever import Retriever

    template, queries = _template(Path(job.template)), _queries()
    frame = read(Path(job.data))
    embedder, sha256 = load_embedder(job.embedder), sha(frame)
    times, found = [time.perf_counter()], list[Found]()
    retriever = Retriever(frame, sha256, job.settings(), Path(job.cache), embedder=embedder)
    times.append(time.perf_counter())
    for single in (False,) * (1 + _ROUNDS) + (True,) * _ROUNDS:
        batches = [[query] for query in queries] if single else [queries]
        found = [one for batch in batches for one in retriever.all_references(batch)]
        for query, one in zip(queries, found, strict=True):
            _messages(template, query, one)
        times.append(time.perf_counter())
    opened, first, *steady = (b - a for a, b in pairwise(times))
    ids = [[item.id for item in one.references] for one in found]
    return {
        "rows": frame.height,
        "prompts": len(queries),
        "open_s": opened,
        "first_ms": first / len(queries) * 1e3,
        "steady_ms": median(steady[:_ROUNDS]) / len(queries) * 1e3,
        "single_ms": median(steady[_ROUNDS:]) / len(queries) * 1e3,
        "peak_mb": _peak_mb(),
        "ids": dict(zip(queries, ids, strict=True)),
    }


def _prepare(job: Job) -> dict[str, Any]:
    """Save what the encoder knows of the corpus, as weights lie ready for any encoder."""
    import numpy as np

    from benchmarks.microlens import read
    from popcorn_bench.generators.retrieval.embedders import load_embedder

    frame = read(Path(job.data))
    np.save(Path(job.cache) / "learnt.npy", load_embedder(job.embedder).learn(_texts(frame)))
    return {}


def _one(job: Job) -> dict[str, Any]:
    """The reference's way: everything anew for one prompt."""
    import numpy as np

    from benchmarks.microlens import read
    from popcorn_bench.generators.retrieval.embedders import load_embedder
    from popcorn_bench.generators.retrieval.found import Found

    template = _template(Path(job.template))
    frame = read(Path(job.data))
    embedder = load_embedder(job.embedder)
    learnt = np.load(Path(job.cache) / "learnt.npy")
    n, negatives = job.settings().references, job.settings().unpopular
    names = sorted(set(frame["category"]))
    near = _cosines(embedder, learnt, names, job.query)
    sizes = frame["category"].value_counts().sort("category")["count"].to_numpy()
    closest = names[np.lexsort((-sizes.astype(int), -near))[0]]  # a tie goes to the larger one
    inside = frame.filter(frame["category"] == closest)
    inside = inside.sort(["comments", "id"], descending=[True, False])
    cosines = _cosines(embedder, learnt, _texts(inside), job.query)
    cut = inside.height - inside.height // 10
    best = np.argsort(-cosines[:cut], kind="stable")[: n - negatives]
    worst = cut + np.argsort(-cosines[cut:], kind="stable")[:negatives]
    references = (
        *(_reference(row, "popular") for row in inside[best].to_dicts()),
        *(_reference(row, "unpopular") for row in inside[worst].to_dicts()),
    )
    _messages(template, job.query, Found(references=references, tags=()))
    return {"ids": [item.id for item in references], "peak_mb": _peak_mb()}


def _cosines(
    embedder: Embedder, learnt: NDArray[np.float32], texts: Sequence[str], query: str
) -> NDArray[np.float64]:
    import numpy as np

    rows, asked = embedder.encode(texts, learnt), embedder.encode([query], learnt)
    product = rows @ asked.T
    dense = product.toarray() if hasattr(product, "toarray") else product
    return np.asarray(dense, dtype=np.float64)[:, 0].round(6)


def _reference(row: dict[str, Any], label: Label) -> Reference:
    from popcorn_bench.generators.retrieval.found import Reference

    return Reference(**row, label=label, distance=0.0)


def _texts(frame: pl.DataFrame) -> list[str]:
    return [" ".join(row) for row in frame.select("title", "cover_desc", "caption").iter_rows()]


def _messages(template: dict[str, Any], query: str, found: Found) -> list[str]:
    from popcorn_bench.generators.retrieval.prompt import values
    from popcorn_bench.tasks.templates import render

    given = {
        **template,
        "query": {"text": query},
        "references": values(found, show_engagement=False),
    }
    return [render(message["content"], given) for message in template["messages"]]


def _template(path: Path) -> dict[str, Any]:
    import yaml

    shipped = yaml.safe_load((_TASKS / "_popcorn.yaml").read_text(encoding="utf-8"))
    modes = yaml.safe_load(path.read_text(encoding="utf-8"))
    messages = modes.get("query_to_messages", modes)["pe"]
    return {"messages": messages, "rules": shipped["rules"], "example": shipped["example"]}


def _queries() -> list[str]:
    files = [_TASKS / "popcorn" / f"{kind}.jsonl" for kind in ("concrete", "abstract")]
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    return [json.loads(line)["text"] for line in lines]


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _report(
    cold: dict[str, Any],
    warm: dict[str, Any],
    default: dict[str, Any],
    theirs: Sequence[dict[str, Any]],
    embedder: str,
) -> None:
    per_prompt = sum(one["process_s"] for one in theirs) / len(theirs)
    ratio, single = (per_prompt / warm[key] * 1e3 for key in ("steady_ms", "single_ms"))
    print(f"{cold['rows']:,} rows, {cold['prompts']} prompts, embedder {embedder}, 50 references.")
    print(f"The reference's way was measured over {len(theirs)} prompts.\n")
    print("| | index | s per prompt | whole process, s | peak MB |")
    print("|---|---|---|---|---|")
    for name, one, key in (
        ("ours, cold, paper's settings", cold, "first_ms"),
        ("ours, new process, index on disk", warm, "first_ms"),
        ("ours, warm", warm, "steady_ms"),
        ("ours, warm, one query at a time", warm, "single_ms"),
        ("ours, warm, our defaults", default, "steady_ms"),
    ):
        cells = f"{one['open_s']:.2f} s | {one[key] / 1e3:.5f} | {one['process_s']:.2f}"
        print(f"| {name} | {cells} | {one['peak_mb']:.0f} |")
    peak = max(one["peak_mb"] for one in theirs)
    print(f"| the reference's way | none | {per_prompt:.3f} | {per_prompt:.2f} | {peak:.0f} |")
    own_peak = max(cold["peak_mb"], warm["peak_mb"], default["peak_mb"])
    print(f"\nThe reference's way takes {ratio:,.0f} times as long per prompt as ours when warm,")
    print(f"{single:,.0f} times where ours is asked for one query at a time.")
    for goal, met in (
        (f"ratio at least {_GOAL_RATIO:,}", ratio >= _GOAL_RATIO),
        (f"ratio at least {_GOAL_RATIO:,}, one query at a time", single >= _GOAL_RATIO),
        (f"at most {_GOAL_MS} ms per prompt when warm", warm["steady_ms"] <= _GOAL_MS),
        (f"peak memory under {_GOAL_MB:,} MB", own_peak < _GOAL_MB),
    ):
        print(f"- {goal}: {'met' if met else 'NOT met'}")


if __name__ == "__main__":
    main()

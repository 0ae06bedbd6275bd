# ruff: noqa: E501 - one sentence a line
"""The pages of exit codes and of environment variables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from docs.generating.commands import every_command
from docs.generating.text import code, page, table
from popcorn_bench.harness.cli import BROKEN, INCOMPLETE, INTERRUPTED, WRONG_USAGE
from popcorn_bench.leaderboard.compare.model import EXIT_CODES
from popcorn_bench.plugins import VARIABLE as PLUGINS
from popcorn_bench.remote import providers
from popcorn_bench.tasks.corpora.cache import VARIABLE as CACHE

_CODES: Final[Mapping[int, str]] = {
    0: "complete; a gate passed; `reproduce` found everything the same",
    BROKEN: "unexpected error, a full or damaged disk, a store that cannot be reached",
    WRONG_USAGE: "wrong usage, config or task file; something that was named cannot run here",
    INCOMPLETE: "incomplete: failures left, budget reached, stopped by `--fail-on-error`; or the gate "
    "is inconclusive; or `reproduce` could not make everything again",
    4: "gate: regressed; `reproduce`: something that should be the same is not",
    5: "gate: not comparable; `reproduce`: what the run was made of is not there as it was",
    INTERRUPTED: "interrupted: the first Ctrl-C drains, the second stops",
}

VARIABLES: Final[Mapping[str, str]] = {
    CACHE: "folder for corpora that were read and indexes over them; the platform's cache folder when unset",
    "POPCORN_CORPUS_DIR": "folder of a corpus's files, as `--corpus-dir`",
    "POPCORN_CHROMIUM": "a Chromium for `doctor` to find",
    PLUGINS: "plugin files, as `--plugin`, joined as in `PATH`",
    "HF_TOKEN": "token for `publish` to the hub, and for models there",
    "HUGGING_FACE_HUB_TOKEN": "the same, the older name",
    "HF_HOME": "where weights of the hub lie",
    "HF_HUB_CACHE": "the same, wins over `HF_HOME`",
    "HUGGINGFACE_HUB_CACHE": "the same, the older name",
    "XDG_CACHE_HOME": "the platform's cache folder",
    "HF_ENDPOINT": "another hub",
    "HF_HUB_OFFLINE": "1: nothing asks the hub",
    "HF_HUB_DISABLE_TELEMETRY": "set to 1 by us unless it is set",
    "LITELLM_LOCAL_MODEL_COST_MAP": "set by us: prices come from the installed LiteLLM, not from the network",
    "CUDA_VISIBLE_DEVICES": "which GPUs a run may use",
    "OMP_NUM_THREADS": "set to 1 in workers unless it is set, so that results do not depend on it",
    "OPENBLAS_NUM_THREADS": "the same",
    "POLARS_MAX_THREADS": "the same",
    "AWS_ACCESS_KEY_ID": "credentials of `--artifacts s3://...`, as all other `AWS_...` variables",
    "AWS_ENDPOINT_URL": "an S3 of one's own",
    "NO_COLOR": "no colours in the terminal",
}


def exit_codes() -> str:
    """The page of exit codes."""
    verdicts = [(code(verdict.value), str(number)) for verdict, number in EXIT_CODES.items()]
    return page(
        "Exit codes",
        "The same for every command, and part of the contract.",
        table(("code", "means"), [(str(number), text) for number, text in _CODES.items()]),
        "## Verdicts of `compare --gate`",
        table(("verdict", "exit code"), verdicts),
        "What each verdict says stands in [comparing and gating](../compare.md#the-gate).",
    )


def environment() -> str:
    """The page of environment variables."""
    names = dict.fromkeys(name.split()[1] for name, _ in every_command())
    example = ", ".join(code(f"POPCORN_BENCH_{n.upper()}_...") for n in list(names)[:3])
    return page(
        "Environment",
        "## Options\nEvery option of every command: `POPCORN_BENCH_<COMMAND>_<OPTION>`, in capitals with "
        f"underscores ({example}). `POPCORN_BENCH_RUN_LLMS=echo` is `--llms echo`. The command line wins "
        "over the environment, and that over `--config`.",
        "## Variables\n",
        table(("variable", "what it does"), [(code(n), text) for n, text in VARIABLES.items()]),
        "## Keys\nKeys are read from the environment and from nowhere else. Of several sets in a row one is "
        "enough. Endpoints come from `<PROVIDER>_API_BASE` or `<PROVIDER>_BASE_URL`, or from `api_base`. "
        "`popcorn-bench doctor` says which keys are set, by name only.\n",
        table(("provider", "variables"), _keys()),
    )


def _keys() -> list[tuple[str, str]]:
    needs = providers._NEEDS  # noqa: SLF001 - a table that only the documentation shows
    return [
        (code(provider), " or ".join(" and ".join(map(code, names)) for names in sets))
        for provider, sets in needs.items()
    ]

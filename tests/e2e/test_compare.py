"""Comparisons and gates as CI runs them."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner

from popcorn_bench.errors import UsageError
from popcorn_bench.harness.cli import cli
from popcorn_bench.results.importer import import_scores
from tests.e2e.cli import Done, popcorn

_HEADER = ("query", "kind", "topic", "llm", "video", "mode", "seed", "metric", "score")
_DECIMALS = 6e-9  # agreement to 8 decimals, as far as the reference is printed
_CODES = {"v2_regressed": 4, "v2_same": 0, "v2_better": 0, "v2_noisy": 3}


def _exactly(expected: object) -> object:
    return pytest.approx(expected, rel=0, abs=_DECIMALS)


def _import(rows: list[dict[str, str]], folder: Path, *, typed: bool = False) -> None:
    """Import rows of the reference data under the columns that `results import` wants.

    `typed` is by the command; else by the function behind it, which makes no page.
    """
    path = folder.with_suffix(".csv")
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_HEADER)
        for row in rows:
            first = [row[name] for name in ("query", "type", "topic", "llm", "gen", "mode", "seed")]
            writer.writerow([*first, "rating", row["score"]])
    if not typed:
        import_scores(path, folder, "imported")
        return
    done = popcorn("results", "import", path, "--output-path", folder, cwd=folder.parent)
    assert done.code == 0, done.err


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def expected(shared: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((shared / "reference/stats/expected.json").read_text())
    return found


@pytest.fixture(scope="module")
def versions(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every version as an LLM of one folder (`all`), and as `llm_a` of a folder of its own.

    `fewer` lacks two queries, `renamed` has another name for one.
    """
    folder = tmp_path_factory.mktemp("versions")
    rows = _rows(shared / "reference" / "stats" / "versions.csv")
    _import([{**row, "llm": f"llm_a@{row['version']}"} for row in rows], folder / "all", typed=True)
    for version in ("v1", "v2_regressed", "v2_noisy"):
        _import([row for row in rows if row["version"] == version], folder / version)
    better = [row for row in rows if row["version"] == "v2_better"]
    gone = {"a-anime-0", "c-film-3"}
    _import([row for row in better if row["query"] not in gone], folder / "fewer")
    _import([{**row, "query": row["query"].replace("a-anime-0", "z")} for row in better],
        folder / "renamed",
    )  # fmt: skip
    return folder


def _gate(folder: Path, *args: str) -> Done:
    return popcorn("compare", *args, "--gate", "--margin", "0.1", "--json", cwd=folder)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("version", "form"),
    [*((version, "models") for version in _CODES), ("v2_regressed", "folders")],
)
def test_the_gate_gives_the_expected_values(
    versions: Path, expected: dict[str, Any], version: str, form: str
) -> None:
    pair = f"llm_a@v1,llm_a@{version}"
    args = ("all", f"--llm={pair}") if form == "models" else ("v1", version)
    done = _gate(versions, *args)
    want = expected["gate"][version]
    assert done.code == want["exit_code"] == _CODES[version], done.err
    found = done.json
    judgement, overall = found["judgement"], found["overall"]
    assert found["verdict"] == want["verdict"]
    assert found["differences"] == []
    assert overall["delta"] == _exactly(want["diff"])
    assert overall["se"] == _exactly(want["se"])
    assert [overall["ci_low"], overall["ci_high"]] == _exactly(want["ci95"])
    assert [judgement["lower"], judgement["upper"]] == _exactly([want["lower90"], want["upper90"]])
    assert judgement["p_regression"] == _exactly(want["p_regression_onesided"])
    assert judgement["p_noninferiority"] == _exactly(want["p_noninferiority"])
    assert judgement["p_tost"] == _exactly(want["p_tost"])
    assert judgement["queries_needed"] == want["n_queries_for_80pct_power"]


@pytest.mark.shared
def test_parts_give_the_expected_values(versions: Path, expected: dict[str, Any]) -> None:
    done = popcorn("compare", "v1", "v2_regressed", "--by=video,topic", "--json", cwd=versions)
    want = expected["gate"]["slices_v2_regressed"]
    names = {"video": "gen", "topic": "topic"}
    parts = {f"{names[part['dimension']]}={part['value']}": part for part in done.json["slices"]}
    assert parts.keys() == want.keys()
    for name, part in parts.items():
        assert part["n"] == want[name]["n"]
        assert part["delta"] == _exactly(want[name]["diff"])
        assert part["p_regression"] == _exactly(want[name]["p"])
        assert part["p_regression_holm"] == _exactly(want[name]["p_holm"])


@pytest.mark.shared
@pytest.mark.parametrize(("other", "n"), [("fewer", 38), ("renamed", 39)])
def test_another_query_set_is_not_comparable(versions: Path, other: str, n: int) -> None:
    done = _gate(versions, "v1", other)
    assert done.code == 5, done.err
    assert done.json["verdict"] == "not_comparable"
    assert "query_set" in [difference["what"] for difference in done.json["differences"]]
    assert (done.json["overall"]["n"], done.json["overall"]["n_dropped"]) == (n, 2)


@pytest.mark.shared
def test_the_other_ways_out_say_the_same(versions: Path) -> None:
    args = ("compare", "v1", "v2_noisy", "--gate", "--margin=0.1")
    plain = popcorn(*args, "--junit=out/gate.xml", cwd=versions, env={"COLUMNS": "80"})
    assert plain.code == 3
    assert "207 queries would settle it" in " ".join(plain.out.split())
    assert max(map(len, plain.out.splitlines())) <= 80
    assert "\x1b" not in plain.out
    suite = ET.fromstring((versions / "out" / "gate.xml").read_text())
    assert suite.get("failures") == "1"
    failure = suite.find(".//failure")
    assert failure is not None
    assert failure.get("type") == "inconclusive"


@pytest.mark.shared
def test_the_history_of_the_versions(versions: Path, expected: dict[str, Any]) -> None:
    names = "llm_a@v1,llm_a@v2_better,llm_a@v2_same"
    done = popcorn("compare", "all", f"--llm={names}", "--history", "--json", cwd=versions)
    assert done.code == 0, done.err
    first, second, third = done.json["steps"]
    assert second["gain"] == _exactly(expected["gate"]["v2_better"]["diff"])
    assert [second["gain_low"], second["gain_high"]] == _exactly(
        expected["gate"]["v2_better"]["ci95"]
    )
    assert third["mean"] - first["mean"] == pytest.approx(
        expected["gate"]["v2_same"]["diff"], abs=2e-8
    )


@pytest.fixture(scope="module")
def crossed(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("crossed")
    _import(_rows(shared / "reference" / "stats" / "crossed.csv"), folder / "results", typed=True)
    return folder


@pytest.mark.shared
@pytest.mark.parametrize(("by", "key"), [("llm", "llm_marginal"), ("video", "gen_marginal")])
def test_boards_and_ranks_give_the_expected_values(
    crossed: Path, expected: dict[str, Any], by: str, key: str
) -> None:
    board = popcorn("leaderboard", f"--by={by}", "--mode=basic", "--json", cwd=crossed).json
    want = expected[key]
    assert len(board["rows"]) == len(want["estimate"])
    for row in board["rows"]:
        name = row[by]
        assert row["mean"] == _exactly(want["estimate"][name])
        assert row["se"] == _exactly(want["se"][name])
        assert [row["ci_low"], row["ci_high"]] == _exactly(want["ci95"][name])
        assert [row["rank_low"], row["rank_high"]] == want["rank_ci_simultaneous_95"][name]


@pytest.mark.shared
def test_a_cell_and_the_uplift_give_the_expected_values(
    crossed: Path, expected: dict[str, Any]
) -> None:
    board = popcorn("leaderboard", "--json", cwd=crossed).json
    llm, video, mode = expected["cell"]["key"].split("|")
    [cell] = [r for r in board["rows"] if (r["llm"], r["video"], r["mode"]) == (llm, video, mode)]
    assert cell["mean"] == _exactly(expected["cell"]["mean"])
    assert cell["se"] == _exactly(expected["cell"]["se_query"])
    assert [cell["ci_low"], cell["ci_high"]] == _exactly(expected["cell"]["ci95_t"])
    assert len(board["uplift"]) == 4
    for uplift in board["uplift"]:
        want = expected["pe_uplift"][uplift["llm"]]
        assert uplift["delta"] == _exactly(want["uplift"])
        assert uplift["se"] == _exactly(want["se"])
        assert uplift["p_holm"] == _exactly(want["p_holm"])


@pytest.mark.shared
def test_pairs_of_models_give_the_expected_values(crossed: Path, expected: dict[str, Any]) -> None:
    for flag, key in (("--llm", "llm_marginal"), ("--video", "gen_marginal")):
        pair = expected[key]["pairs"][1]
        done = popcorn(
            "compare", f"{flag}={pair['b']},{pair['a']}", "--mode=basic", "--json", cwd=crossed
        )
        assert done.code == 0, done.err
        overall = done.json["overall"]
        assert overall["delta"] == _exactly(pair["diff"])
        assert [overall["ci_low"], overall["ci_high"]] == _exactly(pair["ci95"])
        assert overall["p"] == _exactly(pair["p"])
        assert done.json["checks"]["wilcoxon"] == _exactly(pair["p_wilcoxon"])


@pytest.mark.shared
def test_one_way_through_all_of_it(crossed: Path, versions: Path, expected: dict[str, Any]) -> None:
    """Import, boards, ranks, uplift, chances, agreement, sources of spread, and the gate."""
    llms = popcorn("leaderboard", "--by=llm", "--mode=basic", "--json", cwd=crossed).json
    want = expected["llm_marginal"]
    ranks = {row["llm"]: [row["rank_low"], row["rank_high"]] for row in llms["rows"]}
    assert ranks == want["rank_ci_simultaneous_95"]
    assert {row["llm"]: row["mean"] for row in llms["rows"]} == _exactly(want["estimate"])
    orders = {one["by"]: one for one in llms["meta"]["statistics"]["orders"]}
    for by, key in (("llm", "llm_marginal"), ("video", "gen_marginal")):
        chances = {one["name"]: one for one in orders[by]["chances"]}
        for name, best in expected[key]["p_best_query_bootstrap"].items():
            assert chances[name]["best"] == pytest.approx(best, abs=0.02), "drawn at random"
            rank = expected[key]["expected_rank"][name]
            assert chances[name]["expected_rank"] == pytest.approx(rank, abs=0.02)
    assert orders["llm"]["concordance"] == _exactly(want["kendall_W_across_generators"])
    assert (orders["llm"]["across"], orders["llm"]["queries"]) == (3, 40)
    [spread] = llms["meta"]["statistics"]["spreads"]
    parts = {name: expected["variance"]["components_anova"][name] for name in ("q", "l", "v")}
    parts |= {name: expected["variance"]["components_anova"][name] for name in ("ql", "qv", "lv")}
    assert {name: spread["variance"][name] for name in parts} == _exactly(parts)
    uplift = {one["llm"]: one["delta"] for one in
              popcorn("leaderboard", "--json", cwd=crossed).json["uplift"]}  # fmt: skip
    assert uplift == _exactly({name: expected["pe_uplift"][name]["uplift"] for name in uplift})
    assert len(uplift) == 4
    gates = {name: _gate(versions, "all", f"--llm=llm_a@v1,llm_a@{name}") for name in _CODES}
    assert {name: gate.code for name, gate in gates.items()} == _CODES
    assert {name: gate.json["verdict"] for name, gate in gates.items()} == {
        name: expected["gate"][name]["verdict"] for name in _CODES
    }
    assert _gate(versions, "v1", "fewer").code == 5, "another query set"


def test_models_and_runs_of_a_folder_with_what_they_made(tmp_path: Path) -> None:
    """Two runs of the baselines: two queries, then three."""
    for limit in (2, 3):
        done = popcorn(
            f"--limit={limit}", "--tasks=popcorn_concrete", "--videos=storyboard",
            "--evaluators=popularity", "--json", cwd=tmp_path,
        )  # fmt: skip
        assert done.code == 0, done.err
    models = popcorn("compare", "--llm=echo,template", "--json", cwd=tmp_path)
    assert models.code == 0, models.err
    assert models.json["metric"] == "popularity"
    assert models.json["overall"]["n"] == 3
    page = tmp_path / "compared" / "index.html"
    done = popcorn("compare", "--llm=echo,template", f"--html={page.parent}", cwd=tmp_path)
    assert done.code == 0, done.err
    assert "page: " in done.err
    for link in re.findall(r'(?:src|poster)="([^"]+)"', page.read_text()):
        assert (page.parent / link).is_file()
    for mover in models.json["movers"]:
        assert mover["a"]["title"] != mover["b"]["title"]
        assert all((tmp_path / mover[side]["video"]).is_file() for side in ("a", "b"))

    rows = popcorn("ls", "runs", "results", "--json", cwd=tmp_path).json
    first, second = sorted(row["name"] for row in rows)
    same = _gate(tmp_path, f"results#{first}", f"results#{first}")
    assert (same.code, same.json["verdict"]) == (0, "equivalent")
    assert same.json["overall"]["n"] == 2
    unlike = _gate(tmp_path, first, second)
    assert unlike.code == 5, unlike.err
    assert [d["what"] for d in unlike.json["differences"]] == ["query_set"]
    assert unlike.json["overall"]["n"] == 2, "the second run has what the first one made"


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder `results` with scores of echo and template."""
    folder = tmp_path_factory.mktemp("typed")
    rows = [
        {
            "query": f"q{i}", "type": "concrete", "topic": "food", "llm": llm, "gen": "",
            "mode": "basic", "seed": "0", "score": str(i),
        }
        for llm in ("echo", "template")
        for i in range(3)
    ]  # fmt: skip
    _import(rows, folder / "results")
    return folder


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["results"], "needs A and B"),
        (["results", "results", "results"], "needs A and B"),
        (["nowhere", "results"], "is no run of results"),
        (["nowhere/at/all", "results"], "no such results folder or run"),
        (["results", "results", "--gate"], "--gate: needs --margin"),
        (["results", "results", "--margin=0"], "--margin: 0.0 is not above zero"),
        (["results", "results", "--margin=nan"], "--margin"),
        (["results", "results", "--by=topics"], "did you mean 'topic'"),
        (["--llm=echo,tamplate"], "did you mean 'template'"),
        (["--llm=echo,template,echo"], "--llm: takes one name or two"),
        (["--video=storyboard,still"], "--video: 'storyboard' has no scores here (none)"),
        (["--history"], "--history: needs a FAMILY"),
        (["--history", "base"], "--history: no family 'base' here (none)"),
        (["results", "results", "--json", "--markdown"], "only one at a time"),
    ],
)
def test_wrong_usage_is_one_clear_line(
    typed: Path, args: list[str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(typed)
    done = CliRunner().invoke(cli, ["compare", *args])
    assert isinstance(done.exception, UsageError)
    assert message in str(done.exception)
    assert "\n" not in str(done.exception)
    assert not done.stdout

"""The estimators against values that were computed independently, and their laws."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popcorn_bench.leaderboard.statistics.interval import (
    Floats,
    mean_interval,
    stratified_interval,
    weighted_interval,
)
from popcorn_bench.leaderboard.statistics.marginal import (
    complete_cases,
    difference_errors,
    marginal_means,
    query_means,
)
from popcorn_bench.leaderboard.statistics.mixture import mixture_quantiles
from popcorn_bench.leaderboard.statistics.paired import holm, paired_difference
from popcorn_bench.leaderboard.statistics.ranks import rank_sets

# The reference's own Monte-Carlo value, 2.134, is 0.028 from this integral of the bivariate normal.
_EXACT_CRITICAL = {"gen_z": 2.16215}
_finite = st.floats(-1e3, 1e3)


def _exactly(expected: object) -> object:
    """Agreement to 8 decimals, as far as the reference is printed."""
    return pytest.approx(expected, rel=0, abs=6e-9)


@pytest.fixture(scope="module")
def expected(stats_folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((stats_folder / "expected.json").read_text())
    return found


@pytest.fixture(scope="module")
def crossed(stats_folder: Path) -> dict[str, Any]:
    """Scores as (llm, gen, mode, query) after averaging seeds, and the queries' strata."""
    with (stats_folder / "crossed.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    axes = {k: sorted({r[k] for r in rows}) for k in ("llm", "gen", "mode", "query", "seed")}
    values = np.full([len(axis) for axis in axes.values()], np.nan)
    for row in rows:
        place = tuple(axis.index(row[k]) for k, axis in axes.items())
        values[place] = float(row["score"])
    strata = {row["query"]: row["type"] + row["topic"] for row in rows}
    numbers = np.unique([strata[q] for q in axes["query"]], return_inverse=True)[1]
    return {**axes, "values": values.mean(axis=-1), "strata": numbers}


def _by_llm(crossed: dict[str, Any]) -> Floats:
    """The reference's marginals are those of mode `basic`."""
    values: Floats = crossed["values"][:, :, 0]
    return np.stack([query_means(v.reshape(-1, v.shape[-1])) for v in values])


def _by_generator(crossed: dict[str, Any]) -> Floats:
    values: Floats = crossed["values"][:, :, 0].transpose(1, 0, 2)
    return np.stack([query_means(v.reshape(-1, v.shape[-1])) for v in values])


@pytest.mark.shared
def test_cell_agrees_with_reference(expected: dict[str, Any], crossed: dict[str, Any]) -> None:
    cell, want = crossed["values"][0, 0, 0], expected["cell"]
    plain = mean_interval(cell)
    assert plain.mean == _exactly(want["mean"])
    assert plain.se == _exactly(want["se_query"])
    assert [plain.low, plain.high] == _exactly(want["ci95_t"])
    strata = stratified_interval(cell, crossed["strata"])
    assert strata.df == want["df_stratified"]
    assert strata.se == _exactly(want["se_stratified"])
    assert [strata.low, strata.high] == _exactly(want["ci95_t_stratified"])


@pytest.mark.shared
@pytest.mark.parametrize(
    ("factor", "key", "by"),
    [("llm", "llm_marginal", _by_llm), ("gen", "gen_marginal", _by_generator)],
)
def test_marginals_and_ranks_agree_with_reference(
    expected: dict[str, Any], crossed: dict[str, Any], factor: str, key: str, by: Any
) -> None:
    z, want, names = complete_cases(by(crossed)), expected[key], crossed[factor]
    marginal = marginal_means(z)
    assert marginal.means == _exactly([want["estimate"][n] for n in names])
    assert marginal.covariance == _exactly(np.array(want["cov_of_means"]))
    for column, name in zip(z.T, names, strict=True):
        estimate = mean_interval(column)
        assert estimate.se == _exactly(want["se"][name])
        assert [estimate.low, estimate.high] == _exactly(want["ci95"][name])
    together, each = rank_sets(z), rank_sets(z, simultaneous=False)
    for i, name in enumerate(names):
        assert [together.low[i], together.high[i]] == want["rank_ci_simultaneous_95"][name]
        assert [each.low[i], each.high[i]] == want["rank_ci_marginal_95"][name]
        assert together.critical[i] == pytest.approx(want["crit_simultaneous"], abs=0.02)
        critical = _EXACT_CRITICAL.get(name, want["crit_marginal"][name])
        assert each.critical[i] == pytest.approx(critical, abs=0.02)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("factor", "key", "by"),
    [("llm", "llm_marginal", _by_llm), ("gen", "gen_marginal", _by_generator)],
)
def test_pairs_and_holm_agree_with_reference(
    expected: dict[str, Any], crossed: dict[str, Any], factor: str, key: str, by: Any
) -> None:
    values = dict(zip(crossed[factor], by(crossed), strict=True))
    want = expected[key]["pairs"]
    pairs = [paired_difference(values[pair["a"]], values[pair["b"]]) for pair in want]
    for pair, found in zip(want, pairs, strict=True):
        assert found.estimate.mean == _exactly(pair["diff"])
        assert found.estimate.se == _exactly(pair["se"])
        assert [found.estimate.low, found.estimate.high] == _exactly(pair["ci95"])
        assert found.p == _exactly(pair["p"])
    adjusted = holm([found.p or 0.0 for found in pairs])
    assert adjusted == _exactly([pair["p_holm"] for pair in want])


@pytest.mark.shared
def test_tiny_and_uplift_agree_with_reference(
    expected: dict[str, Any], crossed: dict[str, Any], stats_folder: Path
) -> None:
    with (stats_folder / "tiny.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    basic, pe = (np.array([float(row[mode]) for row in rows]) for mode in ("basic", "pe"))
    found, want = paired_difference(pe, basic), expected["tiny"]
    assert found.t == _exactly(want["t"])
    assert found.p == _exactly(want["p_t"])
    assert [found.estimate.low, found.estimate.high] == _exactly(want["ci95"])
    modes = crossed["values"].mean(axis=1)
    uplifts = [paired_difference(llm[1], llm[0]) for llm in modes]
    wanted = [expected["pe_uplift"][name] for name in crossed["llm"]]
    assert [u.estimate.mean for u in uplifts] == _exactly(
        [w["uplift"] for w in wanted],
    )
    assert holm([u.p or 0.0 for u in uplifts]) == _exactly(
        [w["p_holm"] for w in wanted],
    )


def test_one_value_has_no_interval() -> None:
    estimate = mean_interval(np.array([3.0]))
    assert (estimate.mean, estimate.se, estimate.low) == (3.0, None, None)
    with pytest.raises(ValueError, match="no values"):
        mean_interval(np.array([]))


def test_interval_by_hand() -> None:
    """1..5: s = sqrt(2.5), SE = sqrt(0.5), t(4, 0.975) = 2.7764451."""
    estimate = mean_interval(np.arange(1.0, 6.0))
    assert estimate.se == pytest.approx(0.5**0.5)
    assert estimate.high == pytest.approx(3 + 2.776445105 * 0.5**0.5)


def test_stratum_of_one_gives_no_interval() -> None:
    assert stratified_interval(np.array([1.0, 2, 3]), np.array([0, 0, 1])).se is None


@given(st.lists(_finite, min_size=2, max_size=40))
def test_interval_contains_mean_and_ignores_order(values: list[float]) -> None:
    estimate = mean_interval(np.array(values))
    assert estimate.low is not None
    assert estimate.high is not None
    assert estimate.low <= estimate.mean <= estimate.high
    turned = mean_interval(np.array(values[::-1]))
    assert turned.mean == pytest.approx(estimate.mean, abs=1e-9)
    assert turned.se == pytest.approx(estimate.se, abs=1e-9)


@given(st.lists(_finite, min_size=2, max_size=40), st.integers(1, 5))
def test_weights_equal_to_shares_give_the_stratified_estimator(
    values: list[float], strata: int
) -> None:
    data = np.array(values + values)
    labels = np.arange(len(data)) % strata
    groups = [data[labels == h] for h in range(strata) if (labels == h).sum() > 1]
    if sum(len(g) for g in groups) < len(data):
        return
    plain = stratified_interval(data, labels)
    counts = np.array([len(g) for g in groups], dtype=np.float64)
    summary = weighted_interval(
        np.array([g.mean() for g in groups]),
        np.array([g.std(ddof=1) for g in groups]),
        counts,
        counts / counts.sum(),
    )
    assert summary.mean == pytest.approx(plain.mean, abs=1e-9)
    assert summary.se == pytest.approx(plain.se, abs=1e-9)
    assert summary.df == plain.df


def test_a_query_without_all_columns_has_no_mean() -> None:
    scores = np.array([[1.0, 2.0, np.nan], [3.0, 4.0, 5.0]])
    assert np.array_equal(query_means(scores), [2.0, 3.0, np.nan], equal_nan=True)
    assert complete_cases(scores).tolist() == [[1.0, 3.0], [2.0, 4.0]]


def test_differences_too_small_for_the_draws_overflow_nothing() -> None:
    z = np.array([[0.0, 3.8e-83, 1.0], [0.0, -3.8e-83, 1.1]])
    sets = rank_sets(z)
    assert np.isfinite(sets.critical).all()
    assert sets.low.tolist()[2] == 1


def test_ranks_of_equal_columns_stay_open_and_of_shifted_ones_do_not() -> None:
    """A constant shift has no spread at all: its order is certain."""
    column = np.random.default_rng(1).normal(size=20)
    same = rank_sets(np.stack([column, column, column], axis=1))
    assert (same.low.tolist(), same.high.tolist()) == ([1, 1, 1], [3, 3, 3])
    apart = rank_sets(np.stack([column, column + 1, column - 1], axis=1))
    assert (apart.low.tolist(), apart.high.tolist()) == ([2, 1, 3], [2, 1, 3])
    lower = rank_sets(np.stack([column, column + 1, column - 1], axis=1), higher=False)
    assert lower.low.tolist() == [2, 3, 1]


def test_one_entity_is_first() -> None:
    sets = rank_sets(np.random.default_rng(1).normal(size=(9, 1)))
    assert (sets.low.tolist(), sets.high.tolist()) == ([1], [1])


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 6), st.integers(2, 12), st.integers(0, 2**32 - 1))
def test_rank_ranges_hold_the_observed_order(k: int, q: int, seed: int) -> None:
    z = np.random.default_rng(seed).normal(size=(q, k))
    sets, each = rank_sets(z), rank_sets(z, simultaneous=False)
    observed = np.argsort(np.argsort(-z.mean(axis=0))) + 1
    assert (sets.low <= observed).all()
    assert (observed <= sets.high).all()
    assert (each.low >= sets.low).all(), "a marginal set is never wider"
    assert (each.high <= sets.high).all()


@pytest.mark.parametrize("queries", [10, 50])
def test_simultaneous_sets_cover_ties(queries: int) -> None:
    """Four equal entities: all four sets must be 1 to 4 in about 95 % of the draws."""
    random = np.random.default_rng(7)
    held = 0
    for _ in range(60):
        z = random.normal(size=(queries, 1)) + random.normal(size=(queries, 4))
        sets = rank_sets(z)
        held += bool((sets.low == 1).all() and (sets.high == 4).all())
    assert held >= 53


def test_difference_errors_drop_what_rounding_leaves() -> None:
    column = np.random.default_rng(3).normal(size=(30, 1)) * 1e6
    errors = difference_errors(marginal_means(np.hstack([column, column + 0.1])).covariance)
    assert errors.tolist() == [[0, 0], [0, 0]]


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_holm_is_monotone_and_never_below_p(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    assert all(p <= a <= 1 for p, a in zip(p_values, adjusted, strict=True))
    order = np.argsort(p_values, kind="stable")
    assert (np.diff(np.array(adjusted)[order]) >= 0).all()


def test_paired_difference_uses_shared_queries_and_survives_no_spread() -> None:
    a, b = np.array([2.0, 3.0, np.nan]), np.array([1.0, 2.0, 5.0])
    found = paired_difference(a, b)
    assert (found.estimate.mean, found.estimate.n, found.p) == (1.0, 2, 0.0)
    assert paired_difference(a, a).p == 1.0
    assert paired_difference(a[:1], b[:1]).p is None


@given(st.lists(_finite, min_size=101, max_size=101), st.floats(0, 1))
def test_mixture_of_a_table_with_itself_is_the_table(values: list[float], at: float) -> None:
    table = np.sort(values)
    [found] = mixture_quantiles([table, table], [0.3, 0.7], [at])
    want = np.interp(at, np.linspace(0, 1, 101), table)
    if len(np.unique(table)) == len(table):
        assert found == pytest.approx(want, rel=1e-4, abs=1e-4)
    assert table[0] <= found <= table[-1]


def test_mixture_of_two_apart() -> None:
    """Half on 0..1 and half on 10..11: the quartiles are the two medians."""
    low, high = np.linspace(0, 1, 101), np.linspace(10, 11, 101)
    assert mixture_quantiles([low, high], [0.5, 0.5], [0.25, 0.75]) == pytest.approx([0.5, 10.5])

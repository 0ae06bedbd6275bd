from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from popcorn_bench.errors import UsageError
from popcorn_bench.evaluators.mmra.bank import Bank, Neighbours
from popcorn_bench.evaluators.mmra.config import Shape
from popcorn_bench.evaluators.mmra.features import Features
from popcorn_bench.evaluators.mmra.network import Found, Network, Tokens, attend

CPU = torch.device("cpu")


def features(n: int, seed: int = 0, *, visual: bool = True) -> Features:
    rng = np.random.default_rng(seed)
    pictures = rng.normal(size=(n, 10, 6)).astype(np.float16) if visual else None
    titles, keys = (rng.normal(size=(n, width)).astype(np.float16) for width in (5, 7))
    return Features(titles, keys, pictures)


def tokens(found: Features) -> Tokens:
    pictures = None if found.pictures is None else torch.from_numpy(found.pictures)
    return Tokens(torch.from_numpy(found.titles), pictures)


def bank(n: int) -> Bank:
    return Bank.of(features(n), torch.arange(n, dtype=torch.float32), CPU)


@pytest.mark.parametrize(
    ("visual", "retrieval", "parts"),
    [(True, True, 10), (True, False, 2), (False, True, 4), (False, False, 1)],
)
def test_every_configuration_reads_all_that_it_is_given(
    visual: bool, retrieval: bool, parts: int
) -> None:
    torch.manual_seed(0)
    shape = Shape(
        title_width=5,
        picture_width=6 if visual else 0,
        width=8,
        retrieval=retrieval,
        hidden=(9, 4),
    )
    network = Network(shape)
    own, other = (tokens(features(3, seed, visual=visual)) for seed in (1, 2))
    found = Found(other, torch.tensor([1.0, 2.0, 3.0])) if retrieval else None
    scores = network(own, found)
    assert scores.shape == (3,)
    assert network.head[0].in_features == parts * 8
    scores.sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in network.parameters())


def test_its_size_at_the_paper_s_width() -> None:
    network = Network(Shape(title_width=768, picture_width=768))
    assert sum(p.numel() for p in network.parameters()) == 14_573_489


def test_attention_by_hand() -> None:
    title = torch.tensor([[1.0, 0.0]])
    pictures = torch.tensor([[[1.0, 2.0], [3.0, 4.0]]])
    told, shown = attend(title, pictures, torch.tensor([[0.25, 0.75]]))
    assert told.tolist() == [[1 + 0.25 * 1 + 0.75 * 3, 0.25 * 2 + 0.75 * 4]]
    assert shown.tolist() == [[[1.5, 2.0], [4.5, 4.0]]]


def test_scales_bring_inputs_and_labels_to_one_size() -> None:
    network = Network(Shape(title_width=5, picture_width=6, width=8, retrieval=False))
    learned = tokens(features(50))
    labels = torch.linspace(2, 8, 50)
    network.adapt(Tokens(learned.titles * 1000, learned.pictures), labels)
    scaled = network.title_scale(learned.titles * 1000)
    assert scaled.mean().abs() < 1e-4
    assert scaled.square().mean().sqrt() == pytest.approx(1, abs=1e-3)
    scores = network(Tokens(learned.titles * 1000, learned.pictures), None)
    assert (scores - 5).abs().max() < 3, "untrained, it is near the mean label"


@settings(max_examples=40, deadline=None)
@given(st.integers(11, 60), st.integers(1, 10), st.integers(0, 1000))
def test_the_search_is_exact(n: int, k: int, seed: int) -> None:
    memory = bank(n)
    queries = features(4, seed + 1).keys.astype(np.float32)
    found = memory.search(torch.from_numpy(queries), k)
    rows = memory.keys.float().numpy()
    cosine = (queries / np.linalg.norm(queries, axis=1, keepdims=True)) @ (
        rows / np.linalg.norm(rows, axis=1, keepdims=True)
    ).T
    best = -np.sort(-cosine, axis=1)[:, :k]
    np.testing.assert_allclose(found.similarity.numpy(), best, atol=1e-5)
    np.testing.assert_allclose(np.take_along_axis(cosine, found.rows.numpy(), 1), best, atol=1e-5)


def test_no_row_finds_itself() -> None:
    memory, own = bank(30), torch.arange(30)
    keys = torch.from_numpy(features(30).keys)
    assert (memory.search(keys, 1).rows[:, 0] == own).all(), "without leaving out it would"
    found = memory.search(keys, 10, own=own)
    assert not (found.rows == own.unsqueeze(1)).any()


def test_recall_is_the_mean_by_softmax_of_similarity() -> None:
    memory = bank(12)
    rows, similarity = torch.tensor([[3, 5]]), torch.tensor([[0.9, 0.2]])
    found = memory.recall(Neighbours(rows, similarity))
    first, second = torch.tensor([0.9, 0.2]).softmax(0)
    assert found.labels.item() == pytest.approx(float(3 * first + 5 * second))
    assert memory.pictures is not None
    assert found.tokens.pictures is not None
    expected = first * memory.pictures[3].float() + second * memory.pictures[5].float()
    torch.testing.assert_close(found.tokens.pictures[0], expected)


def test_too_few_rows_to_retrieve_from() -> None:
    with pytest.raises(UsageError, match="too few"):
        bank(10).search(torch.zeros(1, 7), 10, own=torch.tensor([0]))

"""The embedder without weights."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from popcorn_bench.generators.retrieval.hashed import BITS, Hashed, _cells

TEXTS = st.lists(st.text(max_size=40), max_size=8)
PINNED = [
    *(16952, 62998, 64685, 73406, 83509, 115859, 152207),
    *(183051, 188851, 191771, 217897, 247891, 253957),
]
CORPUS = ["a red kite", "a blue kite", "the ferry at dawn", "", "\u98ce\u7b5d\u5728\u98de"]


@settings(deadline=None)
@given(TEXTS)
def test_rows_have_length_one_or_nothing_to_say(texts: list[str]) -> None:
    embedder = Hashed()
    rows = embedder.encode(texts, embedder.learn(CORPUS))
    assert rows.shape == (len(texts), 1 << BITS)
    lengths = np.sqrt(np.asarray((rows * rows).sum(axis=1)))
    speaks = [any(c.isalnum() or c == "_" for c in text) for text in texts]
    for length, text, any_word in zip(lengths, texts, speaks, strict=True):
        assert abs(length - 1) < 1e-5 or (length == 0 and not any_word), text


@settings(deadline=None)
@given(TEXTS)
def test_a_text_is_encoded_alike_alone_and_among_others(texts: list[str]) -> None:
    embedder = Hashed()
    learnt = embedder.learn(CORPUS)
    together = embedder.encode(texts, learnt).toarray()
    for row, text in zip(together, texts, strict=True):
        assert np.array_equal(row, embedder.encode([text], learnt).toarray()[0])


def test_chunks_change_nothing() -> None:
    embedder = Hashed()
    many = [f"kite number {i}" for i in range(2_100)]
    learnt = embedder.learn(many)
    rows = embedder.encode(many, learnt)
    assert rows.shape[0] == len(many)
    last = embedder.encode(many[-1:], learnt)
    assert np.array_equal(rows[[2_099]].toarray(), last.toarray())


def test_similar_texts_are_near() -> None:
    embedder = Hashed()
    texts = [
        "two kites over the sea",
        "Kite above a sea",
        "a rook takes a pawn",
        "\u98ce\u7b5d\u98de",
    ]
    rows = embedder.encode(texts, embedder.learn(CORPUS))
    near = (rows @ rows.T).toarray()
    assert near[0, 1] > near[0, 2] + 0.1
    chinese = embedder.encode(["\u98ce\u7b5d\u5728\u98de\u884c"], embedder.learn(CORPUS))
    assert (chinese @ embedder.encode(CORPUS, embedder.learn(CORPUS)).T).toarray()[0].argmax() == 4


def test_rare_words_weigh_more() -> None:
    learnt = Hashed().learn(["common word"] * 9 + ["rare word"])

    def weight(word: str) -> float:
        return float(learnt[np.unique(_cells([word])) & ((1 << BITS) - 1)].mean())

    assert weight("rare") > weight("common") > weight("word") == 1.0


def test_the_hash_is_pinned() -> None:
    """A change of the hash must raise `revision`, or old indexes would be read with new keys."""
    cells = [int(cell) for cell in np.unique(_cells(["Kite \u98ce"]))]
    assert Hashed().revision == "1"
    assert cells == PINNED

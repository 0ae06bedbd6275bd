from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from popcorn_bench.remote.shards.load import Load


def test_a_few_calls_of_a_usual_model_stay_in_one_process() -> None:
    load = Load()
    assert load.processes(1, 8) == 1
    assert load.processes(16, 8) == 1


def test_long_answers_stay_in_one_process_however_many_wait() -> None:
    load = Load()
    for _ in range(100):
        load.saw(20.0, 0.005)
    assert load.processes(500, 8) == 1


def test_short_answers_ask_for_more() -> None:
    load = Load()
    for _ in range(100):
        load.saw(0.2, 0.005)
    assert load.processes(100, 64) > 4
    assert load.processes(100, 4) == 4


@given(
    st.lists(st.tuples(st.floats(0, 1e4), st.floats(0, 10)), max_size=50),
    st.integers(1, 10_000),
    st.integers(1, 64),
)
def test_there_is_always_one_and_never_too_many(
    answers: list[tuple[float, float]], at_once: int, most: int
) -> None:
    load = Load()
    for seconds, cpu in answers:
        load.saw(seconds, cpu)
    assert 1 <= load.processes(at_once, most) <= most

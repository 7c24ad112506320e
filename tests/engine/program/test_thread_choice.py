"""The second thread is left out where it does not pay, and tried again."""

from __future__ import annotations

from collections import Counter

from convnet_studio.engine.program.thread_choice import ThreadChoice


def used(choice: ThreadChoice, seconds: dict[int, float], calls: int) -> Counter[int]:
    counts: Counter[int] = Counter()
    for _ in range(calls):
        threads = choice.choose()
        choice.note(threads, 1e-4 * seconds[threads], 1)
        counts[threads] += 1
    return counts


def test_two_threads_on_a_quiet_machine() -> None:
    counts = used(ThreadChoice(), {1: 2.0, 2: 1.0}, 5000)
    assert counts[2] > 0.98 * 5000
    assert counts[1]


def test_one_thread_where_another_process_holds_a_core_and_two_again_afterwards() -> None:
    choice = ThreadChoice()
    used(choice, {1: 2.0, 2: 1.0}, 1000)
    assert used(choice, {1: 2.0, 2: 20.0}, 5000)[1] > 0.98 * 5000
    assert used(choice, {1: 2.0, 2: 1.0}, 20_000)[2] > 0.7 * 20_000


def test_long_calls_are_not_counted_by_the_hundred_until_the_next_trial() -> None:
    choice = ThreadChoice()
    used(choice, {1: 240.0, 2: 1000.0}, 600)
    assert used(choice, {1: 240.0, 2: 120.0}, 60)[2] > 30  # 1.4 s at most

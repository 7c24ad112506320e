"""The second thread: lies down, wakes, ends; the GIL is free while a program runs."""

from __future__ import annotations

import threading
import time

import numpy as np
from small_networks import LENET, TWO_STAGES, chain, data, sgd

from convnet_studio.engine.program import CompiledProgram


def second_threads() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == "engine-2"]


def test_close_ends_it_and_can_be_repeated() -> None:
    before = len(second_threads())
    program = CompiledProgram(chain(LENET, (1, 28, 28)), 16, threads=2)
    program.set_data(*data(program.network))
    program.step(range(16), sgd())
    assert len(second_threads()) == before + 1
    program.close()
    program.close()
    assert len(second_threads()) == before


def test_it_wakes_after_a_rest() -> None:
    results = []
    for threads in (1, 2):
        program = CompiledProgram(chain(LENET, (1, 28, 28)), 16, threads)
        program.set_data(*data(program.network))
        optimizer = sgd()
        for rest in (0, 0.05, 0, 0.05, 0):
            time.sleep(rest * (threads - 1))
            program.step(range(16), optimizer)
        program.close()
        results.append(program.network.parameters.tobytes())
    assert results[0] == results[1]


def test_other_threads_run_meanwhile() -> None:
    program = CompiledProgram(chain(TWO_STAGES, (1, 28, 28)), 512)
    program.set_data(*data(program.network, 512))
    optimizer, ticks, done = sgd(1e-3), [], threading.Event()

    def tick() -> None:
        while not done.is_set():
            ticks.append(time.perf_counter())
            time.sleep(0.001)

    other = threading.Thread(target=tick)
    other.start()
    start = time.perf_counter()
    for _ in range(5):
        program.step(np.arange(512), optimizer)
    taken = time.perf_counter() - start
    done.set()
    other.join()
    assert sum(each > start for each in ticks) > 1000 * taken / 20

"""The second thread: lies down, wakes, ends; the GIL is free while a program runs."""

from __future__ import annotations

import sys
import threading
import time

import numpy as np
import pytest
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


def test_other_threads_run_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python takes the GIL from nobody here: the other thread gets on only where the compiled call lets go of it."""
    program = CompiledProgram(chain(TWO_STAGES, (1, 28, 28)), 512)
    program.set_data(*data(program.network, 512))
    optimizer, ticks, done = sgd(1e-3), [0], threading.Event()
    program.step(np.arange(512), optimizer)
    runner = program._lean
    call, inside = runner._run, []

    def watched(address: int) -> None:
        before = ticks[0]
        call(address)
        inside.append(ticks[0] - before)

    def tick() -> None:
        while not done.is_set():
            ticks[0] += 1
            time.sleep(0.0001)

    monkeypatch.setattr(runner, "_run", watched)
    usual = sys.getswitchinterval()
    other = threading.Thread(target=tick)
    try:
        sys.setswitchinterval(60.0)
        other.start()
        for _ in range(20):
            program.step(np.arange(512), optimizer)
    finally:
        sys.setswitchinterval(usual)
        done.set()
        other.join()
        program.close()
    assert len(inside) == 20
    assert max(inside) > 0

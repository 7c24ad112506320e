"""How soon something happens: ``python benchmarks/first_use.py``.

Cold: the whole set of operations compiled into an empty folder by two processes. Warm: from the start of a process to
its first training step, and what of it is imports. Building: presets, 200 random networks and an edit of each (one more
module), from the project or drawing to a program that could run. Takes half a minute.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "tests" / "engine" / "program"))  # the random networks of the tests

COLD_SECONDS, WARM_SECONDS, BUILD_SECONDS = 12.0, 1.0, 0.020
"""The goals."""
FIRST_STEP = """
from convnet_studio.engine.project.presets import load_preset
from convnet_studio.engine.training.control import Control, StepBatch
from convnet_studio.engine.training.events import Stepped
from convnet_studio.engine.training.trainer import Trainer
control = Control()
control.put(StepBatch())
for event in Trainer(threads=2).run(load_preset("lenet-5"), control):
    if isinstance(event, Stepped):
        print(event.samples, flush=True)
        break
"""
IMPORTS = "import numpy, numba"


def seconds_of(code: str, **environment: str) -> float:
    """Wall time from starting a Python process with `code` to what it prints first, or to its end."""
    start = time.perf_counter()
    settings = os.environ | {"PYTHONPATH": str(ROOT)} | environment
    with subprocess.Popen([sys.executable, "-c", code], env=settings, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        spent = time.perf_counter() - start
    if process.returncode:
        raise SystemExit(f"The process ended with {process.returncode}.")
    return spent


def report(what: str, seconds: float, goal: float | None = None, more: str = "") -> None:
    """One line of the table."""
    told = f"{seconds:7.2f} s " if seconds >= 0.1 else f"{1000 * seconds:7.2f} ms"
    verdict = "" if goal is None else f"goal {goal:g} s: {'reached' if seconds <= goal else 'not reached'}"
    print(f"{what:52} {told}  {verdict:26} {more}", flush=True)


def cold() -> tuple[float, float]:
    """Compile everything into an empty folder: wall time, and that of processors."""
    code = "from convnet_studio.engine.program import compile_set; compile_set()"
    before = os.times()
    with tempfile.TemporaryDirectory() as folder:
        seconds = seconds_of(code, CONVNET_STUDIO_CACHE=folder)
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return seconds, used


def build_times(makers: Iterator[Callable[[], Any]]) -> list[float]:
    """Seconds of each network from nothing to a program."""
    from convnet_studio.engine.program import CompiledProgram

    times = []
    for make in makers:
        start = time.perf_counter()
        program = CompiledProgram(make(), batch_size=32)
        times.append(time.perf_counter() - start)
        program.close()
    return times


def of_presets(edited: bool) -> Iterator[Callable[[], Any]]:
    """Each preset, or each with one module more behind its input."""
    import convnet_studio.engine.data.datasets
    import convnet_studio.engine.nn.losses
    import convnet_studio.engine.nn.modules  # noqa: F401 - fill the registries
    from convnet_studio.engine.data.dataset import load_dataset
    from convnet_studio.engine.project.build import build_network
    from convnet_studio.engine.project.presets import load_preset, preset_names
    from convnet_studio.engine.project.spec import Link, ModuleSpec

    for name in preset_names():
        project = load_preset(name)
        dataset = load_dataset(project.data.dataset)
        if edited:
            first = next(each for each in project.network.modules if each.kind == "Input").id
            links = tuple(
                replace(each, source="added") if each.source == first else each for each in project.network.links
            )
            modules = (*project.network.modules, ModuleSpec("added", "Abs"))
            network = replace(project.network, modules=modules, links=(*links, Link(first, "added", 0)))
            project = replace(project, network=network)
        yield lambda p=project, d=dataset: build_network(p, d.input_shape, d.classes)


def of_random_networks(count: int) -> Iterator[Callable[[], Any]]:
    """Networks of the tests; drawing them counts too."""
    from random_networks import random_network

    for seed in range(count):
        yield lambda seed=seed: random_network(seed)


def report_builds(what: str, times: list[float]) -> None:
    """The longest of all, and their median."""
    report(f"building {what}, the longest of {len(times)}", max(times), BUILD_SECONDS,
           f"median {1000 * statistics.median(times):.2f} ms")  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=5, help="starts of a warm process")
    rounds = parser.parse_args().rounds
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    print(f"{os.cpu_count()} cores, load {load:.1f}")
    seconds, used = cold()
    report("whole set compiled, cold", seconds, COLD_SECONDS, f"{used:.1f} s of processor time in two processes")
    seconds_of(FIRST_STEP)
    steps, imports = zip(*((seconds_of(FIRST_STEP), seconds_of(IMPORTS)) for _ in range(rounds)), strict=True)
    report(f"process start to first step, warm, median of {rounds}", statistics.median(steps), WARM_SECONDS,
           f"fastest {min(steps):.2f} s")  # fmt: skip
    report("  of which importing numpy and numba", statistics.median(imports))
    build_times(of_presets(edited=False))  # the set is loaded once
    report_builds("presets", build_times(of_presets(edited=False)))
    report_builds("presets with one module more", build_times(of_presets(edited=True)))
    report_builds("random networks", build_times(of_random_networks(200)))


if __name__ == "__main__":
    main()

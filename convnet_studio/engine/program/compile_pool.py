"""Compile pool: a few processes that compile parts of the set, each taking the next as soon as it is free."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_WORKER = "convnet_studio.engine.program.compile_worker"
_MOST_WORKERS = 2
"""One for each core of a small machine; more would only repeat what each has to set up."""


@dataclass(frozen=True)
class CompileProgress:
    """`done` of `total` kernels are compiled, the last one was `name`."""

    done: int
    total: int
    name: str


def compile_in_workers(folder: Path, sizes: dict[str, int], on_progress: Callable[[CompileProgress], None]) -> None:
    """Compile parts of the set into `folder`.

    Args:
        folder: where the files go.
        sizes: parts by name, the one that takes longest first, and how many kernels each has.
        on_progress: called in this thread after each kernel.

    Raises:
        RuntimeError: if a process fails; with the end of what it said.
    """
    waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
    for part in sizes:
        waiting.put(part)
    news: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    count = min(_MOST_WORKERS, os.cpu_count() or 1, len(sizes))
    with ExitStack() as stack:
        workers = [stack.enter_context(_Worker(folder, waiting, news)) for _ in range(count)]
        done, running = 0, len(workers)
        while running:
            name = news.get()
            if name is None:
                running -= 1
                continue
            done += 1
            on_progress(CompileProgress(done, sum(sizes.values()), name))
        for each in workers:
            each.raise_failure()


class _Worker:
    """A process and the thread that feeds it; news are names of kernels, and None when it has ended."""

    def __init__(self, folder: Path, waiting: queue.SimpleQueue[str], news: queue.SimpleQueue[str | None]) -> None:
        package_root = str(Path(__file__).parents[3])
        paths = [package_root, *filter(None, [os.environ.get("PYTHONPATH")])]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
        self._said: IO[str] = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed with the worker
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", _WORKER, str(folder)],
            env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._said, text=True,
        )  # fmt: skip
        self._thread = threading.Thread(target=self._feed, args=(waiting, news), name="compile", daemon=True)
        self._thread.start()

    def __enter__(self) -> _Worker:
        return self

    def __exit__(self, *error: object) -> None:
        self._process.kill()  # does nothing where it has ended by itself
        self._process.wait()
        self._thread.join()
        self._said.close()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def raise_failure(self) -> None:
        """Raise RuntimeError, with the end of what the process said, if it has failed."""
        if self._process.wait():
            self._said.seek(0)
            raise RuntimeError(f"The engine could not be compiled: {self._said.read()[-500:].strip()}")

    def _feed(self, waiting: queue.SimpleQueue[str], news: queue.SimpleQueue[str | None]) -> None:
        """Hand over parts until none is left or the process ends."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        try:
            while True:
                part = waiting.get_nowait()
                stdin.write(part + "\n")
                stdin.flush()
                for name in _names(stdout):
                    news.put(name)
        except (queue.Empty, OSError, EOFError):
            pass  # nothing left to do, or the process is gone: raise_failure tells
        finally:
            with suppress(OSError):
                stdin.close()
            self._process.wait()
            news.put(None)


def _names(lines: Iterable[str]) -> Iterable[str]:
    """The names of kernels up to the end of a part; EOFError where the process ends before."""
    for line in lines:
        name = json.loads(line)
        if name is None:
            return
        yield name
    raise EOFError

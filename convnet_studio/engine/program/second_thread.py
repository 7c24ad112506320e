"""The second thread: helps the interpreter's calls, spinning between them, and lies down when none come."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convnet_studio.engine.program.interpreter import JOB


class SecondThread:
    """A daemon thread that serves one job array until `close`.

    Args:
        job: the numbers of the job, ``(JOB_SIZE,)``.
        serve: the compiled function; takes the job's address, releases the GIL.
    """

    def __init__(self, job: NDArray[np.int64], serve: Any) -> None:
        self._job = job
        self._serve = serve
        self._wanted = threading.Event()
        self._closed = False
        job[JOB.asleep] = 1
        self._thread = threading.Thread(target=self._run, name="engine-2", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Call before a call of `run` that it shall help; costs nothing while the thread still spins."""
        self._job[JOB.stop] = 0
        if self._job[JOB.asleep]:
            self._job[JOB.asleep] = 0
            self._wanted.set()

    def rest(self) -> None:
        """Call before a call of `run` that it shall not help; it may still do so if it does not see this in time."""
        self._job[JOB.stop] = 1

    def close(self) -> None:
        """End the thread; the job's arrays may be given back afterwards."""
        self._closed = True
        self._job[JOB.stop] = 1
        self._wanted.set()
        self._thread.join()

    def _run(self) -> None:
        address = self._job.ctypes.data
        while True:
            self._wanted.wait()
            self._wanted.clear()
            if self._closed:
                return
            self._serve(address)
            self._job[JOB.asleep] = 1

"""What measurements in alternating rounds share: contestants in processes of their own, and the load of the machine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

FOREIGN = 0.1
"""Cores that other programs may have in a round."""
Answer = dict[str, Any]


class Contestant:
    """A process that trains when asked; stopped between, so that its threads don't spin."""

    def __init__(self, command: list[str], **environment: str) -> None:
        pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self._process = subprocess.Popen(command, env=os.environ | environment, **pipes)

    def ask(self, do: str, **request: Any) -> Answer:
        """Send a request, and wait for the answer."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        self._signal("SIGCONT")
        stdin.write(json.dumps({"do": do, **request}) + "\n")
        stdin.flush()
        line = stdout.readline()
        if not line:
            raise SystemExit("A contestant ended; its error stands above.")
        self._signal("SIGSTOP")
        return dict(json.loads(line))

    def close(self) -> None:
        """End the process."""
        self._signal("SIGCONT")
        self._process.communicate()

    def _signal(self, name: str) -> None:
        if hasattr(signal, name):
            self._process.send_signal(getattr(signal, name))


def busy_seconds() -> float | None:
    """Core seconds that the whole machine has worked; None where it does not tell."""
    try:
        fields = [int(each) for each in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    except OSError:
        return None
    return (sum(fields) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")


def python_contestant(engine: str, threads: int, path: str = "") -> Contestant:
    """Start ``contestant.py engine threads``; `path` is searched for packages too."""
    here = Path(__file__).parent
    paths = os.pathsep.join(filter(None, [str(here.parent), path, os.environ.get("PYTHONPATH", "")]))
    command = [sys.executable, str(here / "contestant.py"), engine, str(threads)]
    return Contestant(command, OMP_NUM_THREADS=str(threads), PYTHONPATH=paths)

"""What training takes of the machine's memory."""

from __future__ import annotations

import subprocess
import sys

MOST_MEGABYTES = 400
PROGRAM = """
import sys
from pathlib import Path
from convnet_studio.cli import main

assert not main(["train", "lenet-5", "--data", "mnist_10k", "--epochs", "1", "--threads", "2"])
status = Path("/proc/self/status")
if status.exists():  # getrusage would count what the process was forked from
    peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM")).split()[1]
    print(int(peak) / 1024)
else:
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(peak / 2**20 if sys.platform == "darwin" else peak / 2**10)
"""


def test_training_lenet_5_on_ten_thousand_digits_stays_small() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert 50 < float(done.stdout.splitlines()[-1]) < MOST_MEGABYTES

"""A process that compiles parts of the set: ``python -m convnet_studio.engine.program.compile_worker FOLDER``.

It reads the name of a part from each line of its input, and writes a line of JSON for each kernel, its name, and
``null`` when the part lies in `FOLDER`.
"""

from __future__ import annotations

import gc
import json
import sys
from pathlib import Path

from convnet_studio.engine.kernels.leaf import Kernel
from convnet_studio.engine.program import machine_code
from convnet_studio.engine.program.cache import PARTS


def _tell(what: str | None) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def _tell_kernel(kernel: Kernel) -> None:
    _tell(kernel.name)


def main(folder: str) -> None:
    """Compile what the input names into `folder`."""
    gc.disable()  # a tenth of the time; the process does not live long
    parts = {part.name: part for part in PARTS}
    for line in sys.stdin:
        part = parts[line.strip()]
        machine_code.write(Path(folder) / part.file_name, part.kernels, _tell_kernel)
        _tell(None)


if __name__ == "__main__":
    main(sys.argv[1])

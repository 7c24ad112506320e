"""The process that compiles the set: ``python -m convnet_studio.engine.program.compile_worker FOLDER``.

It writes one line of JSON, ``[done, total, name]``, for each kernel.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from convnet_studio.engine.program.cache import KERNELS, compile_into


def main(folder: str) -> None:
    """Compile every kernel into `folder`."""
    for done, (kernel, _) in enumerate(compile_into(Path(folder)), start=1):
        sys.stdout.write(json.dumps([done, len(KERNELS), kernel.name]) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])

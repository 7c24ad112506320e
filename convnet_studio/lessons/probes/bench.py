"""A reading or a dial of a bench."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

import convnet_studio.engine.analysis.benches  # noqa: F401  (importing the folder registers what it holds)
from convnet_studio.engine.analysis.bench import Bench
from convnet_studio.engine.nn.module import Array
from convnet_studio.lessons.probe import Desk, Probe


@dataclass(frozen=True)
class BenchProbe(Probe):
    """``{of = "bench", bench = "connections", read_out = "weights", at = {connection = "local"}}``.

    Attributes:
        bench: by name. `read_out`: one of its readings; or `dial`: one of its dials (a choice is told by its place
            from 0, a switch by 0 or 1).
        at: dials of a bench that else stands as by default; without it the bench is read as it stands now.
    """

    of: ClassVar = "bench"

    bench: str = ""
    read_out: str = ""
    dial: str = ""
    at: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        kind = Bench.registry[self.bench]
        if bool(self.read_out) == bool(self.dial):
            raise ValueError("A probe of a bench has either read_out or dial.")
        if self.read_out and self.read_out not in kind.readings():
            raise ValueError(f"{kind.title} has no reading {self.read_out!r}: there are {', '.join(kind.readings())}.")
        if self.dial and self.dial not in kind.dials():
            raise ValueError(f"{kind.title} has no dial {self.dial!r}: there are {', '.join(kind.dials())}.")
        kind().turned(**self.at)

    def __hash__(self) -> int:
        return hash((self.bench, self.read_out, self.dial, self.index, self.reduce))

    def measure(self, desk: Desk) -> float | Array:
        """The reading, or where the dial stands."""
        bench = Bench.registry[self.bench]().turned(**self.at) if self.at else desk.bench(self.bench)
        if self.read_out:
            return bench.read(self.read_out, desk.moment)
        value = getattr(bench, self.dial)
        options = type(bench).dials()[self.dial].options
        return float(options.index(value)) if options else np.asarray(value, np.float64)

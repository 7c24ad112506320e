"""The tutorial's listing of a two-layer network, read line by line: which modules stand by then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np

import convnet_studio.engine.data.datasets
import convnet_studio.engine.export.forms
import convnet_studio.engine.nn.modules  # noqa: F401  (importing the folders registers what they hold)
from convnet_studio.engine.analysis.bench import Bench, reading, whole
from convnet_studio.engine.analysis.bench_pictures import BenchPicture, Code
from convnet_studio.engine.export.form import Form
from convnet_studio.engine.export.lua_tokens import LuaError
from convnet_studio.engine.export.outline import Part, data_of, outline_of
from convnet_studio.engine.project.spec import Project
from convnet_studio.engine.training.inquiry import Moment

LISTING = (
    "noutputs = 10; nfeats = 3; width = 32; height = 32",
    "ninputs = nfeats*width*height",
    "nhiddens = 1500",
    "",
    "model = nn.Sequential()",
    "model:add(nn.Reshape(ninputs))",
    "model:add(nn.Linear(ninputs, nhiddens))",
    "model:add(nn.Tanh())",
    "model:add(nn.Linear(nhiddens, noutputs))",
    "model:add(nn.LogSoftMax())",
    "",
    "criterion = nn.ClassNLLCriterion()",
)
"""LeCun and Ranzato, Deep Learning tutorial (2013), slide on a simple two-layer network in Torch7."""


@dataclass(frozen=True)
class ListingBench(Bench):
    """A listing of Torch7 that is read up to a line, by the program's own reader of such listings."""

    name: ClassVar = "listing"
    title: ClassVar = "A listing, line by line"
    summary: ClassVar = "The tutorial's two-layer network in Torch7: each line that is read adds a module."

    line: int = whole(0, 0, len(LISTING), "Lines that are read")

    @reading
    def modules(self, moment: Moment | None = None) -> float:
        """Modules that stand by then, the input and the loss among them."""
        return len(_parts(self.line))

    @reading
    def parameters(self, moment: Moment | None = None) -> float:
        """Weights and biases of all modules that stand by then."""
        return float(sum(_parameters(part) for part in _parts(self.line)))

    @reading
    def behind_tanh(self, moment: Moment | None = None) -> float:
        """1 where a Linear stands behind the Tanh, 0 where it does not or not yet."""
        kinds = [part.kind for part in _parts(self.line)]
        return float("Tanh" in kinds and kinds[kinds.index("Tanh") + 1 :][:1] == ["Linear"])

    def pictures(self, moment: Moment) -> Iterator[tuple[BenchPicture, ...]]:
        """The listing, with the module that each line read so far has added."""
        values = {}
        for line in range(1, self.line + 1):
            if new := _parts(line)[len(_parts(line - 1)) :]:
                values[line - 1] = ", then ".join(_words(part) for part in new)
        yield (Code("The listing, and what each line adds", LISTING, self.line - 1, values),)


@lru_cache(maxsize=32)
def _parts(line: int) -> tuple[Part, ...]:
    """The modules of the first lines in their order; none while there is no network."""
    try:
        project = _read(line)
    except LuaError:
        return ()
    return outline_of(project, data=data_of(_read(len(LISTING)))).parts


def _read(line: int) -> Project:
    return Form.registry["torch7"]().read("\n".join(LISTING[:line]) + "\n", "listing").project


def _words(part: Part) -> str:
    """What a module puts out, and what it learns."""
    size = f" {' × '.join(map(str, part.shape))}" if part.shape else ""
    count = _parameters(part)
    return f"{part.kind}{size}" + (f", {count:,} parameters" if count else "")


def _parameters(part: Part) -> int:
    return int(sum(np.prod(shape) for shape in part.parameter_shapes().values()))

"""Counts of the network, or of one module: parameters, multiply-accumulates, numbers put out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from convnet_studio.engine.project.summary import summarize
from convnet_studio.lessons.probe import Desk, Probe

COUNTS = ("parameters", "multiply_accumulates", "outputs", "modules", "recurrent_wires", "unfold")


@dataclass(frozen=True)
class CountProbe(Probe):
    """``{of = "count", what = "parameters", module = "hidden"}``; without `module` over the whole network."""

    of: ClassVar = "count"

    what: str = "parameters"
    module: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.what not in COUNTS:
            raise ValueError(f"what is {self.what!r}: choose one of {', '.join(COUNTS)}.")

    def measure(self, desk: Desk) -> float:
        """As the cards and the inspector count."""
        network = desk.project.network
        if self.what == "modules":
            return len(network.modules)
        if self.what == "recurrent_wires":
            return sum(each.is_recurrent for each in network.links)
        if self.what == "unfold":
            return network.unfold
        dataset = desk.moment.run.material.dataset
        summary = summarize(desk.project, dataset.input_shape, dataset.classes)
        wanted = [summary.modules[desk.module(self.module)]] if self.module else list(summary.modules.values())
        if self.what == "outputs":
            return float(sum(np.prod(each.shape) for each in wanted if each.shape is not None))
        return float(sum(getattr(each, self.what) for each in wanted))

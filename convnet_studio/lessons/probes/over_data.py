"""The mean loss, or the part of wrong answers, over the training or the test samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from convnet_studio.lessons.probe import Desk, Probe

MOST = 500
"""Samples that are measured, the first ones of their split."""
TRAIN, TEST = "train", "test"
LOSS, ERROR = "loss", "error"


@dataclass(frozen=True)
class OverDataProbe(Probe):
    """``{of = "over_data", what = "error", split = "test"}``."""

    of: ClassVar = "over_data"

    what: str = ERROR
    split: str = TEST

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.what not in (LOSS, ERROR) or self.split not in (TRAIN, TEST):
            raise ValueError("what is loss or error, and split is train or test.")

    def measure(self, desk: Desk) -> float:
        """Over at most `MOST` samples, with the weights of now."""
        run = desk.moment.run
        network, material = run.twin(), run.material
        if not network.losses or (self.what == ERROR and network.judge is None):
            raise ValueError("The network has no loss that judges classes: connect it up to one.")
        indices = np.arange(min(MOST, material.train_count)) if self.split == TRAIN else material.test_indices(MOST)
        labels = material.labels[indices]
        network.forward(material.pictures[indices])
        if self.what == LOSS:
            return float(network.loss(labels).mean())
        return network.errors(labels) / len(indices)

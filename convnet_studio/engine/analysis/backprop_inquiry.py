"""Backprop inquiry: a stepper on the network as it is now, and on the picture that is shown to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from convnet_studio.engine.analysis.backprop_stepper import Stepper
from convnet_studio.engine.training.inquiry import Inquiry, Moment


@dataclass(frozen=True)
class WeightsOfNow(Inquiry):
    """The answer is a `Stepper`, which is then the asker's alone. Training goes on without it.

    What modules draw in training, such as the units that Dropout silences, they draw as in the next step.

    Attributes:
        number: another one asks anew.
    """

    is_live: ClassVar = False
    number: int = 0

    def work(self, moment: Moment) -> Iterator[object]:
        """One piece: the copy. Raises ValueError where nothing can compute."""
        run = moment.run
        if not run.network.nodes:
            raise ValueError("Nothing in this network can compute yet: connect the picture to a module.")
        twin = run.twin(np.float64)
        twin.clock.seed, twin.clock.step = run.network.clock.seed, run.course.step
        twin.clock.is_training = True
        if run.network.compares_pairs:
            partner = run.material.probe_partner
            yield Stepper(twin, moment.picture, moment.label, partner.picture, partner.label)
        else:
            yield Stepper(twin, moment.picture, moment.label)

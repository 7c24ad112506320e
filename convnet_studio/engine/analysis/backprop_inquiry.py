"""Backprop inquiry: a stepper on the network as it is now, and on the picture that is shown to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from convnet_studio.engine.analysis.backprop_stepper import Stepper
from convnet_studio.engine.analysis.backprop_walk import Grain, Walk
from convnet_studio.engine.training.inquiry import Inquiry, Moment


@dataclass(frozen=True, eq=False)
class WholeWay:
    """A stepper, which is the asker's alone, and its walk to the very end, from which to go back is no work."""

    stepper: Stepper
    walk: Walk


@dataclass(frozen=True)
class WeightsOfNow(Inquiry):
    """The answer is a `WholeWay`. Training goes on without it.

    What modules draw in training, such as the units that Dropout silences, they draw as in the next step.

    Attributes:
        number: another one asks anew.
    """

    is_live: ClassVar = False
    number: int = 0

    def work(self, moment: Moment) -> Iterator[object]:
        """The copy, then a piece for each move. Raises ValueError where nothing can compute."""
        stepper = stepper_of(moment)
        walk = stepper.start()
        for _ in stepper.moves:
            yield None
            walk = stepper.advance(walk, Grain.MODULE)
        yield WholeWay(stepper, walk)


def stepper_of(moment: Moment) -> Stepper:
    """A stepper in float64 on a copy of the run's network, and on the picture that is shown.

    Raises:
        ValueError: where nothing can compute.
    """
    run = moment.run
    if not run.network.nodes:
        raise ValueError("Nothing in this network can compute yet: connect the picture to a module.")
    twin = run.twin(np.float64)
    twin.clock.seed, twin.clock.step = run.network.clock.seed, run.course.step
    twin.clock.is_training = True
    partner = run.material.probe_partner if run.network.compares_pairs else None
    compared = (partner.picture, partner.label) if partner is not None else ()
    return Stepper(twin, moment.picture, moment.label, *compared)


def whole_way(moment: Moment) -> WholeWay:
    """The same, walked to the very end at once: for networks whose every number is in sight."""
    stepper = stepper_of(moment)
    return WholeWay(stepper, stepper.go_to(stepper.start(), len(stepper.moves)))

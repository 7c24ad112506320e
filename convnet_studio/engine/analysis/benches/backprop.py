"""Backprop: how far the walk through the network was gone, for lessons to turn on and to see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from convnet_studio.engine.analysis.backprop_inquiry import stepper_of
from convnet_studio.engine.analysis.backprop_walk import Grain
from convnet_studio.engine.analysis.bench import Bench, choice, reading, whole
from convnet_studio.engine.analysis.bench_pictures import BenchPicture
from convnet_studio.engine.training.inquiry import Moment

MOST_MOVES = 100_000


@dataclass(frozen=True)
class Backprop(Bench):
    """The shown picture's way to the loss and back: so many modules have done their part."""

    name: ClassVar = "backprop"
    title: ClassVar = "Backprop"
    summary: ClassVar = "How many modules of the way forward to the loss and back are done."
    has_own_view: ClassVar = True

    moves: int = whole(0, 0, MOST_MOVES, "Modules done, forward and then back")
    grain: str = choice(Grain.MODULE.value, tuple(each.value for each in Grain), "Step by")

    @reading
    def to_loss(self, moment: Moment) -> float:
        """Modules of the way forward, the loss included."""
        return stepper_of(moment).turn

    @reading
    def to_end(self, moment: Moment) -> float:
        """Modules of the whole way, forward and back."""
        return len(stepper_of(moment).moves)

    def pictures(self, moment: Moment) -> Iterator[tuple[BenchPicture, ...]]:
        """None: its view draws them."""
        yield ()

"""Optimal stimulus: which picture excites a unit most, frame by frame while it is climbed to, for one unit or many.

Erhan et al. (2009); Jarrett et al., What is the best multi-stage architecture for object recognition? (2009), fig. 3:
even behind filters drawn at random, the best stimulus of a pooled unit is a grating.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np

from convnet_studio.engine.analysis.ascent import Ascent
from convnet_studio.engine.analysis.closed_form import ClosedForm, closed_form
from convnet_studio.engine.analysis.compiled_path import CompiledPath
from convnet_studio.engine.analysis.filters_of import filters_of
from convnet_studio.engine.analysis.unit import Box, Unit, typical_norm
from convnet_studio.engine.nn.initializers import initialize_module
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.training.inquiry import Inquiry, Moment
from convnet_studio.engine.training.run import Run

_AT_ONCE = 4
"""Units of a gallery that climb side by side, so that a piece of work stays short."""
_LONGEST_TRACE = 2000
_LARGEST_FRAME = 20_000
"""Numbers of a picture of which every iteration is kept."""


@dataclass(frozen=True, eq=False)
class Stimulus:
    """Where the climb for one unit stands.

    Attributes:
        picture: float32 ``input_shape``, 0 outside of `box`, what the unit sees. `norm`: of it.
        value: what the unit answers. `trace`: its values so far, ``(iterations + 1,)``, the first to noise.
        frames: what the unit saw after each iteration, ``(channel, *space)``, from noise on; empty where the climb went
            on from an earlier one, and of pictures too large to keep.
        has_converged: whether the climb is over. `is_silent`: no noise moved the unit, so that it could not climb.
        reference: of a unit that has one, the closed form.
    """

    unit: Unit
    picture: Array
    box: Box
    norm: float
    value: float
    trace: Array
    frames: tuple[Array, ...]
    has_converged: bool
    is_silent: bool
    reference: ClosedForm | None = None

    @property
    def seen(self) -> Array:
        """What of the picture the unit sees, ``(channel, *space)``."""
        part: Array = self.picture[(slice(None), *self.box)]
        return part


class _Memory:
    """Where the last climb ended, so that the next, on newer weights, goes on from there."""

    def __init__(self) -> None:
        self.network: Network | None = None
        self.pictures: Array | None = None
        self.trace: list[float] = []

    def of(self, network: Network) -> Array | None:
        """The pictures to go on from; None where the network is another one."""
        if self.network is not network:
            self.network, self.pictures, self.trace = network, None, []
        return self.pictures


@dataclass(frozen=True)
class FindStimulus(Inquiry):
    """Climbs from noise to what excites a unit most; while training goes on, follows as the weights change.

    Attributes:
        norm_factor: the stimulus' norm, in those that training pictures have on the average where the unit looks.
        seed: of the noise. `attempt`: another number begins anew. `jitter`: see Ascent.
    """

    asks_of_picture: ClassVar[bool] = False

    unit: Unit
    norm_factor: float = 1.0
    seed: int = 0
    attempt: int = 0
    jitter: int = 0
    memory: _Memory = field(default_factory=_Memory, compare=False, repr=False)

    def work(self, moment: Moment) -> Iterator[object]:
        """Yields a Stimulus for each iteration."""
        run = moment.run
        path = CompiledPath(moment.twin(), self.unit.module, run.program_of, 1)
        try:
            yield None
            yield from self._climb(run, path)
        finally:
            path.close()

    def _climb(self, run: Run, path: CompiledPath) -> Iterator[object]:
        box = path.box(self.unit)
        norm = self.norm_factor * typical_norm(run, box)
        starts = self.memory.of(run.network)
        ascent = Ascent(path, [self.unit], norm, self.seed, self.jitter, starts)
        before = self.memory.trace
        frames: list[Array] = []
        keeps_frames = starts is None and ascent.pictures.size <= _LARGEST_FRAME
        while True:
            seen = _frozen(ascent.pictures[0])
            if keeps_frames:
                frames.append(seen[(slice(None), *box)])
            trace = np.array([*before, *ascent.traces[0]][-_LONGEST_TRACE:])
            found = Stimulus(
                self.unit,
                seen,
                box,
                norm,
                float(ascent.values[0]),
                trace,
                tuple(frames),
                bool(ascent.has_converged[0]),
                bool(ascent.is_silent[0]),
            )
            yield found
            if ascent.is_over:
                break
            ascent.advance()
        self.memory.pictures = None if found.is_silent else ascent.pictures.copy()
        self.memory.trace = list(trace)
        for reference in closed_form(path, self.unit, norm):
            yield None if reference is None else replace(found, reference=reference)


@dataclass(frozen=True, eq=False)
class Gallery:
    """Stimuli of several units of one module.

    Attributes:
        stimuli: one for each unit, ``(count, channel, *space)``, what it sees of a picture.
        values: what they answer. `filters`: ``(count, height, width)``, as of `filters_of`; None where maps have none.
        channels: which maps the units are of.
        done: how many have converged.
    """

    channels: tuple[int, ...]
    stimuli: tuple[Array, ...]
    values: tuple[float, ...]
    filters: Array | None
    done: int


@dataclass(frozen=True)
class FindGallery(Inquiry):
    """Best stimuli of the middle units of several maps of a module, with the weights of now."""

    asks_of_picture: ClassVar[bool] = False

    module: str
    channels: tuple[int, ...]
    norm_factor: float = 1.0
    seed: int = 0
    attempt: int = 0
    memory: _Memory = field(default_factory=_Memory, compare=False, repr=False)

    def network(self, moment: Moment) -> Network:
        """The network whose units are asked."""
        return moment.twin()

    def work(self, moment: Moment) -> Iterator[object]:
        """Yields a Gallery after each iteration of a few units."""
        run = moment.run
        path = CompiledPath(self.network(moment), self.module, run.program_of, _AT_ONCE)
        try:
            yield None
            yield from self._climb(run, path)
        finally:
            path.close()

    def _climb(self, run: Run, path: CompiledPath) -> Iterator[object]:
        units = [Unit(self.module, channel) for channel in self.channels]
        filters = filters_of(path.network, self.module)
        shown = None if filters is None else filters[list(self.channels)]
        norm = self.norm_factor * typical_norm(run, path.box(units[0]))
        starts = self.memory.of(run.network)
        ascents = []
        for first in range(0, len(units), _AT_ONCE):
            part = slice(first, first + _AT_ONCE)
            ascents.append(Ascent(path, units[part], norm, self.seed, starts=None if starts is None else starts[part]))
            yield None
        while True:
            pictures = np.concatenate([each.pictures for each in ascents])
            boxes = [box for each in ascents for box in each.boxes]
            yield Gallery(
                self.channels,
                tuple(_frozen(picture[(slice(None), *box)]) for picture, box in zip(pictures, boxes, strict=True)),
                tuple(float(value) for each in ascents for value in each.values),
                shown,
                sum(int(each.has_converged.sum()) for each in ascents),
            )
            if all(each.is_over for each in ascents):
                break
            for each in ascents:
                if not each.is_over:
                    each.advance()
                    yield None
        self.memory.pictures = pictures


@dataclass(frozen=True)
class FindFirstGallery(FindGallery):
    """As FindGallery, with the weights that the run began with."""

    is_live: ClassVar[bool] = False

    def network(self, moment: Moment) -> Network:
        """With initial weights."""
        return first_network(moment.run)


def first_network(run: Run) -> Network:
    """A network like the run's with the weights that its seed draws; what is fitted to data stays."""
    network = run.twin()
    for module_id in network.slices:
        if not network.is_fitted(module_id):
            initialize_module(network, module_id, run.seed)
    return network


def _frozen(values: Array) -> Array:
    copy = np.array(values, np.float32)
    copy.flags.writeable = False
    return copy

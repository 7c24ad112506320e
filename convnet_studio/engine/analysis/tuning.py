"""Tuning: how the units of a module answer to gratings of every orientation, frequency and phase, as an electrode
would find it in the visual cortex (Hubel and Wiesel, 1962; De Valois et al., 1982)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from time import perf_counter
from typing import ClassVar

import numpy as np

from convnet_studio.engine.analysis.optimal_stimulus import first_network
from convnet_studio.engine.analysis.unit import Box, Unit, UnitPath, typical_norm
from convnet_studio.engine.nn.module import Array, Shape
from convnet_studio.engine.training.inquiries import PIECE_SECONDS
from convnet_studio.engine.training.inquiry import Inquiry, Moment

ORIENTATIONS = np.arange(0, 180, 15.0)
"""Degrees from the horizontal by which the stripes are turned anticlockwise: 0 lies, 90 stands."""
PHASES = np.arange(0, 360, 30.0)
"""Degrees."""
_FREQUENCIES = 8
_HIGHEST_FREQUENCY = 0.45
"""Cycles a pixel: at 0.5 a grating is lost at every second phase."""
_FIRST_BATCH, _LARGEST_BATCH = 2, 16


def frequencies_for(side: int) -> Array:
    """Cycles a pixel for a field of `side` pixels: from one cycle across it to nearly two pixels a cycle."""
    lowest = min(1 / max(side, 4), _HIGHEST_FREQUENCY / 2)
    return np.linspace(lowest, _HIGHEST_FREQUENCY, _FREQUENCIES)


@dataclass(frozen=True)
class Grating:
    """A sinusoidal grating: `orientation` and `phase` in degrees, `frequency` in cycles a pixel."""

    orientation: float
    frequency: float
    phase: float

    def picture(self, input_shape: Shape, box: Box, norm: float) -> Array:
        """float32 ``input_shape`` ``(channel, height, width)``, in `box` alone, the same in all channels.

        All phases have the same contrast, so that `norm` is the root of the mean square of their norms.
        """
        rows, columns = (np.arange(each.start, each.stop) for each in box)
        y = rows[:, None] - rows.mean()
        x = columns - columns.mean()
        turn = math.radians(self.orientation)
        across = x * math.sin(turn) + y * math.cos(turn)  # rows count downwards, so that the stripes turn upwards
        wave = np.cos(2 * math.pi * self.frequency * across + math.radians(self.phase))
        picture = np.zeros(input_shape, np.float32)
        picture[(slice(None), *box)] = norm * math.sqrt(2 / (input_shape[0] * wave.size)) * wave
        return picture


@dataclass(frozen=True, eq=False)
class Tuning:
    """What the middle units of all maps of a module answer to gratings of one norm.

    Attributes:
        responses: ``(orientations, frequencies, phases, maps)``. `blank`: to an empty picture, ``(maps,)``.
        frequencies: in cycles a pixel. `norm`: of the gratings. `phases`: all, or as yet every third.
    """

    responses: Array
    blank: Array
    frequencies: Array
    norm: float
    phases: Array = field(default_factory=lambda: PHASES)

    def best(self, channel: int) -> tuple[int, int, int]:
        """Where the largest answer of a map stands: orientation, frequency, phase."""
        answers = np.nan_to_num(self.responses[..., channel], nan=-np.inf, neginf=-np.inf)
        first, second, third = np.unravel_index(int(answers.argmax()), answers.shape)
        return int(first), int(second), int(third)

    def by_orientation(self, channel: int) -> Array:
        """The answer to the best phase of each orientation at the best frequency."""
        answers: Array = self.responses[:, self.best(channel)[1], :, channel].max(axis=1)
        return answers

    def by_frequency(self, channel: int) -> Array:
        """The answer to the best phase of each frequency at the best orientation."""
        answers: Array = self.responses[self.best(channel)[0], :, :, channel].max(axis=1)
        return answers

    def by_phase(self, channel: int) -> Array:
        """The answer to each phase of the best grating."""
        orientation, frequency, _ = self.best(channel)
        answers: Array = self.responses[orientation, frequency, :, channel]
        return answers

    def selectivity(self, channel: int) -> float:
        """1 - circular variance of the orientation curve above the blank: 0 for all alike, 1 for one alone.

        |Σ R(θ) e^{2iθ}| / Σ R(θ); Ringach, Shapley and Hawken, Orientation selectivity in macaque V1 (2002).
        """
        driven = np.maximum(self.by_orientation(channel) - self.blank[channel], 0)
        total = float(driven.sum())
        turned = float(np.abs((driven * np.exp(2j * np.radians(ORIENTATIONS))).sum()))
        return turned / total if total > 0 else 0.0

    def modulation(self, channel: int) -> float:
        """F1/F0 of the phase curve: below 1 as of a complex cell, above 1 as of a simple one that is rectified.

        The amplitude of its first harmonic by its mean above the blank; infinite where that mean is not above 0, as for
        a linear unit. Skottun et al., Classifying simple and complex cells on the basis of response modulation (1991).
        """
        driven = (self.by_phase(channel) - self.blank[channel]).astype(np.float64)
        mean = float(driven.mean())
        first = 2 * float(np.abs((driven * np.exp(-1j * np.radians(self.phases))).mean()))
        return first / mean if mean > 1e-6 * max(first, 1e-12) else math.inf


class _Memory:
    """Whether all phases were shown once: who has seen their curves does not want rougher ones in between."""

    def __init__(self) -> None:
        self.knows_all = False


@dataclass(frozen=True)
class MeasureTuning(Inquiry):
    """Shows gratings to the network with the weights of now, and notes what the middle units of a module answer.

    Attributes:
        norm_factor: as of FindStimulus.
    """

    asks_of_picture: ClassVar[bool] = False

    module: str
    norm_factor: float = 1.0
    memory: _Memory = field(default_factory=_Memory, compare=False, repr=False)

    def parameters(self, moment: Moment) -> Array:
        """Those with which the network answers."""
        return moment.answering_parameters()

    def work(self, moment: Moment) -> Iterator[object]:
        """Yields None while it measures, and a Tuning at the end; the first time one of every third phase before."""
        run = moment.run
        shape = run.network.input_shape
        if len(shape) != 3:
            raise ValueError("Gratings are pictures: this data set has none.")
        path = UnitPath(run.network, self.module)  # only asked for shapes: the run computes with its own
        place = Unit(self.module, 0).index(path.shape)[1:]
        box = path.box(Unit(self.module, 0))
        norm = self.norm_factor * typical_norm(run, box)
        frequencies = frequencies_for(min(each.stop - each.start for each in box))
        program, parameters = run.program, self.parameters(moment)
        assert program
        at: tuple[slice | int, ...] = (slice(None), slice(None), *place)
        yield None

        def answers(pictures: Array) -> Array:
            with moment.with_parameters(parameters):
                program.forward(pictures)
                found: Array = program.output(self.module)[at]
            return found

        blank = answers(np.zeros((1, *shape), np.float32))[0]
        responses = np.zeros((len(ORIENTATIONS), len(frequencies), len(PHASES), len(blank)), np.float32)
        size = _FIRST_BATCH
        few = np.arange(0, len(PHASES), 3)
        for phases in (few, np.setdiff1d(np.arange(len(PHASES)), few)):
            places = [(o, f, p) for o in range(len(ORIENTATIONS)) for f in range(len(frequencies)) for p in phases]
            done = 0
            while done < len(places):
                part = places[done : done + min(size, program.batch_size)]
                gratings = [Grating(ORIENTATIONS[o], frequencies[f], PHASES[p]) for o, f, p in part]
                begun = perf_counter()
                found = answers(np.stack([each.picture(shape, box, norm) for each in gratings]))
                responses[tuple(np.transpose(part))] = found
                size = min(max(1, int(PIECE_SECONDS / (perf_counter() - begun) * len(part))), _LARGEST_BATCH)
                done += len(part)
                yield None
            if phases is few and not self.memory.knows_all:
                yield Tuning(responses[:, :, few], blank, frequencies, norm, PHASES[few])
        self.memory.knows_all = True
        yield Tuning(responses, blank, frequencies, norm)


@dataclass(frozen=True)
class MeasureFirstTuning(MeasureTuning):
    """As MeasureTuning, with the weights that the run began with."""

    is_live: ClassVar[bool] = False

    def parameters(self, moment: Moment) -> Array:
        """Those that the run's seed draws."""
        return first_network(moment.run).parameters

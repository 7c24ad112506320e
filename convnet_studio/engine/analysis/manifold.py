"""Manifold path: what happens in every module while one picture is turned, shifted or scaled little by little.

The pictures of such a path lie on a curve. Its flatness is the straight way from its first to its last point over its
own length: 1 for a straight line. The tutorial's claim is that stages make such curves flatter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from convnet_studio.engine.analysis.principal import principal_components
from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.training.inquiry import Inquiry, Moment

ROTATE, SHIFT, SCALE = "rotate", "shift", "scale"
CHANGES = (ROTATE, SHIFT, SCALE)
SPANS = {ROTATE: 45.0, SHIFT: 0.2, SCALE: 0.4}
"""How far to both sides: degrees; of the picture's width; of its size."""


@dataclass(frozen=True, eq=False)
class Curve:
    """The path in the output of one module.

    Attributes:
        places: float64 ``(steps, 2)`` in the plane in which it spreads most.
        explained: the share of its variance along both axes of that plane.
        length: of the curve, summed over its steps. `flatness`: chord / length, 1 for a straight line.
        turn: degrees, mean angle between one step and the next; 0 for a straight line.
    """

    places: Array
    explained: Array
    length: float
    flatness: float
    turn: float


@dataclass(frozen=True, eq=False)
class ManifoldPath:
    """The pictures of the path ``(steps, *input_shape)``, what was done to each, and its Curve in every module."""

    pictures: Array
    amounts: Array
    curves: Mapping[str, Curve]


def changed(picture: Array, change: str, amount: float, ground: float = 0.0) -> Array:
    """A picture ``(channel, height, width)`` turned by degrees, shifted right by a share of its width, or enlarged by
    ``1 + amount``, about its middle, bilinear; `ground` stands where nothing was.
    """
    _, height, width = picture.shape
    middle = np.array([(height - 1) / 2, (width - 1) / 2])[:, None, None]
    matrix = np.eye(2)
    if change == ROTATE:
        angle = np.deg2rad(amount)
        matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    elif change == SCALE:
        matrix = np.eye(2) / (1 + amount)
    sources = np.tensordot(matrix, np.mgrid[0:height, 0:width] - middle, 1) + middle
    if change == SHIFT:
        sources[1] -= amount * width
    return _sampled(picture, sources[0], sources[1], ground)


def _sampled(picture: Array, rows: Array, columns: Array, ground: float) -> Array:
    """The picture at places between its pixels, bilinear, as if it lay on an endless `ground`."""
    padded = np.pad(picture, ((0, 0), (1, 1), (1, 1)), constant_values=ground)
    height, width = padded.shape[1:]
    rows, columns = (np.clip(each + 1, 0, side - 1) for each, side in ((rows, height), (columns, width)))
    top, left = (np.minimum(each.astype(int), side - 2) for each, side in ((rows, height), (columns, width)))
    down, right = rows - top, columns - left
    upper = padded[:, top, left] * (1 - right) + padded[:, top, left + 1] * right
    lower = padded[:, top + 1, left] * (1 - right) + padded[:, top + 1, left + 1] * right
    return np.asarray(upper * (1 - down) + lower * down, np.float32)


@dataclass(frozen=True)
class AskManifoldPath(Inquiry):
    """The ManifoldPath of the shown picture under `change`, from minus to plus its span, in `steps` equal steps."""

    change: str = ROTATE
    steps: int = 33

    def work(self, moment: Moment) -> Iterator[object]:
        """The path through the network, then its curve in each module."""
        program, network = moment.run.program, moment.run.network
        assert program is not None
        if moment.picture.ndim != 3:
            raise ValueError("Only pictures can be turned, shifted or scaled: this data set has none.")
        span = SPANS[self.change]
        amounts = np.linspace(-span, span, self.steps)
        ground = float(np.median(moment.picture))
        pictures = np.stack([changed(moment.picture, self.change, float(each), ground) for each in amounts])
        yield None
        parameters = moment.answering_parameters()
        outputs: dict[str, list[Array]] = {n.id: [] for n in network.graph.nodes if not isinstance(n.module, Loss)}
        for start in range(0, self.steps, program.batch_size):
            part = np.ascontiguousarray(pictures[start : start + program.batch_size])
            with moment.with_parameters(parameters):
                program.forward(part)
                for module_id, found in outputs.items():
                    found.append(program.output(module_id).reshape(len(part), -1))
            yield None
        curves: dict[str, Curve] = {}
        for module_id, parts in outputs.items():
            samples = np.concatenate(parts).astype(np.float64)
            if not np.isfinite(samples).all():
                raise ValueError("Outputs of this network are not finite, so they make no curve.")
            components = yield from principal_components(samples)
            curves[module_id] = Curve(components.places, components.explained, *shape_of(samples))
        pictures.flags.writeable = False
        yield ManifoldPath(pictures, amounts, curves)


def shape_of(points: Array) -> tuple[float, float, float]:
    """Length, flatness and mean turn (degrees) of a curve through `points` ``(steps, d)``.

    A curve that does not move at all is flat, as far as that can be said.
    """
    steps = np.diff(points, axis=0)
    lengths = np.linalg.norm(steps, axis=1)
    length = float(lengths.sum())
    if length == 0:
        return 0.0, 1.0, 0.0
    flatness = float(np.linalg.norm(points[-1] - points[0])) / length
    both = lengths[:-1] * lengths[1:]
    cosines = np.sum(steps[:-1] * steps[1:], axis=1)[both > 0] / both[both > 0]
    turn = float(np.degrees(np.arccos(np.clip(cosines, -1, 1))).mean()) if len(cosines) else 0.0
    return length, flatness, turn

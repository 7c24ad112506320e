"""Loss plane: the loss of a network on a plane through its weights, and where a run passes that plane.

The plane is w = c + α d₁ + β d₂, c being the weights when the question was asked. Li, Xu, Taylor, Studer and Goldstein,
Visualizing the loss landscape of neural nets (2018): random directions, each filter of which is as long as the
network's own (sec. 4), or the first two principal components of the run's own way (sec. 7). A run does not lie in such
a plane: every place of it is told with its distance. A network that learns two numbers only has no other plane than
theirs: then c = 0, and α and β are these numbers.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.training.checkpoints import Checkpoint
from convnet_studio.engine.training.inquiry import Inquiry, Moment
from convnet_studio.engine.training.run import Run

RANDOM, PRINCIPAL = "random", "principal"
KINDS = (RANDOM, PRINCIPAL)
WHOLE = "whole"
"""The kind of the plane of a network that learns two numbers only, whichever was asked for."""
WHOLE_REACH = 3.0
"""How far it goes each way at least."""
MARGIN = 0.35
"""How much wider than the way the plane of principal directions is on each side, in its longest side."""
FEWEST_PLACES = 3
_AT_ONCE = 64
"""Samples between two looks at whether somebody is calling."""
_NUMBERS_AT_ONCE = 1_000_000


@dataclass(frozen=True)
class Place:
    """Weights of a run as seen from a plane.

    Attributes:
        step: of training. `alpha`, `beta`: the nearest point of the plane, in units of its directions.
        distance: from there to the weights, Euclidean. `travelled`: from the plane's centre to the weights.
    """

    step: int
    alpha: float
    beta: float
    distance: float
    travelled: float


@dataclass(frozen=True, eq=False)
class Plane:
    """A plane through weights.

    Attributes:
        run_id, step: of the weights that it was asked for.
        center: ``(n,)`` float32: these weights; of a ``whole`` plane, with 0 for both numbers.
        directions: ``(2, n)`` float32.
        alphas, betas: ends of the part that is computed, in units of the directions.
        kind: ``random``, ``principal`` or ``whole``.
        shares: of the run's squared movement that each principal direction holds, else (0, 0).
        way: where the kept checkpoints of the run lie, oldest first, the weights that it was asked for at the end.
    """

    run_id: int
    step: int
    center: Array
    directions: Array
    alphas: tuple[float, float]
    betas: tuple[float, float]
    kind: str
    shares: tuple[float, float] = (0.0, 0.0)
    way: tuple[Place, ...] = ()

    def at(self, alpha: float, beta: float) -> Array:
        """The weights at a point of the plane, ``(n,)`` float32."""
        result: Array = self.center + np.float32(alpha) * self.directions[0] + np.float32(beta) * self.directions[1]
        return result

    def place(self, step: int, parameters: Array) -> Place:
        """Where other weights of the same network lie: the nearest point of the plane, by least squares."""
        moved = parameters.astype(np.float64) - self.center
        along = self.directions @ moved
        alpha, beta = np.linalg.lstsq(self._gram, along, rcond=None)[0]
        beside = moved - alpha * self.directions[0] - beta * self.directions[1]
        return Place(step, float(alpha), float(beta), float(np.linalg.norm(beside)), float(np.linalg.norm(moved)))

    @property
    def _gram(self) -> Array:
        wide = self.directions.astype(np.float64)
        gram: Array = wide @ wide.T
        return gram


@dataclass(frozen=True, eq=False)
class PlaneLoss:
    """What is known of the loss on a plane.

    Attributes:
        plane: which.
        values: mean loss over `samples` training samples at the grid's points, ``(points, points)``, rows along β, from
            the lower ends on; without penalties. None while the first, coarsest grid is not complete.
        loss: the same at the weights that it was asked for.
        done: share of all work, 0 .. 1.
    """

    plane: Plane
    values: Array | None
    samples: int
    loss: float
    done: float


@dataclass(frozen=True)
class FindLossPlane(Inquiry):
    """Computes the loss on a plane through the weights as they are now: a coarse grid first, then finer ones.

    Attributes:
        kind: ``random`` or ``principal``. `seed`: of random directions. `attempt`: another number begins anew.
        points: of the finest grid, each way: 4 k + 1 for a coarse one of k + 1. `samples`: of the training set.
        reach: of random directions, how far to go each way, in norms of the filters.
    """

    is_live: ClassVar = False
    asks_of_picture: ClassVar = False

    kind: str = RANDOM
    seed: int = 1
    attempt: int = 0
    points: int = 33
    samples: int = 256
    reach: float = 1.0

    def work(self, moment: Moment) -> Iterator[object]:
        """Yields a PlaneLoss after each grid, and now and then the progress."""
        run = moment.run
        if not run.network.parameters.size:
            raise ValueError("This network has no weights, so there is nothing to plot: add a module that learns.")
        if not run.material.train_count:
            raise ValueError("This data set holds no training pictures, so there is no loss to plot.")
        count = min(self.samples, run.material.train_count)
        indices = np.linspace(0, run.material.train_count - 1, count).round().astype(np.int64)
        program = run.twin_program(indices)
        try:
            program.network.parameters[...] = moment.answering_parameters()
            plane = yield from self._find_plane(run, program.network)
            everything = np.arange(count)
            parameters = program.network.parameters

            def mean_loss(weights: Array) -> Generator[None, None, float]:
                parameters[...] = weights
                total = 0.0
                for start in range(0, count, _AT_ONCE):
                    part = everything[start : start + _AT_ONCE]
                    total += program.evaluate(part).loss * len(part)
                    yield None
                return total / count

            loss = yield from mean_loss(parameters.copy())
            yield PlaneLoss(plane, None, count, loss, 0.0)
            fine = np.full((self.points, self.points), np.nan)
            shown: Array | None = None
            known, last = 0, 0
            for stride in (4, 2, 1):
                for row in range(0, self.points, stride):
                    for column in range(0, self.points, stride):
                        if not np.isnan(fine[row, column]):
                            continue
                        alpha = _between(plane.alphas, column / (self.points - 1))
                        beta = _between(plane.betas, row / (self.points - 1))
                        value = yield from mean_loss(plane.at(alpha, beta))
                        fine[row, column] = value if np.isfinite(value) else np.inf
                        known += 1
                    done = known / fine.size
                    if known - last >= fine.size / 50:
                        last = known
                        yield PlaneLoss(plane, shown, count, loss, done)
                shown = _frozen(fine[::stride, ::stride].copy())
                yield PlaneLoss(plane, shown, count, loss, known / fine.size)
        finally:
            program.close()

    def _find_plane(self, run: Run, network: Network) -> Generator[None, None, Plane]:
        """The plane; yields after each piece of work."""
        center = _frozen(network.parameters.copy())
        weights, kind, step = center, self.kind, run.course.step
        earlier = [each for each in run.checkpoints.taken if each.step < step]
        shares, ends = (0.0, 0.0), ((-self.reach, self.reach), (-self.reach, self.reach))
        directions = None
        learned = np.concatenate([each.reshape(-1) for each in _learned(network)] or [np.zeros(0, np.int64)])
        if len(learned) == 2:
            kind, center, directions = WHOLE, center.copy(), np.zeros((2, center.size), np.float32)
            center[learned] = 0
            directions[[0, 1], learned] = 1
            reach = max(WHOLE_REACH, 1.25 * float(np.abs(weights[learned]).max()))
            ends = ((-reach, reach), (-reach, reach))
        elif self.kind == PRINCIPAL:
            for found in principal_directions([each.parameters for each in earlier], center):
                yield None
                if found is not None:
                    directions, shares = found
        else:
            directions = random_directions(network, run.seed + self.seed)
        assert directions is not None
        plane = Plane(run.run_id, step, _frozen(center), _frozen(directions), *ends, kind, shares)
        way = []
        for checkpoint in earlier:
            way.append(_place(plane, checkpoint))
            yield None
        way.append(plane.place(step, weights))
        if kind == PRINCIPAL:
            ends = _around(way)
        return Plane(run.run_id, step, center, plane.directions, *ends, kind, shares, tuple(way))


@dataclass(frozen=True)
class FindPlace(Inquiry):
    """Where the weights of the run are now, seen from a plane; asked again whenever they have changed."""

    asks_of_picture: ClassVar = False

    plane: Plane

    def work(self, moment: Moment) -> Iterator[object]:
        """Yields one Place."""
        run = moment.run
        if run.run_id != self.plane.run_id or run.network.parameters.shape != self.plane.center.shape:
            raise ValueError("The plane lies in another network's weights: compute it anew.")
        yield self.plane.place(run.course.step, moment.answering_parameters())


def random_directions(network: Network, seed: int) -> Array:
    """Two directions ``(2, n)`` drawn from a normal distribution, filter by filter as long as the network's weights.

    A filter is one entry of a weight's first axis: the kernels of one map, the inputs of one unit. Biases and other
    lists of single numbers, what is fitted instead of learned, and what is frozen, stay as they are (Li et al.,
    sec. 4; the filter norms are theirs: d ← d ‖θ‖ / ‖d‖).
    """
    random = np.random.default_rng(seed)
    directions = np.zeros((2, network.parameters.size), np.float32)
    for where in _learned(network):
        if where.ndim < 2:
            continue
        filters = network.parameters[where].reshape(len(where), -1)
        norms = np.linalg.norm(filters.astype(np.float64), axis=1, keepdims=True)
        for direction in directions:
            drawn = random.standard_normal(filters.shape)
            drawn *= norms / np.maximum(np.linalg.norm(drawn, axis=1, keepdims=True), 1e-30)
            direction[where] = drawn.reshape(where.shape)
    return directions


def _learned(network: Network) -> Iterator[Array]:
    """For each array that is learned: where its numbers lie in the flat vector, in its shape."""
    start = network.parameters.__array_interface__["data"][0]
    for module_id in network.slices:
        if network.learns(module_id):
            for each in network.parameters_of(module_id).values():
                offset = (each.value.__array_interface__["data"][0] - start) // each.value.itemsize
                yield np.arange(offset, offset + each.value.size).reshape(each.value.shape)


def principal_directions(places: list[Array], center: Array) -> Iterator[tuple[Array, tuple[float, float]] | None]:
    """The first two principal components of a way's places relative to its end, without taking off their mean.

    By the eigenvectors of the Gram matrix of the differences, (k, k) for k places, so that large networks need no large
    matrix. The last thing that comes is the directions, ``(2, n)`` of unit length, and the share of the squared
    movement that each holds.

    Raises:
        ValueError: where there are too few places, or they do not differ in two directions.
    """
    if len(places) < FEWEST_PLACES:
        raise ValueError("Principal directions need a way that the run has gone: let it train for some seconds first.")
    count, size = len(places), center.size
    gram = np.zeros((count, count))
    rows = max(1, _NUMBERS_AT_ONCE // count)
    for begin in range(0, size, rows):
        part = slice(begin, begin + rows)
        moved = np.stack([each[part] for each in places]).astype(np.float64) - center[part]
        gram += moved @ moved.T
        yield None
    squares, vectors = np.linalg.eigh(gram)
    squares, vectors = squares[::-1], vectors[:, ::-1]
    if not squares[1] > 1e-12 * squares[0]:
        raise ValueError("The run has moved along one line so far: let it train for some seconds more.")
    directions = np.empty((2, size), np.float32)
    weights = (vectors[:, :2] / np.sqrt(squares[:2])).T
    for begin in range(0, size, rows):
        part = slice(begin, begin + rows)
        moved = np.stack([each[part] for each in places]).astype(np.float64) - center[part]
        directions[:, part] = weights @ moved
        yield None
    total = float(squares.clip(0).sum())
    yield directions, (float(squares[0] / total), float(squares[1] / total))


def _place(plane: Plane, checkpoint: Checkpoint) -> Place:
    return plane.place(checkpoint.step, checkpoint.parameters)


def _around(way: list[Place]) -> tuple[tuple[float, float], tuple[float, float]]:
    """Ends of a square about a way."""
    points = np.array([(each.alpha, each.beta) for each in way])
    low, high = points.min(axis=0), points.max(axis=0)
    half = float((high - low).max()) * (0.5 + MARGIN)
    middle = (low + high) / 2
    return (
        (float(middle[0] - half), float(middle[0] + half)),
        (float(middle[1] - half), float(middle[1] + half)),
    )


def _between(ends: tuple[float, float], part: float) -> float:
    return ends[0] + part * (ends[1] - ends[0])


def _frozen(array: Array) -> Array:
    array.flags.writeable = False
    return array

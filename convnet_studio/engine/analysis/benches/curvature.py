"""Learning rates and curvature: plain descent on the loss of a linear unit with two inputs, whose Hessian is known."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np

from convnet_studio.engine.analysis.bench import Bench, choice, number, reading, whole
from convnet_studio.engine.analysis.bench_pictures import Bars, BenchPicture, Contours, Curves, Mark, Points
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.training.inquiry import Moment

RAW, WHITENED = "as they are", "whitened"
DESCENT, NOISE = "the way down", "slopes of batches"
ONE, EACH = "one for all", "one for each weight"
CENTRE = (0.4, 0.8)
"""Of the class whose target is 1; that of the other, whose target is -1, lies opposite."""
SPREAD = 0.19
"""Standard deviation of either class in each direction, such that the eigenvalues are those of the paper's example."""
SAMPLES = 100
SEED = 1998
START = (-0.9, 0.3)
MU = 0.02
"""Added to each second derivative before it divides a rate: the paper's μ."""
DRAWS = 500
MOST_STEPS = 2000
LOST = 1e6
NEAR = 1e-3
"""Of the excess loss at the start: what counts as arrived."""
POINTS = 61


@dataclass(frozen=True, eq=False)
class Problem:
    """L(w) = mean of ½ (w·x - t)², as ``½ (w - best)ᵀ hessian (w - best) + least``.

    Attributes:
        inputs: ``(samples, 2)``. `targets`: ``(samples,)``, 1 or -1.
        hessian: ``(2, 2)``, the mean of x xᵀ. `best`: ``(2,)``. `least`: the loss there.
    """

    inputs: Array
    targets: Array
    hessian: Array
    best: Array
    least: float

    def loss(self, weights: Array) -> Array:
        """At weights ``(..., 2)``."""
        off = weights - self.best
        told: Array = 0.5 * np.einsum("...i,ij,...j->...", off, self.hessian, off) + self.least
        return told


@lru_cache(maxsize=4)
def problem(inputs: str) -> Problem:
    """The two clouds, whitened (mean 0, covariance 1, by the axes of the Hessian) or not."""
    random = np.random.default_rng(SEED)
    targets = np.repeat([1.0, -1.0], SAMPLES // 2)
    noise = random.normal(size=(2, SAMPLES // 2, 2))
    noise = (noise - noise.mean(1, keepdims=True)).reshape(SAMPLES, 2)
    values, axes = np.linalg.eigh(noise.T @ noise / SAMPLES)
    noise = noise @ (axes / np.sqrt(values)) @ axes.T  # so that the spread is the same each way, exactly
    x = targets[:, None] * np.array(CENTRE) + SPREAD * noise
    if inputs == WHITENED:
        x = x - x.mean(0)
        values, axes = np.linalg.eigh(x.T @ x / SAMPLES)
        x = x @ (axes / np.sqrt(values)) @ axes.T
    hessian = x.T @ x / SAMPLES
    best = np.linalg.solve(hessian, x.T @ targets / SAMPLES)
    least = 0.5 * float(np.mean((x @ best - targets) ** 2))
    return Problem(x, targets, hessian, best, least)


@dataclass(frozen=True)
class CurvatureBench(Bench):
    """Plain descent w ← w - η ∂L/∂w on two clouds at ±(0.4, 0.8).

    The example, and what it shows, is that of LeCun, Bottou, Orr and Müller, Efficient BackProp (1998), sections 5
    and 6: along an eigenvector of the Hessian the error shrinks by |1 - η λ| a step.
    """

    name: ClassVar = "curvature"
    title: ClassVar = "Learning rates and curvature"
    summary: ClassVar = "Descent on a bowl that is steep one way and flat the other: rates, whitening, gradient noise."

    rate: float = number(0.3, 0.01, 6.0, "Learning rate η", is_log=True)
    steps: int = whole(0, 0, 200, "Steps")
    inputs: str = choice(RAW, (RAW, WHITENED), "Inputs")
    rates: str = choice(ONE, (ONE, EACH), "Rates")
    batch: int = whole(SAMPLES, 1, SAMPLES, "Samples in a batch")
    look: str = choice(DESCENT, (DESCENT, NOISE), "Look at")

    @reading
    def larger_eigenvalue(self, moment: Moment | None = None) -> float:
        """λ max of the Hessian."""
        return float(np.linalg.eigvalsh(self._problem.hessian)[1])

    @reading
    def smaller_eigenvalue(self, moment: Moment | None = None) -> float:
        """λ min of the Hessian."""
        return float(np.linalg.eigvalsh(self._problem.hessian)[0])

    @reading
    def condition(self, moment: Moment | None = None) -> float:
        """λ max / λ min: how many times steeper the steepest way is."""
        return self.larger_eigenvalue() / self.smaller_eigenvalue()

    @reading
    def largest_rate(self, moment: Moment | None = None) -> float:
        """2 / λ max: above it the steep direction diverges."""
        return 2 / self.larger_eigenvalue()

    @reading
    def best_rate(self, moment: Moment | None = None) -> float:
        """1 / λ max: the steep direction is right after one step."""
        return 1 / self.larger_eigenvalue()

    @reading
    def halving_steps(self, moment: Moment | None = None) -> float:
        """Steps of this rate in which the error along the flat direction falls to a half."""
        shrinks = abs(1 - self.rate * self.smaller_eigenvalue())
        path = self._path(MOST_STEPS)
        flat = np.linalg.eigh(self._problem.hessian)[1][:, 0]
        off = np.abs((path - self._problem.best) @ flat)
        reached = np.flatnonzero(off <= 0.5 * off[0])
        return float(reached[0]) if len(reached) and shrinks < 1 else math.nan

    @reading
    def steps_to_arrive(self, moment: Moment | None = None) -> float:
        """Steps until a thousandth of the first excess loss is left; not a number where that never happens."""
        losses = self._problem.loss(self._path(MOST_STEPS)) - self._problem.least
        reached = np.flatnonzero(losses <= NEAR * losses[0])
        return float(reached[0]) if len(reached) else math.nan

    @reading
    def loss(self, moment: Moment | None = None) -> float:
        """After the steps on the dial."""
        return float(self._problem.loss(self._path(self.steps)[-1]))

    @reading
    def excess(self, moment: Moment | None = None) -> float:
        """Loss after the steps on the dial, above the least there can be, as a part of that at the start."""
        least = self._problem.least
        return (self.loss() - least) / (float(self._problem.loss(np.array(START))) - least)

    @reading
    def noise(self, moment: Moment | None = None) -> float:
        """Standard deviation of the gradient at the start over batches drawn at random, along its noisier axis."""
        return float(self._gradients().std(0).max())

    @property
    def _problem(self) -> Problem:
        return problem(self.inputs)

    def _path(self, steps: int) -> Array:
        """All places, ``(steps + 1, 2)``; it stays where it has diverged."""
        set_up = self._problem
        scale = 1 / (np.diag(set_up.hessian) + MU) if self.rates == EACH else np.ones(2)
        path = np.empty((steps + 1, 2))
        path[0] = START
        random = np.random.default_rng(SEED)
        for step in range(steps):
            now = path[step]
            if np.abs(now).max() > LOST:
                path[step + 1] = now
                continue
            chosen = slice(None) if self.batch == SAMPLES else random.choice(SAMPLES, self.batch, replace=False)
            x, t = set_up.inputs[chosen], set_up.targets[chosen]
            path[step + 1] = now - self.rate * scale * ((x @ now - t) @ x / len(x))
        return path

    def _gradients(self) -> Array:
        """At the start, of `DRAWS` batches whose samples are drawn with replacement; ``(DRAWS, 2)``."""
        set_up, random = self._problem, np.random.default_rng(SEED)
        chosen = random.integers(SAMPLES, size=(DRAWS, self.batch))
        x, t = set_up.inputs[chosen], set_up.targets[chosen]
        wrong = x @ np.array(START) - t
        means: Array = np.einsum("db,dbi->di", wrong, x) / self.batch
        return means

    def pictures(self, moment: Moment) -> Iterator[tuple[BenchPicture, ...]]:
        """The bowl with the way down, the loss along it, clouds and curvatures; or the gradients of batches."""
        if self.look == NOISE:
            yield self._noise_pictures()
            return
        set_up, path = self._problem, self._path(self.steps)
        reach = 2.2
        x0, x1 = (np.linspace(each - reach, each + reach, POINTS) for each in set_up.best)
        bowl = set_up.loss(np.stack(np.meshgrid(x0, x1), -1))
        way = np.clip(path, (x0[0], x1[0]), (x0[-1], x1[-1]))
        spots = (Mark("best", *set_up.best), Mark("start", *START))
        ranges = ((x0[0], x0[-1]), (x1[0], x1[-1]))
        contours = Contours("Loss, and the way down", bowl, *ranges, "w₁", "w₂", {"descent": way}, spots, is_log=True)
        excess = np.maximum(set_up.loss(path) - set_up.least, 1e-12)
        counted = np.arange(len(path), dtype=float)
        curve = Curves("Loss above the least", {"descent": (counted, excess)}, "step", "loss", is_log_y=True)
        halves = {"target 1": set_up.inputs[set_up.targets > 0], "target −1": set_up.inputs[set_up.targets < 0]}
        bends = {"steep λ": self.larger_eigenvalue(), "flat λ": self.smaller_eigenvalue()}
        yield (
            contours,
            curve,
            Points("Inputs", halves, "x₁", "x₂", is_square=True),
            Bars(
                "Curvature (eigenvalues of the Hessian)", bends, texts=tuple(f"{each:.3f}" for each in bends.values())
            ),
        )

    def _noise_pictures(self) -> tuple[BenchPicture, ...]:
        """Every batch's gradient at the start, on axes that hold those of the smallest batches, and the spread."""
        gradients = self._gradients()
        whole_one = self._problem.hessian @ (np.array(START) - self._problem.best)
        spreads = {f"{batch} samples": self.turned(batch=batch).noise() for batch in (1, 4, 16, 64)}
        spreads[f"now: {self.batch}"] = self.noise()
        frame = self.turned(batch=1)._gradients()
        corners = tuple(Mark("", *each) for each in (frame.min(0), frame.max(0)))
        return (
            Points(
                f"Slopes of {DRAWS} batches at the start",
                {"a batch": gradients, "all samples": whole_one[None]},
                "∂L/∂w₁",
                "∂L/∂w₂",
                corners,
            ),
            Bars("Their spread", spreads, texts=tuple(f"{each:.3f}" for each in spreads.values())),
        )

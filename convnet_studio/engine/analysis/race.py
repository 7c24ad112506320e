"""Race: several optimizers that go down the surface of the 1-1-1 net side by side, forth and back step by step."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

import convnet_studio.engine.nn.optimizers  # noqa: F401  (importing the folder registers what it holds)
from convnet_studio.engine.analysis.one_one_one import OneOneOne
from convnet_studio.engine.nn.module import Array, SettingValue
from convnet_studio.engine.nn.optimizer import MiniBatch, Optimizer, State
from convnet_studio.engine.registry import Registry

SETTLED = 1e-6
"""A walker with less loss than this has arrived."""
LOST = 1e6
"""A walker with a larger weight than this has diverged, and stays where it is."""
LONGEST_PATH = 20_000
"""Steps of one walker."""
_FIRST_ROOM = 256
"""Places that there is room for at first."""
_MARK_EVERY = 64
"""Steps between two states that are kept: going back is done by going forth from one of them."""


@dataclass(frozen=True)
class Chance:
    """What makes the gradients of a walker noisy: by the seed and the step alone, so that a race can be repeated.

    Walkers of one seed see the same draws at the same step.

    Attributes:
        one_sample: each step sees a single sample, drawn with equal odds: stochastic gradient descent, Robbins and
            Monro (1951), as against the mean over all.
        noise: standard deviation of a normal number that is added to either slope.
    """

    one_sample: bool = False
    noise: float = 0.0
    seed: int = 1

    @property
    def is_noisy(self) -> bool:
        """Whether gradients are others than those of the loss."""
        return self.one_sample or self.noise > 0

    def draw(self, samples: int, step: int) -> tuple[int, Array]:
        """Of a step: which of so many samples, and what is added to the two slopes, ``(2,)``."""
        random = np.random.default_rng([self.seed, step])
        return int(random.integers(samples)), self.noise * random.standard_normal(2)


EXACT = Chance()
"""The gradient of the loss itself."""


@dataclass(frozen=True)
class Rule:
    """An update rule of the program with some settings, under a name for a table."""

    title: str
    kind: str
    settings: tuple[tuple[str, SettingValue], ...] = ()

    def make(self, rate: float) -> Optimizer:
        """The optimizer itself, at rest."""
        registry: Registry[type[Optimizer]] = Optimizer.registry
        made = registry[self.kind](**dict(self.settings))
        made.rate = rate
        return made


def rules() -> tuple[Rule, ...]:
    """Every rule of the program as it is by default, and plain descent and Nesterov's besides."""
    variants = {
        "SGD": (
            Rule("Plain descent", "SGD", (("momentum", 0.0),)),
            Rule("Momentum 0.9", "SGD"),
            Rule("Nesterov 0.9", "SGD", (("nesterov", True),)),
        ),
        "LBFGS": (Rule("L-BFGS", "LBFGS", (("iterations", 1),)),),
    }
    kinds = sorted(Optimizer.registry, key=lambda kind: (kind != "SGD", kind))
    return tuple(rule for kind in kinds for rule in variants.get(kind, (Rule(kind, kind),)))


class Walker:
    """One optimizer on its way down.

    Attributes:
        rule, rate, chance: how it goes. `net`: where.
    """

    def __init__(
        self, net: OneOneOne, rule: Rule, rate: float, start: tuple[float, float], chance: Chance = EXACT
    ) -> None:
        self.net, self.rule, self.rate, self.chance = net, rule, rate, chance
        self._start = start
        self.restart()

    def restart(self) -> None:
        """Back to where it began, with nothing remembered."""
        self._optimizer = self.rule.make(self.rate)
        self._at = np.array(self._start, np.float64)
        self._places: Array = np.full((_FIRST_ROOM, 2), self._start, np.float64)
        self._losses: list[float] = [float(self.net.loss(*self._start))]
        self._settled_after: int | None = 0 if self.loss < SETTLED else None
        self._marks: list[tuple[Array, State]] = [(self._at.copy(), {})]

    @property
    def step(self) -> int:
        """Updates made."""
        return len(self._losses) - 1

    @property
    def place(self) -> tuple[float, float]:
        """(w0, w1) now."""
        w0, w1 = self._places[self.step].tolist()
        return w0, w1

    @property
    def loss(self) -> float:
        """At its place."""
        return self._losses[-1]

    @property
    def path(self) -> Array:
        """All places so far, ``(step + 1, 2)``: no copy, later steps only add to it."""
        places: Array = self._places[: self.step + 1]
        places.flags.writeable = False
        return places

    @property
    def is_lost(self) -> bool:
        """Whether it has diverged."""
        return not (max(map(abs, self.place)) <= LOST and math.isfinite(self.loss))

    @property
    def arrived_after(self) -> int | None:
        """The step from which on, so far, its loss has stayed below `SETTLED`; None where it is above."""
        return self._settled_after

    def advance(self) -> None:
        """One update; none where it has diverged or come to the end of its path."""
        if self.is_lost or self.step >= LONGEST_PATH:
            return
        with np.errstate(all="ignore"):  # what diverges is looked for and told
            self._update()
        self._note((float(self._at[0]), float(self._at[1])))
        if self.step % _MARK_EVERY == 0:
            self._marks.append((self._at.copy(), _copy(self._optimizer.state)))

    def go_back(self, step: int) -> None:
        """Be again as it was after `step` updates, its memory too."""
        step = max(0, min(step, self.step))
        mark = step // _MARK_EVERY
        at, state = self._marks[mark]
        del self._marks[mark + 1 :], self._losses[mark * _MARK_EVERY + 1 :]
        if self._settled_after is not None and self._settled_after > self.step:
            self._settled_after = None
        if self._settled_after is None and self.loss < SETTLED:
            above = np.flatnonzero(~(np.array(self._losses) < SETTLED))
            self._settled_after = int(above[-1]) + 1 if len(above) else 0
        self._at[...] = at
        self._optimizer.state = _copy(state)
        while self.step < step:
            self.advance()

    def _note(self, place: tuple[float, float]) -> None:
        """Write down where an update led to."""
        step = len(self._losses)
        if step == len(self._places):
            self._places = np.concatenate([self._places, np.empty_like(self._places)])
        self._places[step] = place
        self._losses.append(float(self.net.loss(*place)))
        if not self.loss < SETTLED:
            self._settled_after = None
        elif self._settled_after is None:
            self._settled_after = step

    def _update(self) -> None:
        at, gradients, start = self._at, np.empty(2), self._at.copy()
        net, noise = self._seen_by_step()

        def evaluate() -> float:
            gradients[...] = [float(each) for each in net.gradient(float(at[0]), float(at[1]))]
            gradients[...] += noise
            return float(net.loss(float(at[0]), float(at[1]))) + float(noise @ (at - start))

        loss = evaluate()
        self._optimizer.update(at, gradients, MiniBatch(loss, evaluate))

    def _seen_by_step(self) -> tuple[OneOneOne, Array]:
        """The net on the samples that the next step sees, and what is added to its slopes."""
        if not self.chance.is_noisy:
            return self.net, np.zeros(2)
        sample, noise = self.chance.draw(len(self.net.inputs), self.step)
        if not self.chance.one_sample:
            return self.net, noise
        only = slice(sample, sample + 1)
        return replace(self.net, inputs=self.net.inputs[only], targets=self.net.targets[only]), noise


class Race:
    """Walkers that step together. A walker that joins late counts its own steps."""

    def __init__(self, net: OneOneOne) -> None:
        self.net = net
        self.walkers: list[Walker] = []

    def drop(self, rule: Rule, rate: float, place: tuple[float, float], chance: Chance = EXACT) -> Walker:
        """Put another walker on the surface."""
        self.walkers.append(Walker(self.net, rule, rate, place, chance))
        return self.walkers[-1]

    def advance(self, steps: int = 1) -> None:
        """So many updates of every walker."""
        for _ in range(steps):
            for walker in self.walkers:
                walker.advance()

    def step_back(self) -> None:
        """Undo the last update of every walker."""
        for walker in self.walkers:
            walker.go_back(walker.step - 1)

    def restart(self) -> None:
        """Every walker back to where it was dropped."""
        for walker in self.walkers:
            walker.restart()

    def use_net(self, net: OneOneOne) -> None:
        """Another surface: every walker begins again on it."""
        self.net = net
        for walker in self.walkers:
            walker.net = net
        self.restart()

    @property
    def is_over(self) -> bool:
        """Whether no walker moves any more worth seeing: each has arrived, diverged or gone its longest path."""
        return all(each.is_lost or each.loss < SETTLED**2 or each.step >= LONGEST_PATH for each in self.walkers)

    @property
    def mean(self) -> tuple[float, float] | None:
        """The mean of their weights: of two from opposite valleys it lies near the saddle. None for fewer than two."""
        places = [each.place for each in self.walkers if not each.is_lost]
        if len(places) < 2:
            return None
        w0, w1 = np.mean(places, axis=0)
        return float(w0), float(w1)


def _copy(state: State) -> State:
    return {name: vector.copy() for name, vector in state.items()}

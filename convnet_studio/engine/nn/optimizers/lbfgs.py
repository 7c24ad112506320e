"""L-BFGS: steps of Newton's kind, the curvature learnt from the last few of them."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from convnet_studio.engine.nn.line_search import Point, strong_wolfe
from convnet_studio.engine.nn.module import Array, setting
from convnet_studio.engine.nn.optimizer import MiniBatch, Optimizer, State
from convnet_studio.engine.nn.step_plan import StepPlan, plain_plan

FLAT = 1e-7
"""A largest entry of the gradient up to this is a minimum."""


class LBFGS(Optimizer):
    """Divides the gradient by the curvature that the last `history` pairs of step and change of gradient show.

    Made for full batches, where it needs no choice of rate; with mini-batches both gradients of a pair are of the same
    one (Schraudolph, Yu and Günter, A stochastic quasi-Newton method (2007)). L2 is part of what it minimises. Of the
    modules' own rates only 0 counts: any other would turn its direction away from downhill.
    Nocedal and Wright, Numerical optimization (2006), algorithm 7.4; without a search as torch.optim.LBFGS.
    """

    word: ClassVar = "steps of Newton's kind"
    formula: ClassVar = (
        r"w \leftarrow w - \eta \, H g, \quad"
        r"H \leftarrow (I - \rho s y^\top) H (I - \rho y s^\top) + \rho s s^\top, \quad \rho = \frac{1}{y^\top s}"
    )

    history: int = setting(10, "Pairs kept", "How many steps the curvature is learnt from.", minimum=1, maximum=100)
    iterations: int = setting(4, "Iterations", "Steps on each mini-batch.", minimum=1, maximum=1000)
    line_search: str = setting(
        "strong Wolfe",
        "Line search",
        "strong Wolfe: look for a step far enough down, from the learning rate on; none: the rate is the step.",
        choices=("strong Wolfe", "none"),
    )

    def direction(self, parameters: Array, gradients: Array, state: State) -> Array:
        """H g, by the recursion of two loops over the pairs ``steps`` and ``changes``, each ``(pairs, n)``."""
        d = gradients.astype(np.float64)
        if "steps" not in state:
            return d
        pairs = [
            (s.astype(np.float64), y.astype(np.float64)) for s, y in zip(state["steps"], state["changes"], strict=True)
        ]
        weights = []
        for s, y in reversed(pairs):
            weights.append((s @ d) / (y @ s))
            d -= weights[-1] * y
        s, y = pairs[-1]
        d *= (y @ s) / (y @ y)
        for (s, y), weight in zip(pairs, reversed(weights), strict=True):
            d += (weight - (y @ d) / (y @ s)) * s
        return d

    def update(self, parameters: Array, gradients: Array, batch: MiniBatch | None = None) -> None:
        """A few steps on one mini-batch; without it a single one, from which no curvature is learnt."""
        plan = self.plan or plain_plan(parameters.size)
        if any(each.shape[1:] != parameters.shape for each in self.state.values()):
            self.state.clear()  # of another network
        gradient = self._gradient(plan, parameters, gradients)
        if batch is None:
            self._walk(parameters, gradient)
        else:
            loss = batch.loss + plan.penalty(parameters)
            for _ in range(self.iterations):
                if not self.rate or np.abs(gradient).max(initial=0) <= FLAT:
                    break
                loss, gradient = self._iterate(parameters, gradients, loss, gradient, batch, plan)
        plan.finish(parameters, self.rate)

    def _gradient(self, plan: StepPlan, parameters: Array, gradients: Array) -> Array:
        """The gradient of loss and L2, clipped before, and 0 where nothing learns."""
        whole = plan.prepared(parameters, gradients)
        learning = np.zeros_like(whole)
        for run in plan.runs:
            learning[run.part] = whole[run.part]
        return learning

    def _walk(self, parameters: Array, gradient: Array) -> None:
        parameters -= self._first_step(gradient) * self.direction(parameters, gradient, self.state)

    def _first_step(self, gradient: Array) -> float:
        """The rate; less while no curvature is known, since the gradient alone does not say how far to go."""
        if "steps" in self.state:
            return self.rate
        return self.rate * min(1.0, 1.0 / max(float(np.abs(gradient).sum(dtype=np.float64)), 1e-30))

    def _iterate(
        self, parameters: Array, gradients: Array, loss: float, gradient: Array, batch: MiniBatch, plan: StepPlan
    ) -> tuple[float, Array]:
        """One step; the loss and gradient where it ends."""
        start, down = parameters.copy(), -self.direction(parameters, gradient, self.state)
        found: dict[float, tuple[float, Array]] = {}

        def phi(t: float) -> Point:
            parameters[...] = start + t * down
            value = batch.evaluate() + plan.penalty(parameters)
            found[t] = value, self._gradient(plan, parameters, gradients)
            return Point(t, value, float(down @ found[t][1]))

        t, slope = self._first_step(gradient), float(down @ gradient)
        if not slope < 0:
            self.state.clear()  # the pairs of other mini-batches mislead: begin with the gradient again
            return loss, gradient
        chosen = phi(t) if self.line_search == "none" else strong_wolfe(phi, Point(0.0, loss, slope), t)
        parameters[...] = start + chosen.t * down
        if not chosen.t:
            return loss, gradient
        loss, after = found[chosen.t]
        self._learn(parameters - start, after - gradient)
        return loss, after

    def _learn(self, step: Array, change: Array) -> None:
        """Keep a pair, unless it shows no curvature upwards."""
        if not float(step @ change) > 1e-10:
            return
        for name, new in (("steps", step), ("changes", change)):
            old = self.state.get(name, np.zeros((0, new.size), new.dtype))
            self.state[name] = np.concatenate([old, new[None]])[-self.history :]

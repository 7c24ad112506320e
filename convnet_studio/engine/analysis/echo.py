"""Echo: a small recurrent network that learns to repeat the bit of some steps ago, unfolded in time.

h_t = tanh(U x_t + V h_{t-1} + b), and a score w h_t + c that is to be above 0 where x_{t-delay} was 1. Every step of
time has modules of its own, which share their parameters, so that each remembers its own step for the way back. It is
Elman's simple recurrent network (Finding structure in time, 1990), trained by back-propagation through time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from convnet_studio.engine.nn.module import Array, Parameter
from convnet_studio.engine.nn.modules.linear import Linear
from convnet_studio.engine.nn.modules.tanh import Tanh
from convnet_studio.engine.nn.optimizer import Optimizer
from convnet_studio.engine.nn.optimizers.adam import Adam
from convnet_studio.engine.project.kinds import make

LENGTH, BATCH, TESTS = 14, 32, 200
"""Steps of a sequence, sequences of a step of training, and those that are held out."""
RATE = 0.01
EVERY = 10
"""Steps of training between two records."""
SEED = 4


@dataclass(frozen=True, eq=False)
class Record:
    """What training had come to: `loss` and `accuracy` on sequences that are held out, and all `parameters`, flat."""

    step: int
    loss: float
    accuracy: float
    parameters: Array


class EchoNet:
    """The network, laid out over `length` steps of time.

    Args:
        units: of the hidden state.
    """

    def __init__(self, units: int, length: int = LENGTH) -> None:
        self.units, self.length = units, length
        self.parameters = np.zeros(units * units + 3 * units + 1)
        self.gradients = np.zeros_like(self.parameters)
        self._end = 0
        self._into = self._copies(units, 1)
        self._back = self._copies(units, units, has_bias=False)
        self._out = self._copies(1, units)
        self._tanh = [Tanh() for _ in range(length)]

    def _copies(self, outputs: int, inputs: int, has_bias: bool = True) -> list[Linear]:
        """A Linear for each step, all with the same numbers."""
        weight = self._parameter("weight", (outputs, inputs), inputs)
        bias = self._parameter("bias", (outputs,), inputs) if has_bias else None
        made = []
        for _ in range(self.length):
            each = make(Linear, {"out_features": outputs, "has_bias": has_bias})
            assert isinstance(each, Linear)
            each.weight = weight
            if bias is not None:
                each.bias = bias
            made.append(each)
        return made

    def _parameter(self, name: str, shape: tuple[int, ...], fan_in: int) -> Parameter:
        part = slice(self._end, self._end + int(np.prod(shape)))
        self._end = part.stop
        return Parameter(name, self.parameters[part].reshape(shape), self.gradients[part].reshape(shape), fan_in)

    def draw(self, seed: int) -> None:
        """First weights: normal, of deviation 1/√fan-in."""
        random = np.random.default_rng(seed)
        for module in (self._into[0], self._back[0], self._out[0]):
            weight = module.weight
            weight.value[...] = random.standard_normal(weight.value.shape) / np.sqrt(weight.value.shape[1])

    def forward(self, bits: Array) -> tuple[Array, Array]:
        """Bits ``(batch, length)`` of -1 and 1 to scores ``(batch, length)`` and states ``(batch, length, units)``."""
        state = np.zeros((len(bits), self.units))
        scores, states = np.empty(bits.shape), np.empty((*bits.shape, self.units))
        for t in range(self.length):
            total = self._into[t].forward(bits[:, t : t + 1])
            if t:
                total = total + self._back[t].forward(state)
            state = states[:, t] = self._tanh[t].forward(total)
            scores[:, t] = self._out[t].forward(state)[:, 0]
        return scores, states

    def backward(self, by_scores: Array) -> None:
        """Add the gradients by all parameters to `gradients`, for those by the scores of the last `forward`."""
        arriving = np.zeros((len(by_scores), self.units))
        for t in reversed(range(self.length)):
            arriving = arriving + self._out[t].backward(by_scores[:, t : t + 1])
            by_total = self._tanh[t].backward(arriving)
            self._into[t].backward(by_total)
            if t:
                arriving = self._back[t].backward(by_total)


def loss_and_slope(scores: Array, bits: Array, delay: int) -> tuple[float, Array]:
    """Mean of log(1 + e^{-ts}) over all steps that have a bit to repeat, t = ±1, and its gradient by the scores."""
    margin = bits[:, :-delay] * scores[:, delay:]
    slope = np.zeros_like(scores)
    slope[:, delay:] = -bits[:, :-delay] / (1 + np.exp(margin)) / margin.size
    return float(np.logaddexp(0, -margin).mean()), slope


def accuracy(scores: Array, bits: Array, delay: int) -> float:
    """Part of the steps at which the score has the sign of the bit `delay` steps before."""
    return float(np.mean((scores[:, delay:] > 0) == (bits[:, :-delay] > 0)))


def draw_bits(random: np.random.Generator, count: int) -> Array:
    """Sequences of -1 and 1, ``(count, LENGTH)``."""
    return random.choice(np.array([-1.0, 1.0]), (count, LENGTH))


class EchoTraining:
    """One run of training, carried on as far as somebody has asked; what was asked before is kept."""

    def __init__(self, delay: int, units: int) -> None:
        self.delay = delay
        self.net = EchoNet(units)
        self.net.draw(SEED)
        self._random = np.random.default_rng([SEED, delay, units])
        self.tests = draw_bits(np.random.default_rng([SEED, 1]), TESTS)
        self._optimizer = Optimizer.registry[Adam.__name__]()
        self._optimizer.rate = RATE
        self.records = [self._record(0)]

    def advance(self, steps: int) -> Iterator[None]:
        """Train up to `steps` steps, in pieces."""
        while self.records[-1].step < steps:
            self.net.parameters[...] = self.records[-1].parameters
            for _ in range(EVERY):
                bits = draw_bits(self._random, BATCH)
                self.net.gradients[...] = 0
                _, slope = loss_and_slope(self.net.forward(bits)[0], bits, self.delay)
                self.net.backward(slope)
                self._optimizer.update(self.net.parameters, self.net.gradients)
            self.records.append(self._record(self.records[-1].step + EVERY))
            yield

    def at(self, steps: int) -> Record:
        """The record after `steps` steps, of the ten before where it is between two."""
        for _ in self.advance(steps):
            pass
        return self.records[steps // EVERY]

    def _record(self, step: int) -> Record:
        scores, _ = self.net.forward(self.tests)
        loss, _ = loss_and_slope(scores, self.tests, self.delay)
        return Record(step, loss, accuracy(scores, self.tests, self.delay), self.net.parameters.copy())


@lru_cache(maxsize=8)
def echo_training(delay: int, units: int) -> EchoTraining:
    """The run of this task; the same for whoever asks, on one thread."""
    return EchoTraining(delay, units)

"""Ten tanh layers: whether activations and gradients live or die, by the size of the first weights."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np

from convnet_studio.engine.analysis.bench import Bench, number, reading
from convnet_studio.engine.analysis.bench_pictures import BenchPicture, Curves, Mark
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.nn.modules.tanh import Tanh
from convnet_studio.engine.training.inquiry import Moment

LAYERS = 10
WIDTH = 100
SAMPLES = 100
SEED = 10
SATURATED = 0.95
LEAST, MOST = 0.1, 5.0


@dataclass(frozen=True)
class DeepStack(Bench):
    """y ← tanh(W y) ten times over, weights drawn with standard deviation σ, where each unit has m inputs.

    What counts is σ √m: a sum of m independent terms has a standard deviation √m times theirs (LeCun et al., Efficient
    BackProp, 1998, section 4.6; Glorot and Bengio, Understanding the difficulty of training deep feedforward neural
    networks, 2010).
    """

    name: ClassVar = "deep_stack"
    title: ClassVar = "Ten tanh layers"
    summary: ClassVar = "How large first weights must be for activations and gradients to get through ten layers."

    gain: float = number(0.3, LEAST, MOST, "σ · √m", is_log=True)

    @reading
    def last_spread(self, moment: Moment | None = None) -> float:
        """Standard deviation of the last layer's outputs."""
        return float(_run(self.gain)[0][-1].std())

    @reading
    def saturated(self, moment: Moment | None = None) -> float:
        """Part of the last layer's outputs beyond ±0.95."""
        return float((np.abs(_run(self.gain)[0][-1]) > SATURATED).mean())

    @reading
    def gradient_ratio(self, moment: Moment | None = None) -> float:
        """Size of the gradient at the first layer's outputs, divided by that at the last one's."""
        sizes = _run(self.gain)[1]
        return sizes[0] / sizes[-1]

    @reading
    def balanced_gain(self, moment: Moment | None = None) -> float:
        """The σ √m for which the gradient is as large at the first layer as at the last."""
        return _balanced()

    def pictures(self, moment: Moment) -> Iterator[tuple[BenchPicture, ...]]:
        """How the outputs of some layers are spread, and the sizes of outputs and gradients layer by layer."""
        outputs, sizes = _run(self.gain)
        edges = np.linspace(-1, 1, 41)
        middles = (edges[1:] + edges[:-1]) / 2
        spread = {}
        for layer in (1, 4, 7, 10):
            counts = np.histogram(outputs[layer - 1], edges)[0]
            spread[f"layer {layer}"] = (middles, counts / counts.sum())
        layers = np.arange(1.0, LAYERS + 1)
        deviations = np.array([each.std() for each in outputs])
        bounds = (Mark("as at the output", None, 1.0),)
        relative = np.array(sizes) / sizes[-1]
        yield (
            Curves("How the outputs are spread", spread, "output", "share"),
            Curves("Outputs", {"standard deviation": (layers, deviations)}, "layer", "", is_log_y=True),
            Curves("Gradient that comes back", {"size": (layers, relative)}, "layer", "", bounds, is_log_y=True),
        )


@lru_cache(maxsize=64)
def _run(gain: float) -> tuple[list[Array], list[float]]:
    """Each layer's outputs ``(SAMPLES, WIDTH)``, and the size of the gradient of a random loss by each of them."""
    random = np.random.default_rng(SEED)
    y = random.normal(size=(SAMPLES, WIDTH))
    weights = [random.normal(scale=gain / math.sqrt(WIDTH), size=(WIDTH, WIDTH)) for _ in range(LAYERS)]
    squash = [Tanh() for _ in range(LAYERS)]
    outputs = []
    for matrix, module in zip(weights, squash, strict=True):
        y = module.forward(y @ matrix.T)
        outputs.append(y)
    gradient = random.normal(size=y.shape)
    sizes = [float(np.linalg.norm(gradient))]
    for matrix, module in zip(weights[:0:-1], squash[:0:-1], strict=True):
        gradient = module.backward(gradient) @ matrix
        sizes.append(float(np.linalg.norm(gradient)))
    return outputs, sizes[::-1]


@lru_cache(maxsize=1)
def _balanced() -> float:
    low, high = math.log(0.5), math.log(3.0)
    for _ in range(30):
        middle = (low + high) / 2
        sizes = _run(math.exp(middle))[1]
        if sizes[0] < sizes[-1]:
            low = middle
        else:
            high = middle
    return math.exp((low + high) / 2)

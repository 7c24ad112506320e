"""Initial weights, drawn from a seed of the run and the name of the module.

Each module has a random stream of its own: adding, removing or resizing one module leaves the initial weights of all
others as they were.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from convnet_studio.engine.nn.learning import DEFAULT_INITIALIZER
from convnet_studio.engine.nn.module import Array, Parameter
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.nn.step_plan import is_weight

Rule = Callable[[np.random.Generator, tuple[int, ...], int], Array]
"""(random, shape of a weight array, its first axis the outputs; inputs that each output sums over) to weights"""


def initialize(network: Network, seed: int) -> None:
    """Fill all parameters of `network` for `seed`."""
    for module_id in network.slices:
        initialize_module(network, module_id, seed)


def initialize_module(network: Network, module_id: str, seed: int) -> None:
    """Draw one module's parameters, its weights by the rule that its `Learning` names; set those that have a start.

    Biases are 0, as all these papers have it; but by Torch's rule they are drawn like the weights. Whatever is neither
    weight nor bias is drawn by Torch's rule too, as are weights for which the chosen rule has no meaning.
    """
    random = np.random.default_rng([seed, zlib.crc32(module_id.encode())])
    how = network.learning_of(module_id)
    for each in network.parameters_of(module_id).values():
        if each.start is not None:
            each.value[...] = start_of(each)
        else:
            each.value[...] = how.scale * _drawn(how.initializer, random, each)


def start_of(each: Parameter) -> Array | float:
    """What a parameter that has a start begins with."""
    assert each.start is not None
    return each.start(*each.value.shape) if callable(each.start) else each.start


def suits(initializer: str, shape: tuple[int, ...]) -> bool:
    """Whether a rule has a meaning for weights of this shape."""
    return initializer != GABOR or (len(shape) == 4 and min(shape[2:]) >= 3)


def _drawn(initializer: str, random: np.random.Generator, each: Parameter) -> Array:
    shape = each.value.shape
    if initializer == DEFAULT_INITIALIZER:
        return torch_rule(random, shape, each.fan_in)
    if is_weight(each.name, shape) and suits(initializer, shape):
        return INITIALIZERS[initializer](random, shape, each.fan_in)
    return np.zeros(shape) if each.name == "bias" else torch_rule(random, shape, each.fan_in)


def torch_rule(random: np.random.Generator, shape: tuple[int, ...], fan_in: int) -> Array:
    """Uniform within ±1/√fan-in: Torch7's `reset` in nn, and PyTorch's default."""
    bound = 1.0 / np.sqrt(fan_in)
    return random.uniform(-bound, bound, shape)


def lecun(random: np.random.Generator, shape: tuple[int, ...], fan_in: int) -> Array:
    """Normal with σ = 1/√fan-in: unit variance in, unit variance out. Efficient BackProp (1998), eq. 16."""
    return random.normal(0, 1 / math.sqrt(fan_in), shape)


def glorot(random: np.random.Generator, shape: tuple[int, ...], fan_in: int) -> Array:
    """Uniform within ±√(6 / (fan-in + fan-out)): forward and backward in balance. Glorot and Bengio (2010), eq. 16."""
    fan_out = shape[0] * math.prod(shape[2:])
    bound = math.sqrt(6 / (fan_in + fan_out))
    return random.uniform(-bound, bound, shape)


def he(random: np.random.Generator, shape: tuple[int, ...], fan_in: int) -> Array:
    """Normal with σ = √(2 / fan-in): ReLU takes half of the variance away. He et al. (2015), eq. 10."""
    return random.normal(0, math.sqrt(2 / fan_in), shape)


def uniform(random: np.random.Generator, shape: tuple[int, ...], fan_in: int) -> Array:
    """Uniform within ±0.1, whatever the size of the module: what one does who does not know better."""
    return random.uniform(-0.1, 0.1, shape)


def zero(random: np.random.Generator, shape: tuple[int, ...], fan_in: int) -> Array:
    """All 0: units that begin alike stay alike."""
    return np.zeros(shape)


def orthogonal(random: np.random.Generator, shape: tuple[int, ...], fan_in: int) -> Array:
    """Rows (or columns, where there are more rows) of length 1 at right angles to each other. Saxe et al. (2014)."""
    rows, columns = shape[0], math.prod(shape[1:])
    square = random.normal(size=(max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(square)
    q *= np.sign(np.diag(r))  # without this the directions would not be evenly distributed
    return (q if rows >= columns else q.T).reshape(shape)


def gabor(random: np.random.Generator, shape: tuple[int, ...], fan_in: int) -> Array:
    """Gabor filters, nothing drawn: even and odd by turns, at most eight directions, then coarser by half an octave.

    exp(-(u² + v²/4) / 2σ²) cos(2π u / λ + φ), u across the stripes, without its mean; each filter has the length 1 over
    all input maps, which see the same. As simple cells do: Daugman, Uncertainty relation (1985).
    """
    filters, maps, height, width = shape
    y, x = np.mgrid[:height, :width]
    y, x = y - (height - 1) / 2, x - (width - 1) / 2
    directions = min(8, -(-filters // 2))
    bank = np.empty((filters, height, width))
    for number in range(filters):
        angle = math.pi * (number // 2 % directions) / directions
        wave = max(2.5, min(height, width) / 2) * math.sqrt(2) ** (number // (2 * directions) % 3)
        u, v = x * math.cos(angle) + y * math.sin(angle), y * math.cos(angle) - x * math.sin(angle)
        envelope = np.exp(-(u**2 + v**2 / 4) / (2 * (0.4 * wave) ** 2))
        bank[number] = envelope * np.cos(2 * math.pi * u / wave - math.pi / 2 * (number % 2))
    bank -= bank.mean(axis=(1, 2), keepdims=True)
    bank /= np.sqrt(np.square(bank).sum(axis=(1, 2), keepdims=True) * maps)
    return np.repeat(bank[:, None], maps, axis=1)


GABOR = "Gabor"
INITIALIZERS: Mapping[str, Rule] = MappingProxyType(
    {
        DEFAULT_INITIALIZER: torch_rule,
        "LeCun": lecun,
        "Glorot": glorot,
        "He": he,
        "uniform": uniform,
        "zero": zero,
        "orthogonal": orthogonal,
        GABOR: gabor,
    }
)
"""The rules by the names that forms and files have for them."""

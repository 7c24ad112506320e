"""Gradient check: are the gradients that modules compute the slopes that they claim to be?

Each number that a gradient is taken by is moved a little up and down, and the change of the result compared: central
differences in float64, (f(x + h) - f(x - h)) / 2h, whose own error is near 1e-10. Bishop, Neural networks for pattern
recognition (1995), sec. 4.8.4.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from convnet_studio.engine.nn.module import Array, Module, Parameter
from convnet_studio.engine.nn.network import Network

STEP = 1e-5
"""How far a number is moved either way: kinks (of ReLU, of a maximum) must be further away than this."""


@dataclass(frozen=True)
class GradientCheck:
    """How far computed and measured gradients lie apart.

    Attributes:
        relative_error: the largest difference, as a part of the largest gradient by the same array.
        where: the number where that is, such as ``weight[3, 0, 1, 2]``.
    """

    relative_error: float
    where: str


def check_module(module: Module, *inputs: Array, seed: int = 0) -> GradientCheck:
    """Check a module by all its inputs and all that it learns (what is fitted has no gradient).

    The result measured is a weighted sum of all outputs with random weights.

    Args:
        module: with parameters (see `give_parameters`) of float64.
        inputs: one for each port, float64, ``(batch, *shape)``.
        seed: of the weights.

    Raises:
        ValueError: if an input or a parameter is not float64.
    """
    arrays = {f"input {port}": each for port, each in enumerate(inputs)}
    learned = {} if module.is_fitted() else module.parameters()
    arrays |= {name: each.value for name, each in learned.items()}
    _require_float64(arrays)
    weights = np.random.default_rng(seed).standard_normal(module.forward(*inputs).shape)

    def result() -> float:
        return float(np.sum(weights * module.forward(*inputs)))

    for each in learned.values():
        each.grad[...] = 0
    module.forward(*inputs)
    by_inputs = module.backward(weights)
    by_inputs = by_inputs if isinstance(by_inputs, tuple) else (by_inputs,)
    gradients = {f"input {port}": each for port, each in enumerate(by_inputs)}
    gradients |= {name: each.grad.copy() for name, each in learned.items()}
    return _worst(_compare(result, name, arrays[name], gradients[name], None) for name in arrays)


def check_network(network: Network, pictures: Array, labels: Array, numbers: int = 300, seed: int = 0) -> GradientCheck:
    """Check the gradient of a whole network's mean loss by its parameters.

    Args:
        network: of float64, with a loss.
        pictures: float64, ``(batch, *input_shape)``. `labels`: ``(batch,)``.
        numbers: how many parameters of each module are moved, chosen at random.
        seed: of the choice.

    Raises:
        ValueError: if pictures or parameters are not float64.
    """
    _require_float64({"the pictures": pictures, "the parameters": network.parameters})

    def result() -> float:
        network.forward(pictures)
        return float(network.loss(labels).mean())

    result()
    network.gradients[:] = 0
    network.backward()
    random = np.random.default_rng(seed)
    return _worst(
        _compare(result, f"{module_id} parameters", network.parameters[part], network.gradients[part], chosen)
        for module_id, part in network.slices.items()
        if not network.is_fitted(module_id)
        for chosen in [random.permutation(part.stop - part.start)[:numbers]]
    )


def give_parameters(module: Module, *input_shapes: tuple[int, ...], dtype: type = np.float64, seed: int = 0) -> None:
    """Give a module that stands alone parameters of its own, drawn from ±1/√fan-in (in a network they are views)."""
    random = np.random.default_rng(seed)
    for name, each in module.parameter_shapes(*input_shapes).items():
        bound = 1 / np.sqrt(each.fan_in)
        value: Array = random.uniform(-bound, bound, each.shape).astype(dtype)
        setattr(module, name, Parameter(name, value, np.zeros_like(value), each.fan_in))


def _compare(
    result: Callable[[], float], name: str, array: Array, gradient: Array, chosen: Array | None
) -> GradientCheck:
    """Move the numbers of `array` (all, or those of the flat indices `chosen`) and compare with `gradient`."""
    indices = np.arange(array.size) if chosen is None else chosen
    measured = np.array([_slope(result, array, np.unravel_index(index, array.shape)) for index in indices])
    computed = gradient.reshape(-1)[indices]
    largest = max(np.abs(measured).max(initial=0), np.abs(computed).max(initial=0), np.finfo(float).tiny)
    errors = np.abs(measured - computed) / largest
    worst = int(errors.argmax())
    place = ", ".join(str(part) for part in np.unravel_index(indices[worst], array.shape))
    return GradientCheck(float(errors[worst]), f"{name}[{place}]")


def _slope(result: Callable[[], float], array: Array, index: tuple[np.intp, ...]) -> float:
    before = array[index]
    array[index] = before + STEP
    above = result()
    array[index] = before - STEP
    below = result()
    array[index] = before
    return (above - below) / (2 * STEP)


def _worst(checks: Iterator[GradientCheck]) -> GradientCheck:
    return max(checks, key=lambda check: check.relative_error, default=GradientCheck(0.0, "nowhere"))


def _require_float64(arrays: dict[str, Array]) -> None:
    for name, array in arrays.items():
        if array.dtype != np.float64:
            raise ValueError(f"The gradient check needs float64, but {name} is {array.dtype}.")

"""Module slopes: how the outputs of ONE module or loss answer to each of its inputs and parameters, at one point.

Rows of the Jacobian ∂y/∂x come from the module's own backward, handed a unit vector: row o is what it returns for the
gradient that is 1 at output o and 0 elsewhere. So what is shown is what the module computes with, not a copy of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from convnet_studio.engine.nn.chance import RandomModule
from convnet_studio.engine.nn.gradient_check import STEP
from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Array, Module, Parameter

Argument = int | str | None
"""What an output depends on: an input by its port, a parameter by its name; None: all inputs together."""

_FEW_ENTRIES = 20_000
"""Of a Jacobian that is small enough to be computed for one of its columns."""

_TRIES = ((0.1, -0.3), (1.0, 1.0), (1.0, -2.0), (-1.0, 2.0), (10.0, -3.0), (-10.0, 3.0))
"""Sizes of the two random steps by which `is_affine` looks for a bend."""


class ModuleSlopes:
    """One module with its inputs.

    Args:
        module: its parameters are as they should be; they are moved and put back.
        inputs: one for each port, without the batch axis; not altered.
        compare: of a loss, its value for inputs ``(1, *shape)``, ``(1,)``. `slopes`: of a loss, its gradient after
            that, one for each port.
        is_affine: what `is_affine` found out about this module before, to be added to.
    """

    def __init__(
        self,
        module: Module | Loss,
        inputs: Sequence[Array],
        compare: Callable[..., Array] | None = None,
        slopes: Callable[[], tuple[Array, ...]] | None = None,
        is_affine: dict[Argument, bool] | None = None,
    ) -> None:
        self.module = module
        self.inputs = tuple(inputs)
        self._compare = compare
        self._slopes = slopes
        self._is_affine = {} if is_affine is None else is_affine

    @property
    def parameters(self) -> dict[str, Parameter]:
        """What it learns (nothing, where it is a loss or fitted to the data)."""
        module = self.module
        return module.parameters() if isinstance(module, Module) and not module.is_fitted() else {}

    def output(self, *inputs: Array) -> Array:
        """What it gives for `inputs`, those at hand where none are named; of a loss ``(1,)``."""
        given = [each[None] for each in inputs or self.inputs]
        if self._compare is not None:
            return self._compare(*given)
        assert isinstance(self.module, Module)
        result: Array = self.module.forward(*given)[0]
        return result

    def backward(self, grad_output: Array) -> tuple[tuple[Array, ...], dict[str, Array]]:
        """Its own backward: the gradients by all inputs, and by all parameters, for the gradient by its output."""
        self.output()
        if self._slopes is not None:
            return tuple(each[0] * grad_output[0] for each in self._slopes()), {}
        assert isinstance(self.module, Module)
        learned = self.parameters
        for each in learned.values():
            each.grad[...] = 0
        result = self.module.backward(grad_output[None])
        by_inputs = result if isinstance(result, tuple) else (result,)
        return tuple(np.array(each[0]) for each in by_inputs), {n: each.grad.copy() for n, each in learned.items()}

    def row(self, output: int) -> tuple[tuple[Array, ...], dict[str, Array]]:
        """The slopes of one output (flat index) by all inputs and by all parameters, shaped as these."""
        unit = np.zeros_like(self.output())
        unit.reshape(-1)[output] = 1
        return self.backward(unit)

    def jacobian(self, argument: int | str) -> Array:
        """∂y/∂x as a matrix ``(outputs, numbers of the argument)``."""
        shape = self.output().shape
        count = math.prod(shape)
        if isinstance(argument, int) and isinstance(self.module, Module) and not isinstance(self.module, RandomModule):
            # All unit vectors at once, as a batch of the same inputs (of which a random module makes different things).
            self.module.forward(*(np.repeat(each[None], count, axis=0) for each in self.inputs))
            unit_vectors = np.eye(count, dtype=self.inputs[0].dtype).reshape(count, *shape)
            result = self.module.backward(unit_vectors)
            return (result[argument] if isinstance(result, tuple) else result).reshape(count, -1)
        return np.array([_slopes_by(self.row(output), argument) for output in range(count)]).reshape(count, -1)

    def column(self, argument: int | str, index: int) -> tuple[Array, Array]:
        """The outputs (flat indices) that one number of an argument moves, and their slopes by it.

        Of a small Jacobian all that is not 0, however little it moves. Else only outputs that move by more than their
        last digit: where many do and the module is affine in the argument, a whole step is taken, exact up to rounding;
        else `backward` is asked about each of them.
        """
        if self._has_small_jacobian(argument):
            whole: Array = self.jacobian(argument)[:, index]
            found = np.flatnonzero(whole)
            return found, whole[found]
        above, below = self._moved(argument, index, STEP), self._moved(argument, index, -STEP)
        outputs = np.flatnonzero(above != below)
        if len(outputs) > 1 and self.is_affine(argument):
            here = self._moved(argument, index, 0.0)
            slopes: Array = (self._moved(argument, index, 1.0) - here).reshape(-1)[outputs]
        else:
            rows = [_slopes_by(self.row(int(each)), argument)[index] for each in outputs]
            slopes = np.array(rows, above.dtype)
        return outputs, slopes

    def _has_small_jacobian(self, argument: Argument) -> bool:
        """Whether `jacobian` finds it at once, and soon."""
        if not isinstance(argument, int) or isinstance(self.module, Loss | RandomModule):
            return False
        return self.output().size * self.inputs[argument].size <= _FEW_ENTRIES

    def is_affine(self, argument: Argument) -> bool:
        """Whether outputs are weights times the argument plus constants, so that f(a + b) - f(a) is f(b) - f(0)."""
        if argument not in self._is_affine:
            self._is_affine[argument] = self._looks_affine(argument)
        return self._is_affine[argument]

    def _looks_affine(self, argument: Argument) -> bool:
        values = self._values(argument)
        random = np.random.default_rng(0)
        first, second = ([random.uniform(0.5, 1.5, v.shape).astype(v.dtype) for v in values] for _ in range(2))
        zero = self._at(argument, [0 * each for each in values])
        for one, other in _TRIES:
            here = self._at(argument, [one * each for each in first])
            there = self._at(argument, [other * each for each in second])
            both = self._at(argument, [one * a + other * b for a, b in zip(first, second, strict=True)])
            reach = max(np.abs(each).max(initial=0) for each in (zero, here, there, both))
            bend = np.abs(both - here - there + zero).max(initial=0)
            if not bend <= 1e3 * np.finfo(both.dtype).eps * reach:
                return False
        return True

    def _values(self, argument: Argument) -> list[Array]:
        if isinstance(argument, str):
            return [self.parameters[argument].value.copy()]
        return list(self.inputs) if argument is None else [self.inputs[argument]]

    def _at(self, argument: Argument, values: list[Array]) -> Array:
        """The output with other values of an argument."""
        if argument is None:
            return self.output(*values).copy()
        if isinstance(argument, int):
            return self.output(*self.inputs[:argument], *values, *self.inputs[argument + 1 :]).copy()
        parameter = self.parameters[argument].value
        kept = parameter.copy()
        parameter[...] = values[0]
        try:
            return self.output().copy()
        finally:
            parameter[...] = kept

    def _moved(self, argument: int | str, index: int, step: float) -> Array:
        value = self._values(argument)[0].copy()
        value.reshape(-1)[index] += step
        return self._at(argument, [value])


def _slopes_by(gradients: tuple[tuple[Array, ...], dict[str, Array]], argument: int | str) -> Array:
    by_inputs, by_parameters = gradients
    return (by_inputs[argument] if isinstance(argument, int) else by_parameters[argument]).reshape(-1)

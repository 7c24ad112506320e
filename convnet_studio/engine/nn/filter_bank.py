"""FilterBank: what Conv1d, Conv2d and Conv3d have in common: filters that slide over sequences, maps, volumes.

`Convolution` is the mathematics, `FilterBank` the settings and the learnable arrays.
"""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from convnet_studio.engine.nn.connection_table import EXAMPLES, connected_pairs, read_table
from convnet_studio.engine.nn.footprint import Window, Windows
from convnet_studio.engine.nn.module import (
    Array,
    Family,
    Module,
    Parameter,
    ParameterShape,
    Shape,
    ShapeProblem,
    parameter,
    setting,
)
from convnet_studio.engine.nn.windows import columns, fold, steps

PLACES = {1: "a sequence", 2: "maps", 3: "a volume"}
BIASES = ("each map", "each unit", "none")


class FilterBank(Module):
    """Each output map is the sum of the input maps it is connected to, each filtered with a kernel of its own.

    A subclass says in how many directions the filters slide. The parameters are those of PyTorch where every map sees
    every map: ``weight`` is ``(out, in, *kernel)``. With a connection table there is one kernel for each connection,
    ``(connections, 1, *kernel)``, by output, then input, which for groups is PyTorch's order too.
    """

    dimensions: ClassVar[int]
    family: ClassVar = Family.FILTER_BANK

    weight: Parameter = parameter()
    bias: Parameter = parameter()  # (out_channels,), or (out_channels, *places) where each unit has its own
    out_channels: int = setting(8, "Feature maps", "How many filters, and so output maps.", minimum=1, maximum=1024)
    kernel_size: int = setting(5, "Kernel", "Side of the filter in pixels.", minimum=1, maximum=64)
    stride: int = setting(1, "Stride", "Pixels from one place of the filter to the next.", minimum=1, maximum=64)
    padding: int = setting(0, "Padding", "Zeros added around the input at each side.", minimum=0, maximum=32)
    table: str = setting(
        "full",
        "Connections",
        "Which input maps each output map sees: full, one-to-one, groups 2, random 4, lenet-5, lenet-7, or a list.",
        syntax=read_table,
        examples=EXAMPLES,
    )
    biases: str = setting(
        "each map",
        "Bias",
        "One for each map, as usual; one for each unit, as in the network of 1989; or none.",
        choices=BIASES,
    )

    def output_shape(self, shape: Shape) -> Shape:
        """``(c, *space)`` to ``(out_channels, *places)``, (n + 2p - k)//s + 1 each; ShapeProblem if nothing fits."""
        channels, *space = self.check_space(shape)
        fitting = min(space) + 2 * self.padding
        if self.kernel_size > fitting:
            odd = fitting - 1 + fitting % 2
            padded = f" with padding {self.padding}" if self.padding else ""
            raise ShapeProblem(
                f"Kernel {self.kernel_size} is larger than the {_times(space)} map{padded}",
                f"use {odd} or less" if odd > 1 else "use 1",
                {"kernel_size": odd},
            )
        if not self.is_full:
            connected_pairs(self.table, channels, self.out_channels)
        return (self.out_channels, *(steps(n + 2 * self.padding, self.kernel_size, self.stride) for n in space))

    def check_space(self, shape: Shape) -> Shape:
        """The shape, if it is ``(c, *space)`` of as many directions as the filters slide in.

        Raises:
            ShapeProblem: if it is not.
        """
        if len(shape) != 1 + self.dimensions:
            found = PLACES.get(len(shape) - 1, "a list of numbers")
            raise ShapeProblem(
                f"{type(self).__name__} needs {PLACES[self.dimensions]}, not {found}",
                "connect it before the Flatten" if len(shape) == 1 else f"use Conv{len(shape) - 1}d",
            )
        return shape

    @property
    def is_full(self) -> bool:
        """Whether every output map sees every input map."""
        return self.table == "full"

    @property
    def pixels(self) -> int:
        """Numbers of one kernel."""
        return int(self.kernel_size**self.dimensions)

    def parameter_shapes(self, shape: Shape) -> dict[str, ParameterShape]:
        """Weight, and bias where there is one."""
        count = self.kernel_count(shape[0])
        fan_in = max(1, round(count / self.out_channels)) * self.pixels
        first = (self.out_channels, shape[0]) if self.is_full else (count, 1)
        made = {"weight": ParameterShape((*first, *(self.kernel_size,) * self.dimensions), fan_in)}
        if self.biases == "each map":
            made["bias"] = ParameterShape((self.out_channels,), fan_in)
        elif self.biases == "each unit":
            made["bias"] = ParameterShape(self.output_shape(shape), fan_in)
        return made

    def outputs_with(self, name: str, index: Shape, *input_shapes: Shape) -> tuple[int | slice, ...]:
        """The map that a kernel makes; of a bias, all that it is added to."""
        if name == "bias" or self.is_full:
            return index if name == "bias" else index[:1]
        return connected_pairs(self.table, input_shapes[0][0], self.out_channels)[index[0]][:1]

    def maps_seen(self, shape: Shape, output: Shape) -> NDArray[np.bool_] | None:
        """Those of the connection table."""
        if self.is_full:
            return super().maps_seen(shape, output)
        seen = np.zeros((output[0], shape[0]), bool)
        pairs = np.array(connected_pairs(self.table, shape[0], output[0]))
        seen[pairs[:, 0], pairs[:, 1]] = True
        return seen

    def kernel_count(self, inputs: int) -> int:
        """How many connections between maps there are, each with a kernel of its own."""
        if self.is_full:
            return inputs * self.out_channels
        return len(connected_pairs(self.table, inputs, self.out_channels))

    def multiply_accumulates(self, shape: Shape) -> int:
        """One for each weight at each place, padding included."""
        places = math.prod(self.output_shape(shape)[1:])
        return places * self.kernel_count(shape[0]) * self.pixels

    def windows(self, shape: Shape) -> Windows:
        """The kernel, in each direction."""
        return (Window(self.kernel_size, self.stride, self.padding),) * self.dimensions

    def caption(self) -> str:
        """Maps and kernel, ``8 · 5×5``; the stride too where it is not 1."""
        stride = f" / {self.stride}" if self.stride > 1 else ""
        return f"{self.out_channels} · {_times([self.kernel_size] * self.dimensions)}{stride}"

    def convolve(self, x: Array) -> Array:
        """``(batch, c, *space)`` to ``(batch, out_channels, *places)``: at each place, weights times window."""
        sides = [(0, 0), (0, 0), *[(self.padding, self.padding)] * self.dimensions]
        self._padded = np.pad(x, sides) if self.padding else x
        windows = columns(self._padded, self.kernel_size, self.stride)
        batch, channels, pixels, *places = windows.shape
        self._windows = windows.reshape(batch, channels * pixels, -1)
        y = (self._dense(channels) @ self._windows).reshape(batch, self.out_channels, *places)
        if self.biases == "each map":
            y += self.bias.value.reshape(-1, *[1] * self.dimensions)
        elif self.biases == "each unit":
            y += self.bias.value
        return y

    def send_back(self, grad_output: Array) -> Array:
        """∂windows = Wᵀ ∂y, folded back; adds ∂W = Σ ∂y windowsᵀ and ∂b = Σ ∂y."""
        channels, *size = self._padded.shape[1:]
        batch, _, *places = grad_output.shape
        grad_places = grad_output.reshape(batch, self.out_channels, -1)
        self._add_gradients(grad_output, np.matmul(grad_places, self._windows.transpose(0, 2, 1)).sum(axis=0))
        grad_windows = (self._dense(channels).T @ grad_places).reshape(batch, channels, -1, *places)
        grad = fold(grad_windows, *size, self.kernel_size, self.stride)
        inner = (slice(self.padding, n - self.padding) for n in size)
        return grad[:, :, *inner]

    def kernels(self, inputs: int) -> Array:
        """The kernel between each pair of maps, ``(out_channels, inputs, *kernel)``, 0 where there is no connection."""
        return self._dense(inputs).reshape(self.out_channels, inputs, *(self.kernel_size,) * self.dimensions)

    def _dense(self, inputs: int) -> Array:
        """The weights as a matrix ``(out_channels, inputs · pixels)``, 0 where there is no connection."""
        if self.is_full:
            return self.weight.value.reshape(self.out_channels, -1)
        outputs, sources = self._pairs(inputs)
        dense = np.zeros((self.out_channels, inputs, self.pixels), self.weight.value.dtype)
        dense[outputs, sources] = self.weight.value.reshape(-1, self.pixels)
        return dense.reshape(self.out_channels, -1)

    def _add_gradients(self, grad_output: Array, grad_dense: Array) -> None:
        inputs = self._padded.shape[1]
        grad_dense = grad_dense.reshape(self.out_channels, inputs, -1)
        grad_weight = grad_dense if self.is_full else grad_dense[self._pairs(inputs)]
        self.weight.grad += grad_weight.reshape(self.weight.grad.shape)
        if self.biases == "each map":
            self.bias.grad += grad_output.sum(axis=(0, *range(2, grad_output.ndim)))
        elif self.biases == "each unit":
            self.bias.grad += grad_output.sum(axis=0)

    def _pairs(self, inputs: int) -> tuple[Array, Array]:
        pairs = np.array(connected_pairs(self.table, inputs, self.out_channels))
        return pairs[:, 0], pairs[:, 1]


def _times(sizes: list[int]) -> str:
    return "×".join(map(str, sizes))

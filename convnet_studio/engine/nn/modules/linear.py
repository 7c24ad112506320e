"""Linear: every output is connected to every input."""

from __future__ import annotations

from typing import ClassVar

from convnet_studio.engine.nn.footprint import WHOLE
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


class Linear(Module):
    """Weighted sums of all inputs: y = W x + b, the layer of Rosenblatt's perceptron (1958)."""

    family: ClassVar = Family.FILTER_BANK
    word: ClassVar = "fully connected"
    formula: ClassVar = r"y_o = b_o + \sum_i W_{oi} x_i"

    weight: Parameter = parameter()  # (out_features, in_features)
    bias: Parameter = parameter()  # (out_features,), where there is one
    out_features: int = setting(10, "Outputs", "How many weighted sums it computes.", minimum=1, maximum=4096)
    has_bias: bool = setting(True, "Bias", "Whether each output also learns a number that is added.")

    def output_shape(self, shape: Shape) -> Shape:
        """``(n,)`` to ``(out_features,)``; ShapeProblem for maps."""
        if len(shape) != 1:
            raise ShapeProblem("Linear takes a list of numbers, not maps", "put a Flatten before it", before="Flatten")
        return (self.out_features,)

    def parameter_shapes(self, shape: Shape) -> dict[str, ParameterShape]:
        """Weight, and bias where there is one."""
        (n,) = shape
        shapes = {"weight": ParameterShape((self.out_features, n), n)}
        if self.has_bias:
            shapes["bias"] = ParameterShape((self.out_features,), n)
        return shapes

    def multiply_accumulates(self, shape: Shape) -> int:
        """One for each weight."""
        return self.out_features * shape[0]

    def windows(self, shape: Shape) -> None:
        """Every output sees every input."""
        return WHOLE

    def caption(self) -> str:
        """The number of outputs."""
        return str(self.out_features)

    def forward(self, x: Array) -> Array:
        """``(batch, in_features)`` to ``(batch, out_features)``."""
        self._input = x
        sums: Array = x @ self.weight.value.T
        return sums + self.bias.value if self.has_bias else sums

    def backward(self, grad_output: Array) -> Array:
        """∂x = ∂y W; adds ∂W = ∂yᵀ x and ∂b = Σ ∂y."""
        self.weight.grad += grad_output.T @ self._input
        if self.has_bias:
            self.bias.grad += grad_output.sum(axis=0)
        return grad_output @ self.weight.value

"""SmoothShrink: soft shrinkage with round corners, whose sharpness and threshold each map learns."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from convnet_studio.engine.nn.module import Array, Family, Module, Parameter, ParameterShape, Shape, parameter, setting


class SmoothShrink(Module):
    """Shrinks what is small nearly to 0 and the rest by about b, without a kink; β says how sharp the corner is.

    y = sign(x) (log(e^βb + e^β|x| - 1) / β - b), which becomes the soft shrinkage by b as β grows. Kavukcuoglu et al.,
    Learning convolutional feature hierarchies for visual recognition (2010), eq. 6, where each map learns β and b. Both
    count by their size, |β| + 0.01 and |b|, so that a step of learning can't take the logarithm of a negative number.
    """

    LEAST: ClassVar = 0.01
    """What is added to |β|: at 0 the formula would have no value."""

    family: ClassVar = Family.NON_LINEARITY
    word: ClassVar = "smooth shrinkage"
    is_pointwise: ClassVar = True
    formula: ClassVar = (
        r"y = \operatorname{sign}(x) \left( \frac{1}{\beta} \log(e^{\beta b} + e^{\beta |x|} - 1) - b \right)"
    )

    beta: Parameter = parameter()  # (maps,), where it learns
    b: Parameter = parameter()  # (maps,), where it learns
    sharpness: float = setting(10.0, "Sharpness β", "The larger, the sharper the corner.", minimum=0.02, maximum=1000)
    threshold: float = setting(0.5, "Threshold b", "What is far above it shrinks by it.", minimum=0, maximum=1000)
    learns: bool = setting(True, "Learn both", "Each map learns β and b, beginning from those above.")

    def output_shape(self, shape: Shape) -> Shape:
        """As the input; the numbers of a list are maps of one place."""
        return shape

    def parameter_shapes(self, shape: Shape) -> dict[str, ParameterShape]:
        """β and b of each map, where it learns."""
        if not self.learns:
            return {}
        starts = {"beta": self.sharpness - self.LEAST, "b": self.threshold}
        return {name: ParameterShape(shape[:1], 1, start=start) for name, start in starts.items()}

    def caption(self) -> str:
        """Sharpness and threshold, or that they are learned."""
        return "learned" if self.learns else f"β {self.sharpness:g}, b {self.threshold:g}"

    def forward(self, x: Array) -> Array:
        """``(batch, c, *space)`` in, the same out."""
        beta, b = self._of_maps(x)
        size = np.abs(x)
        above = beta * (size - b)
        # log(e^βb + e^β|x| - 1) is taken apart so that no power overflows, and y is exact near 0.
        rest = -np.expm1(-beta * b)  # 1 - e^-βb
        small = np.exp(-np.abs(above))
        logarithm = np.log1p(small * np.where(above > 0, rest, -np.expm1(-beta * size)))
        y: Array = np.sign(x) * (np.maximum(size - b, 0) + logarithm / beta)
        # Shares of e^β|x| and of e^βb in the logarithm's argument.
        whole = np.where(above > 0, 1 + rest * small, small + rest)
        self._share, self._other = np.where(above > 0, 1, small) / whole, np.where(above > 0, small, 1) / whole
        self._input, self._output = x, y
        return y

    def backward(self, grad_output: Array) -> Array:
        """∂x = share ∂y, the share of e^β|x| in the sum; adds ∂β and ∂b where they are learned."""
        if self.learns:
            x, beta, b = self._input, *self._of_maps(self._input)
            mean = np.abs(x) * self._share + b * self._other
            grad_beta = np.sign(x) * (mean - np.abs(self._output) - b) / beta * grad_output
            grad_b = np.sign(x) * (self._other - 1) * grad_output
            others = (0, *range(2, x.ndim))
            self.beta.grad += np.sign(self.beta.value) * grad_beta.sum(axis=others)
            self.b.grad += np.sign(self.b.value) * grad_b.sum(axis=others)
        grad: Array = self._share * grad_output
        return grad

    def is_non_negative(self, input_is: bool) -> bool:
        """As the input: signs are kept."""
        return input_is

    def _of_maps(self, x: Array) -> tuple[Array, Array]:
        """β and b as they count, in shapes that go with `x`."""
        if not self.learns:
            return np.full(1, self.sharpness, x.dtype), np.full(1, self.threshold, x.dtype)
        shape = (-1, *(1,) * (x.ndim - 2))
        beta, b = np.abs(self.beta.value) + self.beta.value.dtype.type(self.LEAST), np.abs(self.b.value)
        return beta.reshape(shape), b.reshape(shape)

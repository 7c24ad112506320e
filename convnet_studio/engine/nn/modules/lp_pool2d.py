"""LPPool2d: the p-norm of each window, between average (p = 1) and maximum (p large)."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from convnet_studio.engine.nn.module import Array, Family, Parameter, ParameterShape, Shape, parameter, setting
from convnet_studio.engine.nn.windows import Pool2d, columns, fold, gaussian_window


class LPPool2d(Pool2d):
    """The p-norm of every window of every map: the p-th root of the mean, or the sum, of |x|^p.

    With the sum inside the root it is Torch7's SpatialLPPooling and PyTorch's LPPool2d (there an odd p takes signed
    powers, here always |x|); with the mean it keeps the scale of its input whatever the window. p = 2 is the pooling of
    complex cells; Sermanet et al., Convolutional neural networks applied to house numbers (2012), sec. 3, also with a
    Gaussian window. Where p is learned, each map has its own, p = 1 + log(1 + e^ρ), so that it stays above 1; Gulcehre
    et al., Learned-norm pooling for deep feedforward and recurrent neural networks (2014).
    """

    family: ClassVar = Family.POOLING
    word: ClassVar = "p-norm pooling"
    keeps_maps_apart: ClassVar = True
    formula: ClassVar = r"y_{ijk} = \left( \sum_{pq} w_{pq} \, |x_{i,\, sj+p,\, sk+q}|^P \right)^{1/P}"

    rho: Parameter = parameter()  # (maps,), where p is learned
    p: float = setting(2.0, "Power P", "1 is the mean of |x|; the larger, the nearer to max.", minimum=1, maximum=64)
    inside: str = setting(
        "mean",
        "Inside the root",
        "The mean keeps the scale of the maps; the sum, as in Torch and PyTorch, grows with the window; gaussian: a"
        " mean that weighs the middle more.",
        choices=("mean", "sum", "gaussian"),
    )
    learns_p: bool = setting(False, "Learn P", "Each map learns its own power, beginning from the one above.")

    def parameter_shapes(self, shape: Shape) -> dict[str, ParameterShape]:
        """ρ of each map, where p is learned."""
        if not self.learns_p:
            return {}
        start = np.log(np.expm1(max(self.p, 1.001) - 1)) if self.p < 30 else self.p - 1
        return {"rho": ParameterShape(shape[:1], self.kernel_size**2, start=float(start))}

    def multiply_accumulates(self, shape: Shape) -> int:
        """One for each input of each window."""
        return self.connections(shape)

    def weights(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """What each pixel of a window weighs inside the root, ``(kernel_size²,)``, row by row."""
        if self.inside == "gaussian":
            return gaussian_window(self.kernel_size)
        area = self.kernel_size**2
        return np.full(area, 1 / area if self.inside == "mean" else 1.0)

    def powers(self) -> Array:
        """The power of each map, ``(maps,)``; one for all, ``(1,)``, where it is not learned."""
        if not self.learns_p:
            return np.array([self.p])
        power: Array = 1 + np.logaddexp(0, self.rho.value)
        return power

    def forward(self, x: Array) -> Array:
        """``(batch, c, h, w)`` to ``(batch, c, rows, columns)``."""
        self._windows = columns(x, self.kernel_size, self.stride)
        self._input_shape = x.shape
        sizes = np.abs(self._windows)
        # The largest is taken out of the root, so that no power overflows or vanishes.
        self._largest = sizes.max(axis=2, keepdims=True)
        self._p = self.powers().astype(x.dtype)[:, None, None, None]
        self._terms = _divide(sizes, self._largest) ** self._p * self._weights(x)
        self._total = self._terms.sum(axis=2, keepdims=True)
        y: Array = self._largest * self._total ** (1 / self._p)
        self._output = y
        return y[:, :, 0]

    def backward(self, grad_output: Array) -> Array:
        """∂x = w sign(x) (|x| / y)^(p-1) ∂y, and 0 where y = 0; adds ∂ρ where p is learned."""
        _, _, height, width = self._input_shape
        if self.learns_p:
            self.rho.grad += self._grad_rho(grad_output)
        slopes = _divide(np.abs(self._windows), self._output) ** (self._p - 1) * np.sign(self._windows)
        grad_windows = slopes * self._weights(slopes) * grad_output[:, :, None]
        return fold(grad_windows, height, width, self.kernel_size, self.stride)

    def is_non_negative(self, input_is: bool) -> bool:
        """Always: it is a norm."""
        return True

    def _weights(self, like: Array) -> Array:
        return self.weights().astype(like.dtype)[:, None, None]

    def _grad_rho(self, grad_output: Array) -> Array:
        """∂y/∂p = y (Σ t log a / (p s) - log s / p²), t the terms of the sum s and a = |x| / largest; ∂p/∂ρ = σ(ρ)."""
        sizes = _divide(np.abs(self._windows), self._largest)
        logarithms = np.log(np.where(sizes > 0, sizes, 1))
        total = np.where(self._total > 0, self._total, 1)
        mean = (self._terms * logarithms).sum(axis=2, keepdims=True) / total
        slope = self._output * (mean / self._p - np.log(total) / self._p**2)
        by_p = (slope[:, :, 0] * grad_output).sum(axis=(0, 2, 3))
        grad: Array = by_p / (1 + np.exp(-self.rho.value))
        return grad


def _divide(sizes: Array, by: Array) -> Array:
    """``sizes / by``, and 0 where `by` is 0."""
    return sizes / np.where(by > 0, by, 1)

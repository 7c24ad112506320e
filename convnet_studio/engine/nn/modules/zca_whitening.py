"""ZCAWhitening: numbers made uncorrelated, each of variance 1, by a matrix that is fitted to the training data."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

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
from convnet_studio.engine.nn.whitening import EPSILON, LARGEST, fit_whitening


class ZCAWhitening(Module):
    """Whitens all numbers of a sample together: y = P (x - m), with P = E (Λ + ε I)^(-1/2) Eᵀ.

    m is the mean and E Λ Eᵀ the covariance of what the training pictures bring to it. P is the symmetric whitening
    matrix, the one that changes samples least, so that a picture still looks like itself: the zero-phase components of
    Bell and Sejnowski, The "independent components" of natural scenes are edge filters (1997); Krizhevsky, Learning
    multiple layers of features from tiny images (2009), app. A. Both are fitted, not learned: a step of training
    leaves them as they are. Until then they are m = 0 and P = I, so that it hands on what it gets.
    """

    family: ClassVar = Family.NORMALIZATION
    word: ClassVar = "decorrelation"
    formula: ClassVar = r"y = E (\Lambda + \varepsilon I)^{-1/2} E^\top (x - m)"

    mean: Parameter = parameter()  # as one sample
    matrix: Parameter = parameter()  # (n, n): P, its indices in the order channel, height, width
    epsilon: float = setting(
        EPSILON,
        "Regularisation ε",
        "Added to the variance along every principal axis: axes with less than this stay small.",
        minimum=1e-8,
        maximum=1e6,
    )

    def output_shape(self, shape: Shape) -> Shape:
        """As the input; ShapeProblem where the matrix would be too large."""
        size = math.prod(shape)
        if size > LARGEST:
            raise ShapeProblem(
                f"ZCAWhitening takes at most {LARGEST:,} numbers, and {'×'.join(map(str, shape))} are {size:,}",
                "put it behind a pooling, or take a LocalContrastNorm",
            )
        return shape

    def parameter_shapes(self, shape: Shape) -> dict[str, ParameterShape]:
        """Mean and matrix, which begin as 0 and the identity."""
        size = math.prod(shape)
        return {
            "mean": ParameterShape(shape, 1, start=0.0),
            "matrix": ParameterShape((size, size), size, start=np.eye),
        }

    def outputs_with(self, name: str, index: Shape, *input_shapes: Shape) -> tuple[int | slice, ...]:
        """The output whose row of the matrix it is; through the matrix, a mean has a part in all."""
        return () if name == "mean" else tuple(map(int, np.unravel_index(index[0], input_shapes[0])))

    def multiply_accumulates(self, shape: Shape) -> int:
        """One for each number of the matrix."""
        return math.prod(shape) ** 2

    def windows(self, shape: Shape) -> None:
        """Every output sees every input."""
        return WHOLE

    def caption(self) -> str:
        """ε."""
        return f"ε {self.epsilon:g}"

    def remark(self) -> str:
        """When it is fitted."""
        return (
            "It is fitted to all training pictures, as the modules in front of it are then, when it is put in and "
            "whenever data or settings on the way to it change. Training leaves it as it is."
        )

    def fit(self, x: Array) -> None:
        """Set mean and matrix to those of `x`, ``(count, *shape)``.

        Raises:
            ValueError: one sentence, if there are fewer than two samples, or some are not finite.
        """
        whitening = fit_whitening(x.reshape(len(x), -1), self.epsilon)
        self.mean.value[...] = whitening.mean.reshape(self.mean.value.shape)
        self.matrix.value[...] = whitening.matrix

    def forward(self, x: Array) -> Array:
        """``(batch, *shape)`` in, the same out."""
        centred = (x - self.mean.value).reshape(len(x), -1)
        y: Array = (centred @ self.matrix.value.T).reshape(x.shape)
        return y

    def backward(self, grad_output: Array) -> Array:
        """∂x = Pᵀ ∂y; what is fitted has no gradient."""
        grad: Array = (grad_output.reshape(len(grad_output), -1) @ self.matrix.value).reshape(grad_output.shape)
        return grad

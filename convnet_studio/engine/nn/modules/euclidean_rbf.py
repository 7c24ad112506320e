"""EuclideanRBF: how near a list of values is to the fixed picture of each digit, the output layer of LeNet-5."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from convnet_studio.engine.nn.module import Array, Family, Module, Shape, ShapeProblem, setting

ROWS, COLUMNS = 12, 7
SIZE = ROWS * COLUMNS

_PICTURES = """
.#####.  ...##..  .#####.  #######  ....##.  #######  ..####.  #######  .#####.  .#####.
##...##  ..###..  ##...##  .....##  ...###.  ##.....  .##....  .....##  ##...##  ##...##
##...##  .####..  .....##  ....##.  ..####.  ##.....  ##.....  .....##  ##...##  ##...##
##...##  ##.##..  .....##  ...##..  .##.##.  ##.....  ##.....  ....##.  ##...##  ##...##
##...##  ...##..  .....##  ..####.  ##..##.  ######.  ##.###.  ....##.  .#####.  ##...##
##...##  ...##..  ....##.  .....##  ##..##.  .....##  ###..##  ...##..  .#####.  .######
##...##  ...##..  ...##..  .....##  #######  .....##  ##...##  ...##..  ##...##  .....##
##...##  ...##..  ..##...  .....##  ....##.  .....##  ##...##  ..##...  ##...##  .....##
##...##  ...##..  .##....  .....##  ....##.  .....##  ##...##  ..##...  ##...##  .....##
##...##  ...##..  ##.....  .....##  ....##.  .....##  ##...##  .##....  ##...##  ....##.
##...##  ...##..  ##.....  ##...##  ....##.  ##...##  ##...##  .##....  ##...##  ...##..
.#####.  .######  #######  .#####.  ....##.  .#####.  .#####.  ##.....  .#####.  .###...
"""
_LINES = [line.split() for line in _PICTURES.split("\n") if line]
DIGITS = len(_LINES[0])

CODES = np.array(
    [[1.0 if ink == "#" else -1.0 for line in _LINES for ink in line[digit]] for digit in range(DIGITS)], np.float32
)
"""What each digit is compared with, ``(10, 84)``, row by row of its picture: 1 for ink, -1 for paper."""


class EuclideanRBF(Module):
    """Minus the squared distance of 84 values to the picture of each digit, 7×12 pixels of ink (1) and paper (-1).

    LeCun et al., Gradient-based learning applied to document recognition (1998), sec. II-B, with pictures of our own.
    There y is a penalty, small where the digit fits; here it has a minus, so that the largest output is the answer as
    everywhere else. A LogSoftmax and an NLLLoss behind it make the criterion of the paper, its eq. 9 without the
    constant j for rubbish: the distance to the right digit, plus the logarithm of what lies near to all. Each output
    is the log-likelihood, up to a constant, of a Gaussian around its picture with variance 1/2.
    """

    family: ClassVar = Family.FILTER_BANK
    word: ClassVar = "distance to digit codes"
    formula: ClassVar = r"y_o = -\sum_j (x_j - w_{oj})^2"

    out_features: int = setting(10, "Digits", "How many digits it compares with, from 0 on.", minimum=1, maximum=4096)

    def output_shape(self, shape: Shape) -> Shape:
        """``(84,)`` to ``(out_features,)``; ShapeProblem for anything else, and beyond ten classes."""
        if shape != (SIZE,):
            found = f"{shape[0]} values" if len(shape) == 1 else "maps"
            raise ShapeProblem(
                f"EuclideanRBF compares with pictures of {COLUMNS}×{ROWS} = {SIZE} values, not with {found}",
                f"put a Linear with {SIZE} outputs before it",
            )
        if self.out_features > DIGITS:
            raise ShapeProblem(
                f"EuclideanRBF has pictures of the ten digits only, not of {self.out_features} classes",
                f"use {DIGITS} or less, or a Linear in its place",
                {"out_features": DIGITS},
            )
        return (self.out_features,)

    def multiply_accumulates(self, shape: Shape) -> int:
        """A square for each value and digit."""
        return self.out_features * shape[0]

    def caption(self) -> str:
        """The number of digits."""
        return str(self.out_features)

    def forward(self, x: Array) -> Array:
        """``(batch, 84)`` to ``(batch, out_features)``."""
        self._differences: Array = x[:, None] - CODES[: self.out_features].astype(x.dtype)
        y: Array = -np.square(self._differences).sum(axis=2)
        return y

    def backward(self, grad_output: Array) -> Array:
        """∂x_j = -2 Σ_o ∂y_o (x_j - w_oj)."""
        grad: Array = -2 * (grad_output[:, :, None] * self._differences).sum(axis=1)
        return grad

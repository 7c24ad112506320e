"""The chain rule as matrices: a row of gradients times a module's Jacobian is the next row of gradients."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from convnet_studio.engine.analysis.backprop_inquiry import whole_way
from convnet_studio.engine.analysis.backprop_walk import Kind, Slot
from convnet_studio.engine.analysis.bench import Bench, reading, whole
from convnet_studio.engine.analysis.bench_pictures import Bars, BenchPicture, Numbers, Words
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.project.unfold import origin
from convnet_studio.engine.project.wiring import title
from convnet_studio.engine.training.inquiry import Moment

LARGEST = 16
"""Rows or columns of a matrix that is still written out."""


@dataclass(frozen=True, eq=False)
class _Product:
    """∂E/∂out ``(1, n)``, the Jacobian ``(n, m)`` and ∂E/∂in ``(1, m)`` of the module called `name`."""

    name: str
    arriving: Array
    jacobian: Array
    leaving: Array


@dataclass(frozen=True)
class Jacobians(Bench):
    """One module of the way back. What its Jacobian holds is shown as soon as its size is said rightly."""

    name: ClassVar = "jacobians"
    title: ClassVar = "Row times Jacobian"
    summary: ClassVar = (
        "The chain rule of one module as matrices: gradients that arrive, its Jacobian, what it hands on."
    )

    module: int = whole(1, 1, 40, "Module, from the loss back")
    rows: int = whole(1, 1, 32, "Rows of the Jacobian")
    columns: int = whole(1, 1, 32, "Columns of the Jacobian")

    @reading
    def fits(self, moment: Moment) -> float:
        """1 where rows and columns are those of the Jacobian, else 0."""
        return float(self._product(moment).jacobian.shape == (self.rows, self.columns))

    @reading
    def size(self, moment: Moment) -> Array:
        """Rows and columns that the Jacobian has."""
        return np.array(self._product(moment).jacobian.shape, np.float64)

    @reading
    def diagonal(self, moment: Moment) -> Array:
        """Slope of each output by the input of the same place."""
        return np.diag(self._product(moment).jacobian)

    def pictures(self, moment: Moment) -> Iterator[tuple[BenchPicture, ...]]:
        """The sizes in words, then the three matrices."""
        here = self._product(moment)
        outs, ins = here.jacobian.shape
        told = Words("", self._sentence(here))
        if (self.rows, self.columns) != (outs, ins):
            yield (
                told,
                Numbers(f"Gradient that arrives at {here.name}, 1 × {outs}", _cut(here.arriving), meaning="gradient"),
            )
            return
        shown: list[BenchPicture] = [
            told,
            Numbers(f"∂E/∂out of {here.name}, 1 × {outs}", _cut(here.arriving), meaning="gradient"),
            Numbers(f"times its Jacobian ∂out/∂in, {outs} × {ins}", _cut(here.jacobian), meaning="weight"),
            Numbers(f"is ∂E/∂in, 1 × {ins}", _cut(here.leaving), meaning="gradient"),
        ]
        is_diagonal = outs == ins > 1 and not np.any(here.jacobian - np.diag(np.diag(here.jacobian)))
        if is_diagonal and outs <= LARGEST:
            slopes = {f"unit {index + 1}": float(each) for index, each in enumerate(np.diag(here.jacobian))}
            shown.append(Bars("How much of the gradient each unit lets through", slopes))
        yield tuple(shown)

    def _sentence(self, here: _Product) -> str:
        outs, ins = here.jacobian.shape
        if (self.rows, self.columns) == (outs, ins):
            return f"1×{outs} · {outs}×{ins} = 1×{ins}. It fits: {here.name} has {outs} out and {ins} in."
        if self.rows != outs:
            return (
                f"1×{outs} · {self.rows}×{self.columns} does not fit: a row of {outs} needs a matrix with a row for"
                " each number in it."
            )
        return (
            f"1×{outs} · {self.rows}×{self.columns} can be multiplied, but {here.name} has another count of inputs:"
            " the matrix needs a column for each."
        )

    def _product(self, moment: Moment) -> _Product:
        way = whole_way(moment)
        stepper, values = way.stepper, way.walk.values
        back = [each.module for each in stepper.moves[stepper.turn :]]
        if self.module > len(back):
            raise ValueError(f"The way back has {len(back)} modules: choose one of them.")
        module_id = back[self.module - 1]
        here = stepper.slopes(values, module_id)
        if max(here.output().size, here.inputs[0].size) > 5_000:
            raise ValueError("The Jacobian of this module is too large to write down: choose a smaller one.")
        name = title(moment.run.project.network.module(origin(module_id)))
        arriving = values[Slot(Kind.GRAD_OUT, module_id)].reshape(1, -1)
        leaving = values[Slot(Kind.GRAD_IN, module_id, 0)].reshape(1, -1)
        return _Product(name, arriving, here.jacobian(0), leaving)


def _cut(matrix: Array) -> Array:
    """As much of a matrix as can be written out."""
    return matrix[:LARGEST, :LARGEST]

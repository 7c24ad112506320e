"""Pieces: single outputs of a module with what each of them sees, each as a map of its own.

Of a kind whose maps have nothing to do with each other, such as pooling, many windows are many maps of one window each:
the module's own code then gives the slopes of all outputs in one go, and looks at nothing else of the picture.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convnet_studio.engine.analysis.rule import Case, in_double
from convnet_studio.engine.nn.module import Array, Module, Shape, ShapeProblem


@dataclass(frozen=True, eq=False)
class Pieces:
    """``n`` outputs of a module as maps.

    Attributes:
        module: whose they are. `parameters`: its arrays, ``(n,)``, each number as often as it has a part in an output.
        inputs: of each port ``(n, *window)``, float64. `firsts`: where each window begins, ``(n, axes)``.
    """

    module: Module
    parameters: Mapping[str, Array]
    inputs: tuple[Array, ...]
    firsts: NDArray[np.int64]

    def double(self) -> Module:
        """The module for itself, with an array for each piece."""
        return in_double(self.module, self.parameters)


def apart(case: Case, rows: NDArray[np.int64]) -> Pieces | None:
    """The outputs at `rows` ``(n, axes)`` as pieces; None where the module would make something else of them."""
    node, module = case.node, case.node.module
    if not isinstance(module, Module) or not (module.is_pointwise or module.keeps_maps_apart) or not len(rows):
        return None
    shapes = {each.shape for each in case.inputs}
    if len(shapes) != 1 or any(each.shape != node.shape[:1] for each in case.parameters.values()):
        return None
    (shape,) = shapes
    windows = _windows(module, shape, node.shape, rows[:, 1:])
    if windows is None or shape[0] != node.shape[0]:
        return None
    firsts, sizes = windows
    if not _makes_one(module, (len(rows), *sizes), len(case.inputs), (len(rows), *(1,) * (len(node.shape) - 1))):
        return None
    grid = np.argwhere(np.ones(sizes, bool))
    cells = firsts[:, None] + grid  # (n, numbers of a window, axes)
    maps = np.broadcast_to(rows[:, :1], cells.shape[:2])
    inputs = tuple(
        each[(maps, *np.moveaxis(cells, -1, 0))].reshape(len(rows), *sizes).astype(np.float64) for each in case.inputs
    )
    parameters = {name: each[rows[:, 0]] for name, each in case.parameters.items()}
    return Pieces(module, parameters, inputs, firsts)


def _windows(
    module: Module, shape: Shape, output: Shape, places: NDArray[np.int64]
) -> tuple[NDArray[np.int64], tuple[int, ...]] | None:
    """Where the window of each place begins, and its size; None unless all lie inside of the maps."""
    if module.is_pointwise:
        return (places, (1,) * (len(shape) - 1)) if shape == output else None
    windows = module.windows(*(shape,) * module.port_count())
    if windows is None:
        return np.zeros_like(places), shape[1:]
    if len(windows) != len(shape) - 1 or any(each.padding or each.stride != int(each.stride) for each in windows):
        return None
    firsts = places * np.array([int(each.stride) for each in windows], np.int64)
    sizes = tuple(each.size for each in windows)
    return (firsts, sizes) if (firsts + np.array(sizes) <= np.array(shape[1:])).all() else None


def _makes_one(module: Module, shape: Shape, ports: int, wanted: Shape) -> bool:
    try:
        return module.output_shape(*(shape,) * ports) == wanted
    except ShapeProblem:
        return False

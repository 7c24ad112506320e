"""Formula as operations: its steps become the instructions of a small machine (kernels/formula.py)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convnet_studio.engine.expression import Expression
from convnet_studio.engine.kernels import formula
from convnet_studio.engine.kernels.fields import Place
from convnet_studio.engine.kernels.simd import LANES
from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.nn.modules.formula import Formula
from convnet_studio.engine.program.builder import Builder
from convnet_studio.engine.program.lowering import lowers


@lowers(Formula, forgets_output=True)
def lower_formula(node: Node, to: Builder) -> None:
    """Value, and value and slope."""
    assert isinstance(node.module, Formula)
    constants, program, result = assemble(node.module.read())
    x, y = to.input(node), to.output(node)
    room = (len(constants) + 1 + len(program)) * LANES
    machine: dict[str, Any] = {
        "size": y.size,
        "program": Place(program.reshape(-1), program.size),
        "instructions": len(program),
        "constants": to.table(constants),
        "constant_count": len(constants),
        "result": result,
    }
    to.forward(formula.formula_forward, x=x, y=y, registers=to.scratch(room, f"registers of {node.id}"), **machine)
    dy, dx = to.output_gradient(node), to.input_gradient(node)
    if dx is not None and dy is not None:
        registers, slopes = (to.scratch(room, f"{what} of {node.id} going back") for what in ("registers", "slopes"))
        to.backward(
            formula.formula_backward, x_gradient=dx, y_gradient=dy, x=x, registers=registers, slopes=slopes, **machine
        )


def assemble(expression: Expression) -> tuple[NDArray[np.float32], NDArray[np.int64], int]:
    """The constants, the instructions ``(n, 4)``, and the register that holds the result."""
    numbers = [index for index, step in enumerate(expression.steps) if step.operation == "number"]
    registers = {index: place for place, index in enumerate(numbers)}
    rows: list[list[int]] = []
    for index, step in enumerate(expression.steps):
        if step.operation == "name":
            registers[index] = len(numbers)
        elif step.operation != "number":
            registers[index] = len(numbers) + 1 + len(rows)
            taken = [registers[each] for each in step.arguments]
            rows.append([getattr(formula.CODE, step.operation), *taken, *[0] * (3 - len(taken))])
    constants = np.array([expression.steps[index].number for index in numbers], np.float32)
    return constants, np.array(rows, np.int64).reshape(-1, 4), registers[len(expression.steps) - 1]

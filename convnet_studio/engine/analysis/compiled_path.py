"""Compiled path: values and slopes of units by the program that trains, for networks that numpy is slow with.

A program goes back from losses. So the part of the network that a module is computed from gets one more, whose loss is
minus the value of the unit that the label names.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from convnet_studio.engine.analysis.unit import Unit, UnitPath
from convnet_studio.engine.nn.chance import RandomModule
from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.losses.nll_loss import NLLLoss
from convnet_studio.engine.nn.module import Array, Module
from convnet_studio.engine.nn.modules.flatten import Flatten
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.program import Program

_LIST, _VALUE = "the units as a list", "the value of a unit"


class CompiledPath(UnitPath):
    """As UnitPath; `values_and_slopes` are computed by a program, over a copy of the weights, until `close`.

    Where a module on the way draws by chance, which a program does in every backward pass, numpy computes them.

    Args:
        make_program: from a network and a batch size.
        most: units at once.
    """

    def __init__(
        self, network: Network, module_id: str, make_program: Callable[[Network, int], Program], most: int
    ) -> None:
        super().__init__(network, module_id)
        by_chance = any(isinstance(each.module, RandomModule) for each in self.nodes)
        self._program = None if by_chance else make_program(self._with_a_loss(), most)

    def close(self) -> None:
        """Let go of the program."""
        if self._program is not None:
            self._program.close()

    def values_and_slopes(self, pictures: Array, units: Sequence[Unit]) -> tuple[Array, Array]:
        """See UnitPath."""
        if self._program is None:
            return super().values_and_slopes(pictures, units)
        indices = [unit.index(self.shape) for unit in units]
        labels = np.array([np.ravel_multi_index(each, self.shape) for each in indices], np.int64)
        self._program.gradient_on(pictures, labels)
        outputs = self._program.output(self.node.id)
        values = np.array([outputs[(row, *each)] for row, each in enumerate(indices)], pictures.dtype)
        shown = [each.id for each in self.nodes if not each.sources]
        slopes: Array = sum((self._program.output_gradient(each) for each in shown), np.zeros_like(pictures))
        return values, slopes * pictures.dtype.type(-len(units))  # it was of the mean over the batch, and of minus

    def _with_a_loss(self) -> Network:
        """The nodes of the path on weights of their own, and the loss."""
        modules: dict[str, Module | Loss] = {}
        for node in self.nodes:
            assert isinstance(node.module, Module)
            modules[node.id] = type(node.module)(**node.module.settings())
        links = [(source, node.id, port) for node in self.nodes for port, source in enumerate(node.sources)]
        links += [(self.node.id, _LIST, 0), (_LIST, _VALUE, 0)]
        modules |= {_LIST: Flatten(), _VALUE: NLLLoss(weight=1.0)}
        made = Network(modules, links, self.network.input_shape, math.prod(self.shape))
        for node in self.nodes:
            for name, each in self.network.parameters_of(node.id).items():
                made.parameters_of(node.id)[name].value[...] = each.value
        return made

"""Update: the last row of a program, where the optimizer has a compiled leaf."""

from __future__ import annotations

import struct

import numpy as np

from convnet_studio.engine.kernels.fields import Place
from convnet_studio.engine.kernels.leaf import Leaf
from convnet_studio.engine.kernels.update import sgd_update
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.nn.optimizer import Optimizer
from convnet_studio.engine.nn.optimizers.sgd import SGD
from convnet_studio.engine.program.build import Listing


class Update:
    """Writes the update's row before each step; other optimizers than SGD run their numpy code."""

    def __init__(self, listing: Listing) -> None:
        self._listing = listing
        self._row = listing.rows[-1]
        self._velocity: object = None

    def prepare(self, optimizer: Optimizer, network: Network) -> int:
        """Write the row for this optimizer as it is now; the number of the field that takes the learning rate.

        -1 where it has no compiled leaf, or where a module's numpy code may fail in the step, which then must not
        update anything.
        """
        if type(optimizer) is not SGD or self._listing.builder.runs_python:
            return -1
        if "velocity" not in optimizer.state:
            optimizer.state["velocity"] = np.zeros_like(network.parameters)
        if optimizer.state["velocity"] is not self._velocity:
            self._point_to(optimizer, network)
        index = sgd_update.layout.index
        self._row[index.momentum] = _bits(optimizer.momentum)
        return int(index.rate)

    def _point_to(self, optimizer: SGD, network: Network) -> None:
        velocity, size = optimizer.state["velocity"], network.parameters.size
        if velocity.shape != (size,) or velocity.dtype != np.float32:
            raise ValueError(f"The velocity must be {size} float32, not {velocity.shape} {velocity.dtype}.")
        values = {"velocity": Place(velocity, size), "size": size, "rate": 0.0, "momentum": 0.0}
        self._row[:] = _pack(sgd_update, self._listing, values)
        self._velocity = velocity


def _pack(leaf: Leaf, listing: Listing, values: dict[str, object]) -> object:
    return leaf.layout.pack(listing.builder.address_of(leaf), values, listing.arenas)


def _bits(number: float) -> int:
    """The bits of a float64, as fields hold them."""
    bits: int = struct.unpack("<q", struct.pack("<d", number))[0]
    return bits

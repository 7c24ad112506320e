"""Update: the last row of a program, where the optimizer has compiled leaves."""

from __future__ import annotations

import numpy as np

from convnet_studio.engine.kernels.fields import ROW, Place
from convnet_studio.engine.kernels.leaf import Leaf
from convnet_studio.engine.kernels.rules import update_all
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.nn.optimizer import Optimizer
from convnet_studio.engine.nn.step_plan import StepPlan, plain_plan
from convnet_studio.engine.program.build import Listing
from convnet_studio.engine.program.update_rows import has_leaf, update_rows


class Update:
    """Writes the update's row before each step: a row that runs rows of its own.

    Plain descent needs none (descent.py); optimizers without compiled leaves run their numpy code.
    """

    def __init__(self, listing: Listing) -> None:
        self._listing = listing
        self._row = listing.rows[-1]
        self._written: tuple[object, ...] = ()
        self._kept: object = None

    def prepare(self, optimizer: Optimizer, network: Network) -> int:
        """Write the row for this optimizer as it is now; the number of the field that takes the learning rate.

        -1 where it has no compiled leaf, or where a module's numpy code may fail in the step, which then must not
        update anything.
        """
        if not has_leaf(optimizer) or self._listing.builder.runs_python:
            return -1
        optimizer.make_state(network.parameters)
        plan = optimizer.plan
        written = (
            type(optimizer),
            *(getattr(optimizer, each) for each in type(optimizer).__dataclass_fields__),
            id(plan),
            *(id(optimizer.state[name]) for name in optimizer.state_names),
        )
        if written != self._written:
            self._check_state(optimizer, network)
            self._write_rows(optimizer, plan or plain_plan(network.parameters.size))
            self._written = written
        return int(update_all.layout.index.rate)

    def _check_state(self, optimizer: Optimizer, network: Network) -> None:
        size = network.parameters.size
        for name in optimizer.state_names:
            vector = optimizer.state[name]
            if vector.shape != (size,) or vector.dtype != np.float32:
                raise ValueError(f"The {name} must be {size} float32, not {vector.shape} {vector.dtype}.")

    def _write_rows(self, optimizer: Optimizer, plan: StepPlan) -> None:
        listing = self._listing
        field = (len(listing.rows) - 1) * ROW + update_all.layout.index.rate
        rate = Place(listing.rows.reshape(-1), 1, field)
        rows = update_rows(optimizer, plan, rate)
        table = np.array([self._packed(*each) for each in rows], np.int64).reshape(-1, ROW)
        values = {"rows": Place(table, table.size), "count": len(rows), "size": listing.arenas.parameters, "rate": 0.0}
        self._row[:] = self._packed(update_all, values)
        self._kept = rows, table, optimizer.state, optimizer.plan  # what the rows point to

    def _packed(self, leaf: Leaf, values: dict[str, object]) -> object:
        listing = self._listing
        return leaf.layout.pack(listing.builder.address_of(leaf), values, listing.arenas)

"""Top patches: the parts of the data set's pictures that excite each map of a module most.

As Zeiler and Fergus (2014), fig. 2, show them: of each picture the one place where the map answers most, and of these
the strongest nine, cut out as far as the unit sees.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from convnet_studio.engine.analysis.unit import UnitPath, seen_box
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.nn.receptive_field import Field
from convnet_studio.engine.training.inquiry import Inquiry, Moment

COUNT = 9
TEST, TRAINING = "test", "training"


@dataclass(frozen=True, eq=False)
class TopPatches:
    """The strongest answers of every map, the strongest first.

    Attributes:
        values: ``(maps, count)``. `pictures`: which of all the data, int64 ``(maps, count)``; -1 where there are fewer.
        places: where in the map, ``(maps, count, axes)``.
        labels: of the pictures, ``(maps, count)``.
        field: what a unit sees. `seen`: pictures looked at so far, of `total`.
    """

    values: Array
    pictures: Array
    places: Array
    labels: Array
    field: Field
    seen: int
    total: int

    def patches(self, channel: int, pictures: Array) -> list[Array]:
        """What the units of one map see of `pictures` ``(examples, channel, *space)``, each ``(channel, *field)``."""
        cut = []
        for picture, place in zip(self.pictures[channel], self.places[channel], strict=True):
            if picture >= 0:
                box = seen_box(self.field, tuple(int(each) for each in place), pictures.shape[1:])
                cut.append(pictures[int(picture)][(slice(None), *box)])
        return cut


class Strongest:
    """Keeps, for each map, the strongest answers of all pictures that it was given; of equals, the first.

    Args:
        maps: how many. `axes`: of a map, 0 for a list of values.
    """

    def __init__(self, maps: int, axes: int, count: int = COUNT) -> None:
        self.values = np.full((maps, count), -np.inf, np.float32)
        self.pictures = np.full((maps, count), -1, np.int64)
        self.places = np.zeros((maps, count, axes), np.int64)

    def take(self, indices: Array, outputs: Array) -> None:
        """Note the answers `outputs` ``(batch, maps, *space)`` to the pictures `indices` ``(batch,)``."""
        batch, maps, *space = outputs.shape
        flat = np.where(np.isnan(outputs), -np.inf, outputs).reshape(batch, maps, -1)
        where = flat.argmax(axis=2)
        values = np.take_along_axis(flat, where[:, :, None], axis=2)[:, :, 0].T
        places = np.stack(np.unravel_index(where.T, tuple(space)), axis=-1) if space else where.T[:, :, None][:, :, :0]
        everything = np.concatenate([self.values, values], axis=1)
        order = np.argsort(-everything, axis=1, kind="stable")[:, : self.values.shape[1]]
        pictures = np.concatenate([self.pictures, np.broadcast_to(indices, (maps, batch))], axis=1)
        self.values = np.take_along_axis(everything, order, axis=1)
        self.pictures = np.take_along_axis(pictures, order, axis=1)
        self.places = np.take_along_axis(np.concatenate([self.places, places], axis=1), order[:, :, None], axis=1)


@dataclass(frozen=True)
class FindTopPatches(Inquiry):
    """Shows all test or training pictures to the network, and keeps what excites each map of a module most.

    Attributes:
        split: ``test`` or ``training``.
    """

    asks_of_picture: ClassVar = False

    module: str
    split: str = TEST

    def work(self, moment: Moment) -> Iterator[object]:
        """Yields a TopPatches from time to time, and when all pictures were seen."""
        run = moment.run
        program, parameters = run.program, moment.answering_parameters()
        assert program
        material = run.material
        path = UnitPath(run.network, self.module)  # only asked for shapes
        start, end = (0, material.train_count) if self.split == TRAINING else (material.train_count, None)
        indices = np.arange(len(material.pictures))[start:end]
        if not len(indices):
            raise ValueError("The data set has no such pictures.")
        field = path.field
        strongest = Strongest(path.shape[0], len(path.shape) - 1)
        told = 1
        for first in range(0, len(indices), program.batch_size):
            part = indices[first : first + program.batch_size]
            with moment.with_parameters(parameters):
                program.forward(np.ascontiguousarray(material.unchanged(part), np.float32))
                outputs = program.output(self.module)
            strongest.take(part, outputs)
            seen = first + len(part)
            if seen >= told or seen == len(indices):
                told = 2 * seen
                labels = np.where(strongest.pictures >= 0, material.labels[strongest.pictures], -1)
                yield TopPatches(
                    strongest.values, strongest.pictures, strongest.places, labels, field, seen, len(indices)
                )
            else:
                yield None

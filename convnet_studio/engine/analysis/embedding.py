"""Embedding: where test pictures lie in the output of a module, seen in the plane in which they spread most."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from convnet_studio.engine.analysis.principal import principal_components
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.training.inquiry import Inquiry, Moment

_MOST_NUMBERS = 6_000_000
"""Of all outputs together: some 24 MB."""


@dataclass(frozen=True, eq=False)
class Embedding:
    """The first test pictures in the output of one module.

    Attributes:
        places: float64 ``(count, 2)``. `explained`: the share of the variance along each axis.
        labels: int64 ``(count,)``. `size`: numbers of an output.
        separation: variance between the classes' means over that within classes (nan without classes).
    """

    places: Array
    explained: Array
    labels: Array
    size: int
    separation: float


@dataclass(frozen=True)
class AskEmbedding(Inquiry):
    """The Embedding of the first `most` test pictures in the output of `module_id`."""

    asks_of_picture: ClassVar = False

    module_id: str
    most: int = 400

    def work(self, moment: Moment) -> Iterator[object]:
        """Outputs of one mini-batch after the other, then the plane."""
        run, program = moment.run, moment.run.program
        assert program is not None
        node = run.network.nodes.get(self.module_id)
        if node is None:
            raise ValueError("This module does not compute.")
        size = int(np.prod(node.shape))
        indices = run.material.test_indices(max(3, min(self.most, _MOST_NUMBERS // size)))
        if len(indices) < 3:
            raise ValueError("This data set holds fewer than three test pictures.")
        parameters = moment.answering_parameters()
        parts = []
        for start in range(0, len(indices), program.batch_size):
            shown = run.material.pictures[indices[start : start + program.batch_size]]
            with moment.with_parameters(parameters):
                program.forward(np.ascontiguousarray(shown, np.float32))
                parts.append(program.output(self.module_id).reshape(len(shown), -1))
            yield None
        samples, labels = np.concatenate(parts), run.material.labels[indices]
        if not np.isfinite(samples).all():
            raise ValueError("The output of this module is not finite.")
        components = yield from principal_components(samples)
        yield Embedding(components.places, components.explained, labels, size, separation(samples, labels))


def separation(samples: Array, labels: Array) -> float:
    """Variance between class means over the mean variance within classes, of ``(n, d)``: the trace form of Fisher's
    criterion (Fukunaga, Statistical Pattern Recognition, 1990, sec. 10.2). Not a number where there is one class.
    """
    classes = np.unique(labels)
    if len(classes) < 2:
        return float("nan")
    middle = samples.mean(axis=0, dtype=np.float64)
    between = within = 0.0
    for each in classes:
        own = samples[labels == each]
        mean = own.mean(axis=0, dtype=np.float64)
        between += len(own) * float(((mean - middle) ** 2).sum())
        within += float(((own - mean) ** 2).sum())
    return between / within if within > 0 else float("inf")

"""Occlusion: what becomes of a score when a grey square hides part of the picture.

Zeiler and Fergus, Visualizing and understanding convolutional networks (2014), sec. 4.2: a square slides over the
picture; where it hides what the network looks at, the score of the class falls.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.training.inquiry import Inquiry, Moment

GREY, MEAN, BLACK = "grey", "mean", "black"
FILLS = (GREY, MEAN, BLACK)
_MOST_PICTURES = 500
"""Over which the mean is taken."""


@dataclass(frozen=True, eq=False)
class OcclusionMap:
    """The score of one class for every place of the square.

    Attributes:
        scores: float32 ``(rows, columns)``, NaN where not computed yet; entry (i, j) is for the square whose middle is
            at pixel (i · step, j · step), cut off at the rim of the picture.
        answers: int64 ``(rows, columns)``, the class that is answered; -1 where not computed yet.
        whole: the score with nothing hidden. `label`: the class. `are_probabilities`: else scores are raw.
        size, step: of the square, in pixels. `fill`: its value.
        picture: float32 ``input_shape``.
    """

    scores: Array
    answers: Array
    whole: float
    label: int
    are_probabilities: bool
    size: int
    step: int
    fill: float
    picture: Array


def square_at(shape: tuple[int, int], middle: tuple[int, int], size: int) -> tuple[slice, slice]:
    """Rows and columns that a square of `size` pixels around `middle` hides of a picture ``(height, width)``."""
    starts = [at - (size - 1) // 2 for at in middle]
    return (
        slice(max(starts[0], 0), min(starts[0] + size, shape[0])),
        slice(max(starts[1], 0), min(starts[1] + size, shape[1])),
    )


def hidden(picture: Array, middle: tuple[int, int], size: int, fill: float) -> Array:
    """A copy of `picture` ``(channel, height, width)`` with a square of `fill` around `middle`."""
    covered = np.array(picture, np.float32)
    covered[(slice(None), *square_at((picture.shape[1], picture.shape[2]), middle, size))] = fill
    return covered


@dataclass(frozen=True)
class Occlude(Inquiry):
    """Slides a square over the picture that is shown.

    Attributes:
        label: the class whose score is wanted; -1: that of the picture, or of the answer where it has none.
        size: of the square in pixels. `step`: between its places. `fill`: one of `FILLS`: the middle between the
            darkest and the brightest pixel of the picture, the mean of the training pictures, or 0.
    """

    label: int = -1
    size: int = 7
    step: int = 1
    fill: str = GREY

    def work(self, moment: Moment) -> Iterator[object]:
        """Yields an OcclusionMap after each batch."""
        run = moment.run
        network, program, picture = run.network, run.program, moment.picture
        assert program
        if network.judge is None:
            raise ValueError("The network names no class: it needs a loss that judges classes.")
        if picture.ndim != 3:
            raise ValueError("Only pictures can be hidden in part: this data set has none.")
        source, parameters = network.judge.sources[0], moment.answering_parameters()

        def scores_of(pictures: Array) -> tuple[Array, bool]:
            with moment.with_parameters(parameters):
                program.forward(np.ascontiguousarray(pictures, np.float32))
                scores = program.output(source).reshape(len(pictures), -1)
            found = network.probabilities(scores)
            return (scores, False) if found is None else (found, True)

        whole, are_probabilities = scores_of(picture[None])
        label = self.label if 0 <= self.label < whole.shape[1] else moment.label
        label = label if label >= 0 else int(whole[0].argmax())
        fill = self._value(moment)
        shape = picture.shape[1:]
        middles = [(row, column) for row in range(0, shape[0], self.step) for column in range(0, shape[1], self.step)]
        scores = np.full((len(range(0, shape[0], self.step)), len(range(0, shape[1], self.step))), np.nan, np.float32)
        answers = np.full(scores.shape, -1, np.int64)
        for start in range(0, len(middles), program.batch_size):
            part = middles[start : start + program.batch_size]
            found, _ = scores_of(np.stack([hidden(picture, middle, self.size, fill) for middle in part]))
            scores.reshape(-1)[start : start + len(part)] = found[:, label]
            answers.reshape(-1)[start : start + len(part)] = found.argmax(axis=1)
            yield OcclusionMap(
                scores.copy(),
                answers.copy(),
                float(whole[0, label]),
                label,
                are_probabilities,
                self.size,
                self.step,
                fill,
                picture,
            )

    def _value(self, moment: Moment) -> float:
        if self.fill == BLACK:
            return 0.0
        if self.fill == MEAN:
            material = moment.run.material
            if not material.train_count:
                raise ValueError("This data set holds no training pictures: fill the square with grey or black.")
            return float(material.pictures[: min(material.train_count, _MOST_PICTURES)].mean())
        return float((moment.picture.min() + moment.picture.max()) / 2)

"""One number nudged: does the loss change by as much as the gradient says?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from convnet_studio.engine.analysis.bench import Bench, number, reading, whole
from convnet_studio.engine.analysis.bench_pictures import BenchPicture, Curves, Mark, Rows
from convnet_studio.engine.analysis.one_picture import OnePicture
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.project.unfold import origin
from convnet_studio.engine.project.wiring import title
from convnet_studio.engine.training.inquiry import Moment

WIDEST, ZOOM = 1.0, 3.0
"""How far the curve reaches either way while nothing is nudged, and how many nudges it reaches else."""
POINTS = 61


@dataclass(frozen=True)
class Nudge(Bench):
    """Moves one parameter of the network a little, on a copy, and measures what the loss of the shown picture does."""

    name: ClassVar = "nudge"
    title: ClassVar = "Nudge one number"
    summary: ClassVar = "Moves one weight a little and compares the change of the loss with the gradient."

    which: int = whole(1, 1, 100_000, "Which parameter")
    by: float = number(0.0, -1.0, 1.0, "Nudge")

    @reading
    def gradient(self, moment: Moment) -> float:
        """Slope of the loss by that number, by back-propagation."""
        return float(OnePicture(moment).gradient()[self._index(moment)])

    @reading
    def change(self, moment: Moment) -> float:
        """By how much the loss changes."""
        return self._change(OnePicture(moment), self._index(moment), self.by)

    @reading
    def ratio(self, moment: Moment) -> float:
        """Change of the loss over the nudge; not a number without a nudge."""
        return self.change(moment) / self.by if self.by else float("nan")

    @reading
    def gap(self, moment: Moment) -> float:
        """How far ratio and gradient lie apart, as a part of the gradient; not a number without a nudge."""
        gradient = self.gradient(moment)
        return abs(self.ratio(moment) - gradient) / max(abs(gradient), np.finfo(float).tiny)

    def pictures(self, moment: Moment) -> Iterator[tuple[BenchPicture, ...]]:
        """The loss over that number, closer the smaller the nudge, and the comparison."""
        at, picture = self._index(moment), OnePicture(moment)
        gradient, value, before = picture.gradient()[at], picture.start[at], picture.loss()
        after = before + self._change(picture, at, self.by)
        reach = ZOOM * abs(self.by) or WIDEST
        steps = np.linspace(-reach, reach, POINTS)
        losses = np.empty_like(steps)
        for index, step in enumerate(steps):
            losses[index] = before + self._change(picture, at, step)
            if index % 4 == 3:
                yield ()
        what = name_of(moment, at)
        marks = [Mark("now", value, before)]
        if self.by:
            marks.append(Mark("nudged", value + self.by, after))
        lines: dict[str, tuple[Array, Array]] = {
            "loss E": (value + steps, losses),
            "tangent, as steep as the gradient": (value + steps, before + gradient * steps),
        }
        change = after - before
        table = (
            ("E before", f"{before:.8f}"),
            ("E after", f"{after:.8f}"),
            ("change of E", f"{change:+.8f}"),
            ("change / nudge", f"{change / self.by:+.6f}" if self.by else "nudge it first"),
            ("gradient", f"{gradient:+.6f}"),
        )
        yield (
            Curves(f"The loss over {what}", lines, what, "E", tuple(marks)),
            Rows("Is it what the gradient says?", ("", ""), table),
        )

    def _index(self, moment: Moment) -> int:
        size = moment.run.network.parameters.size
        if self.which > size:
            raise ValueError(f"The network has {size:,} parameters: choose a number up to that.")
        return self.which - 1

    def _change(self, picture: OnePicture, index: int, by: float) -> float:
        moved = picture.start.copy()
        moved[index] += by
        return picture.loss(moved) - picture.loss()


def name_of(moment: Moment, index: int) -> str:
    """What people call the parameter at this place of the flat vector: ``weight [2, 1] of hidden``, from 1."""
    network, project = moment.run.network, moment.run.project
    for module_id, part in network.slices.items():
        if not part.start <= index < part.stop:
            continue
        start = part.start
        for name, each in network.parameters_of(module_id).items():
            if index < start + each.value.size:
                place = np.unravel_index(index - start, each.value.shape)
                which = ", ".join(str(int(axis) + 1) for axis in place)
                return f"{name} [{which}] of {title(project.network.module(origin(module_id)))}"
            start += each.value.size
    raise IndexError(f"There is no parameter {index}.")

"""LearningRecord: the curves of one run, gathered from its events, and the edits of its network on the way."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from convnet_studio.engine.training.events import Event, Rewound, Stepped, Tested
from convnet_studio.ui.controls.curve import Curve, RunningMean, curve_of

MOST_POINTS = 1024
"""Points of a curve in a file, and of one that is drawn: so a run looks the same when it is opened again."""
_LONGEST_TEXT = 300
"""Letters that are kept of what an edit was."""
_DECIMALS = 6
"""Epochs are kept to a millionth: a number that a file holds exactly stays in its bucket (see `Curve`)."""
_MEMORY_EPOCHS = 0.05
"""The smooth curve remembers about this part of an epoch."""


@dataclass(frozen=True)
class NetworkEdit:
    """Where on the curves the network became another one, and by what, as the list of undo has it."""

    epoch: float
    text: str


class LearningRecord:
    """Loss and error (in percent) over epochs, on training samples and on the test set.

    `loss` and `error` map ``train`` (every step, or every event for errors), ``smooth`` and ``test`` to a Curve. Each
    has one piece more than there are `edits`: no line joins what two networks did.
    """

    def __init__(self, run_id: int = -1, steps_per_epoch: int = 500) -> None:
        self.run_id = run_id
        self.loss = {name: Curve() for name in ("train", "smooth", "test")}
        self.error = {name: Curve() for name in ("train", "smooth", "test")}
        self.edits: list[NetworkEdit] = []
        self._networks: list[object] = [None]  # the structure in each piece, where it is known
        self._memory = _MEMORY_EPOCHS * max(1, steps_per_epoch)
        self._forget()
        self.epoch = 0.0

    def __bool__(self) -> bool:
        return bool(len(self.loss["train"]) or len(self.loss["test"]))

    @property
    def smooth_loss(self) -> float:
        """The running mean of the training loss, where this network last had it; not a number before its first step."""
        smooth = self.loss["smooth"]
        pieces = zip(reversed(smooth.pieces), reversed(self._networks), strict=True)
        for number, (piece, network) in enumerate(pieces):
            is_this = not number or (network is not None and network == self._networks[-1])
            if is_this and piece.stop > piece.start:
                return float(smooth.y[piece.stop - 1])
        return math.nan

    def to_json(self) -> dict[str, Any]:
        """The curves with few points, for a file."""
        edits = [[each.epoch, each.text] for each in self.edits]
        return {"loss": _few_points(self.loss), "error": _few_points(self.error), "edits": edits}

    def take_up(self, stored: object) -> None:
        """Begin with what `to_json` wrote; anything else begins nothing."""
        found: Mapping[Any, Any] = stored if isinstance(stored, Mapping) else {}
        self.edits = _read_edits(found.get("edits"))
        self._networks = [None] * (len(self.edits) + 1)
        for name, curves in (("loss", self.loss), ("error", self.error)):
            _read_points(curves, found.get(name), self.edits)
        for mean, curves in ((self._loss_mean, self.loss), (self._error_mean, self.error)):
            last = curves["smooth"].y[curves["smooth"].pieces[-1]][-1:]
            mean.take([float(each) for each in last] * round(self._memory))
        ends = [float(curve.x[-1]) for curve in self.loss.values() if len(curve)]
        self.epoch = max([*ends, *(each.epoch for each in self.edits)], default=0.0)

    def take(self, event: Event) -> bool:
        """Note an event; True where it adds to a curve."""
        if isinstance(event, Stepped):
            self._take_steps(event)
            return True
        if isinstance(event, Rewound):
            self._go_to(event.epoch)
            return True
        if isinstance(event, Tested):
            epoch = self._go_to(event.epoch)
            self.loss["test"].extend([epoch], [event.loss])
            if math.isfinite(event.error):  # where a loss judges classes
                self.error["test"].extend([epoch], [100 * event.error])
            return True
        return False

    def take_edit(self, text: str, before: object, after: object) -> None:
        """The network became another one: what comes is a new piece of every curve.

        A network that never made a step leaves nothing, so neither does an edit that is taken back at once.

        Args:
            text: what was done, in words.
            before, after: the structures of both networks; None where they are not known.
        """
        self._networks[-1] = self._networks[-1] or before
        train = self.loss["train"].pieces[-1]
        if train.stop == train.start:
            self._replace_piece(text, after)
        else:
            self._add_piece(NetworkEdit(self.epoch, text), after)
        self._forget()

    def _add_piece(self, edit: NetworkEdit, network: object) -> None:
        self.edits.append(replace(edit, text=edit.text[:_LONGEST_TEXT]))
        self._networks.append(network)
        for curve in self._curves:
            curve.break_off(edit.epoch)

    def _replace_piece(self, text: str, network: object) -> None:
        """Of the last piece nothing was trained: drop what was measured in it."""
        if not self.edits:
            for curve in self._curves:
                curve.clear()
            self._networks = [network]
            return
        for curve in self._curves:
            curve.take_back_piece()
        edit = self.edits.pop()
        self._networks.pop()
        if network is None or network != self._networks[-1]:
            self._add_piece(replace(edit, text=f"{edit.text}, {text}"), network)

    @property
    def _curves(self) -> tuple[Curve, ...]:
        return (*self.loss.values(), *self.error.values())

    def _forget(self) -> None:
        """Begin the running means anew."""
        self._loss_mean, self._error_mean = RunningMean(self._memory), RunningMean(self._memory / 8)

    def _take_steps(self, event: Stepped) -> None:
        epoch = self._go_to(event.epoch)
        losses = event.losses or (event.loss,)
        width = max(0.0, epoch - self.epoch) / len(losses)
        xs = np.round([epoch - width * behind for behind in range(len(losses) - 1, -1, -1)], _DECIMALS)
        self.loss["train"].extend(xs, losses)
        self.loss["smooth"].extend(xs, self._loss_mean.take(losses))
        if math.isfinite(event.error):
            self.error["train"].extend([epoch], [100 * event.error])
            self.error["smooth"].extend([epoch], self._error_mean.take([100 * event.error]))
        self.epoch = epoch

    def _go_to(self, epoch: float) -> float:
        """Where training went back to a checkpoint, the curves go back with it; the epoch as curves have it."""
        epoch = round(epoch, _DECIMALS)
        if epoch < self.epoch:
            for curve in self._curves:
                curve.cut_after(epoch)
            self.edits = [replace(each, epoch=min(each.epoch, epoch)) for each in self.edits]
            self._forget()
            self.epoch = float(self.loss["train"].x[-1]) if len(self.loss["train"]) else 0.0
        return epoch


def _few_points(curves: Mapping[str, Curve]) -> dict[str, list[list[float | None]]]:
    """Of each curve at most about `MOST_POINTS` finite points, as a list of x and one of y; None begins a new piece."""
    few: dict[str, list[list[float | None]]] = {}
    for name, curve in curves.items():
        finite = curve.finite()
        x, y = finite.every(MOST_POINTS) if name == "smooth" else finite.thinned(MOST_POINTS)
        few[name] = [x.tolist(), [None if math.isnan(each) else float(f"{each:.7g}") for each in y]]
    return few


def _read_points(curves: dict[str, Curve], stored: object, edits: list[NetworkEdit]) -> None:
    """Take what `_few_points` made; what is anything else becomes an empty curve."""
    for name in curves:
        curves[name] = _curve_from(stored.get(name) if isinstance(stored, Mapping) else None, len(edits))
        if len(curves[name].pieces) != len(edits) + 1:
            curves[name] = Curve()
            for edit in edits:
                curves[name].break_off(edit.epoch)


def _curve_from(stored: object, breaks: int) -> Curve:
    try:
        x, y = np.asarray(stored, np.float64)
    except (TypeError, ValueError):
        return Curve()
    most = 4 * MOST_POINTS + 3 * breaks
    is_curve = x.ndim == 1 and len(x) <= most and np.isfinite(x).all() and not np.isinf(y).any()
    return curve_of(x, y) if is_curve and (np.diff(x) >= 0).all() and (x >= 0).all() else Curve()


def _read_edits(stored: object) -> list[NetworkEdit]:
    """What `to_json` made of edits; nothing, where it is anything else."""
    try:
        edits = [NetworkEdit(float(epoch), str(text)[:_LONGEST_TEXT]) for epoch, text in stored]  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        return []
    epochs = [each.epoch for each in edits]
    return edits if all(0 <= each < math.inf for each in epochs) and epochs == sorted(epochs) else []

"""Pointed: which number of the network the pointer is at, or was pinned to, for all views that explain or show it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from convnet_studio.engine.analysis.explanation import Place
from convnet_studio.engine.analysis.unit import Unit


class Pointed(QObject):
    """One place, or none: that under the pointer, else that which was pinned by a click."""

    changed = Signal()
    unit_changed = Signal()
    """`unit` is another one."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._hovered: Place | None = None
        self._pinned: Place | None = None
        self._unit: Unit | None = None

    @property
    def place(self) -> Place | None:
        """Where the number is stored."""
        return self._hovered or self._pinned

    @property
    def pinned(self) -> Place | None:
        """The number that is shown again when the pointer has left all others."""
        return self._pinned

    @property
    def unit(self) -> Unit | None:
        """The unit that was picked last, in whatever view of one unit: the others show it, too."""
        return self._unit

    def choose(self, unit: Unit) -> None:
        """Pick a unit for all views of one."""
        if unit != self._unit:
            self._unit = unit
            self.unit_changed.emit()

    def hover(self, place: Place | None) -> None:
        """The pointer is at a number, or at none any more."""
        self._set(place, self._pinned)

    def pin(self, place: Place | None) -> None:
        """Keep to a number, as a click or an animation does; None: let go."""
        self._set(None if place is None else self._hovered, place)

    def move(self, place: Place) -> None:
        """Keep to another number, wherever the pointer is."""
        self._set(None, place)

    def _set(self, hovered: Place | None, pinned: Place | None) -> None:
        if (hovered, pinned) != (self._hovered, self._pinned):
            self._hovered, self._pinned = hovered, pinned
            self.changed.emit()

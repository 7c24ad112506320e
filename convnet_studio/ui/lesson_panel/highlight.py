"""Highlight: outlines around what a page speaks of; they pulse gently at first, and rest."""

from __future__ import annotations

import math
from collections.abc import Sequence
from time import monotonic

from PySide6.QtCore import QEvent, QObject, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QCursor, QPainter, QPaintEvent, QPen, QRegion
from PySide6.QtWidgets import QWidget

from convnet_studio.ui.lesson_panel.targets import Targets
from convnet_studio.ui.motion import wants_motion
from convnet_studio.ui.theme import LARGE_RADIUS, theme

TICK_MILLISECONDS = 50
PERIOD = 1.5
"""Seconds of a pulse."""
PULSES = 3
_GLOW = 8


class Highlight(QWidget):
    """Lies over the whole window and lets every click through.

    Things that are highlighted have an outline; the one that words point at has a stronger one. Things under the
    pointer or the focus are told by `touched`, so that words can light up.

    Args:
        parent: that it goes with until it is attached to a window.
    """

    touched = Signal(str)
    """The target under the pointer or the focus; empty: none."""

    def __init__(self, targets: Targets, parent: QWidget) -> None:
        super().__init__(parent)
        self._targets = targets
        self._marked: tuple[str, ...] = ()
        self._spoken: tuple[str, ...] = ()
        self._pointed = self._touched = ""
        self._places: dict[str, QRectF] = {}
        self._began = 0.0
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.setAccessibleName("Highlights")
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MILLISECONDS)
        self._timer.timeout.connect(self.refresh)
        self.hide()

    def attach(self, window: QWidget) -> None:
        """Lie over another window."""
        if self.parentWidget() is not window:
            if (before := self.parentWidget()) is not None:
                before.removeEventFilter(self)
            self.setParent(window)
            window.installEventFilter(self)
        self.setGeometry(window.rect())
        self.show()
        self.raise_()
        self._timer.start()

    def detach(self) -> None:
        """Show nothing, and watch nothing."""
        self._timer.stop()
        self.hide()
        self.point_at("")

    def mark(self, targets: Sequence[str], spoken: Sequence[str]) -> None:
        """Highlight these; `spoken` are all that words of the page lead to."""
        self._marked, self._spoken = tuple(targets), tuple(dict.fromkeys((*spoken, *targets)))
        self._began = monotonic()
        self.refresh()

    def point_at(self, target: str) -> None:
        """Words speak of this one now; empty: of none."""
        if target != self._pointed:
            self._pointed = target
            self.refresh()

    @property
    def places(self) -> dict[str, QRectF]:
        """Where outlines are, by target."""
        return dict(self._places)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Cover the window, whatever its size."""
        if event.type() == QEvent.Type.Resize and isinstance(watched, QWidget):
            self.setGeometry(watched.rect())
        return False

    def refresh(self) -> None:
        """Follow things that move, and the pointer."""
        host = self.parentWidget()
        if host is None:
            return
        wanted = dict.fromkeys((*self._marked, *((self._pointed,) if self._pointed else ())))
        found = ((target, self._targets.place(target, host)) for target in wanted)
        places = {target: place for target, place in found if place is not None}
        if places != self._places or self._is_pulsing:
            dirty = QRegion()
            for place in (*self._places.values(), *places.values()):
                dirty += _edge_of(place)
            self._places = places
            self.update(dirty)
        self.note_pointer(self._targets.at(host.mapFromGlobal(QCursor.pos()), self._spoken, host))

    def note_pointer(self, under: str) -> None:
        """This target is under the pointer; empty: none, then the one that the keyboard acts on counts."""
        touched = under or self._targets.focused(self._spoken)
        if touched != self._touched:
            self._touched = touched
            self.touched.emit(touched)

    @property
    def _is_pulsing(self) -> bool:
        return wants_motion() and monotonic() - self._began < PERIOD * PULSES

    def paintEvent(self, event: QPaintEvent) -> None:
        """Glow and line."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        swing = 0.5 - 0.5 * math.cos(2 * math.pi * (monotonic() - self._began) / PERIOD) if self._is_pulsing else 0.5
        for target, place in self._places.items():
            is_strong = target == self._pointed
            glow = theme().color("accent")
            for spread in range(_GLOW if not is_strong else _GLOW + 2, 0, -2):
                glow.setAlphaF((0.05 + 0.07 * swing) * (1.6 if is_strong else 1))
                painter.setPen(QPen(glow, 2 * spread))
                painter.drawRoundedRect(place, LARGE_RADIUS, LARGE_RADIUS)
            line = theme().color("accent")
            line.setAlphaF(1.0 if is_strong else 0.65 + 0.35 * swing)
            painter.setPen(QPen(line, 3.0 if is_strong else 2.0))
            painter.drawRoundedRect(place, LARGE_RADIUS, LARGE_RADIUS)


def _edge_of(place: QRectF) -> QRegion:
    """The strip that an outline covers, its inside left out."""
    reach = _GLOW + 6
    outer = place.adjusted(-reach, -reach, reach, reach).toAlignedRect()
    inner = place.adjusted(reach, reach, -reach, -reach).toAlignedRect()
    return QRegion(outer) - QRegion(inner) if inner.isValid() else QRegion(outer)

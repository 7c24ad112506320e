"""Scrolling: an area in which something taller than its place is moved up and down; as wide as the place itself."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget


def scrolling(content: QWidget) -> QScrollArea:
    """An area around `content`, which keeps the keys."""
    area = QScrollArea()
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidgetResizable(True)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(content)
    return area


def steady_width(content: QWidget) -> int:
    """The width of what stands in an area, less that of the bar even while there is none.

    What is the taller the wider it is must ask for its height by this: else the bar would come and go for ever.
    """
    viewport = content.parentWidget()
    area = viewport.parentWidget() if viewport else None
    if not isinstance(area, QScrollArea):
        return content.width()
    return area.width() - area.verticalScrollBar().sizeHint().width()

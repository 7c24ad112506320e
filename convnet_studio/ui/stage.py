"""Stage: the canvas, and over its lower edge the message of the moment: nothing moves when one comes or goes."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from convnet_studio.ui.notice import Notice


class Stage(QWidget):
    """Fills itself with `canvas`; `notice` lies over the strip at the bottom that a fitted network leaves free."""

    def __init__(self, canvas: QWidget, notice: Notice) -> None:
        super().__init__()
        self._canvas, self._notice = canvas, notice
        canvas.setParent(self)
        notice.setParent(self)
        notice.installEventFilter(self)
        notice.hide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay out anew."""
        super().resizeEvent(event)
        self._canvas.setGeometry(self.rect())
        self._place_notice()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A message has come, or its words have changed."""
        if event.type() in (QEvent.Type.Show, QEvent.Type.LayoutRequest):
            self._place_notice()
        return super().eventFilter(watched, event)

    def _place_notice(self) -> None:
        notice, width = self._notice, self.width()
        height = notice.heightForWidth(width) if notice.hasHeightForWidth() else notice.sizeHint().height()
        notice.setGeometry(0, self.height() - height, width, height)
        notice.raise_()

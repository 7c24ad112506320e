"""MapPanel: the frame that views of maps share: caption, sheet of maps, read-out, distribution; or one sentence."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout, QWidget

from convnet_studio.ui.controls.distribution import Distribution
from convnet_studio.ui.controls.label import Caption, ElidedLabel, Sentence
from convnet_studio.ui.controls.map_sheet import MapSheet
from convnet_studio.ui.controls.read_out import ReadOut
from convnet_studio.ui.theme import text_font

_WIDE = 520
_LOW = 320
_SIDE_WIDTH = 240
_SIDE_GAP = 24
_SPACING = 4
_TALLEST_SHEET = 336
_ANY_WIDTH = 16_777_215  # Qt's QWIDGETSIZE_MAX
_FILL = Qt.AlignmentFlag(0)


class MapPanel(QWidget):
    """Parts in their places; the view that owns it fills them.

    Args:
        what: the numbers' name, such as ``Activations``.
        hint: of the read-out while nothing is pointed at.
    """

    def __init__(self, what: str, hint: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hugs = False
        self._wants_distribution = True
        self.caption = ElidedLabel("", "second_text", Caption().font())
        self.sheet = MapSheet(what)
        self.read_out = ReadOut(hint)
        self.distribution = Distribution(what)
        self._sentence = Sentence()
        self._sentence.setFont(text_font(13))
        self._sentence.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self._tools = QHBoxLayout()
        self._tools.setSpacing(8)
        self._tools.addWidget(self.caption, 1)
        self._bodies = QVBoxLayout()
        self._bodies.setSpacing(4)
        self._bodies.addWidget(self.sheet, 1)
        self._parts = self._arranged()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._parts, 1)
        column.addWidget(self._sentence, 1)
        self.sheet.reshaped.connect(self._arrange_halves)
        self.show_parts()

    def _arranged(self) -> QWidget:
        page = QWidget()
        self._column = column = QVBoxLayout()
        column.setSpacing(4)
        column.addLayout(self._tools)
        column.addWidget(self.read_out)  # above: below there may be room between it and the maps
        column.addLayout(self._bodies, 1)
        self._halves = QBoxLayout(QBoxLayout.Direction.TopToBottom, page)
        self._halves.setContentsMargins(0, 0, 0, 0)
        self._halves.setSpacing(4)
        self._halves.addLayout(column, 1)
        self._halves.addWidget(self.distribution)
        return page

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The distribution stands where it leaves the larger maps; where it is low the maps have all the room."""
        super().resizeEvent(event)
        self._arrange_halves()

    def _arrange_halves(self) -> None:
        is_wide = self._is_beside
        direction = QBoxLayout.Direction.LeftToRight if is_wide else QBoxLayout.Direction.TopToBottom
        if self._halves.direction() != direction:
            self._halves.setDirection(direction)
            self._halves.setSpacing(_SIDE_GAP if is_wide else _SPACING)
            self._halves.setAlignment(self.distribution, Qt.AlignmentFlag.AlignTop if is_wide else _FILL)
            self.distribution.setMinimumWidth(_SIDE_WIDTH if is_wide else 0)
            self.distribution.setMaximumWidth(_SIDE_WIDTH if is_wide else _ANY_WIDTH)
        self._show_distribution()

    @property
    def _is_beside(self) -> bool:
        """Whether the distribution stands beside the maps: where that is possible, and they are no smaller for it."""
        if self.width() < _WIDE:
            return False
        height = self.height() - self.read_out.height() - self._tools.sizeHint().height() - _SPACING
        beside = self.sheet.zoom_in(self.width() - _SIDE_WIDTH - _SIDE_GAP, height)
        below = self.sheet.zoom_in(self.width(), height - self.distribution.sizeHint().height() - _SPACING)
        return beside >= below

    def spare_height(self) -> int:
        """Pixels below the maps that show nothing, as long as what stands beside them needs no more room."""
        layout = self.sheet.layout_now if self.sheet.isVisible() else None
        if layout is None:
            return 0
        spare = self.sheet.height() - math.ceil(layout.size[1])
        if self._halves.direction() == QBoxLayout.Direction.LeftToRight:
            spare = min(spare, self._parts.height() - self.distribution.sizeHint().height())
        return max(0, spare)

    def use_distribution(self, wanted: bool) -> None:
        """Whether there is a distribution to show."""
        self._wants_distribution = wanted
        self._show_distribution()

    def _show_distribution(self) -> None:
        has_room = self._hugs or self.width() >= _WIDE or self.height() >= _LOW
        self.distribution.setVisible(self._wants_distribution and has_room)

    def add_tool(self, widget: QWidget) -> None:
        """Put a control at the right of the caption."""
        self._tools.addWidget(widget)

    def add_body(self, widget: QWidget, stretch: int = 0) -> None:
        """Put something below the sheet of maps."""
        self._bodies.addWidget(widget, stretch)

    def hug(self) -> None:
        """Take only the height that the content needs, for a column that scrolls."""
        self._hugs = True
        self._column.addWidget(self.read_out)
        self.sheet.hug(_TALLEST_SHEET)

    def say(self, sentence: str) -> None:
        """Show a sentence in place of everything else."""
        self._sentence.show_text(sentence)
        self._parts.setVisible(False)
        self._sentence.setVisible(True)

    def show_parts(self) -> None:
        """Show the parts again."""
        self._parts.setVisible(True)
        self._sentence.setVisible(False)

    @property
    def sentence(self) -> str:
        """The sentence shown, empty where the parts are."""
        return "" if self._sentence.isHidden() else self._sentence.text()

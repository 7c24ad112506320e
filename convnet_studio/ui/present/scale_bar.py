"""ScaleBar: how large everything is drawn while presenting, and the keys; it goes away by itself."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from convnet_studio.ui.controls.label import Label
from convnet_studio.ui.controls.slider import Slider
from convnet_studio.ui.theme import number_font, text_font, theme, theme_switch

SMALLEST, LARGEST = 1.0, 3.0
HINT = "PageDown: on   PageUp: back   B: blank   L: spotlight   Ctrl +/−: larger, smaller   Esc: end"
_SECONDS = 3.0
_EDGE = 16


class ScaleBar(QFrame):
    """Wakes when the pointer moves or the scale changes."""

    scaled = Signal(float)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("scaleBar")
        self.slider = Slider(
            "Scale", [each / 20 for each in range(20, 61)], lambda each: f"{100 * each:.0f} %", has_words=False
        )
        self.slider.setFixedWidth(200)
        self.slider.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.slider.entered.connect(self.scaled)
        self._number = Label("100 %", "text", number_font(16))
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 16, 8)
        row.setSpacing(14)
        row.addWidget(Label(HINT, "second_text", text_font(16)))
        row.addWidget(self.slider)
        row.addWidget(self._number)
        self._timer = QTimer(self, singleShot=True, interval=round(1000 * _SECONDS))
        self._timer.timeout.connect(self._sleep)
        theme_switch().changed.connect(self._recolor)
        self._recolor()
        self.wake()

    def show_scale(self, scale: float) -> None:
        """Tell the scale in force."""
        self.slider.show_number(scale)
        self._number.setText(f"{100 * scale:.0f} %")
        self.wake()

    def wake(self) -> None:
        """Be there for a while."""
        self.show()
        self.raise_()
        self.place()
        self._timer.start()

    def place(self) -> None:
        """Stand in the middle of the lower edge."""
        host = self.parentWidget()
        if host is not None:
            self.adjustSize()
            self.move((host.width() - self.width()) // 2, host.height() - self.height() - _EDGE)

    def _sleep(self) -> None:
        if self.underMouse():
            self._timer.start()
        else:
            self.hide()

    def _recolor(self) -> None:
        colors = theme().colors
        self.setStyleSheet(
            f"#scaleBar {{ background: {colors['surface']}; border: 1px solid {colors['line']}; border-radius: 10px; }}"
        )

"""What floats over the canvas: the network's totals and the zoom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from PySide6.QtCore import QRectF, QSize, Qt, Signal, SignalInstance
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QFrame, QHBoxLayout, QToolButton, QWidget

from convnet_studio.engine.project.spec import NetworkSpec
from convnet_studio.engine.project.summary import Summary
from convnet_studio.engine.project.wiring import title
from convnet_studio.ui.canvas.icons import draw_icon
from convnet_studio.ui.canvas.numbers import counted, short_count
from convnet_studio.ui.theme import SMALL_RADIUS, icon, number_font, text_font, theme, theme_switch

HEIGHT = 30
ICON = 14


def status_text(summary: Summary, class_count: int) -> str:
    """The network in one line."""
    arithmetic = f"{short_count(summary.multiply_accumulates)} multiply-accumulates / image"
    classes = [f"{class_count} classes"] if class_count > 1 else []
    sizes = "×".join(str(span.size) for span in summary.receptive_field)
    field = [f"receptive field {sizes}"] if sizes else []
    return " · ".join([counted(summary.parameters, "parameter"), arithmetic, *classes, *field])


def problem_text(summary: Summary, names: Mapping[str, str]) -> tuple[str, str]:
    """What the network lacks, in a few words and in a sentence; empty where nothing is wrong.

    Args:
        names: of all modules, by id.
    """
    if summary.problems:
        first = summary.problems[0]
        words = f"{first.what}: {first.fix}" if first.fix else first.what
        return words, f"{words}. Click to go there."
    found = [each for module in summary.modules.values() for each in module.problems]
    if not found:
        return "", ""
    name = names.get(found[0].where, "a module")
    where = f"a problem at {name}" if len(found) == 1 else f"{len(found)} problems, first at {name}"
    fix = f": {found[0].fix}" if found[0].fix else ""
    return f"Incomplete: {where}", f"{found[0].what}{fix}. Click to go there."


def names_of(network: NetworkSpec) -> dict[str, str]:
    """What to call each module by id: with its stage where several modules have one title."""
    counts = Counter(title(each) for each in network.modules)
    found = {}
    for each in network.modules:
        stage = network.stage_of(each.id) if counts[title(each)] > 1 else None
        found[each.id] = f"{title(each)} of {stage.name}" if stage and stage.name else title(each)
    return found


class StatusLine(QAbstractButton):
    """Totals of the network, or what it lacks: a click then leads there."""

    def __init__(self, host: QWidget) -> None:
        super().__init__(host)
        self._is_problem = False
        self.setFixedHeight(HEIGHT)
        theme_switch().changed.connect(self.update)
        self.say("", False)

    @property
    def is_problem(self) -> bool:
        """Whether it tells a problem."""
        return self._is_problem

    def say(self, text: str, is_problem: bool, more: str = "") -> None:
        """Show `text`; `more` is told where somebody asks. Without a problem there is nothing to click."""
        self._is_problem = is_problem
        self.setText(text)
        self.setAccessibleName(text)
        self.setAccessibleDescription(more)
        self.setToolTip(more)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents, not is_problem)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if is_problem else Qt.FocusPolicy.NoFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.update()

    def wanted_width(self) -> int:
        """As wide as its text."""
        return QFontMetrics(text_font(12)).horizontalAdvance(self.text()) + 16 + (ICON + 6 if self._is_problem else 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The line on a chip of its own, so that it can be read over whatever lies below."""
        if not self.text():
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme().color("accent" if self.hasFocus() or self.underMouse() else "line"), 1))
        painter.setBrush(theme().color("warn_soft" if self._is_problem else "surface"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), SMALL_RADIUS, SMALL_RADIUS)
        room = self.rect().adjusted(8, 0, -8, 0)
        if self._is_problem:
            place = QRectF(room.left(), (HEIGHT - ICON) / 2, ICON, ICON)
            draw_icon(painter, "triangle-alert", theme().color("warn_text"), place)
            room.setLeft(room.left() + ICON + 6)
        painter.setFont(text_font(12))
        painter.setPen(theme().color("text" if self._is_problem else "second_text"))
        words = painter.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room.width() + 1)
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, words)


class ZoomControl(QFrame):
    """Out, factor (a click shows actual size), in, fit."""

    zoomed_out = Signal()
    reset = Signal()
    zoomed_in = Signal()
    fitted = Signal()

    def __init__(self, host: QWidget) -> None:
        super().__init__(host)
        self.setObjectName("zoom_control")
        row = QHBoxLayout(self)
        row.setContentsMargins(3, 0, 3, 0)
        row.setSpacing(0)
        self._buttons = {
            "minus": _button("Zoom out", "Zoom out (Ctrl+−)", self.zoomed_out),
            "": _button("Actual size", "Actual size (Ctrl+0)", self.reset),
            "plus": _button("Zoom in", "Zoom in (Ctrl++)", self.zoomed_in),
            "maximize": _button("Show the whole network", "Show the whole network (F)", self.fitted),
        }
        for button in self._buttons.values():
            row.addWidget(button)
        factor = self._buttons[""]
        factor.setFont(number_font(12))
        factor.setFixedSize(QFontMetrics(number_font(12)).horizontalAdvance("300 %") + 12, HEIGHT - 6)
        self.setFixedHeight(HEIGHT)
        self.show_factor(1.0)
        self._recolor()
        theme_switch().changed.connect(self._recolor)

    def show_factor(self, factor: float) -> None:
        """Say how large the canvas is drawn."""
        self._buttons[""].setText(f"{100 * factor:.0f} %")

    def _recolor(self) -> None:
        colors = theme().colors
        self.setStyleSheet(
            f"#zoom_control {{ background: {colors['surface']}; border: 1px solid {colors['line']};"
            " border-radius: 8px; }"
            f"QToolButton {{ border: 1px solid transparent; border-radius: 6px; padding: 0; color: {colors['text']};"
            " background: transparent; }"
            f"QToolButton:hover {{ background: {colors['raised']}; }}"
            f"QToolButton:focus {{ border: 1px solid {colors['accent']}; }}"
        )
        for name, button in self._buttons.items():
            if name:
                button.setIcon(icon(name, "second_text"))


def _button(name: str, tip: str, pressed: SignalInstance) -> QToolButton:
    button = QToolButton()
    button.setAccessibleName(name)
    button.setToolTip(tip)
    button.setIconSize(QSize(14, 14))
    button.setFixedSize(HEIGHT - 4, HEIGHT - 6)
    button.clicked.connect(pressed)
    return button

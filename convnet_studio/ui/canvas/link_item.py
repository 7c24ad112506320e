"""LinkItem: a wire, and the loose wire that is being drawn."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPainterPathStroker, QPen
from PySide6.QtWidgets import QGraphicsPathItem, QGraphicsSceneHoverEvent, QStyleOptionGraphicsItem, QWidget

from convnet_studio.engine.project.spec import Link
from convnet_studio.engine.project.validate import Problem
from convnet_studio.ui.canvas.card_layout import problem_text
from convnet_studio.ui.canvas.icons import draw_icon
from convnet_studio.ui.canvas.wire_flow import THICKEST, Flow
from convnet_studio.ui.canvas.wire_label import LabelItem, LabelPlace, seam_of
from convnet_studio.ui.theme import theme

WIDTH = 1.75
LIT_WIDTH = 2.5
PLUS_RADIUS = 10.0
OFFERED_Z = 3.0
"""Above the card that is held over it."""
LOOP_RADIUS = 6.0
DASHES = (4.0, 3.0)
"""Of a recurrent wire, in widths of its line: drawn, left out."""
JOINT_RADIUS = 8.0
JOINT_ICON = 11.0
JOINT_AT = 10.0
"""From the end of a wire whose shape does not fit to the sign that says so: the middle of the gap between two cards."""
HALO = 4.0
"""What a lit wire that tells what it carries shows of the accent at its sides together."""
GRASP = 12.0
"""Width of the invisible band that takes hover and click."""


class LinkItem(QGraphicsPathItem):
    """The wire of `link`; without one, a loose wire under the pointer."""

    def __init__(self, link: Link | None = None) -> None:
        super().__init__()
        self.link = link
        self._is_selected = self._is_hovered = self._is_offered = False
        self._label = ""
        self._label_place: LabelPlace | None = None
        self._label_item = LabelItem(self)
        self._problem: Problem | None = None
        self._flow: Flow | None = None
        self._seam = QRectF()
        self._reach = QRectF()
        self.setZValue(-1 if link else OFFERED_Z)
        self.setAcceptHoverEvents(link is not None)
        self._tell()

    @property
    def is_recurrent(self) -> bool:
        """Whether it carries what was a step of time before."""
        return self.link is not None and self.link.is_recurrent

    @property
    def is_selected(self) -> bool:
        """Whether Delete would remove it."""
        return self._is_selected

    @property
    def is_offered(self) -> bool:
        """Whether a module that is being dragged would be put into it."""
        return self._is_offered

    def set_selected(self, is_selected: bool) -> None:
        """Show whether Delete would remove it."""
        self._is_selected = is_selected
        self.update()

    def set_offered(self, is_offered: bool) -> None:
        """Light up while a module is held over it."""
        if is_offered != self._is_offered:
            self.prepareGeometryChange()
            self._is_offered = is_offered
            self.setZValue(OFFERED_Z if is_offered else -1)
            self.update()

    @property
    def label(self) -> str:
        """The shape that it carries; empty where that is not known."""
        return self._label

    @property
    def label_place(self) -> LabelPlace | None:
        """Where that is written; None where there is no room."""
        return self._label_place

    @property
    def problem(self) -> Problem | None:
        """Why what it brings does not fit."""
        return self._problem

    @property
    def flow(self) -> Flow | None:
        """What it carries now, while wires tell that."""
        return self._flow

    @property
    def seam(self) -> QRectF:
        """Between the two cards that it joins, where it is too short to be read by itself; else empty."""
        return self._seam

    def setPath(self, path: QPainterPath) -> None:
        """Lead it along `path`."""
        self.prepareGeometryChange()
        self._seam = QRectF() if self.link is None else seam_of(path)
        super().setPath(path)
        reach = max(PLUS_RADIUS + 2, (THICKEST + HALO) / 2 + 1)
        around = self.path().boundingRect().adjusted(-reach, -reach, reach, reach)
        self._reach = around.united(self._seam)

    @property
    def joint(self) -> QPointF:
        """Near its end: where a problem is marked."""
        length = self.path().length()
        return self.path().pointAtPercent(self.path().percentAtLength(max(length - JOINT_AT, length / 2)))

    def is_over_joint(self, at: QPointF) -> bool:
        """Whether the scene position `at` lies on the sign of its problem."""
        away = at - self.joint
        return self._problem is not None and QPointF.dotProduct(away, away) <= (JOINT_RADIUS + 1) ** 2

    def set_label(self, label: str, place: LabelPlace | None) -> None:
        """Say what shape it carries, and where to write it."""
        if (label, place) != (self._label, self._label_place):
            self._label, self._label_place = label, place
            self._label_item.show_label(label, place, self._problem is not None)

    def show_words(self, is_in_sight: bool) -> None:
        """Whether its label can be read now."""
        self._label_item.set_in_sight(is_in_sight)

    def set_problem(self, problem: Problem | None) -> None:
        """Mark where what it brings does not fit."""
        if problem != self._problem:
            self._problem = problem
            self._label_item.show_label(self._label, self._label_place, problem is not None)
            self._tell()
            self.update()

    def set_flow(self, flow: Flow | None) -> None:
        """Draw what it carries; None: only where it leads."""
        if flow != self._flow:
            self._flow = flow
            if self._is_hovered:
                self._tell()
            self.update()

    def recolor(self) -> None:
        """Paint everything in the theme in force."""
        self._label_item.update()
        self.update()

    def boundingRect(self) -> QRectF:
        """Room for the wire and the plus that offers a place in it."""
        return self._reach

    def shape(self) -> QPainterPath:
        """A band around the wire, and the seam in which it tells what it carries."""
        stroker = QPainterPathStroker()
        stroker.setWidth(GRASP)
        band = stroker.createStroke(self.path())
        band.setFillRule(Qt.FillRule.WindingFill)
        if not self._seam.isEmpty():
            band.addRect(self._seam)
        return band

    def hoverEnterEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        """Light up, and have the words for it ready."""
        self._is_hovered = True
        self._tell()
        self.update()

    def hoverLeaveEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        """Go back to rest."""
        self._is_hovered = False
        self.update()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """The wire, lit where it is selected, hovered, offered or loose; the sign of a problem."""
        self._paint_line(painter, option.levelOfDetailFromTransform(painter.worldTransform()))
        if self._problem and not self._is_offered:
            self._paint_joint(painter)

    def _paint_line(self, painter: QPainter, scale: float) -> None:
        is_lit = self._is_selected or self._is_hovered or self._is_offered or self.link is None
        width = LIT_WIDTH * 1.6 if self._is_offered else LIT_WIDTH if is_lit else WIDTH
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shows_flow = self._flow is not None and not self._is_offered
        width = self._flow.width + HALO if self._flow and is_lit and shows_flow else width
        token = "accent" if is_lit else "warn_text" if self._problem else "strong_line"
        pen = QPen(theme().color(token), width)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        if self.is_recurrent:
            pen.setDashPattern(list(DASHES))
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)  # the scene does not clear what the last item left
        if is_lit or not shows_flow:
            painter.drawPath(self.path())
        if self._flow and shows_flow:
            self._paint_flow(painter, self._flow, is_lit, scale)
        if self.is_recurrent and not self._is_offered:
            self._paint_loop_arrow(painter, pen.color())
        if self._is_offered:
            self._paint_plus(painter)

    def _paint_flow(self, painter: QPainter, flow: Flow, is_lit: bool, scale: float) -> None:
        if self._seam.isEmpty():
            flow.paint(painter, self.path(), scale)
            return
        if is_lit:
            painter.fillRect(self._seam, theme().color("accent"))
        flow.paint_seam(painter, self._seam, scale)

    def _paint_joint(self, painter: QPainter) -> None:
        """A warning sign on a ground of its own."""
        painter.setPen(QPen(theme().color("warn_text"), 1))
        painter.setBrush(theme().color("warn_soft"))
        painter.drawEllipse(self.joint, JOINT_RADIUS, JOINT_RADIUS)
        half = JOINT_ICON / 2
        place = QRectF(self.joint.x() - half, self.joint.y() - half - 0.5, JOINT_ICON, JOINT_ICON)
        draw_icon(painter, "triangle-alert", theme().color("warn_text"), place)

    def _tell(self) -> None:
        """Say in words what it shows."""
        parts = [self._flow.words] if self._flow else [f"Carries {self._label}"] if self._label else []
        if self._problem:
            mend = f"Click the sign: {self._problem.mend}" if self._problem.mend else ""
            parts = [problem_text(self._problem), *([mend] if mend else []), *parts]
        if self.is_recurrent:
            parts.append("Recurrent: brings what its source put out a step of time before")
        self.setToolTip("\n".join(parts))

    def _paint_loop_arrow(self, painter: QPainter, color: QColor) -> None:
        """Halfway: a circle that comes back to where it began, on the ground of the canvas."""
        middle = self.path().pointAtPercent(0.5)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().color("canvas"))
        painter.drawEllipse(middle, LOOP_RADIUS + 3, LOOP_RADIUS + 3)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        pen = QPen(color, WIDTH)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        circle = QRectF(middle.x() - LOOP_RADIUS, middle.y() - LOOP_RADIUS, 2 * LOOP_RADIUS, 2 * LOOP_RADIUS)
        painter.drawArc(circle, 16 * 60, 16 * 290)  # in 1/16 degree; open at the upper right, where the head is
        tip = middle + QPointF(LOOP_RADIUS * 0.5, -LOOP_RADIUS * 0.87)
        painter.drawLine(tip, tip + QPointF(-0.5, 4.5))
        painter.drawLine(tip, tip + QPointF(-4.5, -0.5))

    def _paint_plus(self, painter: QPainter) -> None:
        middle = self.path().pointAtPercent(0.5)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().color("accent"))
        painter.drawEllipse(middle, PLUS_RADIUS, PLUS_RADIUS)
        painter.setPen(QPen(theme().color("on_accent"), 2))
        arm = PLUS_RADIUS / 2
        painter.drawLine(middle - QPointF(arm, 0), middle + QPointF(arm, 0))
        painter.drawLine(middle - QPointF(0, arm), middle + QPointF(0, arm))

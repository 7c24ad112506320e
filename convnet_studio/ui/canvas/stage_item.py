"""StageItem: the frame around the cards of a stage, below them and their wires, with its header."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGraphicsItem, QGraphicsSceneHoverEvent, QStyleOptionGraphicsItem, QWidget

from convnet_studio.ui.canvas.item_picture import ItemPicture
from convnet_studio.ui.canvas.stage_face import StageFace
from convnet_studio.ui.canvas.stage_layout import HEADER, Joint, Part, StageLayout, lay_out_header
from convnet_studio.ui.canvas.stage_painter import RIM, StageState, paint_ground, paint_header, paint_joint, paint_line
from convnet_studio.ui.pictures.vector import is_vector

SMALLEST_TEXT_SCALE = 0.6
FRAME_Z = -2.0
"""Below the wires."""


class StageItem(QGraphicsItem):
    """The frame of one unfolded stage; its position is the frame's upper left corner."""

    def __init__(self, face: StageFace) -> None:
        super().__init__()
        self._face = face
        self._rect = QRectF()
        self._joints: tuple[Joint, ...] = ()
        self._state = StageState()
        self._is_small = False
        self._layout = lay_out_header(face, 0.0)
        self._header = _Header(self)
        self._line = ItemPicture(rim=RIM)
        self.setZValue(FRAME_Z)
        self.setAcceptHoverEvents(True)

    @property
    def face(self) -> StageFace:
        """What it shows."""
        return self._face

    @property
    def layout(self) -> StageLayout:
        """Where the parts of its header lie, in the item's coordinates."""
        return self._layout

    @property
    def state(self) -> StageState:
        """What the pointer does to it."""
        return self._state

    @property
    def rect(self) -> QRectF:
        """The frame in scene coordinates."""
        return self._rect.translated(self.pos())

    @property
    def joints(self) -> tuple[Joint, ...]:
        """Where its cards interlock, in scene coordinates."""
        return self._joints

    def set_face(self, face: StageFace) -> None:
        """Show another face."""
        if face != self._face:
            self._face = face
            self._renew()

    def show_scale(self, scale: float) -> None:
        """Leave out what nobody could read on a canvas of this scale."""
        if (scale < SMALLEST_TEXT_SCALE) != self._is_small:
            self._is_small = scale < SMALLEST_TEXT_SCALE
            self._renew()

    def set_frame(self, frame: QRectF, joints: tuple[Joint, ...]) -> None:
        """Surround `frame` (scene coordinates), with these joints."""
        size = QRectF(0, 0, frame.width(), frame.height())
        if size != self._rect:
            self.prepareGeometryChange()
            self._rect = size
            self._line.forget()
            self._renew()
        if joints != self._joints or self.pos() != frame.topLeft():
            self._joints = joints
            self.setPos(frame.topLeft())
            self.update()

    def set_state(self, **changes: object) -> None:
        """Change what the pointer does to it: is_selected, offered, ..."""
        if any(getattr(self._state, name) != value for name, value in changes.items()):
            for name, value in changes.items():
                setattr(self._state, name, value)
            self._line.forget()
            self.update()
            self._header.renew()

    def part_at(self, at: QPointF) -> tuple[Part, int]:
        """What of it lies at the scene position `at`; second: the number of the slot."""
        return self._layout.part_at(at - self.pos())

    def place_of(self, part: Part, index: int = -1) -> QPointF:
        """The middle of a part in scene coordinates."""
        rect = self._layout.chips[index] if part is Part.SLOT else getattr(self._layout, part.name.lower())
        return QPointF(rect.center() + self.pos())

    def recolor(self) -> None:
        """Paint everything in the theme in force."""
        self._line.forget()
        self.update()
        self._header.renew()

    def tip_at(self, at: QPointF) -> str:
        """Words for what lies at the scene position `at`."""
        return tip_of(self._face, *self.part_at(at))

    def boundingRect(self) -> QRectF:
        """The frame."""
        return self._rect

    def hoverEnterEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        """Darken the frame."""
        self.set_state(is_hovered=True)

    def hoverMoveEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        """Say what lies under the pointer."""
        part = self._layout.part_at(event.pos())
        self.set_state(hovered=part)
        self.setToolTip(tip_of(self._face, *part))

    def hoverLeaveEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        """Back to rest."""
        self.set_state(is_hovered=False, hovered=(Part.FRAME, -1))

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Frame and joints."""
        paint_ground(painter, self._rect, self._face, self._state)
        if is_vector(painter):
            paint_line(painter, self._rect, self._state)
        else:  # to stroke dashes takes long
            self._line.paint(painter, self._rect, self._draw_line, getattr(self.scene(), "is_draft", False), around=1.0)
        for joint in self._joints:
            paint_joint(painter, Joint(joint.rect.translated(-self.pos()), joint.left, joint.right))

    def _draw_line(self, painter: QPainter, shift: QPointF) -> None:
        painter.translate(shift)
        paint_line(painter, self._rect, self._state)

    def _renew(self) -> None:
        self._layout = lay_out_header(self._face, self._rect.width(), self._is_small)
        self._header.set_width(self._rect.width())
        self.update()


class _Header(QGraphicsItem):
    """The header, painted rarely and kept."""

    def __init__(self, parent: StageItem) -> None:
        super().__init__(parent)
        self._stage = parent
        self._width = 0.0
        self._picture = ItemPicture()

    def set_width(self, width: float) -> None:
        """Be as wide as the frame."""
        if width != self._width:
            self.prepareGeometryChange()
            self._width = width
        self.renew()

    def renew(self) -> None:
        """It looks different now."""
        self._picture.forget()
        self.update()

    def boundingRect(self) -> QRectF:
        return QRectF(0, 0, self._width, HEADER)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        if is_vector(painter):
            self._draw(painter, QPointF())
        else:
            self._picture.paint(painter, self.boundingRect(), self._draw, getattr(self.scene(), "is_draft", False))

    def _draw(self, painter: QPainter, shift: QPointF) -> None:
        painter.translate(shift)
        paint_header(painter, self._stage.face, self._stage.layout, self._stage.state)


def tip_of(face: StageFace, part: Part, index: int) -> str:
    """Words for a part of a stage."""
    match part:
        case Part.SLOT:
            return face.slots[index].help
        case Part.CHEVRON:
            return "Unfold the stage" if face.is_folded else "Fold the stage to one card"
        case Part.LOCK:
            return face.lock_help
        case Part.NAME:
            return f"{face.title}. Double-click renames; a drag moves the stage."
        case Part.COUNTERS:
            return face.counters_help
        case Part.FRAME:
            return ""

"""Chain: the walk as it is drawn, which is pointed at, scrolled, edited and stepped through by keys."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QLineEdit, QToolTip, QWidget

from convnet_studio.engine.analysis.backprop_walk import Grain
from convnet_studio.ui.backprop.cards import CardScene
from convnet_studio.ui.backprop.cells import Cell, Emphasis
from convnet_studio.ui.backprop.numbers_scene import NumbersScene, is_chain_of_numbers
from convnet_studio.ui.backprop.scene import NameOf, Scene
from convnet_studio.ui.backprop.walker import Number, Walker
from convnet_studio.ui.backprop.words import check_text, place, slot_name
from convnet_studio.ui.theme import number_font, theme_switch

T = TypeVar("T")

_FIELD_WIDTH, _FIELD_HEIGHT = 84, 26
_GRAINS = list(Grain)


class Chain(QAbstractScrollArea):
    """Shows the walk of `walker`; a click selects a number, a double click or Enter edits it."""

    def __init__(self, walker: Walker, name_of: NameOf, say: Callable[[str], None]) -> None:
        super().__init__()
        self.walker = walker
        self._name_of = name_of
        self._say = say
        self.scene: Scene | None = None
        self._emphasis = Emphasis()
        self._field: QLineEdit | None = None
        self._is_held = False
        """Whether the user's pointer chose what is selected: then nothing moves away from under it."""
        self.setAccessibleName("Modules and their numbers")
        self.setAccessibleDescription(
            "Right and Left step on and back, Down and Up make steps finer and coarser, Home restarts, L goes to the "
            "loss, End to the last gradient. Ctrl and an arrow move to another number, Enter edits it."
        )
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setAutoFillBackground(False)
        self.setCornerWidget(QWidget())
        walker.wanted = self._wanted
        walker.changed.connect(self._follow)
        walker.measured.connect(self.viewport().update)
        theme_switch().changed.connect(self.viewport().update)

    # ---------------------------------------------------------------- what is shown

    def _follow(self) -> None:
        """Show the walk as it is now, and what it is at."""
        stepper = self.walker.stepper
        if stepper is None:
            self.scene = None
        elif self.scene is None or self.scene.stepper is not stepper:
            before = self.scene
            kind = NumbersScene if is_chain_of_numbers(stepper) else CardScene
            self.scene = kind(stepper, self._name_of)
            self._arrange()
            if before is None or before.stepper.moves != stepper.moves:
                self.horizontalScrollBar().setValue(0)
        self._emphasis = self._emphasized()
        if self.scene is not None and stepper is not None and self.walker.walk is not None:
            number = self.walker.current or self.walker.selected
            if number is not None:
                wanted = [*sorted(self._emphasis.product, key=_by_index), number, *self._sources()]
                self.scene.focus_on([each for each in wanted if not (self._is_held and each[0] == number[0])])
            move = stepper.next_move(self.walker.walk)
            if not self._is_held and (number is not None or move is not None):
                module = number[0].module if number is not None else move.module if move is not None else ""
                self._bring(self.scene.place_of(module))
            if number is not None and not self._is_held:
                self._bring_down(self.scene, number)
        self.viewport().update()

    def _sources(self) -> list[Number]:
        return sorted(self._emphasis.sources, key=_by_index)

    def _emphasized(self) -> Emphasis:
        number = self.walker.current or self.walker.selected
        told = self.walker.arithmetic(number) if number is not None and self.walker.stepper is not None else None
        if told is None or self.walker.walk is None:
            return Emphasis()
        numbers = [(each.slot, each.index) for each in told.terms]
        products = self.walker.walk.position.product
        return Emphasis(frozenset(numbers), frozenset(numbers[products - 1 : products] if products else ()))

    def _arrange(self) -> None:
        if self.scene is None:
            return
        room = self.viewport().size()
        self.scene.arrange(QSizeF(room))
        across, down = self.horizontalScrollBar(), self.verticalScrollBar()
        across.setRange(0, max(0, int(self.scene.size.width()) - room.width()))
        down.setRange(0, max(0, int(self.scene.size.height()) - room.height()))
        across.setPageStep(room.width())
        down.setPageStep(room.height())
        across.setSingleStep(40)
        down.setSingleStep(20)

    def _bring(self, rect: QRectF) -> None:
        """Scroll a card into sight, all of it where there is room."""
        if rect.isEmpty():
            return
        bar, width = self.horizontalScrollBar(), self.viewport().width()
        if rect.left() < bar.value() or rect.width() > width:
            bar.setValue(int(rect.left()) - 24)
        elif rect.right() > bar.value() + width:
            bar.setValue(int(rect.right()) - width + 24)

    def _bring_down(self, scene: Scene, number: Number) -> None:
        """Scroll up or down to where a number stands."""
        rect = next((each.rect for each in scene.cells(self._visible) if each.number == number), None)
        bar, height = self.verticalScrollBar(), self.viewport().height()
        if rect is not None and rect.bottom() > bar.value() + height:
            bar.setValue(int(rect.bottom()) - height + 24)
        elif rect is not None and rect.top() < bar.value() + 24:
            bar.setValue(int(rect.top()) - 80)

    @property
    def _offset(self) -> QPointF:
        return QPointF(self.horizontalScrollBar().value(), self.verticalScrollBar().value())

    @property
    def _visible(self) -> QRectF:
        return QRectF(self._offset, QSizeF(self.viewport().size()))

    def _wanted(self) -> list[Number]:
        """The gradients in sight."""
        if self.scene is None:
            return []
        return [each.number for each in self.scene.cells(self._visible) if each.slot.kind.is_gradient]

    def cell_at(self, point: QPointF) -> Cell | None:
        """The number under a point of the viewport."""
        if self.scene is None:
            return None
        at = point + self._offset
        return next((each for each in self.scene.cells(QRectF(at, at)) if each.rect.contains(at)), None)

    # ---------------------------------------------------------------- Qt

    def paintEvent(self, event: QPaintEvent) -> None:
        """What is in sight."""
        if self.scene is None or self.walker.walk is None:
            return
        painter = QPainter(self.viewport())
        painter.translate(-self._offset)
        self.scene.paint(painter, self._visible, self.walker, self._emphasis)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Make use of the room; what the walk is at stays in sight."""
        super().resizeEvent(event)
        self._arrange()
        self._follow()
        self.walker.measure_soon()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Other numbers come into sight."""
        self._close_field()
        self.viewport().update()
        self.walker.measure_soon()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Up and down where something is below; else, as with Shift, across."""
        turned = event.angleDelta().y() or event.angleDelta().x()
        is_across = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier) or not event.angleDelta().y()
        has_more = self.verticalScrollBar().maximum() > 0
        bar = self.verticalScrollBar() if has_more and not is_across else self.horizontalScrollBar()
        bar.setValue(bar.value() - turned)
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Select a number, or move a window on its map."""
        self._close_field()
        cell = self.cell_at(event.position())
        if cell is not None:
            self._hold(partial(self.walker.select, cell.number))
        elif self.scene is not None and self.scene.press(event.position() + self._offset):
            self.viewport().update()
            self.walker.measure_soon()

    def _hold(self, act: Callable[[], T]) -> T:
        """Do something about a number that stands where the user sees it: it stays there."""
        self._is_held = True
        try:
            return act()
        finally:
            self._is_held = False

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Edit the number."""
        cell = self.cell_at(event.position())
        if cell is not None:
            self._edit(cell)

    def viewportEvent(self, event: QEvent) -> bool:
        """Say what lies under the pointer."""
        if isinstance(event, QHelpEvent):
            cell = self.cell_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), self._tip(cell) if cell else "", self.viewport())
            return True
        return super().viewportEvent(event)

    def _tip(self, cell: Cell) -> str:
        assert self.scene is not None
        value = self.walker.value(cell.number)
        shape = self.scene.stepper.shape(cell.slot)
        name = f"{self._name_of(cell.slot.module)}: {slot_name(cell.slot)}{place(cell.index, shape)}"
        if value is None:
            return f"{name} is not computed yet"
        found = self.walker.checks.get(cell.number)
        measured = f"\nmeasured slope {found.measured:.10g}, {check_text(found)}" if found else ""
        if found and found.is_at_kink:
            measured += "\nIt stands at a corner, as of a maximum of equals: up and down the slope is another one."
        return f"{name} = {value:.10g}{measured}\nDouble click to edit"

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Steps, and numbers."""
        key, with_ctrl = event.key(), bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        arrows = {Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Down: (0, 1), Qt.Key.Key_Up: (0, -1)}
        plain = {
            Qt.Key.Key_Right: self.walker.step,
            Qt.Key.Key_Left: self.walker.back,
            Qt.Key.Key_Down: lambda: self._change_grain(1),
            Qt.Key.Key_Up: lambda: self._change_grain(-1),
            Qt.Key.Key_Home: lambda: self.walker.go_to(0),
            Qt.Key.Key_L: self.walker.to_loss,
            Qt.Key.Key_End: self.walker.to_end,
            Qt.Key.Key_Return: self._edit_selected,
            Qt.Key.Key_Enter: self._edit_selected,
            Qt.Key.Key_F2: self._edit_selected,
        }
        if with_ctrl and key in arrows:
            self._move_selection(*arrows[Qt.Key(key)])
        elif key in plain and not with_ctrl:
            plain[Qt.Key(key)]()
        else:
            super().keyPressEvent(event)

    def _change_grain(self, by: int) -> None:
        place_now = _GRAINS.index(self.walker.grain)
        self.walker.use_grain(_GRAINS[min(max(place_now + by, 0), len(_GRAINS) - 1)])

    def _move_selection(self, across: int, down: int) -> None:
        """To the nearest number in that direction."""
        cells = self.scene.cells(self._visible) if self.scene is not None else []
        now = next((each for each in cells if each.number == self.walker.selected), None)
        if now is None:
            self.walker.select(cells[0].number if cells else None)
            return
        here = now.rect.center()

        def cost(cell: Cell) -> float:
            way = cell.rect.center() - here
            along, aside = (way.x() * across, abs(way.y())) if across else (way.y() * down, abs(way.x()))
            return along + 3 * aside if along > 1 else float("inf")

        nearest = min(cells, key=cost)
        if cost(nearest) < float("inf"):
            self.walker.select(nearest.number)

    # ---------------------------------------------------------------- editing

    def _edit_selected(self) -> None:
        cells = self.scene.cells(self._visible) if self.scene is not None else []
        cell = next((each for each in cells if each.number == self.walker.selected), None)
        if cell is not None:
            self._edit(cell)

    def _edit(self, cell: Cell) -> None:
        """A field over the number; Enter puts in what was typed, Escape does not."""
        value = self.walker.value(cell.number)
        if value is None:
            self._say("This number was not computed yet: step on to it, then edit it.")
            return
        self._close_field()
        self._field = field = QLineEdit(f"{value:.6g}", self.viewport())
        field.setAccessibleName("New value")
        field.setFont(number_font(12))
        center = cell.rect.center() - self._offset
        field.setFixedSize(_FIELD_WIDTH, _FIELD_HEIGHT)
        field.move(int(center.x() - _FIELD_WIDTH / 2), int(center.y() - _FIELD_HEIGHT / 2))
        field.selectAll()
        field.installEventFilter(_FieldKeys(field, lambda: self._take(cell, field), self._close_field))
        field.show()
        field.setFocus()

    def _take(self, cell: Cell, field: QLineEdit) -> None:
        try:
            value = float(field.text().replace("−", "-").replace(",", "."))
            problem = self._hold(partial(self.walker.edit, cell.number, value))
        except ValueError:
            problem = "Type a number, such as -0.25."
        if problem:
            self._say(problem)
        else:
            self._say("")
            self._close_field()

    def _close_field(self) -> None:
        field, self._field = self._field, None
        if field is not None:
            field.deleteLater()
            field.hide()
            self.setFocus()


def _by_index(number: Number) -> int:
    return number[1]


class _FieldKeys(QObject):
    """Takes Enter and Escape for a field, so that whatever it lies on does not get them too."""

    def __init__(self, field: QLineEdit, take: Callable[[], None], close: Callable[[], None]) -> None:
        super().__init__(field)
        self._acts = {Qt.Key.Key_Return: take, Qt.Key.Key_Enter: take, Qt.Key.Key_Escape: close}

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Look for the keys."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and event.key() in self._acts:
            self._acts[Qt.Key(event.key())]()
            return True
        return False

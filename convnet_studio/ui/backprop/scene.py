"""Scene: a way to draw the walk, the contract of what the chain shows: cards of modules, or a chain of numbers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

from PySide6.QtCore import QPointF, QRectF, QSizeF
from PySide6.QtGui import QPainter

from convnet_studio.engine.analysis.backprop_stepper import Stepper
from convnet_studio.engine.analysis.backprop_walk import Slot
from convnet_studio.ui.backprop.cells import Cell, Emphasis
from convnet_studio.ui.backprop.walker import Number, Walker

NameOf = Callable[[str], str]
"""What the user calls the module of an id."""


class Scene(ABC):
    """Where everything of one network stands, and how it is painted. A new network gets a new one."""

    def __init__(self, stepper: Stepper, name_of: NameOf) -> None:
        self.stepper = stepper
        self.name_of = name_of
        self.size = QSizeF()

    @abstractmethod
    def arrange(self, room: QSizeF) -> None:
        """Find a place for everything; `size` may be more than the room."""

    @abstractmethod
    def cells(self, visible: QRectF) -> list[Cell]:
        """The numbers in sight."""

    @abstractmethod
    def paint(self, painter: QPainter, visible: QRectF, walker: Walker, emphasis: Emphasis) -> None:
        """Paint what is in sight."""

    @abstractmethod
    def place_of(self, module_id: str) -> QRectF:
        """Where a module stands."""

    def focus_on(self, numbers: Sequence[Number]) -> None:  # noqa: B027 (where all numbers are in sight, nothing)
        """Bring these numbers into the windows of their arrays, the first before the others."""

    def press(self, at: QPointF) -> bool:
        """Whether something but a number was pressed, and so something is shown in another way now."""
        return False

    def tip_at(self, at: QPointF) -> Slot | None:
        """The array of which something lies at `at`."""
        return next((each.slot for each in self.cells(QRectF(at, at)) if each.rect.contains(at)), None)

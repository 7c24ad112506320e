"""PressStage: clicks on the parts of a stage's header: fold, freeze, select a slot or put something into it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt

from convnet_studio.ui.canvas.folded_item import FoldedItem
from convnet_studio.ui.canvas.gestures.gesture import Canvas, Gesture, Pointer
from convnet_studio.ui.canvas.stage_editor import kinds_of_family
from convnet_studio.ui.canvas.stage_face import StageFace
from convnet_studio.ui.canvas.stage_item import StageItem
from convnet_studio.ui.canvas.stage_layout import Part

PRESSED_PARTS = frozenset({Part.CHEVRON, Part.LOCK, Part.SLOT})


class PressStage(Gesture):
    """Presses chevron, padlock and slots; it acts at the release, if the mouse is still there."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._pressed: tuple[str, Part, int] = ("", Part.FRAME, -1)
        self._adds = False

    def begins(self, press: Pointer) -> bool:
        """On a part that does something."""
        if press.button != Qt.MouseButton.LeftButton:
            return False
        item = self.canvas.scene.stages.item_at(press.scene)
        if item is None or item.part_at(press.scene)[0] not in PRESSED_PARTS:
            return False
        self._pressed, self._adds = (item.face.id, *item.part_at(press.scene)), press.adds
        return True

    def release(self, pointer: Pointer) -> None:
        """Do what the part does."""
        item = self.canvas.scene.stages.item_at(pointer.scene)
        if item is None or (item.face.id, *item.part_at(pointer.scene)) != self._pressed:
            return
        stages, (_, part, index) = self.canvas.editor.stages, self._pressed
        if part is Part.CHEVRON:
            stages.fold(item.face.id, not item.face.is_folded)
        elif part is Part.LOCK:
            stages.freeze(item.face.id)
        elif item.face.slots[index].is_empty:
            self._ask(item, index)
        else:
            self._select(item.face, index)

    def _select(self, face: StageFace, index: int) -> None:
        """Select the modules of a slot; inside of a folded stage, which shows none of them, the stage."""
        modules = frozenset(face.modules if face.is_folded else face.slots[index].modules)
        chosen = self.canvas.open_project.selection
        self.canvas.open_project.select(chosen | modules if self._adds else modules)

    def _ask(self, item: StageItem | FoldedItem, index: int) -> None:
        """Open the menu of the modules that fit into an empty slot."""
        stages, stage_id = self.canvas.editor.stages, item.face.id
        kinds = kinds_of_family(item.face.slots[index].family)
        fitting = [each for each in kinds if stages.why_not_fill(stage_id, each) is None]
        chip = (item.parts if isinstance(item, FoldedItem) else item.layout).chips[index]
        at = item.pos() + QPointF(chip.left(), chip.bottom() + 4)
        self.canvas.kind_menu.ask(fitting, self.canvas.to_screen(at), lambda kind: stages.fill_slot(stage_id, kind))

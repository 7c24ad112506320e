"""Clipboard: copy, cut and paste modules, wires and notes, as text that goes from window to window and into editors."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QGuiApplication

from convnet_studio.engine.project.clipping import (
    NOT_OURS,
    Clipping,
    clip,
    clipping_from_text,
    clipping_to_text,
    paste,
)
from convnet_studio.ui.canvas.editor import NEW_CARD
from convnet_studio.ui.canvas.gestures.edit_note import NEW_NOTE
from convnet_studio.ui.canvas.gestures.gesture import Canvas
from convnet_studio.ui.canvas.placement import free_place
from convnet_studio.ui.canvas.stage_layout import frame_around


class Clipboard:
    """Copies what is selected; pastes at the pointer, or in the middle of what is seen.

    Args:
        canvas: what is copied from and pasted onto.
        say: tells the user a sentence.
    """

    def __init__(self, canvas: Canvas, say: Callable[[str], object]) -> None:
        self._canvas = canvas
        self._say = say
        self._own: tuple[str, Clipping] | None = None
        canvas.open_project.replaced.connect(self._forget)

    def copy(self) -> None:
        """Put what is selected into the clipboard, as text."""
        clipping = self._clip()
        if clipping is not None:
            text = clipping_to_text(clipping)
            self._own = text, clipping
            QGuiApplication.clipboard().setText(text)

    def cut(self) -> None:
        """Copy what is selected and take it out."""
        if self._clip() is not None:
            self.copy()
            self._canvas.editor.delete_selection("Cut")

    def paste(self) -> None:
        """Add what the clipboard holds and select it; what is not ours gets one sentence."""
        text = QGuiApplication.clipboard().text()
        try:
            clipping = self._read(text)
            corner = self._free_corner(clipping)
            offset = round(corner.x() - clipping.corner[0]), round(corner.y() - clipping.corner[1])
            after, modules, notes = paste(self._canvas.open_project.project, clipping, offset)
        except ValueError as refusal:
            self._say(str(refusal))
            return
        self._canvas.open_project.edit("Paste", after)
        self._canvas.scene.select_only(frozenset(modules), notes=frozenset(notes))
        self._canvas.view.ensureVisible(self._pasted_rect(modules, notes), 24, 24)
        if clipping.warnings:
            self._say(" ".join(clipping.warnings))

    def _clip(self) -> Clipping | None:
        selection, notes = self._canvas.open_project.selection, self._canvas.scene.notes.selected
        return clip(self._canvas.open_project.project, selection, notes) if selection or notes else None

    def _read(self, text: str) -> Clipping:
        """What was copied here keeps sharing weights with modules that were not copied."""
        if self._own and text == self._own[0]:
            return self._own[1]
        if not text:
            raise ValueError(NOT_OURS)
        return clipping_from_text(text)

    def _free_corner(self, clipping: Clipping) -> QPointF:
        """Where the top left corner of everything goes, so that it covers nothing."""
        scene = self._canvas.scene
        covered = QRectF()
        for module in clipping.network.modules:
            item = scene.modules.get(module.id)
            size = item.rect.size() if item and item.card.title in (module.name, module.kind) else NEW_CARD
            covered = covered.united(QRectF(QPointF(*module.position), size))
        for note in clipping.notes:
            covered = covered.united(QRectF(*note.position, note.width, NEW_NOTE.height()))
        framed = frame_around([covered]) if clipping.network.stages else covered
        margin, covered = covered.topLeft() - framed.topLeft(), framed
        place = self._canvas.pointer_place()
        corner = place or self._canvas.place_to_add() - QPointF(covered.width() / 2, covered.height() / 2)
        return free_place(QRectF(corner, covered.size()), scene.taken_rects()) + margin

    def _pasted_rect(self, modules: tuple[str, ...], notes: tuple[str, ...]) -> QRectF:
        scene, covered = self._canvas.scene, QRectF()
        rects = [scene.card_of(each).rect for each in modules] + [scene.notes.items[each].rect for each in notes]
        for rect in rects:
            covered = covered.united(rect)
        return covered

    def _forget(self) -> None:
        """In another project the modules that were not copied are others."""
        self._own = None

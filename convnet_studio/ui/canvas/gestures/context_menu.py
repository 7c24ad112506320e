"""ContextMenu: the right button's menu of cards, stages and wires."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QMenu

from convnet_studio.engine.project.spec import Link
from convnet_studio.ui.canvas.gestures.gesture import Canvas
from convnet_studio.ui.canvas.gestures.rename import Rename
from convnet_studio.ui.theme import icon


class ContextMenu:
    """Selects what lies under the mouse and offers what can be done with it."""

    def __init__(self, canvas: Canvas, rename: Rename) -> None:
        self._canvas = canvas
        self._rename = rename

    def open(self, at: QPointF, on_screen: QPoint) -> QMenu | None:
        """The menu for the scene position `at`, shown; None over empty canvas."""
        scene, selection = self._canvas.scene, self._canvas.open_project.selection
        card = scene.module_at(at)
        link = scene.link_at(at) if card is None else None
        if card:
            if not card.module_ids <= selection:
                self._canvas.open_project.select(card.module_ids)
            scene.select_links(frozenset())
            return self._show(self._card_menu(), on_screen)
        if link and link.link:
            self._canvas.open_project.select(frozenset())
            scene.select_links(frozenset((link.link,)))
            return self._show(self._link_menu(link.link), on_screen)
        if frame := scene.stages.frame_at(at):
            if not selection.issuperset(frame.face.modules):
                self._canvas.open_project.select(frozenset(frame.face.modules))
            scene.select_links(frozenset())
            return self._show(self._card_menu(), on_screen)
        return None

    def _card_menu(self) -> QMenu:
        menu = QMenu(self._canvas.view)
        editor, selection = self._canvas.editor, self._canvas.open_project.selection
        menu.addAction(icon("copy"), "Duplicate", editor.duplicate_selection)
        stage = self._canvas.scene.stages.only_selected()
        if stage is not None or len(selection) == 1:
            item = stage or self._canvas.scene.modules[next(iter(selection))]
            menu.addAction("Rename…", lambda: self._rename.start(item))
        menu.addSeparator()
        self._add_stage_actions(menu)
        many = f" {len(selection)} modules" if len(selection) > 1 else ""
        menu.addAction(icon("trash-2"), f"Delete{many}", editor.delete_selection)
        return menu

    def _add_stage_actions(self, menu: QMenu) -> None:
        """What can be done with the selection and stages; nothing that does nothing."""
        editor, selection = self._canvas.editor.stages, self._canvas.open_project.selection
        faces = editor.selected()
        whole = [face for face in faces if selection.issuperset(face.modules)]
        count = menu.actions()
        if len(selection) > 1 and editor.why_not_group() is None:
            menu.addAction(icon("group"), "Group to a stage", editor.group)
        if whole:
            words = "Unfold" if all(face.is_folded for face in faces) else "Fold to one card"
            menu.addAction(icon("chevron-right"), words, editor.fold_selected)
            menu.addAction(icon("ungroup"), "Ungroup", editor.ungroup)
        elif faces:
            menu.addAction(icon("ungroup"), "Take out of the stage", editor.take_out)
        if sum(face.learning for face in whole):
            is_frozen = all(face.is_frozen for face in whole if face.learning)
            words = "Let learn" if is_frozen else "Freeze"
            menu.addAction(icon("lock-open" if is_frozen else "lock"), words, editor.freeze_selected)
        if menu.actions() != count:
            menu.addSeparator()

    def _link_menu(self, link: Link) -> QMenu:
        menu = QMenu(self._canvas.view)
        editor, is_recurrent = self._canvas.editor, link.is_recurrent
        if editor.why_not_recurrent(link, not is_recurrent) is None:
            words = "Bring what is now" if is_recurrent else "Make recurrent: bring what was a step before"
            menu.addAction(icon("rotate-ccw"), words, lambda: editor.set_recurrent(link, not is_recurrent))
            menu.addSeparator()
        menu.addAction(icon("trash-2"), "Delete wire", editor.delete_selection)
        return menu

    def _show(self, menu: QMenu, on_screen: QPoint) -> QMenu:
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(on_screen)
        return menu

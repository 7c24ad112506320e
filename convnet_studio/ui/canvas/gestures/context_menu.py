"""ContextMenu: the right button's menu of cards and wires."""

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
            if card.card.id not in selection:
                self._canvas.open_project.select(frozenset((card.card.id,)))
            scene.select_links(frozenset())
            return self._show(self._card_menu(), on_screen)
        if link and link.link:
            self._canvas.open_project.select(frozenset())
            scene.select_links(frozenset((link.link,)))
            return self._show(self._link_menu(link.link), on_screen)
        return None

    def _card_menu(self) -> QMenu:
        menu = QMenu(self._canvas.view)
        editor, selection = self._canvas.editor, self._canvas.open_project.selection
        menu.addAction(icon("copy"), "Duplicate", editor.duplicate_selection)
        if len(selection) == 1:
            item = self._canvas.scene.modules[next(iter(selection))]
            menu.addAction("Rename…", lambda: self._rename.start(item))
        menu.addSeparator()
        many = f" {len(selection)} modules" if len(selection) > 1 else ""
        menu.addAction(icon("trash-2"), f"Delete{many}", editor.delete_selection)
        return menu

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

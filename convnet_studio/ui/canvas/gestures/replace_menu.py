"""ReplaceMenu: asks whether a module that was dropped onto others replaces one of them, or is added."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QMenu

from convnet_studio.engine.project.wiring import title
from convnet_studio.ui.canvas.gestures.gesture import Canvas


def ask_to_replace(
    canvas: Canvas, modules: Sequence[str], kind: str, at: QPointF, add_words: str, add: Callable[[], object]
) -> None:
    """Open the menu at the scene position `at`: a new module of `kind` in the place of one of `modules`, or `add`."""
    menu = QMenu(canvas.view)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    for module_id in modules:
        old = canvas.open_project.project.network.module(module_id)
        new = f"a new {kind}" if old.kind == kind else kind
        menu.addAction(f"Replace {title(old)} by {new}", lambda each=module_id: canvas.editor.replace(each, kind))  # type: ignore[misc]
    menu.addAction(add_words, add)
    menu.popup(canvas.to_screen(at))

"""Window menu: all actions under their titles, with the recent files, the presets and the panels."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtWidgets import QMenu, QWidget

from convnet_studio.ui.actions import Actions
from convnet_studio.ui.project_files import ProjectFiles

TITLES = ("File", "Edit", "Train", "View", "Help")


def window_menu(owner: QWidget, actions: Actions, files: ProjectFiles, fill_panels: Callable[[QMenu], None]) -> QMenu:
    """The menu of the top bar; `fill_panels` fills the one of the panels each time it opens."""
    menu = QMenu(owner)
    for title in TITLES:
        part = menu.addMenu(title)
        actions.fill_menu(part, title)
        if title == "File":
            part.insertMenu(actions["save"], files.recent_menu(part))
            part.insertMenu(actions["save"], files.preset_menu(part))
        if title == "View":
            panels = part.addMenu("Panels")
            panels.aboutToShow.connect(partial(fill_panels, panels))
    return menu

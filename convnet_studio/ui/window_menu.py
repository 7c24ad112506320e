"""Window menu: all actions under their titles, with the recent files, the presets and the panels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from PySide6.QtWidgets import QMenu, QWidget

from convnet_studio.ui.actions import EXPORT, Actions
from convnet_studio.ui.project_files import ProjectFiles

TITLES = ("File", "Edit", "Train", "View", "Learn", "Help")


def window_menu(
    owner: QWidget,
    actions: Actions,
    files: ProjectFiles,
    fill_panels: Callable[[QMenu], None],
    fill_views: Mapping[str, Callable[[QMenu], None]],
) -> QMenu:
    """The menu of the top bar; `fill_panels` fills the one of the panels each time it opens, `fill_views` those of
    views, by their titles.
    """
    menu = QMenu(owner)
    for title in TITLES:
        part = menu.addMenu(title)
        actions.fill_menu(part, title)
        if title == "File":
            part.insertMenu(actions["save"], files.recent_menu(part))
            part.insertMenu(actions["save"], files.preset_menu(part))
            forms = QMenu(EXPORT, part)
            actions.fill_menu(forms, EXPORT)
            part.insertMenu(actions["rename_project"], forms)
        if title == "View":
            for words, fill in fill_views.items():
                views = QMenu(words, part)
                part.insertMenu(actions["minimap"], views)
                views.aboutToShow.connect(partial(fill, views))
            panels = part.addMenu("Panels")
            panels.aboutToShow.connect(partial(fill_panels, panels))
    return menu

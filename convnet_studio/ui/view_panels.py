"""ViewPanels: every registered view as a panel on wish: moved, tabbed, floated, shown full screen, closed."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QMenu

from convnet_studio.ui.actions import call_ignoring_checked
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.panel import Panel
from convnet_studio.ui.panel_layout import PanelLayout
from convnet_studio.ui.view import View


class ViewPanels(QObject):
    """Makes the panel of a view when it is asked for the first time, and shows or hides it from then on.

    Args:
        open_project: what the views look at.
        layout: where panels stand.
        placed: names of the views that have a place of their own.
        add_view: keeps a new view up to date.
        refresh: called when views have come into sight or gone out of it.
    """

    def __init__(
        self,
        open_project: OpenProject,
        layout: PanelLayout,
        placed: Collection[str],
        add_view: Callable[[View], None],
        refresh: Callable[[], None],
    ) -> None:
        super().__init__(layout)  # what it has put off ends with the window
        self._open_project = open_project
        self._layout = layout
        self._add_view = add_view
        self._refresh = refresh
        self._panels: dict[str, Panel] = {}
        self.kinds: dict[str, type[View]] = {
            name: kind for name, kind in sorted(View.registry.items(), key=_title_of) if name not in placed
        }
        """The views that can be opened, by name, in the order of their titles."""

    @property
    def open_names(self) -> list[str]:
        """The views whose panels are open."""
        return [name for name, panel in self._panels.items() if not panel.isHidden()]

    def panel(self, name: str) -> Panel:
        """The panel of a view; made if need be, and then hidden."""
        if name not in self._panels:
            view = self.kinds[name](self._open_project)
            panel = self._layout.add_view_panel(view.title, view)
            panel.visibilityChanged.connect(lambda _: QTimer.singleShot(0, self, self._refresh))
            self._panels[name] = panel
            self._add_view(view)
        return self._panels[name]

    def is_open(self, name: str) -> bool:
        """Whether its panel is there, seen or behind another tab."""
        return name in self._panels and not self._panels[name].isHidden()

    def show(self, name: str) -> None:
        """Bring the panel of a view to the front, and the keys to it."""
        panel = self.panel(name)
        self._layout.show_view_panel(panel)
        panel.widget().setFocus(Qt.FocusReason.OtherFocusReason)

    def toggle(self, name: str) -> None:
        """Show the panel of a view, or close it."""
        if self.is_open(name):
            self._panels[name].close()
        else:
            self.show(name)

    def open_again(self, names: Collection[str]) -> None:
        """Make the panels that were open at the last end, before the layout puts them into their places."""
        for name in names:
            if name in self.kinds:
                self._layout.show_view_panel(self.panel(name))

    def fill_menu(self, menu: QMenu, benches: bool) -> None:
        """Fill a menu that opens and closes views, or the benches of the lab."""
        menu.clear()
        menu.setToolTipsVisible(True)
        for name, kind in self.kinds.items():
            if kind.is_bench == benches:
                action = menu.addAction(kind.title)
                action.setToolTip(kind.summary)
                action.setCheckable(True)
                action.setChecked(self.is_open(name))
                action.triggered.connect(partial(call_ignoring_checked, partial(self.toggle, name)))
        if not menu.actions():
            menu.addAction("None yet").setEnabled(False)


def _title_of(entry: tuple[str, type[View]]) -> str:
    return entry[1].title

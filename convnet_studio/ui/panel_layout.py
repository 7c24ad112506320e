"""PanelLayout: where the panels of the window stand and how large they are."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QByteArray, QEvent, QObject, Qt
from PySide6.QtWidgets import QMainWindow, QMenu, QTabWidget, QWidget

from convnet_studio.ui.panel import Panel

LOWER_SHARE = 0.26
"""Of the window's height, for curves and data."""
BESIDE_WIDTH = 460
"""Of a panel that opens beside the right one, where there is room, else in its place."""
VIEW_SHARE = 0.42
"""Of the window's width, for the panels of views that open there."""
LEAST_BESIDE = 400
MIDDLE_WIDTH = 780
"""What curves and data need beside each other."""
NARROWEST_LEFT = 180
ON_WISH_SHARES = (0.45, 0.55)
"""Of the left side's height, for the palette and the panel below it."""
SIDES = (208, 320)
"""Largest width of palette and inspector, as long as nobody gives them another."""


class PanelLayout(QObject):
    """Palette left, inspector right, two panels below; on wish one more below the palette. They keep their shares of
    the window until somebody arranges them otherwise.

    Args:
        window: that the panels are put around.
        left, right, below: titles and contents.
        beside: as those, of a panel left of the right one that is closed until somebody asks for it.
        on_wish: as those, of a panel below the left one that is closed until somebody asks for it.
    """

    def __init__(
        self,
        window: QMainWindow,
        left: tuple[str, QWidget],
        right: tuple[str, QWidget],
        below: Sequence[tuple[str, QWidget]],
        beside: tuple[str, QWidget],
        on_wish: tuple[str, QWidget],
    ) -> None:
        super().__init__(window)
        self._window = window
        window.setDockNestingEnabled(True)
        window.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        for corner, area in (
            (Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.LeftDockWidgetArea),
            (Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea),
        ):
            window.setCorner(corner, area)
        self._sides = [
            self._panel(*left, Qt.DockWidgetArea.LeftDockWidgetArea),
            self._panel(*right, Qt.DockWidgetArea.RightDockWidgetArea),
        ]
        self._below = [self._panel(*each, Qt.DockWidgetArea.BottomDockWidgetArea) for each in below]
        for one, other in zip(self._below, self._below[1:], strict=False):
            window.splitDockWidget(one, other, Qt.Orientation.Horizontal)
        self.beside = self._panel(*beside, Qt.DockWidgetArea.RightDockWidgetArea)
        window.splitDockWidget(self.beside, self._sides[1], Qt.Orientation.Horizontal)
        self.beside.hide()
        self._gave_way = False
        """Whether the right panel was closed because there was no room for the one beside it."""
        self._besides = [self.beside]
        self._is_beside_open = False
        self._widths_before: dict[Panel, int] = {}
        """Of the panels that were docked when the first one beside the right one was opened."""
        self.beside.opening.connect(self._note_widths)
        self.beside.visibilityChanged.connect(lambda _: self._on_beside())
        self._sides[1].visibilityChanged.connect(self._on_right)
        self.on_wish = self._panel(*on_wish, Qt.DockWidgetArea.LeftDockWidgetArea)
        window.splitDockWidget(self._sides[0], self.on_wish, Qt.Orientation.Vertical)
        self.on_wish.hide()
        self._share()
        self._default = window.saveState()
        self._is_own = False
        """Whether somebody has arranged the panels."""
        self._put_away: QByteArray | None = None
        """How the panels stood before all were hidden; None while they are not."""
        window.installEventFilter(self)

    @property
    def panels(self) -> list[Panel]:
        """All panels but those of views on wish: left, right, below, beside, on wish."""
        return [*self._sides, *self._below, self.beside, self.on_wish]

    def toggle_beside(self) -> None:
        """Open the panel beside the right one, as a tab where views stand there, or close it."""
        standing = self._open_besides
        if self.beside.isHidden() and standing:
            self._window.tabifyDockWidget(standing[-1], self.beside)
        self.beside.setVisible(self.beside.isHidden())
        if standing and not self.beside.isHidden():
            self.beside.raise_()

    def add_view_panel(self, title: str, widget: QWidget) -> Panel:
        """Make a panel for a view, closed, among those beside the right panel."""
        panel = self._panel(title, widget, Qt.DockWidgetArea.RightDockWidgetArea)
        panel.hide()
        self._besides.append(panel)
        panel.opening.connect(self._note_widths)
        panel.visibilityChanged.connect(lambda _: self._on_beside())
        return panel

    def show_view_panel(self, panel: Panel) -> None:
        """Open the panel of a view, as a tab before those already open beside the right panel, and bring it forward."""
        if panel.isHidden():
            standing = [each for each in self._open_besides if each is not panel]
            if standing:
                self._window.tabifyDockWidget(standing[-1], panel)
            elif not panel.isFloating() and not self._has_room_for_both and self._right_is_docked:
                panel.opening.emit()
                self._window.tabifyDockWidget(self._sides[1], panel)
            elif not panel.isFloating():
                self._window.splitDockWidget(panel, self._sides[1], Qt.Orientation.Horizontal)
            panel.show()
            panel.raise_()
            if not standing:
                self._share_beside()
        panel.raise_()

    def show_on_wish(self) -> None:
        """Show the panel that is hidden as a rule."""
        if self.on_wish.isHidden():
            self.on_wish.show()
            heights = [round(share * self._window.height()) for share in ON_WISH_SHARES]
            self._window.resizeDocks([self._sides[0], self.on_wish], heights, Qt.Orientation.Vertical)

    def state(self) -> str:
        """What to keep for the next start; empty where nobody has arranged anything."""
        return bytes(self._window.saveState().toBase64().data()).decode() if self._is_own else ""

    def restore(self, state: str) -> None:
        """Put the panels where they stood when `state` was told."""
        if state:
            self._is_own = self._window.restoreState(QByteArray.fromBase64(state.encode()))

    def restore_default(self) -> None:
        """Put all panels back to their places."""
        self._window.restoreState(self._default)
        self._is_own = False
        self._share()

    def put_away(self) -> None:
        """Hide all panels, for as long as something else has the window."""
        self._put_away = self._window.saveState()
        for panel in self._window.findChildren(Panel):
            panel.put_away()

    def show_in_passing(self, title: str, is_shown: bool) -> None:
        """While all are put away, show one beside the middle, or hide it again."""
        for panel, width in zip(self._sides, (220, 300), strict=True):
            if panel.windowTitle() == title and self._put_away is not None:
                panel.setVisible(is_shown)
                self._window.resizeDocks([panel], [width], Qt.Orientation.Horizontal)

    def bring_back(self) -> None:
        """Show the panels again as they stood before they were put away."""
        if self._put_away is not None:
            state = self._put_away
            self._window.restoreState(state)
            self._put_away = None
            if not self._is_own:
                self._share()

    def fill_menu(self, menu: QMenu) -> None:
        """Fill a menu that shows and hides panels."""
        menu.clear()
        for panel in self.panels:
            menu.addAction(panel.toggleViewAction())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A mouse let go on the window itself has dragged the line between two panels."""
        if self._put_away is not None:
            return False
        if event.type() == QEvent.Type.MouseButtonRelease:
            self._is_own = True
        elif event.type() == QEvent.Type.Resize:
            if self._open_besides and not self._sides[1].isHidden():
                self._on_beside()
            if not self._is_own:
                self._share()
        return False

    def _panel(self, title: str, widget: QWidget, area: Qt.DockWidgetArea) -> Panel:
        panel = Panel(title, widget, self._window)
        self._window.addDockWidget(area, panel)
        for moved in (panel.topLevelChanged, panel.dockLocationChanged, panel.closed):
            moved.connect(self._note_arrangement)
        panel.toggleViewAction().triggered.connect(self._note_arrangement)
        return panel

    def _note_arrangement(self) -> None:
        self._is_own = True

    @property
    def _open_besides(self) -> list[Panel]:
        """The panels that stand beside the right one now, one behind the other."""
        return [each for each in self._besides if not each.isHidden() and not each.isFloating()]

    def _on_beside(self) -> None:
        """A panel beside the right one was opened or closed: where both have no room, the right one gives way."""
        if self._put_away is not None:
            return
        right, is_open = self._sides[1], bool(self._open_besides)
        if is_open and not self._has_room_for_both and not right.isHidden() and not self._is_tabbed:
            self._gave_way = True
            right.hide()
        if is_open and not self._is_beside_open:
            self._share_beside()
        elif not is_open and self._is_beside_open:
            if self._gave_way:
                self._gave_way = False
                right.show()
            self._give_widths_back()
        self._is_beside_open = is_open

    def _note_widths(self) -> None:
        """A panel beside the right one is about to be opened: the first makes others narrower."""
        if not self._open_besides:
            docked = [each for each in self.panels if each is not self.beside and not each.isHidden()]
            self._widths_before = {each: each.width() for each in docked if not each.isFloating()}

    def _give_widths_back(self) -> None:
        """No panel stands beside the right one any more: the others are as wide as before the first was opened."""
        before, self._widths_before = self._widths_before, {}
        if layout := self._window.layout():
            layout.activate()  # else the room of the closed panel is shared out once more, later
        if not self._is_own:
            self._share()
            return
        for row in (self._sides, self._below):
            here = [each for each in row if each in before and not each.isHidden() and not each.isFloating()]
            self._window.resizeDocks(here, [before[each] for each in here], Qt.Orientation.Horizontal)

    def _on_right(self, is_shown: bool) -> None:
        """The right panel was opened: where both have no room, those beside it give way."""
        if self._put_away is not None:
            return
        is_in_the_way = self._open_besides and not self._has_room_for_both and not self._is_tabbed
        if is_shown and not self._sides[1].isFloating() and is_in_the_way:
            self._gave_way = False
            for each in self._open_besides:
                each.hide()

    @property
    def _right_is_docked(self) -> bool:
        return not self._sides[1].isHidden() and not self._sides[1].isFloating()

    @property
    def _is_tabbed(self) -> bool:
        """Whether the right panel is a tab among those that stand beside it elsewhere."""
        tabs = self._window.tabifiedDockWidgets(self._sides[1])
        return any(each in tabs for each in self._open_besides)

    @property
    def _has_room_for_both(self) -> bool:
        return self._window.width() >= NARROWEST_LEFT + SIDES[1] + MIDDLE_WIDTH + LEAST_BESIDE

    def _share_beside(self) -> None:
        """Give the panel beside the right one its width: of text a fixed one, of a view as much as the canvas has."""
        open_ones, width = self._open_besides, self._window.width()
        if not open_ones:
            return
        is_alone = self._sides[1].isHidden() or self._is_tabbed
        wanted = BESIDE_WIDTH if open_ones == [self.beside] else round(VIEW_SHARE * width)
        room = width - NARROWEST_LEFT - MIDDLE_WIDTH - (0 if is_alone else SIDES[1])
        wanted = min(wanted, room) if open_ones == [self.beside] else wanted
        self._window.resizeDocks(open_ones[:1], [wanted], Qt.Orientation.Horizontal)
        if not is_alone:
            self._window.resizeDocks([self._sides[1]], [SIDES[1]], Qt.Orientation.Horizontal)

    def _share_sides(self) -> None:
        width = self._window.width()
        right = round(VIEW_SHARE * width) if self._is_tabbed else min(SIDES[1], width // 4)
        self._window.resizeDocks(self._sides, [min(SIDES[0], width // 6), right], Qt.Orientation.Horizontal)

    def _share(self) -> None:
        self._share_sides()
        self._window.resizeDocks(self._below, [460, 380][: len(self._below)], Qt.Orientation.Horizontal)
        lower = [round(LOWER_SHARE * self._window.height())] * len(self._below)
        self._window.resizeDocks(self._below, lower, Qt.Orientation.Vertical)

"""Outline: stages and modules as a tree in the order of the graph; what is selected here is selected on the canvas."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import (
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QAbstractItemView, QFrame, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from convnet_studio.engine.project.spec import Link
from convnet_studio.engine.project.summary import Summary
from convnet_studio.ui.canvas.edit_commands import EditCommands
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.outline.row_delegate import ROW, OutlineDelegate
from convnet_studio.ui.outline.rows import InputRow, ModuleRow, StageRow, modules_of, rows_of
from convnet_studio.ui.theme import text_font, theme, theme_switch
from convnet_studio.ui.views.canvas import CanvasView

INDENTATION = 14
_CANVAS_KEYS = frozenset({Qt.Key.Key_Delete, Qt.Key.Key_Backspace})
_TREE_KEYS = frozenset({Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Space})
"""Which in a tree also mean something while Ctrl is held."""
_OWN_KEYS = frozenset({Qt.Key.Key_Delete, Qt.Key.Key_F2})
_STEPS = frozenset({Qt.Key.Key_Up, Qt.Key.Key_Down})
"""Which select the row that they start from, where nothing is selected."""
EMPTY_TEXT = "No modules yet. Press A to add one."


class Outline(QWidget):
    """Follows the open project and the canvas's selection. Keys that are shortcuts of the window work here too."""

    settings_wanted = Signal()
    """Enter was pressed on a module: go to its settings."""

    def __init__(self, open_project: OpenProject, canvas: CanvasView, commands: EditCommands) -> None:
        super().__init__()
        self._open = open_project
        self._canvas = canvas
        self._commands = commands
        self._summary: Summary | None = None
        self._rows: list[StageRow | ModuleRow] = []
        self._is_following = False
        self.setAccessibleName("Outline")
        self.tree = _Tree(self)
        delegate = OutlineDelegate(self.tree)
        self.tree.setItemDelegate(delegate)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 4, 4, 8)
        column.addWidget(self.tree)
        self.setFocusProxy(self.tree)
        delegate.renamed.connect(canvas.editor.rename)
        delegate.stage_renamed.connect(canvas.editor.stages.rename)
        self.tree.itemSelectionChanged.connect(self._hand_on_selection)
        open_project.changed.connect(self._follow)
        open_project.replaced.connect(self._start_over)
        open_project.selection_changed.connect(self._follow_selection)
        canvas.scene.links_selected.connect(self._follow_selection)
        theme_switch().changed.connect(self.tree.viewport().update)
        self._follow()

    def set_summary(self, summary: Summary) -> None:
        """Show shapes and problems of the project's newest value."""
        self._summary = summary
        self._follow()

    @property
    def has_selection(self) -> bool:
        """Whether anything is selected, here or on the canvas."""
        return bool(self._open.selection or self._canvas.scene.selected_links or self._commands.open_input)

    def rows(self) -> list[ModuleRow]:
        """The modules that are shown, in their order."""
        return modules_of(self._rows)

    # ---------------------------------------------------------------- in step with the project

    def _start_over(self) -> None:
        self._summary = None
        self._follow()

    def _follow(self) -> None:
        rows = rows_of(self._open.project, self._summary)
        if rows != self._rows:
            self._fill(rows)
        self._follow_selection()

    def _fill(self, rows: list[StageRow | ModuleRow]) -> None:
        """Show other rows; what was unfolded stays so, and the keyboard stays where it was."""
        before = {_key_of(item): item.isExpanded() for item in self._items()}
        known = {row.module_id: row.follows for row in self.rows()}
        here, items = self.tree.currentItem(), self._main_items()
        current, place = _key_of(here), next((index for index, each in enumerate(items) if each is here), -1)
        self._rows = rows
        with self._following():
            self.tree.clear()
            for row in rows:
                if isinstance(row, StageRow):
                    parent = _item(row, row.text, row.text)
                    self.tree.addTopLevelItem(parent)
                    for each in row.modules:
                        parent.addChild(_module_item(each))
                    parent.setExpanded(before.get(_key_of(parent), True))
                else:
                    self.tree.addTopLevelItem(_module_item(row))
            for item in self._main_items():
                module = item.data(0, ROW)
                if isinstance(module, ModuleRow):
                    is_as_before = known.get(module.module_id) == module.follows
                    item.setExpanded(before[_key_of(item)] if is_as_before else not module.follows)
            again = next((item for item in self._items() if _key_of(item) == current), None)
            items = self._main_items()
            if again is None and items and place >= 0:
                again = items[min(place, len(items) - 1)]
            if again is not None:
                self.tree.setCurrentItem(again, 0, QItemSelectionModel.SelectionFlag.NoUpdate)
        count = len(self.rows())
        problems = sum(bool(row.problem) for row in self.rows())
        told = f"{count} module{'' if count == 1 else 's'}" + (f", {problems} with a problem" if problems else "")
        self.tree.setAccessibleDescription(f"{told}. A adds one, W connects, Delete takes out, Enter: settings.")

    def _follow_selection(self) -> None:
        """Select the rows of what is selected on the canvas."""
        if self._is_following:
            return
        ids, links, port = self._open.selection, self._canvas.scene.selected_links, self._commands.open_input
        whole = self._selected_stages()
        with self._following():
            wanted = []
            for item in self._items():
                row = item.data(0, ROW)
                if isinstance(row, StageRow):
                    is_selected = row in whole
                elif isinstance(row, ModuleRow):
                    is_selected = row.module_id in ids and not any(row in each.modules for each in whole)
                else:
                    is_selected = row.link in links if row.link else port == (row.module_id, row.port)
                item.setSelected(is_selected)
                wanted += [item] * is_selected
            if wanted and self.tree.currentItem() not in wanted:
                self.tree.setCurrentItem(wanted[-1], 0, QItemSelectionModel.SelectionFlag.NoUpdate)
            if wanted:
                self.tree.scrollToItem(self.tree.currentItem() or wanted[-1])

    def _selected_stages(self) -> list[StageRow]:
        """The stages that are selected as a whole, but for one in which the keyboard is on a module."""
        ids, here = self._open.selection, self.tree.currentItem()
        row = here.data(0, ROW) if here else None
        return [
            each
            for each in self._rows
            if isinstance(each, StageRow) and each.module_ids <= ids and (row is None or row not in each.modules)
        ]

    def _hand_on_selection(self) -> None:
        """Select on the canvas what was selected here."""
        if self._is_following:
            return
        chosen = [item.data(0, ROW) for item in self.tree.selectedItems()]
        modules = frozenset(row.module_id for row in chosen if isinstance(row, ModuleRow))
        stages = [row for row in chosen if isinstance(row, StageRow)]
        modules = modules.union(*(row.module_ids for row in stages))
        links: frozenset[Link] = frozenset(row.link for row in chosen if isinstance(row, InputRow) and row.link)
        open_inputs = [row for row in chosen if isinstance(row, InputRow) and not row.link]
        with self._following():
            if len(chosen) == len(open_inputs) == 1:
                self._commands.select_input(open_inputs[0].module_id, open_inputs[0].port)
            else:
                self._open.select(modules)
                self._canvas.scene.select_links(links)
        if (len(modules) == 1 or len(chosen) == len(stages) == 1) and not links:
            for each in sorted(modules):
                self._canvas.show_module(each)

    @contextmanager
    def _following(self) -> Iterator[None]:
        """While one side follows the other, nothing goes back."""
        was, self._is_following = self._is_following, True
        try:
            yield
        finally:
            self._is_following = was

    # ---------------------------------------------------------------- keys

    def take_key(self, event: QKeyEvent) -> bool:
        """Whether a key means something here."""
        is_held = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.settings_wanted.emit()
        elif event.key() == Qt.Key.Key_F2:
            self.rename()
        elif event.key() == Qt.Key.Key_Escape:
            self._open.select(frozenset())
            self._canvas.scene.select_links(frozenset())
        elif event.key() in _CANVAS_KEYS or (is_held and event.key() not in _TREE_KEYS):
            return self._canvas.area.keyboard.press(event)  # select all, duplicate, delete, ...
        else:
            return bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)  # of the window, refused there
        return True

    def rename(self) -> None:
        """Edit the name of the module or stage on whose row the keyboard is, in the row."""
        item = self.tree.currentItem()
        if item is not None and not isinstance(item.data(0, ROW), InputRow):
            self.tree.editItem(item, 0)

    # ---------------------------------------------------------------- items

    def _main_items(self) -> list[QTreeWidgetItem]:
        """Of stages and modules."""
        return [each for each in self._items() if not isinstance(each.data(0, ROW), InputRow)]

    def _items(self) -> list[QTreeWidgetItem]:
        """All, from top to bottom."""
        waiting = [self.tree.topLevelItem(index) for index in range(self.tree.topLevelItemCount())][::-1]
        items: list[QTreeWidgetItem] = []
        while waiting:
            if (item := waiting.pop()) is not None:
                items.append(item)
                waiting += [item.child(index) for index in range(item.childCount())][::-1]
        return items


class _Tree(QTreeWidget):
    """The tree itself; keys go to the outline first."""

    def __init__(self, outline: Outline) -> None:
        super().__init__()
        self._outline = outline
        self.setAccessibleName("Outline of the network")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHeaderHidden(True)
        self.setIndentation(INDENTATION)
        self.setAnimated(False)
        self.setMouseTracking(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setStyleSheet("QTreeWidget { background: transparent; outline: none; }")
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.Highlight, Qt.GlobalColor.transparent)  # the delegate paints the ground
        self.setPalette(palette)

    def event(self, event: QEvent) -> bool:
        """A key that means something here is no shortcut of the window."""
        key = event.key() if isinstance(event, QKeyEvent) else None
        if event.type() == QEvent.Type.ShortcutOverride and key in _OWN_KEYS:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys of the outline, then those of every tree."""
        if self.state() == QAbstractItemView.State.EditingState or not self._outline.take_key(event):
            if self._selects_nothing and event.key() in _STEPS:
                self._select_current()
                return
            super().keyPressEvent(event)
            if self._selects_nothing:
                self._select_current()

    @property
    def _selects_nothing(self) -> bool:
        return not self.selectedItems() and not self._outline.has_selection

    def _select_current(self) -> None:
        current = self.currentItem() or self.topLevelItem(0)
        if current is not None:
            self.setCurrentItem(current)

    def drawBranches(self, painter: QPainter, rect: QRect, index: QModelIndex | QPersistentModelIndex) -> None:
        """A quiet arrow where there are inputs to show; nothing else, also where the row is selected."""
        if not index.model().hasChildren(index):
            return
        middle = QPointF(rect.right() - INDENTATION / 2, rect.center().y() + 0.5)
        is_open = self.isExpanded(index)
        steps = [(-4, -2), (0, 2), (4, -2)] if is_open else [(-2, -4), (2, 0), (-2, 4)]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme().color("strong_line"), 1.5))
        painter.drawPolyline([middle + QPointF(x, y) for x, y in steps])
        painter.restore()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The rows; without any, how to begin."""
        super().paintEvent(event)
        if not self.topLevelItemCount():
            painter = QPainter(self.viewport())
            painter.setFont(text_font(12))
            painter.setPen(theme().color("second_text"))
            room = QRectF(self.viewport().rect()).adjusted(8, 8, -8, -8)
            painter.drawText(room, Qt.TextFlag.TextWordWrap, EMPTY_TEXT)


def _module_item(row: ModuleRow) -> QTreeWidgetItem:
    item = _item(row, row.text, row.problem or row.word)
    for each in row.inputs:
        item.addChild(_item(each, each.text, each.text))
    return item


def _item(row: StageRow | ModuleRow | InputRow, text: str, help_text: str) -> QTreeWidgetItem:
    item = QTreeWidgetItem()
    flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
    item.setFlags(flags if isinstance(row, InputRow) else flags | Qt.ItemFlag.ItemIsEditable)
    item.setData(0, ROW, row)
    item.setText(0, row.label if isinstance(row, InputRow) else row.title)
    item.setData(0, Qt.ItemDataRole.AccessibleTextRole, text)
    item.setData(0, Qt.ItemDataRole.AccessibleDescriptionRole, help_text)
    item.setToolTip(0, text)
    return item


def _key_of(item: QTreeWidgetItem | None) -> tuple[str, int]:
    """Which module, and which of its inputs (-1: the module itself, -2: a stage)."""
    row = item.data(0, ROW) if item else None
    if isinstance(row, InputRow):
        return row.module_id, row.port
    if isinstance(row, StageRow):
        return row.stage_id, -2
    return (row.module_id, -1) if isinstance(row, ModuleRow) else ("", -1)

"""LessonSheet: the left side of a lesson: where one stands, the page, all pages, and the ways on and back."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QFont, QKeyEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from convnet_studio.lessons.lesson import Lesson
from convnet_studio.lessons.player import Player
from convnet_studio.ui.controls.label import Label, Sentence
from convnet_studio.ui.lesson_panel.lesson_end import LessonEnd
from convnet_studio.ui.lesson_panel.lesson_text import BODY
from convnet_studio.ui.lesson_panel.page_list import PageList
from convnet_studio.ui.lesson_panel.page_sheet import PageSheet
from convnet_studio.ui.theme import text_font, theme, theme_switch

LEAST_WIDTH = 320
MOST_WIDTH = 520
_MARGIN = 24
LARGE = 20
"""Pixels of letters in class."""


class LessonSheet(QFrame):
    """Shows a player; what is wanted is told by signals, those of the page by `page`."""

    back = Signal()
    next = Signal()
    """The next chunk, or the next page."""
    jumped = Signal(int)
    course = Signal()
    """Back to the course page."""
    classroom = Signal(bool)
    """Only the pages for a class, or all."""
    page_made = Signal(object)
    """The PageSheet of another page, to be connected."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("lessonSheet")
        self.setMinimumWidth(LEAST_WIDTH)
        self.setMaximumWidth(MOST_WIDTH)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Lesson")
        self._player: Player | None = None
        self.page: PageSheet | None = None
        self._shown: tuple[int, ...] = ()
        self._small: list[tuple[QWidget, QFont]] = []
        """What was enlarged for a class, and the fonts it had."""
        self._reveals_all = self._is_presenting = self._was_classroom = False
        self._where = Label("", "second_text", text_font(12))
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName("Pages done")
        self.warning = Sentence("", "bad")
        self.warning.hide()
        self.lesson_after: Callable[[Lesson], Lesson | None] = lambda _: None
        """Which lesson comes next."""
        self.end = LessonEnd()
        self.end.wanted.connect(self._open_lesson)
        self.pages = PageList()
        self.pages.chosen.connect(self.jumped)
        self.back_button = QPushButton("← Back")
        self.back_button.setToolTip("The page before (PageUp)")
        self.next_button = QPushButton("Next →")
        self.next_button.setProperty("primary", True)
        self.next_button.setToolTip("What comes next (Space or PageDown)")
        self.course_button = QPushButton("Course")
        self.course_button.setToolTip("All lessons")
        self.class_button = QPushButton("Class")
        self.class_button.setCheckable(True)
        self.class_button.setToolTip("Only the three pages that a teacher shows, in large type")
        self.class_button.clicked.connect(self.classroom)
        self.back_button.clicked.connect(self.back)
        self.next_button.clicked.connect(self.next)
        self.course_button.clicked.connect(self.course)
        self._lay_out()
        theme_switch().changed.connect(self._recolor)
        self._recolor()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(16)
        head.addWidget(self._where)
        head.addWidget(self._bar, 1)
        head.addWidget(self.class_button)
        inside = QWidget()
        self._inside = QVBoxLayout(inside)
        self._inside.setContentsMargins(_MARGIN, 4, _MARGIN - 10, 12)
        self._inside.setSpacing(20)
        self._inside.addWidget(self.end)
        self._inside.addWidget(self.pages)
        self._inside.addStretch(1)
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setWidget(inside)
        self._foot = QWidget()
        foot = QHBoxLayout(self._foot)
        foot.setContentsMargins(_MARGIN, 10, _MARGIN, 14)
        foot.addWidget(self.back_button)
        foot.addWidget(self.course_button)
        foot.addStretch(1)
        foot.addWidget(self.next_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        top = QVBoxLayout()
        top.setContentsMargins(_MARGIN, 18, _MARGIN, 0)
        top.addLayout(head)
        top.addWidget(self.warning)
        column.addLayout(top)
        column.addWidget(self.area, 1)
        column.addWidget(self._foot)

    # ---------------------------------------------------------------- what is shown

    def show_page(self, player: Player, shown: tuple[int, ...], reveals_all: bool = False) -> None:
        """Show the page that a player has open; `shown` are the indices of the pages that are gone through."""
        self._player, self._shown, self._reveals_all = player, shown, reveals_all
        self.end.hide()
        self._make_page(player)
        self.area.verticalScrollBar().setValue(0)
        self.setFocus(Qt.FocusReason.OtherFocusReason)  # else numbers would still go into a dial of the page before

    def _make_page(self, player: Player) -> None:
        if self.page is not None:
            self._inside.removeWidget(self.page)
            self.page.hide()
            self.page.deleteLater()
        self.page = PageSheet(player, self._reveals_all, LARGE if self._reveals_all else BODY)
        if self._is_presenting:
            self._enlarge(self.page)
        self._inside.insertWidget(0, self.page)
        self.page.show()
        self.page.grew.connect(self._bring_into_sight)
        self.page_made.emit(self.page)
        self.show_state()

    def show_state(self, is_busy: bool = False) -> None:
        """Bring everything in line with what the player knows."""
        player, page = self._player, self.page
        if player is None or page is None:
            return
        page.show_state(is_busy)
        count = len(self._shown)
        at = self._shown.index(player.index) if player.index in self._shown else 0
        self._where.setText(f"page {at + 1} of {count}")
        self._bar.setRange(0, count)
        self._bar.setValue(at + 1)
        self.back_button.setEnabled(at > 0)
        is_over = at == count - 1 and not page.hides_something
        self.next_button.setText("Done ✓" if is_over else "Next →")
        self.pages.show_player(player, self._shown)

    def show_classroom(self, is_on: bool, is_offered: bool) -> None:
        """Mark whether only the pages for a class are gone through."""
        self.class_button.setChecked(is_on)
        self.class_button.setVisible(is_offered)

    def use_presenting(self, is_presenting: bool) -> None:
        """Leave out what only a single reader needs."""
        was_presenting, self._is_presenting = self._is_presenting, is_presenting
        if is_presenting and not was_presenting:
            self._was_classroom = self.class_button.isChecked()
        if is_presenting and self.page is not None:
            self._enlarge(self.page)
        else:
            self._give_sizes_back()
        QTimer.singleShot(0, self, self._take_keys)  # once the other window has the focus
        self._foot.setVisible(not is_presenting)
        self.pages.setVisible(not is_presenting)
        self._where.setFont(text_font(BODY if is_presenting else 12))
        self.class_button.setFont(text_font(BODY if is_presenting else 13))
        if was_presenting and not is_presenting and self.class_button.isChecked() != self._was_classroom:
            self.classroom.emit(self._was_classroom)

    def _take_keys(self) -> None:
        """While presenting, keys come here wherever the focus was."""
        if self._is_presenting and self.isVisible():
            self.setFocus(Qt.FocusReason.OtherFocusReason)

    def _enlarge(self, page: PageSheet) -> None:
        """Let no letters be smaller than those of running text, for as long as a class looks on."""
        for each in page.findChildren(QWidget):
            font = each.font()
            if 0 < font.pixelSize() < BODY:
                self._small.append((each, each.font()))
                font.setPixelSize(BODY)
                each.setFont(font)

    def _give_sizes_back(self) -> None:
        for each, font in self._small:
            if isValid(each):
                each.setFont(font)
        self._small.clear()

    def warn(self, sentence: str) -> None:
        """Say above the page what is wrong; empty: nothing any more."""
        self.warning.setText(sentence)
        self.warning.setVisible(bool(sentence))

    def reveal(self) -> bool:
        """Show the next chunk, at last the end, and bring it into view; False where all is there."""
        if self.page is None:
            return False
        if not self.page.reveal():
            return self._reveal_end()
        self.show_state()
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.page.focus_newest()
        if self.page.newest is not None:
            self._bring_into_sight(self.page.newest)
        return True

    def _reveal_end(self) -> bool:
        player = self._player
        if player is None or not self.end.isHidden() or player.index != self._shown[-1]:
            return False
        self.end.show_end(player.lesson, player.record, self.lesson_after(player.lesson))
        self._bring_into_sight(self.end)
        return True

    def _open_lesson(self, name: str) -> None:
        if self.page is not None:
            self.page.followed.emit(f"lesson:{name}")

    def _bring_into_sight(self, widget: QWidget) -> None:
        """Scroll until all of `widget` is seen, or its beginning where it is too long."""

        def scroll() -> None:
            inside = self._inside.parentWidget()
            if inside is not None and isValid(widget) and not widget.isHidden() and inside.isAncestorOf(widget):
                bar, top = self.area.verticalScrollBar(), widget.mapTo(inside, QPoint(0, 0)).y()
                lowest = top + widget.height() + 16 - self.area.viewport().height()
                bar.setValue(min(top, max(bar.value(), lowest)))

        QTimer.singleShot(0, self, lambda: QTimer.singleShot(0, self, scroll))  # when all lines have their height

    # ---------------------------------------------------------------- keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space on, digits choose, H gives a hint, S shows how, Enter checks."""
        page, key = self.page, event.key()
        if page is None or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            super().keyPressEvent(event)
            return
        if key == Qt.Key.Key_Space:
            self.next.emit()
        elif key == Qt.Key.Key_H and page.check is not None and not page.check.isHidden():
            page.hint_wanted.emit()
        elif key == Qt.Key.Key_S and page.act is not None and page.act.button.isEnabled():
            page.show_me.emit()
        elif Qt.Key.Key_1 <= key <= Qt.Key.Key_9 and (field := page.field_in_use()) is not None:
            field.choose(key - Qt.Key.Key_0)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._confirm(page)
        else:
            super().keyPressEvent(event)

    def _confirm(self, page: PageSheet) -> None:
        """Enter, with the focus on no field: what is asked now is answered, or the next chunk shown."""
        focused = QApplication.focusWidget()
        if isinstance(focused, QPushButton):
            focused.click()
        elif isinstance(focused, QLineEdit):
            return
        elif page.predict and page.predict.is_open and not page.predict.isHidden():
            page.predict.take()
        elif page.check and not page.check.isHidden():
            page.check.take()
        else:
            self.next.emit()

    def _recolor(self) -> None:
        colors = theme().colors
        self.setStyleSheet(
            f"#lessonSheet {{ background: {colors['surface']}; border: none;"
            f" border-right: 1px solid {colors['line']}; }}"
        )

"""BenchView: the panel that all benches without a view of their own share: dials beside what they bring about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QLayout, QPushButton, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from convnet_studio.engine.analysis.bench import AskBench, Bench
from convnet_studio.engine.analysis.bench_pictures import BenchPicture
from convnet_studio.engine.training.inquiry import Answer, Inquiry
from convnet_studio.ui.bench_form import WIDTH, BenchForm
from convnet_studio.ui.bench_pictures.stack import PictureStack
from convnet_studio.ui.controls.label import Sentence
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.theme import theme, theme_switch
from convnet_studio.ui.view import View

_NARROW = 620
"""Below this width the dials stand above the pictures."""
_FORM_SHARE = 0.4
"""Of the height, which the dials take at most where they stand above."""
_ANY = 16_777_215  # Qt's QWIDGETSIZE_MAX
_WAITING = "The pictures come with the first answer of the engine."


class BenchView(View):
    """Turns a bench's dials and shows its pictures. Subclasses say which bench: `kind`."""

    kind: ClassVar[type[Bench]]
    is_bench: ClassVar = True

    def __init__(self, open_project: OpenProject, parent: QWidget | None = None) -> None:
        super().__init__(open_project, parent)
        self._bench = self.kind()
        self.form = BenchForm(self._bench)
        self.words = Sentence(_WAITING, "text")
        self.pictures = PictureStack()
        self.back = QPushButton("Back to the start")
        self.back.setToolTip("All dials as at the beginning")
        self.back.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._arrange()
        self.form.turned.connect(self._turn)
        self.form.reset.connect(lambda name: self._turn(name, getattr(self.kind(), name)))
        self.back.clicked.connect(lambda: self.set_bench(self.kind()))
        theme_switch().changed.connect(self.update)
        self.setAccessibleName(self.title)
        self.back.setAccessibleName(f"{self.title}: back to the start")
        self._show_form()

    def _arrange(self) -> None:
        side = QWidget()
        column = QVBoxLayout(side)
        column.setContentsMargins(2, 0, 8, 4)  # room for the rings of focus
        column.setSpacing(12)
        column.addWidget(self.form)
        column.addWidget(self.back)
        column.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(side)
        shown = QVBoxLayout()
        shown.setSpacing(8)
        shown.addWidget(self.words)
        shown.addWidget(self.pictures, 1)
        self._halves = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._halves.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)  # it is turned below a width
        self._halves.setContentsMargins(16, 12, 8, 12)
        self._halves.setSpacing(16)
        self._halves.addWidget(self._scroll)
        self._halves.addLayout(shown, 1)

    # ---------------------------------------------------------------- the bench

    @property
    def bench(self) -> Bench:
        """The experiment as its dials stand."""
        return self._bench

    def set_bench(self, bench: Bench) -> None:
        """Turn all dials as `bench` has them.

        Raises:
            TypeError: if it is a bench of another kind.
        """
        if not isinstance(bench, self.kind):
            raise TypeError(f"{self.title} shows no {type(bench).title}.")
        if bench == self._bench:
            self._show_form()  # what was refused makes room for what is in force
            return
        self._bench = bench
        self._show_form()
        self.bench_changed.emit(bench)
        self.wishes_changed.emit()

    def control(self, dial: str) -> QWidget | None:
        """The row of the form that turns this dial."""
        return self.form.rows.get(dial)

    def _turn(self, name: str, value: object) -> None:
        try:
            bench = self._bench.turned(**{name: value})
        except ValueError as problem:
            self.form.rows[name].refuse(str(problem))
        else:
            self.set_bench(bench)

    def _show_form(self) -> None:
        self.form.show_bench(self._bench)
        self.back.setEnabled(self._bench != self.kind())

    # ---------------------------------------------------------------- what comes in

    def inquiries(self) -> Mapping[str, Inquiry]:
        """What the bench looks like."""
        return {"pictures": AskBench(self._bench)}

    def show_answer(self, name: str, answer: Answer) -> None:
        """Show the pictures that there are; those of a moment ago stay until the next ones come."""
        if not isinstance(answer.inquiry, AskBench) or not isinstance(answer.inquiry.bench, self.kind):
            return
        if answer.problem:
            if answer.inquiry.bench == self._bench:
                self._say(answer.problem)
        elif isinstance(answer.value, tuple):
            self._say("")
            self.pictures.show_pictures([each for each in answer.value if isinstance(each, BenchPicture)])

    def _say(self, sentence: str) -> None:
        self.words.show_text(sentence)
        self.words.setVisible(bool(sentence))

    # ---------------------------------------------------------------- places

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The dials stand beside the pictures, or above them where it is narrow."""
        super().resizeEvent(event)
        if self.width() < _NARROW:
            self._halves.setDirection(QBoxLayout.Direction.TopToBottom)
            wanted = self.form.sizeHint().height() + self.back.sizeHint().height() + 20
            self._scroll.setMinimumWidth(0)
            self._scroll.setMaximumWidth(_ANY)
            self._scroll.setFixedHeight(min(wanted, max(96, round(_FORM_SHARE * self.height()))))
        else:
            self._halves.setDirection(QBoxLayout.Direction.LeftToRight)
            self._scroll.setMinimumHeight(0)
            self._scroll.setMaximumHeight(_ANY)
            self._scroll.setFixedWidth(WIDTH + 20)

    def spare_height(self) -> int:
        """Pixels at the bottom that neither dials nor pictures need."""
        if self.width() < _NARROW:
            return self.pictures.spare_height
        form = self._scroll.height() - self.form.height() - self.back.height() - 20
        return max(0, min(form, self.pictures.spare_height))

    def sizeHint(self) -> QSize:
        """The size it likes best."""
        return QSize(900, 560)

    def minimumSizeHint(self) -> QSize:
        """The size below which nothing could be used."""
        return QSize(200, 160)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The ground."""
        QPainter(self).fillRect(self.rect(), theme().color("surface"))

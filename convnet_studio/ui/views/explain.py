"""Explain: how one number of the network came about, with the real numbers, so that the terms add up exactly to it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import ClassVar

from PySide6.QtCore import QSize, QTimer
from PySide6.QtGui import QFont, QGuiApplication
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QPushButton, QScrollArea, QVBoxLayout, QWidget

from convnet_studio.engine.analysis.arithmetic_text import written
from convnet_studio.engine.analysis.explain import Explain, Explained
from convnet_studio.engine.analysis.explanation import Explanation, Place, What
from convnet_studio.engine.project.kinds import is_input, is_loss
from convnet_studio.engine.project.summary import Summary
from convnet_studio.engine.project.wiring import title
from convnet_studio.engine.training.inquiry import Answer, Inquiry
from convnet_studio.ui.controls.arithmetic_sheet import ArithmeticSheet
from convnet_studio.ui.controls.choice_field import ChoiceField
from convnet_studio.ui.controls.exact_sum import ExactSum
from convnet_studio.ui.controls.label import ElidedLabel, Sentence
from convnet_studio.ui.controls.read_out import ReadOut
from convnet_studio.ui.controls.wrapping_row import WrappingRow
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.shown_module import shown_module, why_not_computed
from convnet_studio.ui.theme import icon, number_font, text_font, theme, theme_switch
from convnet_studio.ui.view import View

SLIDE = "Slide over all positions of this map, row by row"
STOP = "Stop at this position"
TILES, TEXT = "tiles", "text"
VALUE, GRADIENT = "value", "gradient"
SPEEDS = {"2": 2, "5": 5, "15": 15, "30": 30}
"""Positions of the sliding window per second."""
_WITH_GRADIENT = {What.OUTPUT: What.OUTPUT_GRADIENT, What.PARAMETER: What.PARAMETER_GRADIENT}


class ExplainView(View):
    """The arithmetic of the number that is pointed at, or pinned, anywhere in the window."""

    name: ClassVar = "explain"
    title: ClassVar = "Explain"
    summary: ClassVar = "How any output, weight, gradient or loss came about: real numbers that add up exactly to it."

    def __init__(self, open_project: OpenProject, parent: QWidget | None = None) -> None:
        super().__init__(open_project, parent)
        self._facts: Summary | None = None
        self._explained: Explained | None = None
        self._problem = ""
        self._heading = ElidedLabel("", "text", text_font(13, QFont.Weight.DemiBold))
        self._form = ChoiceField("Form of the arithmetic", (TILES, TEXT), ("As tiles", "All decimals"), height=24)
        self._form.setToolTip("Tiles, or every term as text with all its decimals")
        self._of = ChoiceField("What is explained", (VALUE, GRADIENT), ("The value", "Its gradient"), height=24)
        self._of.setToolTip("The number itself, or the gradient of the loss by it")
        policy = self._of.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # else its neighbours would jump while the pointer moves
        self._of.setSizePolicy(policy)
        self._copy = _button("copy", "Copy all terms with all their decimals as text", self.copy)
        self._let_go = _button("x", "Let go of this number", lambda: open_project.pointed.pin(None))
        self._play = _button("play", SLIDE, self.toggle_play)
        self._speed = ChoiceField("Speed", list(SPEEDS), [f"{each} a second" for each in SPEEDS], height=24)
        self._speed.setToolTip("Positions of the window per second")
        self._sheet = ArithmeticSheet("Arithmetic")
        self._sum = ExactSum()
        self._text = QPlainTextEdit()
        self._sentence = Sentence()
        self._remark = Sentence()
        self._read_out = ReadOut("Point at a tile to read its factors and the term exactly")
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._step)
        self._arrange()
        self._sheet.told.connect(self._read_out.show_value)
        self._form.entered.connect(lambda _: self._refresh())
        self._of.entered.connect(lambda _: self._ask_anew())
        self._speed.entered.connect(lambda _: self._set_speed())
        open_project.pointed.changed.connect(self._on_pointed)
        open_project.selection_changed.connect(self._ask_anew)
        theme_switch().changed.connect(self._recolor)
        self._recolor()
        self._refresh()

    def _arrange(self) -> None:
        tools = WrappingRow((self._of, self._form, self._copy, self._let_go, self._play, self._speed))
        self._area = QScrollArea()
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setWidgetResizable(True)
        self._area.setAccessibleName("Arithmetic, scrolls")
        page = QWidget()
        inner = QVBoxLayout(page)
        inner.setContentsMargins(0, 0, 8, 0)
        inner.addWidget(self._sheet)
        inner.addWidget(self._remark)
        inner.addStretch(1)
        self._area.setWidget(page)
        self._text.setReadOnly(True)
        self._text.setFrameShape(QFrame.Shape.NoFrame)
        self._text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._text.setFont(number_font(12))
        self._text.setAccessibleName("Arithmetic with all decimals")
        self._sentence.setFont(text_font(13))
        column = QVBoxLayout(self)
        self.setContentsMargins(12, 8, 12, 12)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._heading)
        column.addLayout(tools)
        column.addWidget(self._read_out)
        column.addWidget(self._area, 1)
        column.addWidget(self._sum)
        column.addWidget(self._text, 1)
        column.addWidget(self._sentence, 1)

    # ---------------------------------------------------------------- what comes in

    def set_summary(self, summary: Summary) -> None:
        """Learn shapes and problems."""
        self._facts = summary
        self._ask_anew()

    @property
    def place(self) -> Place | None:
        """The number to be explained: that pointed at or pinned, else the middle of the selected module's first map."""
        place = self.open_project.pointed.place or self._middle_of_selection()
        if place is None or place.module_id not in self.open_project.project.network:
            return None
        if self._of.value == GRADIENT and place.what in _WITH_GRADIENT:
            return replace(place, what=_WITH_GRADIENT[place.what])
        return place

    def inquiries(self) -> Mapping[str, Inquiry]:
        """How the number came about; of a gradient, also what is measured."""
        place = self.place
        if place is None or self._why_not(place):
            return {}
        return {"arithmetic": Explain(place, measures=not self._timer.isActive())}

    def show_answer(self, name: str, answer: Answer) -> None:
        """Show the arithmetic."""
        inquiry = answer.inquiry
        if not isinstance(inquiry, Explain) or inquiry.place != self.place:
            return
        if isinstance(answer.value, Explained):
            self._explained, self._problem = answer.value, ""
        elif answer.problem:
            self._explained, self._problem = None, answer.problem
        else:
            return
        self._refresh()

    def _middle_of_selection(self) -> Place | None:
        module = shown_module(self.open_project)
        known = self._facts.modules.get(module.id) if module and self._facts else None
        if module is None or known is None or known.shape is None:
            return None
        if is_loss(module.kind):
            return Place(module.id, What.LOSS)
        first, *space = known.shape
        return Place(module.id, What.OUTPUT, (0, *(size // 2 for size in space)) if space else (first // 2,))

    def _why_not(self, place: Place) -> str:
        return why_not_computed(self.open_project.project.network.module(place.module_id), self._facts)

    def _on_pointed(self) -> None:
        self._ask_anew()

    def _ask_anew(self) -> None:
        place = self.place
        if self._explained is not None and self._explained.explanation.place != place:
            is_same_array = place is not None and _array(self._explained.explanation.place) == _array(place)
            if not is_same_array:  # else the old numbers stay until the new ones come, so that nothing flickers
                self._explained = None
        self._problem = ""
        self._refresh()

    # ---------------------------------------------------------------- what is shown

    def _refresh(self) -> None:
        place = self.place
        sentence = self._sentence_for(place)
        explanation = self._explained.explanation if self._explained and not sentence else None
        is_text = self._form.value == TEXT
        self._sentence.setVisible(explanation is None)
        self._sentence.show_text(sentence)
        self._area.setVisible(explanation is not None and not is_text)
        self._text.setVisible(explanation is not None and is_text)
        self._read_out.setVisible(explanation is not None and not is_text)
        self._sum.setVisible(explanation is not None and not is_text)
        self._copy.setEnabled(explanation is not None)
        self._let_go.setEnabled(self.open_project.pointed.pinned is not None)
        self._play.setEnabled(place is not None and self._can_slide(place))
        pointed = self.open_project.pointed.place
        self._of.setVisible(pointed is None or pointed.what in _WITH_GRADIENT)
        self._heading.show_text(self._place_text(explanation.place if explanation else place))
        if explanation is None or not self.isVisible():
            return
        if is_text:
            bars = self._text.verticalScrollBar().value()
            self._text.setPlainText(self._written(explanation))
            self._text.verticalScrollBar().setValue(bars)
        else:
            self._sheet.show_explanation(explanation)
            self._sum.show_explanation(explanation)
            self._remark.setVisible(bool(explanation.remark))
            self._remark.show_text(explanation.remark)
        self._sheet.setAccessibleDescription(f"{self._heading.text()} is {explanation.stored!r}.")

    def _sentence_for(self, place: Place | None) -> str:
        if place is None:
            return "Point at any value of a map, a filter or a card to see how it came about; a click keeps it."
        if reason := self._why_not(place):
            return reason
        if self._problem:
            return self._problem
        return "" if self._explained else "The arithmetic appears with the first picture that runs through the network."

    def _place_text(self, place: Place | None) -> str:
        if place is None:
            return ""
        module = self.open_project.project.network.module(place.module_id)
        words = ("map", "row", "column") if len(place.index) == 3 else ("value",) if len(place.index) == 1 else ()
        if place.what in (What.PARAMETER, What.PARAMETER_GRADIENT) or not words:
            where = f"{place.name}[{', '.join(map(str, place.index))}]" if place.name else str(list(place.index) or "")
        else:
            where = " · ".join(f"{word} {at}" for word, at in zip(words, place.index, strict=True))
        prefix = "Gradient by " if place.what in (What.OUTPUT_GRADIENT, What.PARAMETER_GRADIENT) else ""
        kind = "loss" if is_loss(module.kind) else "picture" if is_input(module.kind) else where
        return f"{prefix}{title(module)} · {where or kind}"

    def _written(self, explanation: Explanation) -> str:
        network = self.open_project.project.network

        def title_of(module_id: str) -> str:
            return title(network.module(module_id)) if module_id in network else module_id

        return written(explanation, self._place_text(explanation.place), True, title_of)

    def copy(self) -> None:
        """Put the arithmetic, with all its decimals, on the clipboard."""
        if self._explained is not None:
            QGuiApplication.clipboard().setText(self._written(self._explained.explanation))

    def showEvent(self, event: object) -> None:
        """Show what came while nobody looked."""
        super().showEvent(event)  # type: ignore[arg-type]
        self._refresh()

    def _recolor(self) -> None:
        colors = theme().colors
        self._copy.setIcon(icon("copy"))
        self._let_go.setIcon(icon("x"))
        self._show_sliding(self._timer.isActive())
        self._text.setStyleSheet(f"QPlainTextEdit {{ background: transparent; color: {colors['text']}; }}")
        self._area.setStyleSheet("QScrollArea, QScrollArea > QWidget > QWidget { background: transparent; }")

    # ---------------------------------------------------------------- the sliding window

    def _can_slide(self, place: Place) -> bool:
        return place.what in (What.OUTPUT, What.OUTPUT_GRADIENT) and math.prod(self._shape(place)) > 1

    def _shape(self, place: Place) -> tuple[int, ...]:
        known = self._facts.modules.get(place.module_id) if self._facts else None
        return (known.shape or ()) if known else ()

    def toggle_play(self) -> None:
        """Slide over all positions, or stop."""
        if self._timer.isActive():
            self._stop()
        elif (place := self.place) is not None and self._can_slide(place):
            self._set_speed()
            self._timer.start()
            self._show_sliding(True)

    def _stop(self) -> None:
        self._timer.stop()
        self._show_sliding(False)

    def _show_sliding(self, is_sliding: bool) -> None:
        self._play.setIcon(icon("pause" if is_sliding else "play"))
        self._play.setToolTip(STOP if is_sliding else SLIDE)
        self._play.setAccessibleName(STOP if is_sliding else SLIDE)

    def _set_speed(self) -> None:
        self._timer.setInterval(round(1000 / SPEEDS[self._speed.value]))

    def _step(self) -> None:
        """On to the next position of the map, row by row; at the end stop."""
        place = self.open_project.pointed.place or self._middle_of_selection()
        shape = self._shape(place) if place else ()
        if place is None or len(shape) != len(place.index) or not self.isVisible():
            self._stop()
            return
        following = next_index(place.index, shape)
        if following is None:
            self._stop()
        else:
            self.open_project.pointed.move(replace(place, index=following))


def _button(icon_name: str, tip: str, pressed: Callable[[], None]) -> QPushButton:
    button = QPushButton()
    button.setIcon(icon(icon_name))
    button.setIconSize(QSize(14, 14))
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.setFixedSize(32, 24)
    button.clicked.connect(lambda: pressed())
    return button


def next_index(index: tuple[int, ...], shape: tuple[int, ...]) -> tuple[int, ...] | None:
    """The next position of the same map, row by row; of a list the next number; None behind the last."""
    first = 1 if len(shape) > 1 else 0
    sizes, at = shape[first:], list(index[first:])
    for axis in reversed(range(len(sizes))):
        at[axis] += 1
        if at[axis] < sizes[axis]:
            return (*index[:first], *at)
        at[axis] = 0
    return None


def _array(place: Place) -> tuple[object, ...]:
    return place.module_id, place.what, place.name

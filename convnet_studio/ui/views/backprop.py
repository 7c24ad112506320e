"""Backprop: the shown picture's way to the loss and back, a module, a unit or a product at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from convnet_studio.engine.analysis.backprop_inquiry import WeightsOfNow, WholeWay
from convnet_studio.engine.analysis.backprop_stepper import Stepper
from convnet_studio.engine.analysis.backprop_walk import Grain, Kind
from convnet_studio.engine.analysis.bench import Bench
from convnet_studio.engine.analysis.benches.backprop import Backprop
from convnet_studio.engine.training.events import Event, NetworkChanged, RunStarted
from convnet_studio.engine.training.inquiry import Answer, Inquiry
from convnet_studio.ui.backprop.chain import Chain
from convnet_studio.ui.backprop.explanation import Explanation
from convnet_studio.ui.backprop.numbers_scene import is_chain_of_numbers
from convnet_studio.ui.backprop.step_table import StepTable
from convnet_studio.ui.backprop.walker import Walker
from convnet_studio.ui.backprop.words import module_name
from convnet_studio.ui.controls.label import Caption, Sentence
from convnet_studio.ui.controls.segmented import SegmentedControl
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.theme import icon, text_font, theme_switch
from convnet_studio.ui.view import View

_LOW, _LOWER_HEIGHT, _LEAST_LOWER = 560, 284, 160
_CHAIN = 336
"""Height in which the cards of most networks show values and gradients, with a scroll bar."""
_NARROW = 900
_WAITING = "The numbers appear as soon as the network has looked at its first picture."
_EXPLANATION, _TABLE = "Explanation", "Step by step"
_HELD = "Another picture is shown, but your edits belong to this one: take them back, or take the weights of now."
_GRAIN_WORDS = {Grain.MODULE: "Module", Grain.UNIT: "Unit", Grain.PRODUCT: "Product"}


class BackpropView(View):
    """A chain of modules with their numbers, what the next step does, and the whole way as a table."""

    name: ClassVar = "backprop"
    title: ClassVar = "Backprop"
    summary: ClassVar = (
        "Forward to the loss and back, one module, unit or product at a time; every number can be edited."
    )

    def __init__(self, open_project: OpenProject, parent: QWidget | None = None) -> None:
        super().__init__(open_project, parent)
        self._asked = WeightsOfNow()
        self._bench = Backprop()
        self._opening: int | None = None
        """How many moves a lesson wants made at first; None: as many as suits the network."""
        self._is_led = False
        """Whether what changes now is a lesson's doing: a network with as many moves as it wants may be yet to come."""
        self._shown: object = None  # of which run and question the walk is; None: of another network by now
        self._later: Answer | None = None  # what is taken up as soon as the user's edits are taken back
        self.walker = Walker(self)
        self.chain = Chain(self.walker, self._name_of, self._say)
        self.explanation = Explanation(self.walker, self._name_of)
        self.table = StepTable(self.walker, self._name_of)
        self.table.chosen.connect(self.walker.go_to)
        self._sentence = Sentence(_WAITING)
        self._notice = Sentence("", "warn_text")
        self._check = Caption()
        self.grain = SegmentedControl("Step by", tuple(_GRAIN_WORDS.values()))
        self.grain.chosen.connect(self._choose_grain)
        self.page = SegmentedControl("Below the numbers", (_EXPLANATION, _TABLE))
        self.page.chosen.connect(self._show_page)
        self._buttons = self._make_buttons()
        self._arrange()
        self.walker.changed.connect(self._refresh)
        self.walker.changed.connect(self._take_up_later)
        self.walker.measured.connect(self._show_check)
        theme_switch().changed.connect(self._recolor)
        self._recolor()
        self._refresh()

    def _make_buttons(self) -> dict[str, QPushButton]:
        walker = self.walker
        rows: tuple[tuple[str, str, str, Callable[[], None]], ...] = (
            ("restart", "", "Restart: nothing is computed yet (Home)", lambda: walker.go_to(0)),
            ("back", "◀ Back", "One step back (Left)", walker.back),
            ("step", "Step ▶", "One step on (Right)", walker.step),
            ("loss", "To loss", "Forward, or back, to the loss (L)", walker.to_loss),
            ("end", "All gradients", "Back from the loss to the first module (End)", walker.to_end),
            ("refresh", "Recompute", "Compute anew what depends on the number that was edited", walker.refresh),
            ("undo", "Undo edit", "Put the number back that was last edited", walker.undo),
            ("now", "Take weights of now", "Training goes on beside this: look at its weights of now", self._ask_anew),
        )
        made = {}
        for key, word, tip, act in rows:
            button = QPushButton(word)
            button.setFont(text_font(12))
            button.setToolTip(tip)
            button.setAccessibleName(tip.partition(":")[0] if not word else word.strip("◀▶ "))
            button.setAccessibleDescription(tip)
            button.clicked.connect(lambda _=False, act=act: act())
            made[key] = button
        made["restart"].setIconSize(QSize(14, 14))
        made["step"].setProperty("primary", True)
        return made

    def _arrange(self) -> None:
        walk, jumps = QHBoxLayout(), QHBoxLayout()
        for key in ("restart", "back", "step"):
            walk.addWidget(self._buttons[key])
        walk.addWidget(self.grain)
        walk.addStretch(1)
        for key in ("loss", "end", "refresh", "undo"):
            jumps.addWidget(self._buttons[key])
        jumps.addWidget(self._check)
        jumps.addStretch(1)
        jumps.addWidget(self._buttons["now"])
        self._tools = QWidget()
        self._tools.setMinimumWidth(1)
        self._rows = QBoxLayout(QBoxLayout.Direction.LeftToRight, self._tools)
        self._rows.setContentsMargins(12, 8, 12, 4)
        for row in (walk, jumps):
            row.setSpacing(8)
            self._rows.addLayout(row, 1 if row is jumps else 0)
        self._rows.setSpacing(8)
        lower, pages = QVBoxLayout(), QHBoxLayout()
        lower.setContentsMargins(12, 8, 12, 12)
        lower.setSpacing(8)
        lower.addWidget(self.page, 0, Qt.AlignmentFlag.AlignLeft)
        lower.addLayout(pages, 1)
        pages.setSpacing(32)
        pages.addWidget(self.explanation, 5)
        self._steps = QWidget()
        steps = QVBoxLayout(self._steps)
        steps.setContentsMargins(0, 0, 0, 0)
        steps.setSpacing(4)
        self._steps_title = Caption(_TABLE)
        steps.addWidget(self._steps_title)
        steps.addWidget(self.table, 1)
        pages.addWidget(self._steps, 5)
        page = QWidget()
        page.setLayout(lower)
        page.setMinimumHeight(_LOWER_HEIGHT)
        self._lower = QScrollArea()  # where it is low, the numbers have more of the room
        self._lower.setWidget(page)
        self._lower.setWidgetResizable(True)
        self._lower.setFrameShape(QFrame.Shape.NoFrame)
        self._lower.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._lower.setAccessibleName("What the step does, scrolls")
        self._lower.setStyleSheet("QScrollArea, QScrollArea > QWidget > QWidget { background: transparent; }")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._tools)
        for sentence in (self._notice, self._sentence):
            sentence.setContentsMargins(12, 4, 12, 4)
            column.addWidget(sentence)
        column.addWidget(self.chain, 1)
        column.addWidget(self._lower)
        self.setFocusProxy(self.chain)

    # ---------------------------------------------------------------- the bench

    @property
    def bench(self) -> Bench:
        """How far the walk was gone, and how far a step goes."""
        return self._bench

    def set_bench(self, bench: Bench) -> None:
        """Go on or back to there; as soon as there is a network, where there is none yet."""
        if not isinstance(bench, Backprop):
            raise TypeError(f"{self.title} shows no {type(bench).title}.")
        self._opening = bench.moves
        self._is_led = True
        if Grain(bench.grain) is not self.walker.grain:
            self.walker.use_grain(Grain(bench.grain))
        if self.walker.walk is not None and self.walker.walk.position.move != bench.moves:
            self.walker.go_to(bench.moves)
        self._is_led = False
        self._tell(bench)

    def control(self, dial: str) -> QWidget | None:
        """What steps on, or says how far a step goes."""
        return {"moves": self._buttons["step"], "grain": self.grain}.get(dial)

    def _tell(self, bench: Backprop) -> None:
        if bench != self._bench:
            self._bench = bench
            self.bench_changed.emit(bench)

    # ---------------------------------------------------------------- what comes in

    def inquiries(self) -> Mapping[str, Inquiry]:
        """A network of its own, with the weights of the moment when it was asked for."""
        return {"stepper": self._asked}

    def show_answer(self, name: str, answer: Answer) -> None:
        """Walk through it."""
        if answer.inquiry != self.inquiries().get(name):
            return
        if answer.problem:
            self._sentence.show_text(answer.problem)
            self.walker.drop()
        elif isinstance(answer.value, WholeWay) and answer.value.stepper is not self.walker.stepper:
            if self.walker.can_undo and self._shown == (answer.run_id, answer.inquiry):
                self._later = answer  # another picture, and nothing else
                self._say(_HELD)
            else:
                self._take_up(answer.value, answer)

    def _take_up(self, way: WholeWay, answer: Answer) -> None:
        self._shown, self._later = (answer.run_id, answer.inquiry), None
        self._say("")
        self._is_led = self._opening is not None
        self.walker.take_up(way, _opening(way.stepper) if self._opening is None else self._opening)
        self._is_led = False

    def _take_up_later(self) -> None:
        """After the last edit was taken back, go on with the picture that is shown by now."""
        if self._later is not None and not self.walker.can_undo and isinstance(self._later.value, WholeWay):
            self._take_up(self._later.value, self._later)

    def show_events(self, events: Sequence[Event]) -> None:
        """What was asked of another network is no longer of interest."""
        if any(isinstance(event, RunStarted | NetworkChanged) for event in events):
            self._shown = self._later = None
            self._say("")

    def _ask_anew(self) -> None:
        self._asked = WeightsOfNow(self._asked.number + 1)
        self._say("Taking the weights of now …")
        self.wishes_changed.emit()

    # ---------------------------------------------------------------- what is shown

    def _name_of(self, module_id: str) -> str:
        assert self.walker.stepper is not None
        return module_name(self.open_project.project.network, self.walker.stepper.nodes[module_id])

    def _say(self, sentence: str) -> None:
        self._notice.show_text(sentence)
        self._notice.setVisible(bool(sentence))

    def _choose_grain(self, word: str) -> None:
        self.walker.use_grain(next(grain for grain, each in _GRAIN_WORDS.items() if each == word))

    def _refresh(self) -> None:
        walker, walk, stepper = self.walker, self.walker.walk, self.walker.stepper
        is_there = walk is not None and stepper is not None
        self._sentence.setVisible(not is_there)
        self._say(self._notice.text())
        for each in (self.chain, self._tools, self._lower):
            each.setVisible(is_there)
        self._lower.setVisible(is_there and self.height() >= _LOW)
        if walk is None or stepper is None:
            return
        self.grain.choose(_GRAIN_WORDS[walker.grain])
        if not self._is_led:
            self._tell(Backprop(walk.position.move, walker.grain.value))
            if walk.position.move != self._opening:  # somebody steps on by himself
                self._opening = None
        at_start, at_end = walk.position == type(walk.position)(), stepper.next_move(walk) is None
        for key, is_on in (
            ("restart", not at_start),
            ("back", not at_start),
            ("step", not at_end),
            ("loss", walk.position != type(walk.position)(stepper.turn)),
            ("end", not at_end),
        ):
            self._buttons[key].setEnabled(is_on)
        self._buttons["refresh"].setVisible(bool(walk.stale))
        self._buttons["undo"].setVisible(walker.can_undo)
        self._show_end()
        self._show_check()

    def _show_check(self) -> None:
        """The worst of all that was measured."""
        checks = [each for each in self.walker.checks.values() if not (each.is_at_kink or each.is_rounding)]
        if not checks:
            self._check.show_text("")
            return
        worst = max(checks, key=lambda each: (not each.agrees, each.relative_error))
        self._check.use_token("good" if worst.agrees else "bad")
        self._check.show_text(f"Numerical check {'✓' if worst.agrees else '✗'} {worst.relative_error:.0e}")
        self._check.setToolTip(
            f"{len(checks):,} gradients were compared with measured slopes; this is the largest error"
        )

    def _recolor(self) -> None:
        self._buttons["restart"].setIcon(icon("rotate-ccw"))

    # ---------------------------------------------------------------- Qt

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where it is low, the chain has all of the room; where it is narrow, explanation and table share a place."""
        super().resizeEvent(event)
        self._lower.setVisible(self.walker.walk is not None and event.size().height() >= _LOW)
        is_narrow = event.size().width() < _NARROW
        directions = QBoxLayout.Direction
        self._rows.setDirection(directions.TopToBottom if is_narrow else directions.LeftToRight)
        self._check.setVisible(not is_narrow)
        left = event.size().height() - self._rows.totalSizeHint().height() - _CHAIN
        self._lower.setFixedHeight(min(_LOWER_HEIGHT, max(_LEAST_LOWER, left)))
        self._show_page()
        self._show_end()

    def _show_page(self) -> None:
        """Both side by side, or the one that was chosen."""
        is_narrow = self.width() < _NARROW
        self.page.setVisible(is_narrow)
        self._steps_title.setVisible(not is_narrow)  # there it is on its tab
        self.explanation.setVisible(not is_narrow or self.page.choice == _EXPLANATION)
        self._steps.setVisible(not is_narrow or self.page.choice == _TABLE)

    def _show_end(self) -> None:
        """Where it is narrow, what an edit asks for takes the place of the way to the end (which has a key)."""
        self._buttons["end"].setVisible(self.width() >= _NARROW or not self.walker.can_undo)

    def showEvent(self, event: QShowEvent) -> None:
        """Go on measuring."""
        super().showEvent(event)
        self.walker.measure_soon()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nothing is measured while nobody looks."""
        super().hideEvent(event)
        self.walker.rest()

    def catch_up(self) -> None:
        """Measure everything in sight for a picture of this moment."""
        self.walker.measure_all()


def _opening(stepper: Stepper) -> int:
    """How many moves are made at first: to the loss; in a chain of numbers, seen at once, back to its first weight."""
    learning = [
        place
        for place, move in enumerate(stepper.moves)
        if not move.is_forward and any(each.kind is Kind.GRAD_PARAMETER for each in stepper.results(move))
    ]
    return learning[-1] if learning and is_chain_of_numbers(stepper) else stepper.turn

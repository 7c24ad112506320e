"""1-1-1 net: the loss of the smallest deep network as a surface, and optimizers that race down it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import ClassVar

import numpy as np
from PySide6.QtCore import QElapsedTimer, Qt, QTimer
from PySide6.QtGui import QColor, QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QSplitter, QVBoxLayout, QWidget

from convnet_studio.engine.analysis.bench import Bench
from convnet_studio.engine.analysis.benches.one_one_one import OneOneOneBench
from convnet_studio.engine.analysis.one_one_one import UNITS, OneOneOne
from convnet_studio.engine.analysis.race import Chance, Race, rules
from convnet_studio.ui.controls.contour_map import ContourMap
from convnet_studio.ui.controls.label import Caption, Sentence
from convnet_studio.ui.controls.number_text import short
from convnet_studio.ui.controls.race_controls import RaceControls
from convnet_studio.ui.controls.race_table import ROW, RaceRow, RaceTable
from convnet_studio.ui.controls.race_transport import PLAY, RaceTransport
from convnet_studio.ui.controls.stat_row import StatRow
from convnet_studio.ui.controls.surface import Surface
from convnet_studio.ui.controls.surface_scene import Arrow, Field, Scene, Spot, Way
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.theme import theme, theme_switch
from convnet_studio.ui.view import View

POINTS = 101
"""Of the grid, each way."""
MOST_WALKERS = 24
_TICK = 33
_SHOWN_SECONDS = 3.0
"""Within which the steps that a bench asks for are made."""
_CEILING = 16
"""Times the loss at the saddle: as high as a surface without bound is drawn."""
_LONGEST_ARROW = 3.0
_POINTED = ("w0", "w1", "loss", "2 / λ max", "∂L/∂w0", "∂L/∂w1", "λ min", "λ max")
_LINES, _FEW_LINES = 7, 4
_SIDE_WIDTH, _SIDE_HEIGHT = 264, 140
_UNBOUND = 16777215
_NARROW = 760
"""Below this width the controls stand underneath."""


class OneOneOneView(View):
    """Surface and map side by side; a click on either drops a ball for each rule that is ticked."""

    name: ClassVar = "one_one_one"
    title: ClassVar = "1-1-1 net"
    summary: ClassVar = "The loss surface of the smallest deep network, with optimizers racing down it."
    is_bench: ClassVar = True

    def __init__(self, open_project: OpenProject, parent: QWidget | None = None) -> None:
        super().__init__(open_project, parent)
        self.race = Race(OneOneOne())
        self._rules = rules()
        self._pointer: tuple[float, float] | None = None
        self._field: Field | None = None
        self._bench = OneOneOneBench()
        self.controls = RaceControls(UNITS, [rule.title for rule in self._rules], self._rule_color)
        self.surface = Surface("Loss surface of the 1-1-1 net")
        self.map = ContourMap("Loss of the 1-1-1 net from above")
        self.table = RaceTable("Balls", "Click the surface or the map to drop a ball for each ticked rule.")
        self.at_pointer = (StatRow("At the pointer", _POINTED[:4]), StatRow("Slopes and bends there", _POINTED[4:]))
        self.facts = Sentence()
        self.transport = RaceTransport()
        self._clock = QElapsedTimer()
        self._owed = 0.0
        self._last_step = 0
        """Where all balls rest, as a bench asked for; 0: nowhere."""
        self._timer = QTimer(self, interval=_TICK)
        self._goes_on = False
        """Whether it only waits until it is seen again."""
        self._timer.timeout.connect(self._tick)
        self._arrange()
        self._connect()
        self._show_net()
        self._show_pointer()
        self._drop(self._bench.w0, self._bench.w1)

    # ---------------------------------------------------------------- parts

    def _arrange(self) -> None:
        self._pictures = QSplitter(Qt.Orientation.Horizontal)
        self._pictures.setChildrenCollapsible(False)
        self._pictures.setHandleWidth(8)
        self._pictures.addWidget(self.surface)
        self._pictures.addWidget(self.map)
        self._pictures.setSizes([580, 420])
        self._lines = _scrolling(self.table)
        self._lines.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        told = QVBoxLayout()
        told.setSpacing(4)
        told.addWidget(Caption("At the pointer"))
        for numbers in self.at_pointer:
            told.addWidget(numbers)
        told.addWidget(self.facts, 1)
        self.facts.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._below = QHBoxLayout()
        self._below.setSpacing(16)
        self._below.addWidget(self._lines, 5)
        self._below.addLayout(told, 4)
        column = QVBoxLayout()
        column.setSpacing(8)
        column.addWidget(self._pictures, 1)
        column.addWidget(self.transport)
        column.addLayout(self._below)
        self._side = _scrolling(self.controls)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(12, 8, 12, 12)
        self._row.setSpacing(16)
        self._row.addWidget(self._side)
        self._row.addLayout(column, 1)

    def _connect(self) -> None:
        self.transport.pressed.connect(self._press)
        for picture in (self.surface, self.map):
            picture.pointed.connect(self._point_at)
            picture.picked.connect(self._drop)
        self.controls.net_changed.connect(self._change_net)
        self.controls.picture_changed.connect(self._show_net)
        self.controls.rate.entered.connect(lambda _: self._show_race())
        self.controls.drop_asked.connect(self._drop)
        theme_switch().changed.connect(self._show_net)
        for told in (self.controls.net_changed, self.controls.picture_changed, self.controls.rate.entered):
            told.connect(self._tell_bench)
        for check in self.controls.checks:
            check.entered.connect(self._tell_bench)

    def _rule_color(self, number: int) -> QColor:
        now = theme()
        families = ("filter bank", "loss", "pooling", "non-linearity", "normalization")
        colors = [QColor(now.families[each]) for each in families]
        colors += [now.color("good"), *(QColor(now.families[each]) for each in ("input", "output"))]
        return colors[number % len(colors)]

    # ---------------------------------------------------------------- the bench

    @property
    def bench(self) -> OneOneOneBench:
        """What is set; w0 and w1 are where balls were dropped last, the rule is the first one that is ticked."""
        return self._bench

    def set_bench(self, bench: Bench) -> None:
        """Set everything as `bench` has it, drop its ball, and let it make its steps.

        Other balls stay where they have steps to make and only the place is another: so several can be compared.
        """
        if not isinstance(bench, OneOneOneBench):
            raise TypeError(f"{self.title} shows no {type(bench).title}.")
        if bench == self._bench:
            return
        before = replace(self._bench, w0=bench.w0, w1=bench.w1)
        self._timer.stop()
        if before != bench or not bench.steps:
            self.race.walkers.clear()
        is_other_net = bench.net != self._bench.net
        self._bench = bench
        self.controls.show_bench(bench)
        if is_other_net:
            self._change_net()
        else:
            self._show_net()
        self._drop(bench.w0, bench.w1)
        if bench.steps:
            self.toggle_play()
            self._last_step = bench.steps
        self.bench_changed.emit(bench)

    def control(self, dial: str) -> QWidget | None:
        """What turns a dial: of the steps the buttons below the picture."""
        return self.transport if dial == "steps" else self.controls.control(dial)

    def _tell_bench(self, *_: object) -> None:
        self._take_bench(self.controls.bench(self._bench))

    def _take_bench(self, bench: OneOneOneBench) -> None:
        if bench != self._bench:
            self._bench = bench
            self.bench_changed.emit(bench)

    # ---------------------------------------------------------------- the race

    @property
    def net(self) -> OneOneOne:
        """Whose loss is shown."""
        return self.race.net

    def toggle_play(self) -> None:
        """Let the balls go, or hold them."""
        if self._timer.isActive():
            self._hold()
        elif self.race.walkers:
            self._owed, self._last_step = 0.0, 0
            self._clock.start()
            self._timer.start()
            self._show_transport()

    @property
    def _steps_a_second(self) -> float:
        """As the transport says, or faster where a bench asked for many steps."""
        return max(self.transport.steps_a_second, self._last_step / _SHOWN_SECONDS)

    @property
    def _steps_are_made(self) -> bool:
        """Whether every ball has made the steps that a bench asked for; never where none did."""
        walkers = self.race.walkers
        return 0 < self._last_step <= min((each.step for each in walkers if not each.is_lost), default=self._last_step)

    def _hold(self) -> None:
        self._timer.stop()
        self._show_transport()

    def _show_transport(self) -> None:
        walkers = self.race.walkers
        self.transport.show_state(self._timer.isActive(), bool(walkers), any(each.step for each in walkers))

    def _tick(self) -> None:
        self._owed = min(self._owed + self._clock.restart() / 1000 * self._steps_a_second, 10.0 + self._last_step / 10)
        whole = int(self._owed)
        if whole:
            self._owed -= whole
            self.race.advance(whole)
            if self.race.is_over or self._steps_are_made:
                self._hold()
            self._show_race()

    def _press(self, word: str) -> None:
        """A button of the transport."""
        if word == PLAY:
            self.toggle_play()
            return
        if word != "Restart":
            self._timer.stop()
        acts = {"Step": self.race.advance, "Back": self.race.step_back, "Restart": self.race.restart}
        acts.get(word, self.race.walkers.clear)()
        self._show_race()

    def _drop(self, w0: float, w1: float) -> None:
        """A ball for each rule that is ticked."""
        ticked = self.controls.ticked
        if not ticked:
            self.controls.say("Tick a rule first: each one drops a ball.")
        elif len(self.race.walkers) + len(ticked) > MOST_WALKERS:
            self.controls.say(f"{MOST_WALKERS} balls are enough: clear them first.")
        else:
            self.controls.say("")
            self._take_bench(replace(self._bench, w0=w0, w1=w1))
            for number in ticked:
                self.race.drop(self._rules[number], self.controls.rate.rate, (w0, w1), self.controls.chance)
        self._show_race()

    def _change_net(self) -> None:
        """Other samples or units: every ball begins again."""
        try:
            net = OneOneOne(self.controls.inputs, self.controls.targets, self.controls.units)
        except ValueError as problem:
            self.controls.say(str(problem))
            return
        self.controls.say("")
        self.race.use_net(net)
        self._show_net()

    # ---------------------------------------------------------------- what is shown

    def _show_net(self) -> None:
        """The surface, its curves and facts."""
        reach = self.controls.reach
        axis = np.linspace(-reach, reach, POINTS)
        saddle, curvature = self.net.saddle
        ceiling = math.inf if self.net.plateaus else _CEILING * saddle or math.inf
        values = self.net.loss(axis[None, :], axis[:, None])
        self._field = Field(values, (-reach, reach), (-reach, reach), is_log=self.controls.is_log, ceiling=ceiling)
        self._curves = self._make_curves(reach)
        low, high = curvature.eigenvalues
        self._spots = [Spot(0.0, 0.0, f"saddle {saddle:.4g}")] if low < 0 < high else []
        parts = [f"At (0, 0) the loss is {saddle:.4g}, with eigenvalues {short(low)} and {short(high)}."]
        if self.net.has_zero_loss:
            parts.append("It is 0 all along the dashed curves.")
        else:
            parts.append("Each dashed curve answers one sample exactly; no curve answers all of them.")
        if self.net.plateaus:
            same, opposite = self.net.plateaus
            parts.append(f"Far away it is {same:.4g} where w0·w1 > 0, and {opposite:.4g} where w0·w1 < 0.")
        else:
            parts.append("Without a tanh at the output it grows without bound.")
        self.facts.show_text(" ".join(parts))
        self.surface.show_field(self._field)
        self.map.show_field(self._field)
        self._show_race()

    def _make_curves(self, reach: float) -> list[Way]:
        w0 = np.linspace(-reach, reach, 601)
        made = []
        for w1 in self.net.exact_curves(w0):
            inside = np.where(np.abs(w1) <= reach, w1, np.nan)
            made.append(Way(np.stack([w0, inside], 1), theme().color("text"), is_dashed=True))
        return made

    def _show_race(self) -> None:
        self._show_scene()
        self._show_table()
        self._show_limit()
        self._show_transport()

    def _show_scene(self) -> None:
        ways = []
        for number, walker in enumerate(self.race.walkers, 1):
            color = self._rule_color(self._rules.index(walker.rule))
            ways.append(Way(walker.path, color, str(number), shows_steps=True))
        scene = Scene(ways, self._curves, self._spots, self._pointer, self._arrow())
        self.surface.show_scene(scene)
        self.map.show_scene(scene)

    def _arrow(self) -> Arrow | None:
        """The step that plain descent would take from the pointer."""
        if self._pointer is None:
            return None
        by_w0, by_w1 = (float(each) for each in self.net.gradient(*self._pointer))
        dx, dy = -self.controls.rate.rate * by_w0, -self.controls.rate.rate * by_w1
        length = math.hypot(dx, dy)
        shrink = min(1.0, _LONGEST_ARROW / length) if length else 0.0
        return Arrow(*self._pointer, shrink * dx, shrink * dy)

    def _show_table(self) -> None:
        rows = []
        is_noisy = any(walker.chance.is_noisy for walker in self.race.walkers)
        for number, walker in enumerate(self.race.walkers, 1):
            color = self._rule_color(self._rules.index(walker.rule))
            w0, w1 = walker.place
            arrived = walker.arrived_after
            end = "diverged" if walker.is_lost else f"step {arrived}" if arrived is not None else "–"
            texts = (
                _told(walker.chance) if is_noisy else "",
                short(walker.rate),
                str(walker.step),
                short(w0),
                short(w1),
                short(walker.loss),
                end,
            )
            rows.append(RaceRow(str(number), color, walker.rule.title, texts))
        mean = self.race.mean
        if mean is not None:
            loss = float(self.net.loss(*mean))
            rows.append(
                RaceRow("", None, "mean of weights", ("", "", "", short(mean[0]), short(mean[1]), short(loss), ""))
            )
        self.table.show_rows(rows)

    def _point_at(self, place: tuple[float, float] | None) -> None:
        self._pointer = place
        self._show_pointer()
        self._show_limit()
        self._show_scene()

    def _show_pointer(self) -> None:
        if self._pointer is None:
            for numbers in self.at_pointer:
                numbers.show_numbers([])
            self.map.show_level(None)
            return
        loss = float(self.net.loss(*self._pointer))
        gradient = [float(each) for each in self.net.gradient(*self._pointer)]
        curvature = self.net.curvature(*self._pointer)
        limit = "none" if math.isinf(curvature.largest_rate) else short(curvature.largest_rate)
        self.at_pointer[0].show_numbers([*(short(each) for each in (*self._pointer, loss)), limit])
        self.at_pointer[1].show_numbers([short(each) for each in (*gradient, *curvature.eigenvalues)])
        self.map.show_level(loss, f"loss {short(loss)}")

    def _show_limit(self) -> None:
        """Where the pointer is, or else where the first ball is."""
        places = [each.place for each in self.race.walkers if not each.is_lost][:1]
        place = self._pointer or next(iter(places), None)
        self.controls.rate.show_limit(self.net.curvature(*place).largest_rate if place else None)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where it is narrow, everything stands one below the other."""
        super().resizeEvent(event)
        is_narrow = event.size().width() < _NARROW
        box = QHBoxLayout.Direction
        self._row.setDirection(box.BottomToTop if is_narrow else box.LeftToRight)
        self._below.setDirection(box.TopToBottom if is_narrow else box.LeftToRight)
        self._lines.setFixedHeight((_FEW_LINES if is_narrow else _LINES) * ROW)
        self._side.setMinimumWidth(0 if is_narrow else _SIDE_WIDTH)
        self._side.setMaximumSize(_UNBOUND if is_narrow else _SIDE_WIDTH, _SIDE_HEIGHT if is_narrow else _UNBOUND)
        self.facts.setVisible(not is_narrow)
        self.transport.show_wide(not is_narrow)

    def hideEvent(self, event: QHideEvent) -> None:
        """Nothing moves that nobody sees."""
        super().hideEvent(event)
        self._goes_on = self._timer.isActive()
        self._hold()

    def showEvent(self, event: QShowEvent) -> None:
        """What went on when it was last seen goes on."""
        super().showEvent(event)
        if self._goes_on:
            self._goes_on = False
            self._clock.start()
            self._timer.start()
            self._show_transport()


def _told(chance: Chance) -> str:
    """What each step of a ball sees."""
    noise = f" ±{short(chance.noise)}" if chance.noise else ""
    return f"{'one' if chance.one_sample else 'all'}{noise}"


def _scrolling(widget: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidget(widget)
    area.setWidgetResizable(True)
    area.setFrameShape(QScrollArea.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setCornerWidget(QWidget())  # else Qt paints a grip there
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return area

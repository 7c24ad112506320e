"""LcnControls: what is set of the bench of local contrast normalisation, and the numbers it comes to."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from convnet_studio.engine.analysis.benches.lcn_bench import LARGEST_WIDTH, LARGEST_WINDOW, LcnBench
from convnet_studio.engine.nn.local_statistics import BORDERS
from convnet_studio.engine.nn.module import SettingValue, settings_of
from convnet_studio.engine.nn.modules.local_contrast_norm import LocalContrastNorm
from convnet_studio.ui.controls.choice_field import ChoiceField
from convnet_studio.ui.controls.label import Caption, Sentence
from convnet_studio.ui.controls.segmented import SegmentedControl
from convnet_studio.ui.controls.slider import Slider
from convnet_studio.ui.controls.stat_row import StatRow

MEAN, FIXED = "mean of σ", "fixed"
ALL_MAPS, EACH_MAP = "all maps", "each map"
LIGHT, SHADOW = "Light", "Shadow"
_STEPS = ("x", "v", "y")
_HELP = {each.name: each.help for each in settings_of(LocalContrastNorm)}


class LcnControls(QWidget):
    """One column of groups: window, division, borders, maps, light, read-outs."""

    norm_changed = Signal()
    """`norm` is another."""
    light_changed = Signal()
    """The ramps are others."""
    cleared = Signal()
    """No light at all is wanted any more."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.window_side = Slider(
            "Side",
            range(3, LARGEST_WINDOW + 2, 2),
            lambda n: f"{n:.0f} × {n:.0f}",
            f"{_HELP['kernel_size']} The yellow frame.",
        )
        self.gaussian = Slider(
            "Width σ of its Gaussian", np.arange(5, 10 * LARGEST_WIDTH + 1) / 10, lambda n: f"{n:.1f}", _HELP["width"]
        )
        self.threshold = SegmentedControl("Smallest divisor", (MEAN, FIXED))
        self.smallest = Slider("c", 10 ** np.linspace(-4, 1, 51), lambda n: f"{n:.2g}", _HELP["threshold_value"])
        self.border = SegmentedControl("Border", BORDERS)
        self.border.setToolTip(_HELP["border"])
        self.maps = SegmentedControl("Mean and spread over", (ALL_MAPS, EACH_MAP))
        self.maps.setToolTip(_HELP["across_maps"])
        self.shown_map = ChoiceField("Shown map", ("0",))
        self.added = Slider(
            "Light, rising to the right",
            np.arange(0, 41) / 20,
            lambda n: f"+{n:.2f}" if n else "none",
            "Light that is added, from 0 at the left edge to this at the right one. A white pixel has 1.",
        )
        self.taken = Slider(
            "Shadow, deepening to the left",
            np.arange(0, 20) / 20,
            lambda n: f"−{100 * n:.0f} %" if n else "none",
            "The share of the light that is taken away at the left edge; at the right one nothing is.",
        )
        self.gain = Slider("Gain of the whole picture", 10 ** (np.arange(-20, 21) / 20), lambda n: f"× {n:.2f}")
        self.gain.setToolTip("Every pixel times this.")
        self.offset = Slider(
            "Offset of the whole picture", np.arange(-20, 21) / 2, lambda n: f"{n:+.1f}" if n else "none"
        )
        self.offset.setToolTip("Added to every pixel.")
        self.brush = SegmentedControl("Brush", (LIGHT, SHADOW))
        self.brush.setToolTip("Drag on x to paint; Space paints at the marked pixel.")
        self.clear = QPushButton("Clear")
        self.clear.setAccessibleName("Clear light and shadow")
        self.clear.setToolTip("Take away all light and shadow")
        self.kept = StatRow("Correlation before and after the light", _STEPS)
        self.kept.setToolTip("1: the light has changed nothing but brightness and contrast as a whole.")
        self.changed = StatRow("Change by the light", _STEPS)
        self.changed.setToolTip("Root mean square of the change, in standard deviations of what was there before.")
        self.neighbours = StatRow("Correlation of neighbours", _STEPS)
        self.neighbours.setToolTip(
            "Mean |correlation| of the pixels of all 7×7 neighbourhoods: 0 if white. LCN nearly whitens pictures."
        )
        self._arrange()
        for slider in (self.window_side, self.gaussian, self.smallest):
            slider.entered.connect(self.norm_changed)
        for choice in (self.threshold, self.border, self.maps):
            choice.chosen.connect(self._on_choice)
        self.shown_map.entered.connect(self._on_choice)
        for slider in (self.added, self.taken, self.gain, self.offset):
            slider.entered.connect(self.light_changed)
        self.clear.clicked.connect(self._on_clear)
        self.gain.show_number(1)
        self.offset.show_number(0)
        self.show_settings({})
        self.show_maps(1)

    def _arrange(self) -> None:
        brushes = QWidget()
        row = QHBoxLayout(brushes)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.brush)
        row.addStretch(1)
        row.addWidget(self.clear)
        remark = Sentence("Drag on x to paint. Nothing is cut off at white.")
        self._maps_group = _group("Mean and spread over", self.maps)
        self._shown_group = _group("Shown map", self.shown_map)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(12)
        for group in (
            _group("Window", self.window_side, self.gaussian),
            _group("Smallest divisor", self.threshold, self.smallest),
            _group("Border", self.border),
            self._maps_group,
            self._shown_group,
            _group("Light", self.added, self.taken, self.gain, self.offset, brushes, remark),
            _group("Correlation before and after the light", self.kept),
            _group("Change by the light, in std. deviations", self.changed),
            _group("|Correlation| of 7×7 neighbours", self.neighbours),
        ):
            column.addWidget(group)
        column.addStretch(1)

    # ---------------------------------------------------------------- what is set

    @property
    def norm(self) -> LocalContrastNorm:
        """The module with these settings."""
        return self.bench((0, 0)).norm

    @property
    def map_index(self) -> int:
        """The map that is looked at."""
        return int(self.shown_map.value or 0)

    def bench(self, cell: tuple[int, int]) -> LcnBench:
        """All that is set, as a value; `cell` is the marked pixel."""
        return LcnBench(
            kernel_size=int(self.window_side.number),
            width=self.gaussian.number,
            threshold="fixed" if self.threshold.choice == FIXED else "mean",
            smallest=self.smallest.number,
            border=self.border.choice,
            across_maps=self.maps.choice == ALL_MAPS,
            added=self.added.number,
            taken=self.taken.number,
            gain=self.gain.number,
            offset=self.offset.number,
            map=self.map_index,
            row=cell[0],
            column=cell[1],
        )

    def show_bench(self, bench: LcnBench) -> None:
        """Show all settings as `bench` has them, without telling anybody."""
        self.show_settings(bench.norm.settings())
        for slider, amount in (
            (self.gaussian, bench.width),
            (self.smallest, bench.smallest),
            (self.added, bench.added),
            (self.taken, bench.taken),
            (self.gain, bench.gain),
            (self.offset, bench.offset),
        ):
            slider.show_exactly(amount)
        self.shown_map.show_value(str(min(bench.map, self.shown_map.count() - 1)))

    def control(self, dial: str) -> QWidget | None:
        """What turns a dial of the bench."""
        return {
            "kernel_size": self.window_side,
            "width": self.gaussian,
            "threshold": self.threshold,
            "smallest": self.smallest,
            "border": self.border,
            "across_maps": self.maps,
            "added": self.added,
            "taken": self.taken,
            "gain": self.gain,
            "offset": self.offset,
            "map": self.shown_map,
        }.get(dial)

    def show_settings(self, settings: Mapping[str, SettingValue]) -> None:
        """Show the settings of a module (default where there is none); between two stops the nearer one counts."""
        values = {each.name: each.default for each in settings_of(LocalContrastNorm)} | dict(settings)
        self.window_side.show_number(float(values["kernel_size"]))
        self.gaussian.show_number(float(values["width"]))
        self.border.choose(str(values["border"]))
        self.maps.choose(ALL_MAPS if values["across_maps"] else EACH_MAP)
        self.threshold.choose(FIXED if values["threshold"] == "fixed" else MEAN)
        self.smallest.show_number(float(values["threshold_value"]))
        self.smallest.setEnabled(values["threshold"] == "fixed")

    def show_maps(self, count: int) -> None:
        """Offer the choices that there are with so many maps; of one map there is nothing to choose."""
        self.shown_map.set_choices([str(each) for each in range(count)])
        self._maps_group.setVisible(count > 1)
        self._shown_group.setVisible(count > 1)

    def _on_choice(self, _word: object) -> None:
        self.smallest.setEnabled(self.threshold.choice == FIXED)
        self.norm_changed.emit()

    def _on_clear(self) -> None:
        self.added.show_number(0)
        self.taken.show_number(0)
        self.gain.show_number(1)
        self.offset.show_number(0)
        self.cleared.emit()


def _group(caption: str, *parts: QWidget) -> QWidget:
    group = QWidget()
    column = QVBoxLayout(group)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(4)
    column.addWidget(Caption(caption))
    for part in parts:
        column.addWidget(part)
    return group

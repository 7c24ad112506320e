"""CanvasDisplay: what the canvas shows beside the network itself, by the View menu; kept in the settings."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from convnet_studio.ui.actions import Actions
from convnet_studio.ui.canvas.wire_flow import WireMeaning
from convnet_studio.ui.settings import Settings
from convnet_studio.ui.views.canvas import CanvasView


class CanvasDisplay:
    """What the wires tell, whether cards have cost bars, and whether there is a mini-map."""

    def __init__(self, canvas: CanvasView, settings: Settings) -> None:
        self._canvas = canvas
        self._settings = settings
        self._actions: Actions | None = None

    def handlers(self) -> dict[str, Callable[[], object]]:
        """What its actions do, by their names."""
        wires = {f"wires_{each.value}": partial(self.choose_wires, each) for each in WireMeaning}
        return {**wires, "cost_bars": self.switch_cost_bars, "minimap": self.switch_minimap}

    def follow(self, actions: Actions) -> None:
        """Mark in the menu what is shown, from now on, beginning with what the settings say."""
        self._actions = actions
        known = [each for each in WireMeaning if each.value == self._settings.wires]
        self.choose_wires(known[0] if known else WireMeaning.OFF)
        self._canvas.show_bars(self._settings.cost_bars)
        actions["cost_bars"].setChecked(self._settings.cost_bars)
        self._canvas.set_minimap(self._settings.minimap)
        actions["minimap"].setChecked(self._settings.minimap)

    def choose_wires(self, meaning: WireMeaning) -> None:
        """Let the wires tell this."""
        self._settings.wires = meaning.value
        self._canvas.show_wires(meaning)
        if self._actions:
            self._actions[f"wires_{meaning.value}"].setChecked(True)

    def switch_cost_bars(self) -> None:
        """Show the cost bars, or hide them."""
        self._settings.cost_bars = not self._settings.cost_bars
        self._canvas.show_bars(self._settings.cost_bars)
        if self._actions:
            self._actions["cost_bars"].setChecked(self._settings.cost_bars)

    def switch_minimap(self) -> None:
        """Have a mini-map, or none."""
        self._settings.minimap = not self._settings.minimap
        self._canvas.set_minimap(self._settings.minimap)
        if self._actions:
            self._actions["minimap"].setChecked(self._settings.minimap)

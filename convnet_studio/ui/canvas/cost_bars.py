"""Cost bars: on each card, where the parameters of the network live and where its arithmetic, as two small bars.

In the manner of the slide on Krizhevsky's network: each bar is as long as the card's share of the largest card, so
that one sees that parameters live in the last filter banks and arithmetic in the first ones.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter

from convnet_studio.engine.project.summary import Summary
from convnet_studio.ui.theme import theme

GROOVE_WIDTH = 60.0
"""Of the largest card's bar: the same on all cards, so that lengths can be compared."""
BAR_HEIGHT = 3.0
BAR_ROOM = 6.0
"""What a bar adds to the height of the line whose number it shows."""
SHORTEST = 2.0
"""Of a bar that stands for anything at all."""


@dataclass(frozen=True)
class Share:
    """A count as a part of the largest of any module, and of the whole network's; 0 to 1.

    Only a folded stage, which counts for several modules, can have more than the largest.
    """

    of_largest: float
    of_network: float

    @property
    def words(self) -> str:
        """Both parts, as people read them."""
        largest = f"{percent(self.of_largest)} of" if self.of_largest <= 1 else "more than"
        return f"{percent(self.of_network)} of the network, {largest} the largest card"

    def __add__(self, other: Share) -> Share:
        return Share(self.of_largest + other.of_largest, self.of_network + other.of_network)


@dataclass(frozen=True)
class CostBars:
    """The two bars of a card."""

    parameters: Share
    multiply_accumulates: Share


def sum_bars(bars: Iterable[CostBars | None]) -> CostBars | None:
    """The bars of a card that stands for several modules; None where theirs are not drawn."""
    known = [each for each in bars if each is not None]
    if not known:
        return None
    nothing = Share(0.0, 0.0)
    return CostBars(
        sum((each.parameters for each in known), nothing), sum((each.multiply_accumulates for each in known), nothing)
    )


def cost_bars(summary: Summary) -> dict[str, CostBars]:
    """The bars of each module by its id."""
    modules = summary.modules.values()
    parameters = max((each.parameters for each in modules), default=0)
    arithmetic = max((each.multiply_accumulates for each in modules), default=0)
    return {
        module_id: CostBars(
            _share(each.parameters, parameters, summary.parameters),
            _share(each.multiply_accumulates, arithmetic, summary.multiply_accumulates),
        )
        for module_id, each in summary.modules.items()
    }


def percent(part: float) -> str:
    """A part of 1 in per cent; never 0 where there is something."""
    return "less than 0.1 %" if 0 < part < 0.001 else f"{100 * part:.1f} %" if part < 0.0995 else f"{100 * part:.0f} %"


def paint_bar(painter: QPainter, room: QRectF, share: Share, token: str) -> None:
    """A bar in the colour `token`, in a groove as wide as the bar of the largest card."""
    groove = QRectF(room.left(), room.top(), room.width(), BAR_HEIGHT)
    filled = QRectF(groove)
    filled.setWidth(max(SHORTEST, min(1.0, share.of_largest) * room.width()))
    painter.setPen(Qt.PenStyle.NoPen)
    for rect, color in ((groove, theme().color("line")), (filled, theme().color(token))):
        painter.setBrush(color)
        painter.drawRoundedRect(rect, BAR_HEIGHT / 2, BAR_HEIGHT / 2)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _share(count: int, largest: int, total: int) -> Share:
    return Share(count / largest if largest else 0.0, count / total if total else 0.0)

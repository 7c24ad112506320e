"""Wire flow: what a wire carries right now, in numbers, in words, and as a stroke."""

from __future__ import annotations

import enum
import functools
import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from convnet_studio.engine.nn.module import Array, Shape
from convnet_studio.ui.canvas.numbers import shape_text
from convnet_studio.ui.controls.painting import blend
from convnet_studio.ui.theme import color_table, load_theme, theme

THINNEST, THICKEST = 1.0, 10.0
"""Pixels of a wire that carries nothing, and of the one that carries most."""
MOST_DECADES = 6
"""Of the scale of widths: one wire that carries almost nothing must not make all others alike."""
LEAST_DECADES = 0.5
"""Wires that carry nearly the same must not look as if they differed."""
GROOVE = 17.0
"""Pixels of the ground on which an upright wire is drawn between two cards: it covers how they interlock."""
SEAM_MARGIN = 3.0
"""From its ends to those of the groove."""
DASH, GAP = 9.0, 5.0
"""Pixels along the wire."""
SMALLEST_DASH = 3.0
"""Pixels on the screen."""
STRONG = 0.75
"""Where on a colour map the sign of what is all positive is read; the very end would be almost black."""
FADED = 0.35


class WireMeaning(enum.Enum):
    """What the wires tell beside where they lead."""

    OFF = "off"
    ACTIVATION = "activation"
    GRADIENT = "gradient"


@dataclass(frozen=True)
class Carried:
    """What a wire carries.

    Attributes:
        shape: of the array. `mean`, `magnitude`: of the values and of their absolute values. `low`, `high`: their
            range. All are nan where a value is not finite.
    """

    shape: Shape
    mean: float
    magnitude: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Array) -> Carried:
        """The numbers of an array; sums are in double precision."""
        mean = float(values.mean(dtype=np.float64))
        if not math.isfinite(mean):
            return cls(values.shape, *[math.nan] * 4)
        magnitude = float(np.abs(values).mean(dtype=np.float64))
        return cls(values.shape, mean, magnitude, float(values.min()), float(values.max()))

    @property
    def sign(self) -> float:
        """-1: all is negative, 0: as much of both, 1: all is positive."""
        return self.mean / self.magnitude if self.magnitude else 0.0

    def words(self, what: str) -> str:
        """The numbers for a tooltip; `what` they are, such as "activation"."""
        if math.isnan(self.mean):
            return f"{shape_text(self.shape)}: not all of the {what} is finite"
        return (
            f"{shape_text(self.shape)} of {what}\n"
            f"mean {self.mean:.4g}, mean absolute value {self.magnitude:.4g}\n"
            f"range {self.low:.4g} … {self.high:.4g}"
        )


@dataclass(frozen=True)
class WireScale:
    """From mean absolute values to widths: logarithmic, `low` is thinnest and `high` widest.

    What wires carry differs by powers of ten from one end of a network to the other; in proportion to it, a single
    wide wire would make all others alike.
    """

    low: float = 0.0
    high: float = 0.0

    @classmethod
    def over(cls, magnitudes: Iterable[float]) -> WireScale:
        """The scale in which these magnitudes differ as much as can be."""
        known = [each for each in magnitudes if each > 0 and math.isfinite(each)]
        if not known:
            return cls()
        high = max(known)
        low = max(min(known), high / 10**MOST_DECADES)
        return cls(min(low, high / 10**LEAST_DECADES), high)

    def width(self, magnitude: float) -> float:
        """Pixels of a wire that carries `magnitude`."""
        if not (magnitude > 0 and self.high > 0 and math.isfinite(magnitude)):
            return THINNEST
        part = math.log(magnitude / self.low) / math.log(self.high / self.low)
        return THINNEST + (THICKEST - THINNEST) * min(1.0, max(0.0, part))


def sign_color(sign: float, meaning: WireMeaning) -> QColor:
    """From the neutral colour of wires to the end of the colour map that stands for the sign.

    By the root of how one-sided the values are: where they almost cancel, as gradients do, one still sees which way.
    """
    name = "gradient" if meaning is WireMeaning.GRADIENT else "activation"
    return _sign_color(theme().name, name, round(min(1.0, math.sqrt(abs(sign))) * 32), sign < 0)


@functools.lru_cache(maxsize=512)
def _sign_color(theme_name: str, map_name: str, amount: int, is_negative: bool) -> QColor:
    """In 32 steps, so that hundreds of wires need not mix a colour each for every picture."""
    place = 0.5 + (-STRONG if is_negative else STRONG) / 2
    end = QColor.fromRgb(int(color_table(theme_name, map_name)[round(255 * place)]))
    return blend(end, load_theme(theme_name).color("strong_line"), amount / 32)


@dataclass(frozen=True)
class Flow:
    """How a wire is drawn: `width` in pixels, `sign` -1 to 1, `travel` of its dashes along the wire in pixels.

    `ends` say which wire it is; `carried` is None where nothing was computed.
    """

    meaning: WireMeaning
    carried: Carried | None
    width: float = THINNEST
    travel: float = 0.0
    ends: str = ""

    @property
    def words(self) -> str:
        """All of it for a tooltip."""
        is_gradient = self.meaning is WireMeaning.GRADIENT
        heading = f"{self.ends}\nGradient of the loss by the source's output, over all its wires"
        if self.carried is not None:
            return f"{heading if is_gradient else self.ends}\n{self.carried.words(self.meaning.value)}"
        reason = ": it needs a loss that it reaches and a picture with a label" if is_gradient else ""
        return f"{self.ends}\nThe {self.meaning.value} is not computed{reason}."

    def paint(self, painter: QPainter, way: QPainterPath, scale: float) -> None:
        """A faded band, and on it dashes that move with training; a dotted hairline where nothing was computed.

        On a canvas drawn `scale` times as large dashes may be too small to be seen: then the band is whole.
        """
        if self.carried is None or math.isnan(self.carried.mean):
            painter.setPen(QPen(theme().color("missing"), THINNEST, Qt.PenStyle.DotLine))
            painter.drawPath(way)
            return
        color = sign_color(self.carried.sign, self.meaning)
        has_dashes = scale * DASH >= SMALLEST_DASH
        pen = QPen(blend(color, theme().color("canvas"), FADED) if has_dashes else color, self.width)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        painter.drawPath(way)
        if not has_dashes:
            return
        pen.setColor(color)
        pen.setDashPattern([DASH / self.width, GAP / self.width])
        pen.setDashOffset(-self.travel / self.width)
        painter.setPen(pen)
        painter.drawPath(way)

    def paint_seam(self, painter: QPainter, seam: QRectF, scale: float) -> None:
        """In the seam between two cards, for a wire too short to be read: upright, in a groove on their joint.

        The dashes spread from the wire over the seam, or run together in it where they go backwards.
        """
        middle, ground = seam.center(), theme().color("canvas")
        painter.setPen(Qt.PenStyle.NoPen)
        _fill_bar(painter, middle, min(GROOVE, seam.width()), seam.height(), ground)
        if self.carried is None or math.isnan(self.carried.mean):
            _fill_bar(painter, middle, THINNEST, seam.height(), theme().color("missing"))
            return
        color = sign_color(self.carried.sign, self.meaning)
        height = seam.height() - 2 * SEAM_MARGIN
        has_dashes = scale * DASH >= SMALLEST_DASH
        _fill_bar(painter, middle, self.width, height, blend(color, ground, FADED) if has_dashes else color)
        reach = (height - self.width) / 2
        away = self.travel % (DASH + GAP) - (DASH + GAP)
        while has_dashes and away < reach:
            low, high = max(0.0, away), min(reach, away + DASH)
            if low < high:
                for top in (middle.y() + low, middle.y() - high):
                    painter.fillRect(QRectF(middle.x() - self.width / 2, top, self.width, high - low), color)
            away += DASH + GAP


def _fill_bar(painter: QPainter, middle: QPointF, width: float, height: float, color: QColor) -> None:
    """An upright bar with round ends; the pen of `painter` is none."""
    painter.setBrush(color)
    bar = QRectF(middle.x() - width / 2, middle.y() - height / 2, width, height)
    painter.drawRoundedRect(bar, width / 2, width / 2)

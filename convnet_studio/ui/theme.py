"""Theme: every colour and font of the program, read from ``assets/themes``; no colour stands anywhere else."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QByteArray, QObject, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from convnet_studio.assets import asset_path
from convnet_studio.engine.nn.module import Family

SMALL_RADIUS = 8.0
LARGE_RADIUS = 10.0
LIGHT = "light"
DARK = "dark"


@dataclass(frozen=True)
class Theme:
    """The tokens of one theme; look them up by name."""

    name: str
    dark: bool
    colors: dict[str, str]
    families: dict[str, str]
    family_texts: dict[str, str]
    maps: dict[str, list[str]]

    def color(self, token: str) -> QColor:
        """The colour `token`, such as ``second_text``."""
        value = self.colors[token]
        color = QColor(value[:7])
        if len(value) == 9:
            color.setAlpha(int(value[7:], 16))
        return color

    def family(self, family: Family) -> QColor:
        """The bar and icon colour of a family."""
        return QColor(self.families[family.value])

    def family_text(self, family: Family) -> QColor:
        """The family's colour where it is text: dark enough to read."""
        return QColor(self.family_texts[family.value])


@functools.cache
def load_theme(name: str) -> Theme:
    """The theme ``assets/themes/<name>.toml``."""
    tokens = tomllib.loads(asset_path(f"themes/{name}.toml").read_text(encoding="utf-8"))
    return Theme(name, tokens["dark"], tokens["colors"], tokens["families"], tokens["family_texts"], tokens["maps"])


class ThemeSwitch(QObject):
    """Holds the theme in force and tells everybody who paints when it changes."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._theme = load_theme(LIGHT)

    @property
    def theme(self) -> Theme:
        """The theme in force."""
        return self._theme

    def use(self, name: str) -> None:
        """Switch to the theme `name` (``light`` or ``dark``)."""
        if name != self._theme.name:
            self._theme = load_theme(name)
            self.changed.emit()


@functools.cache
def theme_switch() -> ThemeSwitch:
    """The one switch of the program."""
    return ThemeSwitch()


def theme() -> Theme:
    """The theme in force."""
    return theme_switch().theme


@functools.cache
def load_fonts() -> None:
    """Make the bundled fonts known to Qt (needs a QGuiApplication)."""
    for path in sorted(asset_path("fonts").glob("*.[ot]tf")):
        QFontDatabase.addApplicationFont(str(path))


def text_font(pixels: int = 13, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """Inter, for text; DejaVu Sans fills in mathematical signs."""
    return _font(("Inter", "DejaVu Sans"), pixels, weight)


def number_font(pixels: int = 12, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """JetBrains Mono, for numbers: every digit is equally wide."""
    return _font(("JetBrains Mono", "DejaVu Sans"), pixels, weight)


def _font(families: tuple[str, ...], pixels: int, weight: QFont.Weight) -> QFont:
    load_fonts()
    font = QFont()
    font.setFamilies(list(families))
    font.setPixelSize(pixels)
    font.setWeight(weight)
    return font


SOLID_ICONS = frozenset({"play", "pause"})
"""Drawn filled, so that they are seen from the back row."""


@functools.cache
def _icon_source(name: str) -> str:
    return asset_path(f"icons/{name}.svg").read_text(encoding="utf-8")


def draw_icon_shape(painter: QPainter, name: str, color: QColor, place: QRectF) -> None:
    """Draw the lines of the icon ``assets/icons/<name>.svg`` in `color`, but for its alpha."""
    source = _icon_source(name).replace("currentColor", color.name())
    if name in SOLID_ICONS:
        source = source.replace('fill="none"', f'fill="{color.name()}"')
    QSvgRenderer(QByteArray(source.encode())).render(painter, place)


def icon_pixmap(name: str, color: QColor, size: int = 16, ratio: float | None = None) -> QPixmap:
    """The icon ``assets/icons/<name>.svg`` in `color`, `size` logical pixels wide."""
    scale = ratio or (QGuiApplication.primaryScreen().devicePixelRatio() if QGuiApplication.primaryScreen() else 1.0)
    pixmap = QPixmap(round(size * scale), round(size * scale))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    draw_icon_shape(painter, name, color, QRectF(pixmap.rect()))
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationIn)
    painter.fillRect(pixmap.rect(), color)  # takes its alpha, which its name above has not
    painter.end()
    pixmap.setDevicePixelRatio(scale)
    return pixmap


def icon(name: str, token: str = "text") -> QIcon:
    """The icon in a colour of the theme in force; make it anew when the theme changes."""
    made = QIcon(icon_pixmap(name, theme().color(token)))
    faded = theme().color(token)
    faded.setAlphaF(0.35)
    made.addPixmap(icon_pixmap(name, faded), QIcon.Mode.Disabled)
    return made


FAMILY_ICONS = {
    Family.INPUT: "image",
    Family.NORMALIZATION: "contrast",
    Family.FILTER_BANK: "layers",
    Family.NON_LINEARITY: "activity",
    Family.POOLING: "shrink",
    Family.WIRING: "spline",
    Family.OUTPUT: "list-checks",
    Family.LOSS: "target",
}


@functools.cache
def color_table(theme_name: str, map_name: str) -> NDArray[np.uint32]:
    """256 colours of a colour map as 0xffRRGGBB, from the theme's nine stops (linear in between)."""
    stops = np.array([[int(stop[i : i + 2], 16) for i in (1, 3, 5)] for stop in load_theme(theme_name).maps[map_name]])
    places = np.linspace(0, len(stops) - 1, 256)
    red, green, blue = (
        np.interp(places, np.arange(len(stops)), stops[:, channel]).round().astype(np.uint32) for channel in range(3)
    )
    table: NDArray[np.uint32] = np.uint32(0xFF000000) | (red << np.uint32(16)) | (green << np.uint32(8)) | blue
    return table

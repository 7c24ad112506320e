"""Themes: every token is there in both, and text can be read on whatever it stands on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from convnet_studio.engine.nn.module import Family
from convnet_studio.ui.theme import color_table, icon_pixmap, load_theme

UI = Path(__file__).parents[2] / "convnet_studio" / "ui"
THEMES = ("light", "dark")
READABLE = 4.5


def luminance(color: str) -> float:
    """Relative luminance, WCAG 2.1."""
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", THEMES)
def test_text_is_readable(name: str) -> None:
    theme = load_theme(name)
    colors = theme.colors
    pairs = [(text, ground) for text in ("text", "second_text") for ground in ("canvas", "surface", "raised")]
    pairs += [("on_accent", "accent"), ("warn_text", "warn_soft"), ("bad", "bad_soft"), ("text", "accent_soft")]
    pairs += [("text", "frozen_soft"), ("second_text", "frozen_soft")]
    pairs += [(each, "surface") for each in ("accent", "good", "warn_text", "bad", "train", "test")]
    weak = [
        (a, b, round(contrast(colors[a], colors[b]), 2)) for a, b in pairs if contrast(colors[a], colors[b]) < READABLE
    ]
    weak += [(f, "surface", 0.0) for f, c in theme.family_texts.items() if contrast(c, colors["surface"]) < READABLE]
    assert not weak


def test_both_themes_have_the_same_tokens() -> None:
    light, dark = (load_theme(name) for name in THEMES)
    for part in ("colors", "families", "family_texts", "maps"):
        assert getattr(light, part).keys() == getattr(dark, part).keys()
    assert {family.value for family in Family} == set(light.families) == set(light.family_texts)


def colorfulness(color: QColor) -> int:
    parts = color.red(), color.green(), color.blue()
    return max(parts) - min(parts)


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("map_name", ["activation", "weight", "gradient"])
def test_zero_is_the_neutral_middle_of_a_diverging_map(name: str, map_name: str) -> None:
    table = color_table(name, map_name)
    middle, low, high = (QColor.fromRgb(int(table[place])) for place in (128, 0, 255))
    assert colorfulness(middle) < min(colorfulness(low), colorfulness(high))
    assert abs(low.hue() - high.hue()) > 30


def test_icon_takes_the_color(qapp: QApplication) -> None:
    image = icon_pixmap("play", QColor("#B91C1C"), 32, 1.0).toImage()
    seen = {
        image.pixelColor(x, y).name() for x in range(32) for y in range(32) if image.pixelColor(x, y).alpha() == 255
    }
    assert seen == {"#b91c1c"}


def test_icon_of_a_faded_color_is_faded(qapp: QApplication) -> None:
    """Undo and Redo look disabled by nothing else."""
    faded = QColor("#B91C1C")
    faded.setAlphaF(0.35)
    image = icon_pixmap("undo-2", faded, 32, 1.0).toImage()
    strongest = max(image.pixelColor(x, y).alpha() for x in range(32) for y in range(32))
    assert 80 < strongest < 95


def test_no_color_stands_outside_the_themes() -> None:
    literal = re.compile(r"#[0-9A-Fa-f]{6}\b|QColor\(\s*\d")
    found = [
        f"{path.name}: {line.strip()}"
        for path in UI.rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if literal.search(line)
    ]
    assert not found

"""Class colours: a hue for each class, evenly spaced; names or pictures always stand beside them."""

from __future__ import annotations

from PySide6.QtGui import QColor

from convnet_studio.ui.theme import DARK, theme


def class_color(label: int, classes: int) -> QColor:
    """The colour of class `label`; of one that is unknown, that of quiet text."""
    if not 0 <= label < classes:
        return theme().color("second_text")
    is_dark = theme().name == DARK
    order = label * (3 if classes % 3 else 2 if classes % 2 else 1) % classes  # neighbours get hues far apart
    return QColor.fromHsvF(order / classes, 0.60 if is_dark else 0.80, 0.95 if is_dark else 0.75)

"""Motion: whether things may move on the screen, and for how long."""

from __future__ import annotations

import sys

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QStyle

LONGEST = 200
"""Milliseconds that a movement takes at most."""


def wants_motion() -> bool:
    """Whether the system has animations switched on (it may ask for less motion).

    The style knows it where the desktop tells Qt; Windows tells by its effects. (On X11 those are off by default, which
    means nothing there.)
    """
    if sys.platform == "win32" and not QApplication.isEffectEnabled(Qt.UIEffect.UI_General):
        return False
    style = QApplication.style()
    return style is None or style.styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration) > 0


def motion_time() -> int:
    """Milliseconds that a movement takes; 0 where the system asks for less motion."""
    return LONGEST if wants_motion() else 0

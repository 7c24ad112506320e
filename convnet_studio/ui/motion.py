"""Motion: whether things may move on the screen."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QStyle


def wants_motion() -> bool:
    """Whether the system has animations switched on (it may ask for less motion)."""
    if not QApplication.isEffectEnabled(Qt.UIEffect.UI_General):
        return False
    style = QApplication.style()
    return style is None or style.styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration) > 0

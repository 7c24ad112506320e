"""Motion: how long anything on the screen may move."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication, QStyle

LONGEST = 200
"""Milliseconds."""


def motion_time() -> int:
    """Milliseconds that a movement takes: at most `LONGEST`, 0 where the system asks for less motion."""
    asked = QApplication.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration)
    return max(0, min(LONGEST, asked))

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication, QProxyStyle, QStyle

from convnet_studio.ui import motion


class Still(QProxyStyle):
    """The style of a desktop on which animations are switched off."""

    def styleHint(self, hint, option=None, widget=None, data=None):
        return (
            0
            if hint == QStyle.StyleHint.SH_Widget_Animation_Duration
            else super().styleHint(hint, option, widget, data)
        )


def test_things_move_unless_the_system_asks_for_less(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    assert motion.wants_motion()
    still = Still()
    monkeypatch.setattr(QApplication, "style", lambda: still)
    assert not motion.wants_motion()
    monkeypatch.undo()
    monkeypatch.setattr(motion.sys, "platform", "win32")
    monkeypatch.setattr(QApplication, "isEffectEnabled", lambda _effect: False)
    assert not motion.wants_motion()

"""Style: Fusion, a palette and a few style sheet lines, all from the tokens of the theme in force."""

from __future__ import annotations

from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication

from convnet_studio.ui.theme import Theme, text_font, theme

_ROLES = {
    QPalette.ColorRole.Window: "surface",
    QPalette.ColorRole.WindowText: "text",
    QPalette.ColorRole.Base: "surface",
    QPalette.ColorRole.AlternateBase: "canvas",
    QPalette.ColorRole.Text: "text",
    QPalette.ColorRole.Button: "surface",
    QPalette.ColorRole.ButtonText: "text",
    QPalette.ColorRole.ToolTipBase: "surface",
    QPalette.ColorRole.ToolTipText: "text",
    QPalette.ColorRole.PlaceholderText: "second_text",
    QPalette.ColorRole.Highlight: "accent",
    QPalette.ColorRole.HighlightedText: "on_accent",
    QPalette.ColorRole.Link: "accent",
    QPalette.ColorRole.Mid: "line",
    QPalette.ColorRole.Midlight: "line",
    QPalette.ColorRole.Light: "raised",
    QPalette.ColorRole.Dark: "strong_line",
    QPalette.ColorRole.Shadow: "line",
    QPalette.ColorRole.BrightText: "bad",
}

_SHEET = """
QToolTip {{ color: {text}; background: {surface}; border: 1px solid {line}; padding: 4px 6px; }}
QMainWindow::separator {{ background: {line}; width: 1px; height: 1px; }}
QMainWindow::separator:hover {{ background: {accent}; }}
QWidget[quiet="true"] {{ color: {second_text}; }}
QPushButton {{ background: {surface}; color: {text}; border: 1px solid {line}; border-radius: 8px; padding: 5px 12px; }}
QPushButton:hover {{ background: {raised}; }}
QPushButton:pressed {{ background: {line}; }}
QPushButton:focus {{ border: 1px solid {accent}; }}
QPushButton:disabled {{ color: {strong_line}; }}
QPushButton[primary="true"] {{ background: {accent}; color: {on_accent}; border-color: {accent}; font-weight: 600; }}
QPushButton[primary="true"]:focus {{ border: 2px solid {text}; padding: 4px 11px; }}
QToolButton {{ background: transparent; color: {text}; border: 1px solid transparent; border-radius: 8px;
    padding: 5px; }}
QToolButton:hover, QToolButton:checked {{ background: {raised}; }}
QToolButton:focus {{ border: 1px solid {accent}; }}
QToolButton::menu-indicator {{ image: none; }}
QMenu {{ background: {surface}; color: {text}; border: 1px solid {line}; padding: 4px; }}
QMenu::item {{ padding: 6px 24px 6px 12px; border-radius: 6px; }}
QMenu::icon {{ padding-left: 10px; }}
QMenu::indicator {{ width: 9px; height: 9px; margin-left: 10px; border: 1px solid {strong_line}; border-radius: 3px; }}
QMenu::indicator:exclusive {{ border-radius: 5px; }}
QMenu::indicator:non-exclusive:checked {{ background: {accent}; border-color: {accent}; }}
QMenu::indicator:exclusive:checked {{ border-color: {accent};
    background: qradialgradient(cx: 0.5, cy: 0.5, radius: 0.5, fx: 0.5, fy: 0.5,
    stop: 0 {accent}, stop: 0.5 {accent}, stop: 0.6 {surface}, stop: 1 {surface}); }}
QMenu::item:selected {{ background: {accent_soft}; color: {text}; }}
QMenu::item:disabled {{ color: {strong_line}; }}
QMenu::separator {{ height: 1px; background: {line}; margin: 4px 8px; }}
QLineEdit, QSpinBox, QDoubleSpinBox {{ background: {surface}; color: {text}; border: 1px solid {line};
    border-radius: 8px; padding: 3px 8px; min-height: 20px; selection-background-color: {accent};
    selection-color: {on_accent}; }}
QLineEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus {{ border: 1px solid {accent}; }}
QComboBox QAbstractItemView {{ background: {surface}; color: {text}; border: 1px solid {line};
    selection-background-color: {accent_soft}; selection-color: {text}; outline: none; }}
QScrollArea, QScrollArea > QWidget > QWidget {{ background: transparent; border: none; }}
QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 0; }}
QScrollBar::handle {{ background: {line}; border-radius: 4px; margin: 1px; min-height: 24px; min-width: 24px; }}
QScrollBar::handle:hover {{ background: {strong_line}; }}
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page {{ background: none;
    border: none; width: 0; height: 0; }}
QTabBar {{ background: {surface}; }}
QTabBar::tab {{ background: transparent; color: {second_text}; border: none; border-bottom: 2px solid transparent;
    padding: 6px 12px 4px 12px; }}
QTabBar::tab:hover {{ color: {text}; background: {raised}; }}
QTabBar::tab:selected {{ color: {text}; border-bottom: 2px solid {accent}; }}
QTabBar::tab:focus {{ color: {accent}; }}
QProgressBar {{ background: {raised}; border: none; border-radius: 3px; max-height: 6px; }}
QProgressBar::chunk {{ background: {accent}; border-radius: 3px; }}
"""


def apply_style(app: QApplication) -> None:
    """Dress the whole application in the theme in force."""
    now = theme()
    app.setStyle("Fusion")
    app.setPalette(_palette(now))
    app.setFont(text_font())
    app.setStyleSheet(_SHEET.format(**now.colors))


def _palette(now: Theme) -> QPalette:
    palette = QPalette()
    for role, token in _ROLES.items():
        palette.setColor(role, now.color(token))
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText, QPalette.ColorRole.WindowText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, now.color("strong_line"))
    return palette

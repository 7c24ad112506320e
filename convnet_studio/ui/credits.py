"""Credits: fonts, icons and data sets with their sources and licences, read from the files themselves."""

from __future__ import annotations

import html

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QMessageBox, QTextBrowser, QVBoxLayout, QWidget

from convnet_studio import __version__
from convnet_studio.assets import asset_path
from convnet_studio.engine.data.dataset import DatasetFile

FONTS = (
    ("Inter", "Rasmus Andersson", "SIL Open Font License 1.1", "fonts/Inter-LICENSE.txt"),
    ("JetBrains Mono", "JetBrains", "SIL Open Font License 1.1", "fonts/JetBrainsMono-LICENSE.txt"),
    ("DejaVu Sans", "Bitstream and the DejaVu authors", "Bitstream Vera licence", "fonts/DejaVuSans-LICENSE.txt"),
)
ICONS = ("Lucide", "Lucide contributors", "ISC", "icons/LICENSE.txt")


def show_about(parent: QWidget) -> None:
    """What this program is."""
    text = (
        f"<b>ConvNet Studio {__version__}</b><p>Build, train and look inside convolutional networks.</p>"
        "<p>After Y. LeCun's deep-learning tutorial of 2013. MIT licence.</p>"
    )
    QMessageBox.about(parent, "About ConvNet Studio", text)


def credits_html() -> str:
    """The page as rich text."""
    rows = [f"<li><b>{name}</b> by {author}: {licence}</li>" for name, author, licence, _ in (*FONTS, ICONS)]
    data = "".join(_dataset_html(kind) for kind in DatasetFile.registry.values())
    texts = "".join(
        f"<h4>{name}</h4><pre style='white-space: pre-wrap'>{html.escape(_text(path))}</pre>"
        for name, _, _, path in (*FONTS, ICONS)
    )
    return (
        "<p>ConvNet Studio teaches what Y. LeCun's deep-learning tutorial of 2013 is about. It stands on the work of "
        f"many others.</p><h3>Fonts and icons</h3><ul>{''.join(rows)}</ul><h3>Data</h3>{data}"
        f"<h3>Licence texts</h3>{texts}"
    )


def _dataset_html(kind: type[DatasetFile]) -> str:
    lines = [f"<p><b>{html.escape(kind.title)}</b>{' (synthetic)' if kind.synthetic else ''}<br>"]
    lines += [f"{html.escape(text)}<br>" for text in kind().origin() if text]
    return "".join(lines) + "</p>"


def _text(path: str) -> str:
    return asset_path(path).read_text(encoding="utf-8", errors="replace")


class CreditsDialog(QDialog):
    """The Credits page."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Credits")
        self.resize(640, 560)
        page = QTextBrowser()
        page.setAccessibleName("Credits")
        page.setOpenExternalLinks(True)
        page.setHtml(credits_html())
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(page)
        column.addWidget(buttons)

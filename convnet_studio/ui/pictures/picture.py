"""Picture: something that can be painted into a file of any format, and how canvas and widgets become one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QRegion
from PySide6.QtWidgets import QGraphicsItem, QWidget

from convnet_studio.ui.canvas.scene import CanvasScene
from convnet_studio.ui.canvas.wire_flow import WireMeaning
from convnet_studio.ui.theme import text_font, theme
from convnet_studio.ui.views.canvas import CanvasView

MARGIN = 24.0
"""Around the network, in pixels."""
CAPTION_HEIGHT = 28.0
LEGEND_GAP = 8.0
"""Between the legend of the wires and the caption."""
EMPTY_SIZE = (320.0, 200.0)
"""Of the picture of a canvas without a module."""


@dataclass(frozen=True)
class Picture:
    """`paint` draws into a painter whose origin is the picture's upper left corner.

    Attributes:
        width, height: in pixels at scale 1. `title`: for people who do not see it.
    """

    width: float
    height: float
    title: str
    paint: Callable[[QPainter], None]


def canvas_picture(canvas: CanvasView) -> Picture:
    """The whole network at actual size, wherever it lies, with its totals below; no trace of anybody at work.

    Where wires tell what they carry, their legend stands below too.
    """
    covered = canvas.scene.covered_rect().adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN)
    caption = canvas.status.text()
    metrics = QFontMetricsF(text_font(12))
    if not canvas.scene.modules:
        covered = QRectF(0, 0, *EMPTY_SIZE)
    legend = None if canvas.wires.meaning is WireMeaning.OFF else canvas.legend
    below = max(metrics.horizontalAdvance(caption), legend.wanted_width() if legend else 0)
    width = max(covered.width(), below + 2 * MARGIN)
    caption_height = CAPTION_HEIGHT if caption else 0.0
    height = covered.height() + caption_height + (legend.height() + LEGEND_GAP if legend else 0)

    def paint(painter: QPainter) -> None:
        ground = QRectF(0, 0, width, height)
        painter.fillRect(ground, theme().color("canvas"))
        with _at_rest(canvas.scene):
            target = QRectF((width - covered.width()) / 2, 0, covered.width(), covered.height())
            canvas.scene.render(painter, target, covered)
        if legend:
            painter.save()
            painter.translate(MARGIN, height - MARGIN / 2 - caption_height - legend.height())
            legend.draw(painter, legend.wanted_width())
            painter.restore()
        painter.setFont(text_font(12))
        painter.setPen(theme().color("second_text"))
        line = ground.adjusted(MARGIN, height - CAPTION_HEIGHT - MARGIN / 2, -MARGIN, -MARGIN / 2)
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, caption)

    project = canvas.open_project.project
    return Picture(width, height, f"{project.name}: the network", paint)


def widget_picture(widget: QWidget, title: str) -> Picture:
    """A view, or the whole window, as large as it is."""

    QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)  # what it just learned has its room

    def paint(painter: QPainter) -> None:
        widget.render(painter, QPoint(), QRegion(QRect(QPoint(), widget.size())))

    return Picture(widget.width(), widget.height(), title, paint)


def fitted(picture: Picture, width: float, height: float) -> Picture:
    """`picture` as large as it fits in the middle of a page of this size, on the ground of the canvas."""
    factor = min(width / picture.width, height / picture.height)

    def paint(painter: QPainter) -> None:
        painter.fillRect(QRectF(0, 0, width, height), theme().color("canvas"))
        painter.translate((width - factor * picture.width) / 2, (height - factor * picture.height) / 2)
        painter.scale(factor, factor)
        picture.paint(painter)

    return Picture(width, height, picture.title, paint)


@contextmanager
def _at_rest(scene: CanvasScene) -> Iterator[None]:
    """As at actual size, nothing selected or hovered, and every item paints anew: what Qt keeps of it are pixels."""
    items = [item for item in scene.items() if item.cacheMode() != QGraphicsItem.CacheMode.NoCache]
    caches = {id(item): item.cacheMode() for item in items}
    links, scale, is_draft = scene.selected_links, scene.scale, scene.is_draft
    scene.draw_draft(False)
    scene.show_scale(1.0)
    for item in items:
        item.setCacheMode(QGraphicsItem.CacheMode.NoCache)
    for card in scene.cards():
        card.set_state(is_selected=False, is_hovered=False)
    for frame in scene.stages.frames.values():
        frame.set_state(is_selected=False, is_hovered=False)
    for link in links:
        scene.links[link].set_selected(False)
    try:
        yield
    finally:
        scene.show_scale(scale)
        scene.draw_draft(is_draft)
        for item in items:
            item.setCacheMode(caches[id(item)])
        for module_id, module in scene.modules.items():
            module.set_state(is_selected=module_id in scene.open_project.selection)
        scene.stages.show_selection(scene.open_project.selection)
        for link in links:
            scene.links[link].set_selected(True)

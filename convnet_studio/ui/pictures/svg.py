"""SVG: a paint device that writes what is painted as SVG.

Qt's own generator loses clips that are taken back and parts of pictures, and writes letters that look otherwise where
our fonts are missing. Here letters are shapes (with their words as a label, for search and screen readers), pictures
that must stay sharp are enlarged cell by cell, and everything is in the coordinates of the page.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QImage,
    QPaintDevice,
    QPaintEngine,
    QPaintEngineState,
    QPainter,
    QPainterPath,
    QPen,
    QPixmap,
    QTextItem,
    QTransform,
)

from convnet_studio.ui.pictures.vector import enlarged, png_bytes

DOTS_PER_INCH = 96
"""A pixel of the screen is a unit of the page, as in CSS."""
_MILLIMETRES_PER_INCH = 25.4
_DIGITS = 2
"""Of a pixel, behind the point."""
_HATCH = 5
"""Pixels from one line of a hatched ground to the next."""
_CAPS = {Qt.PenCapStyle.FlatCap: "butt", Qt.PenCapStyle.RoundCap: "round"}
_JOINS = {Qt.PenJoinStyle.MiterJoin: "miter", Qt.PenJoinStyle.RoundJoin: "round"}
_State = QPaintEngine.DirtyFlag


class SvgDevice(QPaintDevice):
    """Paint on it, end the painter, then take its `document`.

    Args:
        width, height: in pixels. `title`: for people who do not see it.
    """

    def __init__(self, width: float, height: float, title: str) -> None:
        super().__init__()
        self._width, self._height, self._title = width, height, title
        self._engine = _SvgEngine()

    def paintEngine(self) -> QPaintEngine:
        """What takes all that is painted."""
        return self._engine

    def metric(self, metric: QPaintDevice.PaintDeviceMetric) -> int:
        """Size and resolution."""
        named = QPaintDevice.PaintDeviceMetric
        known = {
            named.PdmWidth: math.ceil(self._width),
            named.PdmHeight: math.ceil(self._height),
            named.PdmWidthMM: round(self._width / DOTS_PER_INCH * _MILLIMETRES_PER_INCH),
            named.PdmHeightMM: round(self._height / DOTS_PER_INCH * _MILLIMETRES_PER_INCH),
            named.PdmDevicePixelRatio: 1,
            named.PdmDevicePixelRatioScaled: round(QPaintDevice.devicePixelRatioFScale()),
            named.PdmDepth: 32,
            named.PdmNumColors: 1 << 24,
        }
        return known.get(metric, DOTS_PER_INCH)

    def document(self) -> str:
        """The SVG."""
        size = f"{_short(self._width)} {_short(self._height)}"
        width, height = size.split()
        defined = f"<defs>\n{self._engine.definitions()}\n</defs>\n" if self._engine.definitions() else ""
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" version="1.1"'
            f' width="{width}" height="{height}" viewBox="0 0 {size}" role="img">\n'
            f"<title>{escape(self._title)}</title>\n{defined}{self._engine.body()}</svg>\n"
        )


class _SvgEngine(QPaintEngine):
    """Collects elements. Everything is brought into the page's coordinates, so that no element needs a transform."""

    def __init__(self) -> None:
        super().__init__(QPaintEngine.PaintEngineFeature.AllFeatures)
        self._elements: list[tuple[str, str]] = []
        """(name of the clip, element)."""
        self._clips: dict[str, str] = {}
        self._hatches: dict[str, str] = {}
        self._pen, self._brush = QPen(), QBrush()
        self._transform = QTransform()
        self._opacity = 1.0
        self._is_smooth = False
        self._clip: QPainterPath | None = None
        self._is_clipped = True

    # ---------------------------------------------------------------- what is written

    def body(self) -> str:
        """All elements, those in a row with the same clip in a group."""
        lines, open_clip = [], ""
        for clip, element in self._elements:
            if clip != open_clip:
                lines += ["</g>"] * bool(open_clip) + [f'<g clip-path="url(#{clip})">'] * bool(clip)
                open_clip = clip
            lines.append(element)
        return "\n".join([*lines, *["</g>"] * bool(open_clip), ""])

    def definitions(self) -> str:
        """The clips and hatched grounds in use."""
        clips = [f'<clipPath id="{name}"><path d="{path}"/></clipPath>' for path, name in self._clips.items()]
        hatches = [
            f'<pattern id="{name}" width="{_HATCH}" height="{_HATCH}" patternUnits="userSpaceOnUse">'
            f'<path d="M-1 {_HATCH + 1}L{_HATCH + 1} -1" {paint} stroke-width="1"/></pattern>'
            for paint, name in self._hatches.items()
        ]
        return "\n".join([*clips, *hatches])

    # ---------------------------------------------------------------- Qt's side

    def type(self) -> QPaintEngine.Type:
        """Of the family of SVG engines."""
        return QPaintEngine.Type.SVG

    def begin(self, device: QPaintDevice) -> bool:
        """Painting begins."""
        self.setActive(True)
        return True

    def end(self) -> bool:
        """Painting ends."""
        self.setActive(False)
        return True

    def updateState(self, state: QPaintEngineState) -> None:
        """Take note of another pen, brush, place or clip."""
        changed = state.state()
        if changed & _State.DirtyPen:
            self._pen = QPen(state.pen())
        if changed & _State.DirtyBrush:
            self._brush = QBrush(state.brush())
        if changed & _State.DirtyTransform:
            self._transform = QTransform(state.transform())
        if changed & _State.DirtyOpacity:
            self._opacity = state.opacity()
        if changed & _State.DirtyHints:
            self._is_smooth = bool(state.renderHints() & QPainter.RenderHint.SmoothPixmapTransform)
        if changed & _State.DirtyClipEnabled:
            self._is_clipped = state.isClipEnabled()
        if changed & _State.DirtyClipPath:
            self._take_clip(state.clipPath(), state.clipOperation())
        elif changed & _State.DirtyClipRegion:
            path = QPainterPath()
            path.addRegion(state.clipRegion())
            self._take_clip(path, state.clipOperation())

    def _take_clip(self, path: QPainterPath, operation: Qt.ClipOperation) -> None:
        if operation == Qt.ClipOperation.NoClip:
            self._clip = None
            return
        here = self._transform.map(path)
        is_within = operation == Qt.ClipOperation.IntersectClip and self._clip is not None
        self._clip = self._clip.intersected(here) if is_within and self._clip is not None else here

    def drawPath(self, path: QPainterPath) -> None:
        """A shape, filled and outlined."""
        self._add_shape(self._transform.map(path), self._fill(), self._stroke())

    def drawPolygon(self, points: Iterable[Any], mode: QPaintEngine.PolygonDrawMode) -> None:
        """Points joined by lines; filled, unless they are a line themselves."""
        first, *others = points
        path = QPainterPath(QPointF(first))
        for point in others:
            path.lineTo(QPointF(point))
        is_line = mode == QPaintEngine.PolygonDrawMode.PolylineMode
        if not is_line:
            path.closeSubpath()
        is_winding = mode == QPaintEngine.PolygonDrawMode.WindingMode
        path.setFillRule(Qt.FillRule.WindingFill if is_winding else Qt.FillRule.OddEvenFill)
        self._add_shape(self._transform.map(path), 'fill="none"' if is_line else self._fill(), self._stroke())

    def drawLines(self, lines: Iterable[Any]) -> None:
        """Lines that need not touch each other."""
        path = QPainterPath()
        for line in lines:
            path.moveTo(QPointF(line.p1()))
            path.lineTo(QPointF(line.p2()))
        self._add_shape(self._transform.map(path), 'fill="none"', self._stroke())

    def drawRects(self, rects: Iterable[Any]) -> None:
        """Rectangles."""
        for rect in rects:
            path = QPainterPath()
            path.addRect(QRectF(rect))
            self.drawPath(path)

    def drawEllipse(self, rect: QRectF | QRect) -> None:
        """An ellipse."""
        path = QPainterPath()
        path.addEllipse(QRectF(rect))
        self.drawPath(path)

    def drawPoints(self, points: Iterable[Any]) -> None:
        """Dots as large as the pen."""
        path = QPainterPath()
        for point in points:
            path.moveTo(QPointF(point))
            path.lineTo(QPointF(point) + QPointF(0.01, 0))
        self._add_shape(self._transform.map(path), 'fill="none"', self._stroke())

    def drawTextItem(self, at: Any, item: QTextItem) -> None:
        """Words, as the shapes of their letters."""
        words = item.text()
        path = QPainterPath()
        path.addText(QPointF(at), item.font(), words)
        path.setFillRule(Qt.FillRule.WindingFill)
        if path.isEmpty():
            return
        label = f"aria-label={quoteattr(words.strip())} "
        self._add_shape(self._transform.map(path), label + _paint("fill", self._pen.color(), self._opacity), "")

    def drawPixmap(self, place: QRectF | QRect, pixmap: QPixmap | QImage, source: QRectF | QRect) -> None:
        """A part of a picture."""
        self.drawImage(place, pixmap.toImage() if isinstance(pixmap, QPixmap) else pixmap, source)

    def drawImage(
        self,
        place: QRectF | QRect,
        image: QImage,
        source: QRectF | QRect,
        flags: Qt.ImageConversionFlag = Qt.ImageConversionFlag.AutoColor,
    ) -> None:
        """A part of a picture; one that is not to be smoothed keeps its cells sharp in every viewer."""
        box = self._transform.mapRect(QRectF(place))
        part = image.copy(QRectF(source).toRect())
        part.setDevicePixelRatio(1)
        if not self._is_smooth:
            part = part.scaled(enlarged(part.size(), box), Qt.AspectRatioMode.IgnoreAspectRatio)
        data = base64.b64encode(png_bytes(part)).decode()
        sharp = "" if self._is_smooth else ' style="image-rendering:pixelated"'
        faded = f' opacity="{_short(self._opacity)}"' if self._opacity < 1 else ""
        self._add(
            f'<image x="{_short(box.x())}" y="{_short(box.y())}" width="{_short(box.width())}"'
            f' height="{_short(box.height())}" preserveAspectRatio="none"{sharp}{faded}'
            f' xlink:href="data:image/png;base64,{data}"/>',
            box,
            self._clip if self._is_clipped else None,
        )

    # ---------------------------------------------------------------- elements

    def _add_shape(self, path: QPainterPath, fill: str, stroke: str) -> None:
        if path.isEmpty() or not (stroke or 'fill="none"' not in fill):
            return
        clip = self._clip if self._is_clipped else None
        if clip is not None and not stroke and not clip.contains(path.boundingRect()):
            path, clip = path.intersected(clip), None  # also for the many readers that know no clips
            if path.isEmpty():
                return
        rule = "" if path.fillRule() == Qt.FillRule.WindingFill else ' fill-rule="evenodd"'
        reach = self._stroke_width / 2 if stroke else 0.0
        box = path.boundingRect().adjusted(-reach, -reach, reach, reach)
        self._add(f'<path d="{_commands(path)}" {fill}{rule if "none" not in fill else ""}{stroke}/>', box, clip)

    def _add(self, element: str, box: QRectF, clip: QPainterPath | None) -> None:
        """Write an element that covers `box`, of which `clip` may leave all, a part, or nothing."""
        name = ""
        if clip is not None and not clip.contains(box):
            if not clip.intersects(box):
                return
            name = self._clips.setdefault(_commands(clip), f"clip{len(self._clips) + 1}")
        self._elements.append((name, element))

    def _fill(self) -> str:
        style = self._brush.style()
        if style == Qt.BrushStyle.NoBrush:
            return 'fill="none"'
        if style == Qt.BrushStyle.BDiagPattern:
            paint = _paint("stroke", self._brush.color(), self._opacity)
            return f'fill="url(#{self._hatches.setdefault(paint, f"hatch{len(self._hatches) + 1}")})"'
        return _paint("fill", self._brush.color(), self._opacity)

    @property
    def _stroke_width(self) -> float:
        scale = 1.0 if self._pen.isCosmetic() else math.sqrt(abs(self._transform.determinant()))
        return (self._pen.widthF() or 1.0) * scale

    def _stroke(self) -> str:
        pen = self._pen
        if pen.style() == Qt.PenStyle.NoPen or pen.brush().style() == Qt.BrushStyle.NoBrush:
            return ""
        width = self._stroke_width
        words = f' {_paint("stroke", pen.color(), self._opacity)} stroke-width="{_short(width)}"'
        words += f' stroke-linecap="{_CAPS.get(pen.capStyle(), "square")}"'
        words += f' stroke-linejoin="{_JOINS.get(pen.joinStyle(), "bevel")}"'
        if pen.style() != Qt.PenStyle.SolidLine:
            words += f' stroke-dasharray="{" ".join(_short(each * width) for each in pen.dashPattern())}"'
        return words


def _paint(what: str, color: QColor, opacity: float) -> str:
    """Colour and opacity of `what`: ``fill`` or ``stroke``."""
    alpha = color.alphaF() * opacity
    return f'{what}="{color.name()}"' + (f' {what}-opacity="{alpha:.3g}"' if alpha < 1 else "")


def _commands(path: QPainterPath) -> str:
    """The path in the words of SVG."""
    words: list[str] = []
    for index in range(path.elementCount()):
        element = path.elementAt(index)
        at = f"{_short(element.x)} {_short(element.y)}"
        match element.type:
            case QPainterPath.ElementType.MoveToElement:
                words.append(f"M{at}")
            case QPainterPath.ElementType.LineToElement:
                words.append(f"L{at}")
            case QPainterPath.ElementType.CurveToElement:
                words.append(f"C{at}")
            case _:
                words.append(f" {at}")
    return "".join(words)


def _short(number: float) -> str:
    text = f"{number:.{_DIGITS}f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text

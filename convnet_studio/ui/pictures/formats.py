"""Formats: a picture as an SVG, PDF or PNG file, by the ending of its name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QSizeF, Qt
from PySide6.QtGui import QImage, QPageLayout, QPageSize, QPainter, QPdfWriter

from convnet_studio.ui.pictures import ENDINGS
from convnet_studio.ui.pictures.picture import Picture
from convnet_studio.ui.pictures.svg import DOTS_PER_INCH, SvgDevice
from convnet_studio.ui.pictures.vector import png_bytes

_POINTS_PER_INCH = 72
_CREATOR = "ConvNet Studio"
_LARGEST_SIDE = 32_000


def write_picture(picture: Picture, path: Path, scale: float = 1.0) -> None:
    """Write `picture` to `path`, in the format that its ending names; a PNG has `scale` pixels to a pixel.

    Raises:
        ValueError: if the ending names no format, or the PNG would be too large.
        OSError: if the file can't be written.
    """
    make = FORMATS.get(path.suffix.lower())
    if make is None:
        raise ValueError(f"{path.name} can't be written: the name of a picture ends in {endings()}.")
    content = make(picture, scale)
    try:
        path.write_bytes(content)
    except OSError as error:
        why = (error.strerror or "the disk refuses").lower()
        raise OSError(f"The picture {path} can't be written ({why}): choose a folder that you may write to.") from error


def endings() -> str:
    """The endings of pictures, as people read them."""
    *first, last = ENDINGS
    return f"{', '.join(first)} or {last}"


def _to_png(picture: Picture, scale: float) -> bytes:
    width, height = round(picture.width * scale), round(picture.height * scale)
    if max(width, height) > _LARGEST_SIDE:
        most = _LARGEST_SIDE / max(picture.width, picture.height)
        raise ValueError(f"A PNG of {width}x{height} pixels is too large: take a scale of at most {most:.2g}, or SVG.")
    image = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    image.setDevicePixelRatio(scale)
    painter = QPainter(image)
    picture.paint(painter)
    painter.end()
    return png_bytes(image)


def _to_svg(picture: Picture, scale: float) -> bytes:
    device = SvgDevice(picture.width, picture.height, picture.title)
    painter = QPainter(device)
    picture.paint(painter)
    painter.end()
    return device.document().encode()


def _to_pdf(picture: Picture, scale: float) -> bytes:
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setResolution(DOTS_PER_INCH)
    points = QSizeF(picture.width, picture.height) * (_POINTS_PER_INCH / DOTS_PER_INCH)
    page = QPageSize(points, QPageSize.Unit.Point, "", QPageSize.SizeMatchPolicy.ExactMatch)
    writer.setPageLayout(QPageLayout(page, QPageLayout.Orientation.Portrait, QMarginsF()))
    writer.setTitle(picture.title)
    writer.setCreator(_CREATOR)
    painter = QPainter(writer)
    picture.paint(painter)
    painter.end()
    return bytes(content.data())


FORMATS: dict[str, Callable[[Picture, float], bytes]] = dict(zip(ENDINGS, (_to_svg, _to_pdf, _to_png), strict=True))
"""What makes the content of a file, by its ending."""

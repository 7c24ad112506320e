"""Pictures in files: read back by readers that are not ours, with all words, sharp maps, as large as the content."""

from __future__ import annotations

import base64
from pathlib import Path
from xml.etree import ElementTree

import pytest
from canvas_bench import CanvasBench
from PySide6.QtCore import QByteArray, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen
from PySide6.QtSvg import QSvgRenderer
from pytestqt.qtbot import QtBot

from convnet_studio.ui.canvas.wire_flow import WireMeaning
from convnet_studio.ui.pictures import ENDINGS
from convnet_studio.ui.pictures.formats import write_picture
from convnet_studio.ui.pictures.picture import MARGIN, Picture, canvas_picture, fitted, widget_picture
from convnet_studio.ui.pictures.svg import SvgDevice
from convnet_studio.ui.theme import DARK, LIGHT, text_font, theme, theme_switch

SVG = "{http://www.w3.org/2000/svg}"
HREF = "{http://www.w3.org/1999/xlink}href"


@pytest.fixture
def bench(qtbot: QtBot) -> CanvasBench:
    made = CanvasBench(qtbot)
    made.view.watch_all(True)
    made.view.show_snapshot(made.snapshot())
    return made


def svg_of(picture: Picture, folder: Path) -> ElementTree.Element:
    path = folder / "picture.svg"
    write_picture(picture, path)
    return ElementTree.fromstring(path.read_bytes())


def drawn(svg: bytes, width: int, height: int) -> QImage:
    """The SVG as a reader that is not ours draws it."""
    image = QImage(width, height, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    QSvgRenderer(QByteArray(svg)).render(painter, QRectF(0, 0, width, height))
    painter.end()
    return image


def as_png(picture: Picture, folder: Path) -> QImage:
    write_picture(picture, folder / "same.png")
    return QImage(str(folder / "same.png")).convertToFormat(QImage.Format.Format_ARGB32)


def difference(one: QImage, other: QImage) -> float:
    """Mean difference of the grey values, 0 .. 255, of two pictures made small, where a moved hair is not seen."""
    small = [image.scaled(150, 100, mode=Qt.TransformationMode.SmoothTransformation) for image in (one, other)]
    grey = [image.convertToFormat(QImage.Format.Format_Grayscale8) for image in small]
    both = [[image.pixelColor(x, y).value() for y in range(100) for x in range(150)] for image in grey]
    return sum(abs(a - b) for a, b in zip(*both, strict=True)) / len(both[0])


@pytest.mark.parametrize("theme_name", [LIGHT, DARK])
def test_the_svg_of_a_canvas_is_what_the_screen_shows(bench: CanvasBench, tmp_path: Path, theme_name: str) -> None:
    theme_switch().use(theme_name)
    try:
        picture = canvas_picture(bench.view)
        write_picture(picture, tmp_path / "a.svg")
        png = as_png(picture, tmp_path)
    finally:
        theme_switch().use(LIGHT)
    again = drawn((tmp_path / "a.svg").read_bytes(), png.width(), png.height())
    assert difference(again, png) < 1.0


def test_an_svg_needs_no_font_and_keeps_its_words(bench: CanvasBench, tmp_path: Path) -> None:
    root = svg_of(canvas_picture(bench.view), tmp_path)
    assert not list(root.iter(f"{SVG}text"))
    labels = [each.get("aria-label") for each in root.iter(f"{SVG}path") if each.get("aria-label")]
    assert {"LocalContrastNorm", "convolution", "8@24×24", "208 params", bench.view.status.text()} <= set(labels)
    title = root.find(f"{SVG}title")
    assert title is not None
    assert title.text == "two-stage-digits: the network"


def test_maps_are_embedded_and_every_cell_is_sharp(bench: CanvasBench, tmp_path: Path) -> None:
    root = svg_of(canvas_picture(bench.view), tmp_path)
    images = list(root.iter(f"{SVG}image"))
    with_pictures = [spec for spec in bench.project.network.modules if spec.kind in ("Input", "Conv2d", "LPPool2d")]
    assert len(images) >= len(with_pictures)
    for image in images:
        assert "pixelated" in image.get("style", "")
        content = QImage.fromData(base64.b64decode(image.get(HREF, "").partition(",")[2]))
        assert content.width() >= 4 * float(image.get("width", "0"))
    digit = QImage.fromData(base64.b64decode(images[0].get(HREF, "").partition(",")[2]))
    times = digit.width() // 28
    cell = {digit.pixel(14 * times + x, 14 * times + y) for x in range(times) for y in range(times)}
    assert len(cell) == 1


def test_the_page_is_tight_around_the_whole_network_wherever_the_view_is(bench: CanvasBench, tmp_path: Path) -> None:
    picture = canvas_picture(bench.view)
    covered = bench.scene.covered_rect()
    assert picture.width == covered.width() + 2 * MARGIN
    bench.view.area.centerOn(20_000, 20_000)
    for _ in range(3):
        bench.view.zoom_in()
    far = canvas_picture(bench.view)
    assert (far.width, far.height) == (picture.width, picture.height)
    assert as_png(far, tmp_path).pixelColor(60, 60) != theme().color("canvas")
    root = svg_of(picture, tmp_path)
    assert float(root.get("width", "0")) == pytest.approx(picture.width, abs=0.01)
    assert root.get("viewBox", "").startswith("0 0 ")


def test_a_picture_bears_no_trace_of_anybody_at_work(bench: CanvasBench, tmp_path: Path) -> None:
    before = as_png(canvas_picture(bench.view), tmp_path)
    link = bench.project.network.links[0]
    bench.open_project.select(frozenset({"m3", "m4"}))
    bench.scene.select_links(frozenset({link}))
    assert as_png(canvas_picture(bench.view), tmp_path) == before
    assert bench.scene.selected_links == {link}
    assert bench.scene.modules["m3"]._state.is_selected
    assert not bench.scene.modules["m5"]._state.is_selected


def test_a_pdf_is_one_page_of_the_same_size(bench: CanvasBench, tmp_path: Path) -> None:
    picture = canvas_picture(bench.view)
    write_picture(picture, tmp_path / "a.pdf")
    content = (tmp_path / "a.pdf").read_bytes()
    assert content.startswith(b"%PDF-")
    assert content.count(b"/Type /Page\n") == 1
    box = content.partition(b"/MediaBox [")[2].partition(b"]")[0].split()
    assert float(box[2]) == pytest.approx(picture.width * 72 / 96, abs=1)
    assert float(box[3]) == pytest.approx(picture.height * 72 / 96, abs=1)
    assert b"/FontFile" in content  # letters go along
    assert content.count(b"/Subtype /Image") >= 5


def test_a_png_has_so_many_pixels_to_a_pixel(bench: CanvasBench, tmp_path: Path) -> None:
    picture = fitted(canvas_picture(bench.view), 600, 400)
    write_picture(picture, tmp_path / "a.png", 2.0)
    image = QImage(str(tmp_path / "a.png"))
    assert (image.width(), image.height()) == (1200, 800)
    assert image.pixelColor(3, 3) == theme().color("canvas")


def test_an_empty_canvas_has_a_picture_too(bench: CanvasBench, tmp_path: Path) -> None:
    bench.view.select_all()
    bench.view.delete_selection()
    for ending in ENDINGS:
        write_picture(canvas_picture(bench.view), tmp_path / f"a{ending}")
        assert (tmp_path / f"a{ending}").stat().st_size > 100


def test_a_widget_as_svg_is_what_the_screen_shows(bench: CanvasBench, tmp_path: Path) -> None:
    """Its parts overlap and are clipped, which Qt's own generator gets wrong."""
    picture = widget_picture(bench.view, "canvas")
    write_picture(picture, tmp_path / "a.svg")
    png = as_png(picture, tmp_path)
    assert difference(drawn((tmp_path / "a.svg").read_bytes(), png.width(), png.height()), png) < 1.5


def test_clips_end_where_they_are_taken_back(qtbot: QtBot) -> None:
    device = SvgDevice(40, 30, "clips")
    painter = QPainter(device)
    painter.setClipRect(QRectF(0, 0, 20, 20), Qt.ClipOperation.IntersectClip)
    painter.save()
    painter.setClipRect(QRectF(0, 0, 5, 20), Qt.ClipOperation.IntersectClip)
    painter.fillRect(QRectF(0, 0, 40, 10), QColor("red"))
    painter.restore()
    painter.fillRect(QRectF(0, 10, 40, 10), QColor("red"))
    painter.setClipRect(QRectF(), Qt.ClipOperation.NoClip)
    painter.fillRect(QRectF(0, 20, 40, 10), QColor("red"))
    painter.end()
    image = drawn(device.document().encode(), 40, 30)
    red = [[image.pixelColor(x, y) == QColor("red") for x in (2, 10, 30)] for y in (5, 15, 25)]
    assert red == [[True, False, False], [True, True, False], [True, True, True]]


def test_shapes_pens_and_turned_words(qtbot: QtBot) -> None:
    picture = Picture(200, 120, "shapes", _paint_shapes)
    device = SvgDevice(200, 120, "shapes")
    painter = QPainter(device)
    picture.paint(painter)
    painter.end()
    raster = QImage(200, 120, QImage.Format.Format_ARGB32)
    raster.fill(Qt.GlobalColor.white)
    painter = QPainter(raster)
    picture.paint(painter)
    painter.end()
    assert difference(drawn(device.document().encode(), 200, 120), raster) < 3.0


def _paint_shapes(painter: QPainter) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor("black"), 3, Qt.PenStyle.DashLine))
    painter.drawLine(5, 5, 190, 5)
    painter.setPen(QPen(QColor("blue"), 0))
    painter.scale(2, 2)
    painter.setBrush(QColor("orange"))
    painter.setOpacity(0.5)
    painter.drawEllipse(QRectF(5, 10, 30, 20))
    painter.setOpacity(1)
    painter.drawPolyline([QPointF(40, 10), QPointF(60, 30), QPointF(80, 10)])
    painter.drawRoundedRect(QRectF(40, 35, 30, 15), 4, 4)
    painter.setPen(QPen(QColor("green"), 4))
    painter.drawPoints([QPointF(85, 20), QPointF(92, 20)])
    painter.resetTransform()
    painter.translate(30, 110)
    painter.rotate(-30)
    painter.setFont(text_font(16))
    painter.setPen(QColor("black"))
    painter.drawText(QPointF(0, 0), "turned")


def test_what_can_t_be_written_is_said_in_a_sentence(bench: CanvasBench, tmp_path: Path) -> None:
    picture = canvas_picture(bench.view)
    with pytest.raises(ValueError, match=r"the name of a picture ends in \.svg, \.pdf or \.png\."):
        write_picture(picture, tmp_path / "a.gif")
    with pytest.raises(OSError, match=r"can't be written .*: choose a folder"):
        write_picture(picture, tmp_path / "nowhere" / "a.svg")
    with pytest.raises(ValueError, match="too large: take a scale of at most"):
        write_picture(picture, tmp_path / "a.png", 1000)


def test_a_canvas_seen_from_far_is_drawn_as_at_actual_size(bench: CanvasBench, tmp_path: Path) -> None:
    near = as_png(canvas_picture(bench.view), tmp_path)
    bench.view.area.scale_to(0.3)
    far = as_png(canvas_picture(bench.view), tmp_path)
    assert far == near
    assert bench.scene.stages.scale == pytest.approx(0.3)
    frame = next(iter(bench.scene.stages.frames.values()))
    assert not frame.layout.counters_text, "the canvas itself shows what can be read from far again"


def test_the_legend_of_the_wires_stands_below(bench: CanvasBench, tmp_path: Path) -> None:
    plain = canvas_picture(bench.view)
    bench.view.show_wires(WireMeaning.ACTIVATION)
    bench.view.show_snapshot(bench.snapshot())
    picture = canvas_picture(bench.view)
    assert picture.height > plain.height + bench.view.legend.height()
    root = svg_of(picture, tmp_path)
    labels = [each.get("aria-label") for each in root.iter(f"{SVG}path") if each.get("aria-label")]
    assert {bench.view.legend.heading, *bench.view.legend.ends, "negative", bench.view.status.text()} <= set(labels)

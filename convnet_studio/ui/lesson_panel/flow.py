"""Flow: a lesson's text broken into lines: words, formulas that stand on the line, and words that lead somewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, QSizeF
from PySide6.QtGui import QFont, QFontMetricsF
from PySide6.QtSvg import QSvgRenderer

from convnet_studio.lessons.markup import Block, Look, Span
from convnet_studio.ui.controls.formula import plain_text, set_formula
from convnet_studio.ui.theme import number_font, text_font

LINE_HEIGHT = 1.5
"""Of a line of text, in sizes of its letters."""
PARAGRAPH_GAP = 0.7
ENTRY_GAP = 0.3
INDENT = 1.4
"""Of the entries of a list, in sizes of letters, as the gaps."""
DISPLAY_SIZE = 1.15


@dataclass(frozen=True)
class Piece:
    """What is drawn in one go: a word or a formula.

    Attributes:
        formula: LaTeX, or empty. `target`: what it leads to, or empty.
        ascent, descent: above and below the line that letters stand on, in pixels.
    """

    text: str
    font: QFont
    width: float
    ascent: float
    descent: float
    formula: str = ""
    pixels: int = 0
    target: str = ""
    is_code: bool = False


@dataclass(frozen=True)
class Placed:
    """A piece with the left end of its line."""

    piece: Piece
    x: float
    baseline: float

    @property
    def box(self) -> QRectF:
        """Where it is drawn."""
        piece = self.piece
        return QRectF(self.x, self.baseline - piece.ascent, piece.width, piece.ascent + piece.descent)


@dataclass
class Flow:
    """Placed pieces and the height that they need."""

    placed: list[Placed] = field(default_factory=list)
    height: float = 0.0

    def targets(self) -> list[str]:
        """What its words lead to, each run of words once, in order."""
        runs: list[str] = []
        before = ""
        for each in self.placed:
            if each.piece.target and each.piece.target != before:
                runs.append(each.piece.target)
            before = each.piece.target
        return runs

    def boxes(self, target: str) -> list[QRectF]:
        """Where the words that lead to `target` stand: one box for each line of a run."""
        boxes: list[QRectF] = []
        for each in self.placed:
            if each.piece.target != target:
                continue
            box = each.box
            if boxes and abs(boxes[-1].bottom() - box.bottom()) < 1 and box.left() - boxes[-1].right() < 8:
                boxes[-1] = boxes[-1].united(box)
            else:
                boxes.append(box)
        return boxes


def lay_out(blocks: Sequence[Block], width: float, pixels: int) -> Flow:
    """Break the blocks of a text into lines of at most `width`; letters are `pixels` large."""
    flow = Flow()
    was_entry = False
    for number, block in enumerate(blocks):
        if number:
            flow.height += pixels * (ENTRY_GAP if was_entry and block.mark else PARAGRAPH_GAP)
        was_entry = bool(block.mark)
        if block.is_display:
            _display(flow, block, width, pixels)
        else:
            _paragraph(flow, block, width, pixels)
    return flow


def _display(flow: Flow, block: Block, width: float, pixels: int) -> None:
    """A formula on a line of its own, smaller where it is too wide."""
    size = round(DISPLAY_SIZE * pixels)
    piece = _formula(block.spans[0].text, size, inline=False)
    while piece.width > width and size > 9:
        size -= 1
        piece = _formula(block.spans[0].text, size, inline=False)
    flow.placed.append(Placed(piece, max(0.0, (width - piece.width) / 2), flow.height + piece.ascent))
    flow.height += piece.ascent + piece.descent


def _paragraph(flow: Flow, block: Block, width: float, pixels: int) -> None:
    left = 0.0
    first = flow.height + pixels * 1.1
    if block.mark:
        font = text_font(pixels)
        mark = _word(block.mark, font)
        left = pixels * INDENT
        flow.placed.append(Placed(mark, 0.0, first))
    line: list[list[Piece]] = []
    used, space = 0.0, QFontMetricsF(text_font(pixels)).horizontalAdvance(" ")
    top = flow.height
    for word in _words(block.spans, pixels):
        wide = sum(each.width for each in word)
        if line and used + space + wide > width - left:
            top = _set_line(flow, line, left, top, pixels, space)
            line, used = [], 0.0
        used += wide + (space if line else 0.0)
        line.append(word)
    flow.height = _set_line(flow, line, left, top, pixels, space) if line else top


def _set_line(flow: Flow, line: list[list[Piece]], left: float, top: float, pixels: int, space: float) -> float:
    """Place the words of a line; where the next begins."""
    ascent = max(each.ascent for word in line for each in word)
    descent = max(each.descent for word in line for each in word)
    lead = max(0.0, pixels * LINE_HEIGHT - ascent - descent)
    baseline, x = top + lead / 2 + ascent, left
    for number, word in enumerate(line):
        x += space if number else 0.0
        for piece in word:
            flow.placed.append(Placed(piece, x, baseline))
            x += piece.width
    return top + ascent + descent + lead


def _words(spans: Sequence[Span], pixels: int) -> Iterator[list[Piece]]:
    """What stands between two spaces: pieces that no line may part."""
    word: list[Piece] = []
    for span in spans:
        if span.look is Look.FORMULA:
            word.append(_formula(span.text, pixels, inline=True))
            continue
        font = _font(span.look, pixels)
        for number, text in enumerate(span.text.split(" ")):
            if number and word:
                yield word
                word = []
            if text:
                word.append(_word(text, font, span.target, span.look is Look.CODE))
    if word:
        yield word


def _font(look: Look, pixels: int) -> QFont:
    if look is Look.CODE:
        return number_font(round(0.92 * pixels))
    font = text_font(pixels, QFont.Weight.DemiBold if look in (Look.BOLD, Look.LINK) else QFont.Weight.Normal)
    font.setItalic(look is Look.EMPHASIS)
    return font


def _word(text: str, font: QFont, target: str = "", is_code: bool = False) -> Piece:
    metrics = QFontMetricsF(font)
    return Piece(
        text, font, metrics.horizontalAdvance(text), metrics.ascent(), metrics.descent(), target=target, is_code=is_code
    )


def _formula(latex: str, pixels: int, inline: bool) -> Piece:
    svg, descent = set_formula(latex, pixels, inline)
    if not svg:
        return _word(plain_text(latex), number_font(pixels))
    size = formula_size(svg)
    return Piece(
        plain_text(latex), text_font(pixels), size.width(), size.height() - descent, descent, formula=svg, pixels=pixels
    )


@lru_cache(maxsize=1024)
def formula_size(svg: str) -> QSizeF:
    """Of a drawn formula, in pixels."""
    return QSvgRenderer(QByteArray(svg.encode())).viewBoxF().size()

"""What benches draw: a handful of kinds of picture, as values. The window knows how each kind looks; benches do not."""

from __future__ import annotations

from dataclasses import dataclass

from convnet_studio.engine.nn.module import Array


@dataclass(frozen=True, eq=False)
class BenchPicture:
    """One picture; `title` stands above it."""

    title: str


@dataclass(frozen=True)
class Mark:
    """A place worth a look in a plot, with its name; a dashed line where `x` or `y` is None."""

    text: str
    x: float | None = None
    y: float | None = None


@dataclass(frozen=True, eq=False)
class Curves(BenchPicture):
    """Lines over one axis.

    Attributes:
        lines: by name, ``(x, y)``, each of shape ``(points,)``; not-finite values are gaps.
        x_title, y_title: of the axes, with the unit.
    """

    lines: dict[str, tuple[Array, Array]]
    x_title: str = ""
    y_title: str = ""
    marks: tuple[Mark, ...] = ()
    is_log_x: bool = False
    is_log_y: bool = False


@dataclass(frozen=True, eq=False)
class Bars(BenchPicture):
    """Numbers side by side, by name; about zero where some are negative. `texts`: what is written at each, if given."""

    values: dict[str, float]
    unit: str = ""
    texts: tuple[str, ...] = ()
    is_log: bool = False


@dataclass(frozen=True, eq=False)
class Maps(BenchPicture):
    """Pictures or feature maps side by side on one scale.

    Attributes:
        maps: ``(height, width)`` each, by name.
        meaning: "picture" (grey), "activation", "weight", "gradient" or "size" (not negative).
        windows: rectangles ``(map name, row, column, rows, columns)`` that are outlined.
    """

    maps: dict[str, Array]
    meaning: str = "activation"
    windows: tuple[tuple[str, int, int, int, int], ...] = ()


@dataclass(frozen=True, eq=False)
class Numbers(BenchPicture):
    """A matrix whose numbers are written in its cells.

    Attributes:
        values: ``(rows, columns)``; not-a-number cells are empty.
        rows, columns: names of them; may be empty.
        meaning: as for `Maps`. `outlined`: (row, column) of cells to look at.
    """

    values: Array
    rows: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    meaning: str = "activation"
    outlined: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, eq=False)
class Contours(BenchPicture):
    """A function of two numbers from above, with ways across it.

    Attributes:
        values: ``(rows, columns)``, rows from the lowest y upwards.
        x_range, y_range: first and last place of columns and rows.
        paths: by name, ``(points, 2)`` as (x, y).
        is_log: whether heights are drawn by their logarithm.
    """

    values: Array
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    x_title: str = ""
    y_title: str = ""
    paths: dict[str, Array] | None = None
    spots: tuple[Mark, ...] = ()
    is_log: bool = False


@dataclass(frozen=True, eq=False)
class Points(BenchPicture):
    """Places in the plane by the name of their group, ``(points, 2)`` each, at one scale both ways if `is_square`."""

    groups: dict[str, Array]
    x_title: str = ""
    y_title: str = ""
    marks: tuple[Mark, ...] = ()
    is_square: bool = False


@dataclass(frozen=True, eq=False)
class Rows(BenchPicture):
    """A table of words and numbers; `outlined` is the row to look at, -1 for none."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    outlined: int = -1


@dataclass(frozen=True, eq=False)
class Code(BenchPicture):
    """Lines of a program, with the line to look at, counted from 0 (-1: none), and values beside lines."""

    lines: tuple[str, ...]
    current: int = -1
    values: dict[int, str] | None = None


@dataclass(frozen=True, eq=False)
class Words(BenchPicture):
    """A sentence or two that say what is seen; the title may be empty."""

    text: str

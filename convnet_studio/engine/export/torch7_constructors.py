"""Torch7 constructors: what each constructor of a listing makes, as modules are here.

``MODULES`` and ``CRITERIA`` hold a rule for each name of Torch7; every wrong argument is told with its line and what
would be right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from convnet_studio.engine.export.lua import Table
from convnet_studio.engine.export.lua_tokens import LuaError
from convnet_studio.engine.export.torch7_values import Criterion, Settings, Unit
from convnet_studio.engine.nn.connection_table import connected_pairs, read_table
from convnet_studio.engine.nn.module import ShapeProblem

NAMED_TABLES = ("lenet-5", "lenet-7")


@dataclass(frozen=True)
class Window:
    """``image.gaussian1D``: a Gaussian window, its width in pixels."""

    size: int
    width: float

    def __str__(self) -> str:
        return "a window"


@dataclass(frozen=True)
class Connections:
    """A connection table of so many maps, as a setting says it."""

    inputs: int
    outputs: int
    text: str

    def __str__(self) -> str:
        return "a connection table"


class Arguments:
    """What a constructor was called with; every wrong argument is told with its place and what would be right."""

    def __init__(self, name: str, values: list[Any], line: int) -> None:
        self.name = name
        self.values = values
        self.line = line

    def wrong(self, what: str) -> LuaError:
        """A sentence about this call."""
        return LuaError(self.line, f"{self.name} {what}.")

    def number(self, place: int, what: str, default: float | None = None) -> float:
        """The number at a place (from 0)."""
        value = self.values[place] if place < len(self.values) and self.values[place] is not None else default
        if isinstance(value, bool) or not isinstance(value, int | float):
            found = "it is missing" if value is None else f"there is {value}"
            raise self.wrong(f"takes {what} as argument {place + 1}, a number, but {found}")
        return float(value)

    def whole(self, place: int, what: str, default: int | None = None) -> int:
        """As `number`, a whole one that is not below 0."""
        value = self.number(place, what, default)
        if not value.is_integer() or not 0 <= value < 1e9:
            raise self.wrong(f"takes {what} as argument {place + 1}, a whole number, not {value:g}")
        return int(value)

    def square(self, place: int, what: str, default: int | None = None) -> int:
        """Two numbers that must be equal, across and down; down follows across where it is missing."""
        across = self.whole(place, what, default)
        down = self.whole(place + 1, what, across if default is None or place < len(self.values) else default)
        if across != down:
            raise self.wrong(f"has {what} {across} across and {down} down: here both must be equal")
        return across

    def window(self, place: int) -> Window:
        """A Gaussian window."""
        value = self.values[place] if place < len(self.values) else None
        if not isinstance(value, Window):
            raise self.wrong(f"takes a window as argument {place + 1}: image.gaussian1D(7) was expected")
        return value


Maker = Callable[[Arguments], Unit]


def _simple(kind: str, **settings: tuple[str, float]) -> Maker:
    """A module with settings in order: what they are called in words, and Torch7's defaults."""

    def make(given: Arguments) -> Unit:
        values = {
            name: given.number(place, what, default) for place, (name, (what, default)) in enumerate(settings.items())
        }
        return Unit(given.name, given.line, kind, dict(values))

    return make


def _helper(given: Arguments) -> Unit:
    """What has a meaning only beside other modules."""
    return Unit(given.name, given.line, values=tuple(given.values))


def _convolution(given: Arguments) -> Unit:
    settings: Settings = {
        "out_channels": given.whole(1, "the number of output maps"),
        "kernel_size": given.square(2, "a kernel size"),
        "stride": given.square(4, "a stride", 1),
        "padding": given.square(6, "a padding", 0),
    }
    return Unit(given.name, given.line, "Conv2d", settings, given.whole(0, "the number of input maps"))


def _mapped_convolution(given: Arguments) -> Unit:
    table = given.values[0] if given.values else None
    if not isinstance(table, Connections):
        raise given.wrong("takes a connection table first: nn.tables.random(8, 16, 4) was expected")
    settings: Settings = {
        "out_channels": table.outputs,
        "kernel_size": given.square(1, "a kernel size"),
        "stride": given.square(3, "a stride", 1),
        "table": table.text,
    }
    return Unit(given.name, given.line, "Conv2d", settings, table.inputs)


def _volumetric(given: Arguments) -> Unit:
    names = {2: ("kernel_size", "a kernel size", None), 5: ("stride", "a stride", 1), 8: ("padding", "a padding", 0)}
    settings: Settings = {"out_channels": given.whole(1, "the number of output maps")}
    for place, (name, what, default) in names.items():
        sizes = {given.whole(place + axis, what, default) for axis in range(3)}
        if len(sizes) > 1:
            raise given.wrong(f"has {what} that is not the same in all three directions: here it must be")
        settings[name] = sizes.pop()
    return Unit(given.name, given.line, "Conv3d", settings, given.whole(0, "the number of input maps"))


def _full_convolution(given: Arguments) -> Unit:
    made = _convolution(given)
    if given.square(8, "an adjustment", 0):
        raise given.wrong("has an adjustment of its size: here it must be 0")
    return replace(made, kind="ConvTranspose2d")


def _local_convolution(given: Arguments) -> Unit:
    if given.square(8, "a padding", 0):
        raise given.wrong("has a padding: here it must be 0")
    settings: Settings = {
        "out_channels": given.whole(1, "the number of output maps"),
        "kernel_size": given.square(4, "a kernel size"),
        "stride": given.square(6, "a stride", 1),
    }
    return Unit(given.name, given.line, "LocallyConnected2d", settings, given.whole(0, "the number of input maps"))


def _pooling(kind: str, usual_stride: int = 0) -> Maker:
    """Window and stride, which is the window's size (or `usual_stride`) where it is missing."""

    def make(given: Arguments) -> Unit:
        size = given.square(0, "a window size")
        return Unit(
            given.name, given.line, kind, {"kernel_size": size, "stride": _stride(given, 2, usual_stride or size)}
        )

    return make


def _stride(given: Arguments, place: int, default: int) -> int:
    return given.square(place, "a stride", default)


def _lp_pooling(given: Arguments) -> Unit:
    size = given.square(2, "a window size")
    settings: Settings = {"p": given.number(1, "a power"), "kernel_size": size, "stride": _stride(given, 4, size)}
    maps = given.whole(0, "the number of maps")
    return Unit(given.name, given.line, "LPPool2d", settings | {"inside": "sum"}, maps)


def _sub_sampling(given: Arguments) -> Unit:
    settings: Settings = {"kernel_size": given.square(1, "a window size"), "stride": _stride(given, 3, 1)}
    return Unit(given.name, given.line, "TrainableAvgPool2d", settings, given.whole(0, "the number of maps"))


def _adaptive(kind: str) -> Maker:
    def make(given: Arguments) -> Unit:
        if given.square(0, "an output size") != 1:
            raise given.wrong("makes maps of a size of their own: here it must be 1, 1")
        return Unit(given.name, given.line, "GlobalPool2d", {"kind": kind})

    return make


def _norm(kind: str) -> Maker:
    def make(given: Arguments) -> Unit:
        window = given.window(1)
        settings: Settings = {"kernel_size": window.size, "width": window.width, "border": "torch"}
        if kind != "SubtractiveNorm":
            threshold = given.number(2, "a threshold", 1e-4)
            if given.number(3, "what stands in for less than the threshold", threshold) != threshold:
                raise given.wrong("puts another number in the place of what is below its threshold: here both are one")
            settings |= {"threshold": "fixed", "threshold_value": threshold}
        return Unit(given.name, given.line, kind, settings, given.whole(0, "the number of maps"))

    return make


def _threshold(given: Arguments) -> Unit:
    if given.number(0, "a threshold", 1e-6) > 1e-5 or given.number(1, "a value", 0.0):
        raise given.wrong("with other numbers than 0, 0 has no counterpart here: nn.Threshold(0, 0) was expected")
    return Unit(given.name, given.line, "ReLU")


def _reshape(given: Arguments) -> Unit:
    sizes = [given.number(place, "a size") for place in range(len(given.values))]
    if not sizes or any(not each.is_integer() or each < -1 for each in sizes):
        raise given.wrong("takes whole sizes, such as nn.Reshape(400)")
    if len(sizes) == 1:
        return Unit(given.name, given.line, "Flatten", count=max(0, int(sizes[0])))
    return Unit(given.name, given.line, "Reshape", {"shape": "x".join(f"{each:g}" for each in sizes)})


def _join(given: Arguments) -> Unit:
    if given.whole(0, "a dimension") != 1:
        raise given.wrong("joins along another dimension than that of the maps: here it must be 1")
    return Unit(given.name, given.line, "Concat")


def _linear(given: Arguments) -> Unit:
    settings: Settings = {"out_features": given.whole(1, "the number of outputs")}
    if given.values[2:3] == [False]:
        settings["has_bias"] = False
    return Unit(given.name, given.line, "Linear", settings, given.whole(0, "the number of inputs"))


MODULES: Mapping[str, Maker] = MappingProxyType(
    {
        "Abs": _simple("Abs"),
        "CAdd": _helper,
        "CAddTable": _simple("Add"),
        "CMul": _helper,
        "CMulTable": _simple("Multiply"),
        "Dropout": _simple("Dropout", p=("a probability", 0.5)),
        "Euclidean": _helper,
        "HardShrink": _simple("Hardshrink", lambd=("a threshold", 0.5)),
        "Identity": _helper,
        "JoinTable": _join,
        "Linear": _linear,
        "LogSoftMax": _simple("LogSoftmax"),
        "MulConstant": _helper,
        "ReLU": _simple("ReLU"),
        "Reshape": _reshape,
        "Sigmoid": _simple("Sigmoid"),
        "SoftMax": _simple("Softmax"),
        "SoftPlus": _simple("Softplus", beta=("a sharpness", 1.0)),
        "SoftShrink": _simple("Softshrink", lambd=("a threshold", 0.5)),
        "SpatialAdaptiveAveragePooling": _adaptive("average"),
        "SpatialAdaptiveMaxPooling": _adaptive("max"),
        "SpatialAveragePooling": _pooling("AvgPool2d", 1),
        "SpatialContrastiveNormalization": _norm("LocalContrastNorm"),
        "SpatialConvolution": _convolution,
        "SpatialConvolutionLocal": _local_convolution,
        "SpatialConvolutionMM": _convolution,
        "SpatialConvolutionMap": _mapped_convolution,
        "SpatialCrossMapLRN": _simple(
            "LocalResponseNorm", size=("a number of maps", 5), alpha=("a strength", 1e-4), beta=("an exponent", 0.75),
            k=("an offset", 1.0),
        ),
        "SpatialDivisiveNormalization": _norm("DivisiveNorm"),
        "SpatialFullConvolution": _full_convolution,
        "SpatialLPPooling": _lp_pooling,
        "SpatialLogSoftMax": _simple("LogSoftmax"),
        "SpatialMaxPooling": _pooling("MaxPool2d"),
        "SpatialSoftMax": _simple("Softmax"),
        "SpatialSubSampling": _sub_sampling,
        "SpatialSubtractiveNormalization": _norm("SubtractiveNorm"),
        "SpatialUpSamplingNearest": _simple("Upsample", scale_factor=("a factor", 2)),
        "SpatialZeroPadding": _helper,
        "Square": _helper,
        "Tanh": _simple("Tanh"),
        "TanhShrink": _simple("Tanhshrink"),
        "Threshold": _threshold,
        "View": _reshape,
        "VolumetricConvolution": _volumetric,
    }
)  # fmt: skip
"""The constructors of Torch7's modules."""

CRITERIA: Mapping[str, Callable[[Arguments], Criterion]] = MappingProxyType(
    {
        "ClassNLLCriterion": lambda given: Criterion(given.name, given.line, "NLLLoss"),
        "CrossEntropyCriterion": lambda given: Criterion(given.name, given.line, "CrossEntropyLoss"),
        "MSECriterion": lambda given: Criterion(given.name, given.line, "MSELoss"),
        "MultiMarginCriterion": lambda given: Criterion(
            given.name, given.line, "MultiMarginLoss",
            {"p": given.whole(0, "a power", 1), "margin": given.number(2, "a margin", 1.0)},
        ),
    }
)  # fmt: skip
"""The constructors of Torch7's losses."""


def gaussian_window(values: list[Any], line: int) -> Window:
    """``image.gaussian1D(size, sigma)``, sigma in parts of the size; or both by name in a table."""
    if len(values) == 1 and isinstance(values[0], Table):
        named = values[0].values
        values = [named.get("size"), named.get("sigma")]
    given = Arguments("image.gaussian1D", values, line)
    size = given.whole(0, "a size")
    return Window(size, round(size * given.number(1, "a width", 0.25), 9))


def pairs_table(values: list[Any], line: int) -> Connections:
    """``torch.Tensor{{from, to}, ...}``, counted from 1."""
    rows = values[0].items() if values and isinstance(values[0], Table) else []
    pairs = [each.items() for each in rows if isinstance(each, Table)]
    sound = [p for p in pairs if len(p) == 2 and all(isinstance(n, float) and n.is_integer() and n >= 1 for n in p)]
    if not sound or len(sound) != len(rows):
        raise LuaError(
            line, "torch.Tensor takes pairs of maps, counted from 1: torch.Tensor{{1, 1}, {2, 1}} was expected."
        )
    inputs, outputs = (int(max(pair[side] for pair in sound)) for side in (0, 1))
    seen: list[list[int]] = [[] for _ in range(outputs)]
    for source, target in sound:
        seen[int(target) - 1].append(int(source) - 1)
    if not all(seen):
        raise LuaError(line, f"output map {seen.index([]) + 1} of this connection table sees no input map.")
    text = ", ".join(" ".join(map(str, sorted(row))) for row in seen)
    return Connections(inputs, outputs, _table_text(text, inputs, outputs))


def _table_text(text: str, inputs: int, outputs: int) -> str:
    """A table as a setting, by its name where it has one."""
    read_table(text)
    pairs = connected_pairs(text, inputs, outputs)
    groups = [f"groups {n}" for n in range(2, inputs) if inputs % n == 0 == outputs % n]
    for name in ("full", "one-to-one", *NAMED_TABLES, *groups):
        try:
            if connected_pairs(name, inputs, outputs) == pairs:
                return name
        except ShapeProblem:
            continue
    return text


def _tables(name: str, make: Callable[[Arguments], Connections]) -> Callable[[list[Any], int], Connections]:
    return lambda values, line: make(Arguments(f"nn.tables.{name}", values, line))


_INPUTS, _OUTPUTS = "the number of input maps", "the number of output maps"
TABLES: Mapping[str, Any] = MappingProxyType(
    {
        "full": _tables("full", lambda g: Connections(g.whole(0, _INPUTS), g.whole(1, _OUTPUTS), "full")),
        "oneToOne": _tables("oneToOne", lambda g: Connections(g.whole(0, _INPUTS), g.whole(0, _INPUTS), "one-to-one")),
        "random": _tables(
            "random",
            lambda g: Connections(
                g.whole(0, _INPUTS), g.whole(1, _OUTPUTS), f"random {g.whole(2, 'how many maps each output sees')}"
            ),
        ),
    }
)

"""Torch7 reader: follows a listing of Torch7 and makes a project of the network that it builds.

``MODULES`` tells for each constructor of Torch7 which module it is here. What Torch7 composes of several modules, as a
tanh between two factors, is found again by ``FOLDS``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from convnet_studio.engine.export.lua import Host, LuaError, Table, follow
from convnet_studio.engine.nn.connection_table import connected_pairs, read_table
from convnet_studio.engine.nn.module import SettingValue, ShapeProblem
from convnet_studio.engine.nn.modules.scaled_tanh import ScaledTanh
from convnet_studio.engine.project.kinds import check_settings, kind_named

Settings = dict[str, SettingValue]
NAMED_TABLES = ("lenet-5", "lenet-7")


@dataclass(frozen=True)
class Unit:
    """A module of Torch7 as the listing made it.

    Attributes:
        name: as Torch7 calls it. `line`: where it was made.
        kind, settings: what it is here; no kind where it means something only beside others.
        maps: how many maps, or numbers of a list, it says that it takes; 0 where it does not say.
        count: how many numbers it says that its input has; 0 where it does not say.
        values: its own arguments, for the folds.
    """

    name: str
    line: int
    kind: str = ""
    settings: Settings = field(default_factory=dict)
    maps: int = 0
    count: int = 0
    values: tuple[Any, ...] = ()

    def method(self, name: str, arguments: list[Any], line: int) -> Unit:
        """``noBias`` is the one method that a listing can call on a module."""
        if name == "noBias" and self.kind in ("Conv2d", "Conv3d"):
            self.settings["biases"] = "none"
            return self
        raise LuaError(line, f"nn.{self.name} has no method {name} here: only noBias of a convolution can be called.")

    def call(self, arguments: list[Any], line: int) -> Any:
        """Calling a module makes a graph of nngraph."""
        raise LuaError(line, f"nn.{self.name} is called: graphs can't be read, only chains that add makes.")

    def __str__(self) -> str:
        return f"nn.{self.name}"


@dataclass(eq=False)
class Chain:
    """``nn.Sequential()``: modules in a row, other chains among them."""

    line: int
    members: list[Unit | Chain] = field(default_factory=list)

    def method(self, name: str, arguments: list[Any], line: int) -> Chain:
        """``add`` puts a module behind the last."""
        if name != "add":
            raise LuaError(line, f"nn.Sequential has no method {name} here: only add can be called.")
        if len(arguments) != 1 or not isinstance(arguments[0], Unit | Chain):
            found = str(arguments[0]) if arguments else "nothing"
            raise LuaError(line, f"add was given {found}: a module such as nn.Tanh() was expected.")
        if arguments[0] is self:
            raise LuaError(line, "a chain can't be added to itself.")
        self.members.append(arguments[0])
        return self

    def units(self, depth: int = 0) -> list[Unit]:
        """All modules, those of inner chains too."""
        if depth > 30:
            raise LuaError(self.line, "chains are more than 30 deep within each other: write it simpler.")
        return [
            unit for each in self.members for unit in ([each] if isinstance(each, Unit) else each.units(depth + 1))
        ]

    def __str__(self) -> str:
        return "nn.Sequential"


@dataclass(frozen=True)
class Criterion:
    """A loss."""

    name: str
    line: int
    kind: str
    settings: Settings = field(default_factory=dict)

    def __str__(self) -> str:
        return f"nn.{self.name}"


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
        return Unit(given.name, given.line, kind, {"kernel_size": size, "stride": _stride(given, 2, usual_stride or size)})

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


def _linear(given: Arguments) -> Unit:
    settings: Settings = {"out_features": given.whole(1, "the number of outputs")}
    return Unit(given.name, given.line, "Linear", settings, given.whole(0, "the number of inputs"))


MODULES: Mapping[str, Maker] = MappingProxyType(
    {
        "Abs": _simple("Abs"),
        "CAdd": _helper,
        "CMul": _helper,
        "Dropout": _simple("Dropout", p=("a probability", 0.5)),
        "Euclidean": _helper,
        "HardShrink": _simple("Hardshrink", lambd=("a threshold", 0.5)),
        "Identity": _helper,
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


# What Torch7 composes of several modules

Fold = Callable[[Sequence[Unit]], Unit | None]


def _names(units: Sequence[Unit], *names: str) -> bool:
    return [each.name for each in units] == list(names)


def _constant(unit: Unit) -> float:
    value = unit.values[0] if unit.values else math.nan
    return float(value) if isinstance(value, int | float) else math.nan


def _scaled_tanh(units: Sequence[Unit]) -> Unit | None:
    if not _names(units, "MulConstant", "Tanh", "MulConstant"):
        return None
    factors = (units[0], ScaledTanh.STEEPNESS), (units[2], ScaledTanh.AMPLITUDE)
    is_ours = all(math.isclose(_constant(unit), factor, rel_tol=1e-4) for unit, factor in factors)
    return replace(units[1], name="ScaledTanh", kind="ScaledTanh") if is_ours else None


def _mean_lp_pool(units: Sequence[Unit]) -> Unit | None:
    if not _names(units, "SpatialLPPooling", "MulConstant"):
        return None
    size, p = float(units[0].settings["kernel_size"]), float(units[0].settings["p"])
    is_mean = math.isclose(_constant(units[1]), size ** (-2 / p), rel_tol=1e-4)
    return replace(units[0], settings=units[0].settings | {"inside": "mean"}) if is_mean else None


def _euclidean_rbf(units: Sequence[Unit]) -> Unit | None:
    if not _names(units, "Euclidean", "Square", "MulConstant") or _constant(units[2]) != -1:
        return None
    values = units[0].values
    if len(values) != 2 or values[0] != 84:
        return None
    return Unit("Euclidean", units[0].line, "EuclideanRBF", {"out_features": int(values[1])}, 84)


def _padded(units: Sequence[Unit]) -> Unit | None:
    if len(units) != 2 or units[0].name != "SpatialZeroPadding" or units[1].kind != "Conv2d":
        return None
    sides = set(units[0].values)
    if len(units[0].values) != 4 or len(sides) != 1 or units[1].settings.get("padding"):
        return None
    return replace(units[1], settings=units[1].settings | {"padding": int(sides.pop())})


def _bias_of_units(units: Sequence[Unit]) -> Unit | None:
    if len(units) != 2 or units[0].kind != "Conv2d" or units[1].name != "CAdd" or len(units[1].values) != 3:
        return None
    return replace(units[0], settings=units[0].settings | {"biases": "each unit"})


def _gain_and_bias(units: Sequence[Unit]) -> Unit | None:
    if not _names(units, "CMul", "CAdd") or units[0].values != units[1].values:
        return None
    return replace(units[0], name="Gain", kind="Gain", settings={"has_bias": True}, maps=int(_constant(units[0])))


def _gain(units: Sequence[Unit]) -> Unit | None:
    if not _names(units, "CMul") or any(each != 1 for each in units[0].values[1:]):
        return None
    return replace(units[0], name="Gain", kind="Gain", settings={"has_bias": False}, maps=int(_constant(units[0])))


FOLDS: tuple[tuple[int, Fold], ...] = (
    (3, _scaled_tanh),
    (3, _euclidean_rbf),
    (2, _mean_lp_pool),
    (2, _padded),
    (2, _bias_of_units),
    (2, _gain_and_bias),
    (1, _gain),
)
"""How many modules in a row are looked at, and what they are together, if anything."""


def folded(units: Sequence[Unit]) -> list[Unit]:
    """The modules as they are here.

    Raises:
        LuaError: at a module that has no counterpart.
    """
    waiting = [each for each in units if each.name != "Identity"]
    found: list[Unit] = []
    while waiting:
        made = next(
            ((unit, count) for count, fold in FOLDS if len(waiting) >= count and (unit := fold(waiting[:count]))), None
        )
        unit, count = made or (waiting[0], 1)
        waiting = waiting[count:]
        if made and count > 1:
            waiting.insert(0, unit)  # it may be part of more
        elif unit.kind:
            found.append(unit)
        else:
            raise LuaError(unit.line, f"{unit} has no counterpart here by itself.")
    return found


# The names of a listing


class _Library:
    """A table of functions, such as ``nn``."""

    def __init__(self, name: str, functions: Mapping[str, Any]) -> None:
        self._name = name
        self._functions = functions

    def field(self, key: Any, line: int) -> Any:
        """One of them."""
        if key not in self._functions:
            near = [each for each in self._functions if each.lower() == str(key).lower()]
            right = f"write {self._name}.{near[0]}" if near else f"there are {', '.join(self._functions)}"
            raise LuaError(line, f"{self._name}.{key} is not known here: {right}.")
        return self._functions[key]

    def __str__(self) -> str:
        return self._name


class Torch7Host(Host):
    """What a listing of Torch7 can use, and the notes on what was guessed.

    Slides leave out what was defined before: the values that the tutorial gives these names are known.
    """

    def __init__(self) -> None:
        nn = {"Sequential": lambda values, line: Chain(line), "tables": _Library("nn.tables", _TABLES)}
        nn |= {name: self._maker(name, make) for name, make in MODULES.items()}
        nn |= {name: self._maker(name, make) for name, make in CRITERIA.items()}
        image = {"gaussian1D": _gaussian, "gaussian": _gaussian}
        torch = {"Tensor": _pairs, "IntTensor": _pairs}
        nothing: Callable[[list[Any], int], None] = lambda values, line: None  # noqa: E731
        libraries = {"nn": nn, "image": image, "torch": torch}
        names = {name: _Library(name, functions) for name, functions in libraries.items()}
        super().__init__({**names, "require": nothing, "print": nothing})
        self.criteria: list[Criterion] = []
        self.chains: list[tuple[str, Chain]] = []
        self.notes: list[str] = []

    def _maker(self, name: str, make: Callable[[Arguments], Any]) -> Callable[[list[Any], int], Any]:
        def made(values: list[Any], line: int) -> Any:
            result = make(Arguments(f"nn.{name}", values, line))
            if isinstance(result, Criterion):
                result = replace(result, name=name)
                self.criteria.append(result)
                return result
            return replace(result, name=name)

        return made

    def missing(self, name: str, line: int) -> Any:
        """A name with other capitals, or one of the tutorial's."""
        alike = [each for each in self.names if each.lower() == name.lower()]
        if alike:
            self.notes.append(f"Line {line}: {name} has no value, so that of {alike[0]} was taken.")
            self.names[name] = self.names[alike[0]]
        elif name in TUTORIAL:
            self.notes.append(f"Line {line}: {name} has no value, so the tutorial's was taken.")
            self.names[name] = TUTORIAL[name]
        else:
            return super().missing(name, line)
        return self.names[name]

    def note_prose(self, text: str, line: int) -> None:
        """Tell that a line was taken for a comment."""
        self.notes.append(f"Line {line}: “{text[:60]}” was read as a comment.")

    def assigned(self, name: str, value: Any, line: int) -> None:
        """Remember which chains have names."""
        super().assigned(name, value, line)
        if isinstance(value, Chain):
            self.chains.append((name, value))


def _gaussian(values: list[Any], line: int) -> Window:
    if len(values) == 1 and isinstance(values[0], Table):
        named = values[0].values
        values = [named.get("size"), named.get("sigma")]
    given = Arguments("image.gaussian1D", values, line)
    size = given.whole(0, "a size")
    return Window(size, round(size * given.number(1, "a width", 0.25), 9))


def _pairs(values: list[Any], line: int) -> Connections:
    """``torch.Tensor{{from, to}, ...}``, counted from 1."""
    rows = values[0].items() if values and isinstance(values[0], Table) else []
    pairs = [each.items() for each in rows if isinstance(each, Table)]
    sound = [p for p in pairs if len(p) == 2 and all(isinstance(n, float) and n.is_integer() and n >= 1 for n in p)]
    if not sound or len(sound) != len(rows):
        raise LuaError(line, "torch.Tensor takes pairs of maps, counted from 1: torch.Tensor{{1, 1}, {2, 1}} was expected.")
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
_TABLES: Mapping[str, Any] = MappingProxyType(
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

TUTORIAL: Mapping[str, Any] = MappingProxyType(
    {
        "filtsiz": 5.0, "filtsize": 5.0, "height": 32.0, "nfeats": 3.0, "nhiddens": 1500.0, "ninputs": 3072.0,
        "normkernel": Window(7, 1.75), "noutputs": 10.0, "nstates": Table({1: 64.0, 2: 64.0, 3: 128.0}),
        "poolsiz": 2.0, "poolsize": 2.0, "width": 32.0,
    }
)  # fmt: skip
"""What the tutorial calls its sizes, for listings that stand alone on a slide."""


@dataclass(frozen=True)
class Listing:
    """The network of a listing: its modules in a row, the loss behind them if there is one, and what was guessed."""

    units: tuple[Unit, ...]
    criterion: Criterion | None
    notes: tuple[str, ...]


def read_listing(text: str) -> Listing:
    """Follow a listing.

    Raises:
        LuaError: one sentence with the line, and what was expected there.
    """
    host = Torch7Host()
    returned = follow(text.replace("\r\n", "\n").replace("\r", "\n"), host)
    chain = _network(host, returned)
    units = folded(chain.units())
    if not units:
        raise LuaError(chain.line, "this nn.Sequential is empty: add modules, such as model:add(nn.Tanh()).")
    for unit in (*units, *host.criteria):
        try:
            check_settings(kind_named(unit.kind), unit.settings)
        except ValueError as problem:
            raise LuaError(unit.line, f"{unit}: {problem}") from None
    if len(host.criteria) > 1:
        raise LuaError(host.criteria[1].line, "there is a second criterion: one was expected.")
    return Listing(tuple(units), host.criteria[0] if host.criteria else None, tuple(dict.fromkeys(host.notes)))


def _network(host: Torch7Host, returned: list[Any]) -> Chain:
    """What the listing returns, or calls ``model``, or made last and added to nothing."""
    if returned and isinstance(returned[0], Chain):
        return returned[0]
    named = dict(host.chains)
    inner = {id(each) for chain in named.values() for each in chain.members}
    outer = [chain for chain in named.values() if id(chain) not in inner]
    if isinstance(named.get("model"), Chain):
        return named["model"]
    if not outer:
        raise LuaError(1, "there is no network in this listing: model = nn.Sequential() was expected.")
    return outer[-1]



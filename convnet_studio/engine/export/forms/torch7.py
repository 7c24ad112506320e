"""Torch7: a network as a listing, ``model:add(nn.Tanh())``, as the tutorial's slides have it; written and read.

``ROWS`` tells how each kind of module is written; `torch7_reader.py` has the way back. A network that is no chain is
written with nngraph.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Any, ClassVar

from convnet_studio.engine.export.form import Form, Imported, Lines, Written
from convnet_studio.engine.export.lua_tokens import KEYWORDS
from convnet_studio.engine.export.outline import Outline, Part
from convnet_studio.engine.export.torch7_project import project_of
from convnet_studio.engine.export.torch7_reader import read_listing
from convnet_studio.engine.export.torch7_stages import by_stage, guessed_headings, headings
from convnet_studio.engine.nn.connection_table import connected_pairs

LINE_WIDTH = 72
"""Letters of a line of the heading."""
MOST_PAIRS = 512
"""Connections that are listed one by one; more are drawn by nn.tables.random where they were drawn here."""


class CannotSay(Exception):
    """Torch7 has no module for these settings: why, as the end of a sentence."""


@dataclass(frozen=True)
class Code:
    """Constructors of modules, one behind the other; `note`: how they differ from ours, as a part of a sentence."""

    made: tuple[str, ...]
    note: str = ""


Row = Callable[[Part], Code]


def _plain(name: str, *settings: str) -> Row:
    """A module that takes these settings."""
    return lambda part: _one(name, *(getattr(part.module, each) for each in settings))


def _one(name: str, *arguments: object) -> Code:
    return Code((_call(name, *arguments),))


def _call(name: str, *arguments: object) -> str:
    return f"nn.{name}({', '.join(_written(each) for each in arguments)})"


def _written(value: object) -> str:
    """A number as people write it; fractions as such."""
    if isinstance(value, float):
        return f"{value:g}" if float(f"{value:g}") == value else repr(value)
    return str(value)


def _quotient(above: float, below: int) -> str:
    """A width in parts of a window: as a fraction, or nothing where it is Torch7's usual quarter."""
    if Fraction(above) / below == Fraction(1, 4):
        return ""
    return f", {_written(above)}/{below}"


def _filter_bank(part: Part) -> Code:
    m: Any = part.module
    channels, k = part.input_shapes[0][0], m.kernel_size
    stride = (m.stride, m.stride) if m.stride > 1 or m.padding else ()
    padding = (m.padding, m.padding) if m.padding else ()
    if m.table == "full":
        made = [_call("SpatialConvolutionMM", channels, m.out_channels, k, k, *stride, *padding)]
        if m.biases != "each map":
            made[0] += ":noBias()"
        note = ""
    else:
        table, note = _table(m.table, channels, m.out_channels)
        made = [_call("SpatialZeroPadding", *padding, *padding)] if padding else []
        made += [_call("SpatialConvolutionMap", table, k, k, *(stride if m.stride > 1 else ()))]
        if m.biases == "none":
            raise CannotSay("nn.SpatialConvolutionMap always has a bias")
    if m.biases == "each unit":
        made += [_call("CAdd", *part.shape)]
    return Code(tuple(made), note)


def _table(text: str, inputs: int, outputs: int) -> tuple[str, str]:
    """A connection table, and how it differs."""
    if text == "one-to-one" and inputs == outputs:
        return f"nn.tables.oneToOne({inputs})", ""
    pairs = connected_pairs(text, inputs, outputs)
    word, *rest = text.split()
    if word == "random" and len(rest) == 1:
        return f"nn.tables.random({inputs}, {outputs}, {rest[0]})", "nn.tables.random draws other connections"
    if len(pairs) > MOST_PAIRS:
        raise CannotSay(f"its {len(pairs):,} connections are too many to be listed, {MOST_PAIRS} at most")
    rows: dict[int, list[str]] = {}
    for output, source in pairs:
        rows.setdefault(output, []).append(f"{{{source + 1},{output + 1}}}")
    listed = ",\n".join(f"    {', '.join(row)}" for row in rows.values())
    return f"torch.Tensor{{\n{listed}}}", ""


def _conv3d(part: Part) -> Code:
    m: Any = part.module
    if m.table != "full" or m.biases != "each map":
        raise CannotSay("nn.VolumetricConvolution joins all maps and has a bias for each")
    further = [m.stride] * 3 + [m.padding] * 3 if m.stride > 1 or m.padding else []
    return _one("VolumetricConvolution", part.input_shapes[0][0], m.out_channels, *[m.kernel_size] * 3, *further)


def _linear(part: Part) -> Code:
    return _one("Linear", part.input_shapes[0][0], part.shape[0], *([] if part.module.has_bias else ["false"]))


def _conv_transpose(part: Part) -> Code:
    m: Any = part.module
    further = [m.stride, m.stride, m.padding, m.padding] if m.stride > 1 or m.padding else []
    return _one("SpatialFullConvolution", part.input_shapes[0][0], m.out_channels, *[m.kernel_size] * 2, *further)


def _locally_connected(part: Part) -> Code:
    m: Any = part.module
    channels, height, width = part.input_shapes[0]
    sizes = (channels, m.out_channels, width, height, m.kernel_size, m.kernel_size)
    return _one("SpatialConvolutionLocal", *sizes, *([m.stride] * 2 if m.stride > 1 else []))


def _norm(name: str, divides: bool) -> Row:
    """Torch7's border is ``torch``; where nothing is divided, ``exact`` is the same."""

    def row(part: Part) -> Code:
        m: Any = part.module
        if m.border == "reflect":
            raise CannotSay("Torch7 does not mirror pictures at their border")
        if not m.across_maps and part.shape[0] > 1:
            raise CannotSay("Torch7's neighbourhood goes through all maps")
        notes = ["its border counts less"] if divides and m.border == "exact" else []
        threshold: tuple[float, ...] = ()
        if divides and m.fixed_threshold() is None:
            notes += ["it divides by at least 0.0001 instead of the mean spread"]
        elif divides and m.threshold_value != 1e-4:
            threshold = (m.threshold_value, m.threshold_value)
        window = f"image.gaussian1D({m.kernel_size}{_quotient(m.width, m.kernel_size)})"
        return Code((_call(name, part.shape[0], window, *threshold),), " and ".join(notes))

    return row


def _pooling(name: str) -> Row:
    return lambda part: _one(name, *[part.module.kernel_size] * 2, *[part.module.stride] * 2)


def _sub_sampling(part: Part) -> Code:
    return _one("SpatialSubSampling", part.shape[0], *[part.module.kernel_size] * 2, *[part.module.stride] * 2)


def _lp_pool(part: Part) -> Code:
    m: Any = part.module
    if m.learns_p:
        raise CannotSay("Torch7 does not learn the power")
    if m.inside == "gaussian":
        raise CannotSay("Torch7 weighs all pixels of a window alike")
    made = [_call("SpatialLPPooling", part.shape[0], m.p, m.kernel_size, m.kernel_size, m.stride, m.stride)]
    if m.p != 2 and part.takes_negative:
        made.insert(0, "nn.Abs()")
    if m.inside == "mean" and m.kernel_size > 1:
        made += [f"nn.MulConstant({_mean_factor(m.kernel_size, m.p)})"]
    return Code(tuple(made))


def _mean_factor(size: int, p: float) -> str:
    """(1 / size²)^(1/p), as people write it where the power is 1 or 2."""
    return f"1/{size ** (2 / p):g}" if p in (1, 2) else f"{size ** (-2 / p):.9g}"


def _global_pool(part: Part) -> Code:
    names = {"average": "SpatialAdaptiveAveragePooling", "max": "SpatialAdaptiveMaxPooling"}
    if part.module.kind not in names:
        raise CannotSay("Torch7 has no L2 pooling of whole maps")
    return _one(names[part.module.kind], 1, 1)


def _gain(part: Part) -> Code:
    sizes = (part.shape[0], *(1,) * (len(part.shape) - 1))
    return Code((_call("CMul", *sizes), *([_call("CAdd", *sizes)] if part.module.has_bias else [])))


def _over_classes(name: str) -> Row:
    return lambda part: _one(name if len(part.shape) == 1 else f"Spatial{name}")


def _local_response(part: Part) -> Code:
    if len(part.shape) != 3:
        raise CannotSay("nn.SpatialCrossMapLRN takes maps")
    m: Any = part.module
    return _one("SpatialCrossMapLRN", m.size, m.alpha, m.beta, m.k)


def _softplus(part: Part) -> Code:
    return _one("SoftPlus", *([] if part.module.beta == 1 else [part.module.beta]))


def _rbf(part: Part) -> Code:
    made = (_call("Euclidean", part.input_shapes[0][0], part.shape[0]), "nn.Square()", "nn.MulConstant(-1)")
    return Code(made, "the weights of nn.Euclidean are the pictures of the digits, and do not learn")


def _flatten(part: Part) -> Code:
    return _one("Reshape", part.shape[0])


ROWS: Mapping[str, Row] = MappingProxyType(
    {
        "Abs": _plain("Abs"),
        "Add": _plain("CAddTable"),
        "AvgPool2d": _pooling("SpatialAveragePooling"),
        "Concat": lambda part: _one("JoinTable", 1, len(part.shape)),
        "Conv2d": _filter_bank,
        "Conv3d": _conv3d,
        "ConvTranspose2d": _conv_transpose,
        "DivisiveNorm": _norm("SpatialDivisiveNormalization", True),
        "Dropout": _plain("Dropout", "p"),
        "EuclideanRBF": _rbf,
        "Flatten": _flatten,
        "Gain": _gain,
        "GlobalPool2d": _global_pool,
        "Hardshrink": _plain("HardShrink", "lambd"),
        "LPPool2d": _lp_pool,
        "Linear": _linear,
        "LocalContrastNorm": _norm("SpatialContrastiveNormalization", True),
        "LocalResponseNorm": _local_response,
        "LocallyConnected2d": _locally_connected,
        "LogSoftmax": _over_classes("LogSoftMax"),
        "MaxPool2d": _pooling("SpatialMaxPooling"),
        "Multiply": _plain("CMulTable"),
        "ReLU": _plain("ReLU"),
        "Reshape": lambda part: _one("Reshape", *part.shape),
        "ScaledTanh": lambda part: Code(("nn.MulConstant(2/3)", "nn.Tanh()", "nn.MulConstant(1.7159)")),
        "Sigmoid": _plain("Sigmoid"),
        "Softmax": _over_classes("SoftMax"),
        "Softplus": _softplus,
        "Softshrink": _plain("SoftShrink", "lambd"),
        "SubtractiveNorm": _norm("SpatialSubtractiveNormalization", False),
        "Tanh": _plain("Tanh"),
        "Tanhshrink": _plain("TanhShrink"),
        "TrainableAvgPool2d": _sub_sampling,
        "Upsample": _plain("SpatialUpSamplingNearest", "scale_factor"),
    }
)
"""How a module is written, by its kind. (An Input is what the model is given.)"""


def _mse(part: Part) -> Code:
    from_wire = "its target is what the other wire brings" if len(part.sources) > 1 else ""
    return Code(("nn.MSECriterion()",), from_wire)


def _multi_margin(part: Part) -> Code:
    m: Any = part.module
    further = [m.p] if m.margin == 1 else [m.p, "nil", m.margin]
    return _one("MultiMarginCriterion", *(further if further != [1] else []))


LOSSES: Mapping[str, Row] = MappingProxyType(
    {
        "CrossEntropyLoss": lambda part: _one("CrossEntropyCriterion"),
        "MSELoss": _mse,
        "MultiMarginLoss": _multi_margin,
        "NLLLoss": lambda part: _one("ClassNLLCriterion"),
    }
)
"""How a loss is written, by its kind."""


class Torch7Form(Form):
    """A listing without weights."""

    name: ClassVar = "torch7"
    title: ClassVar = "Torch7 listing"
    word: ClassVar = "Torch7"
    phrase: ClassVar = "a Torch7 listing"
    ending: ClassVar = ".lua"
    comment: ClassVar = "--"
    keywords: ClassVar = KEYWORDS

    def write(self, outline: Outline) -> Written:
        """As a chain where it is one, else as a graph."""
        return _Writer(self, outline).write()

    def read(self, text: str, name: str) -> Imported:
        """The network of a listing behind its inputs, on the data set that it suits."""
        return project_of(read_listing(text), name)


class _Writer:
    """Writes one outline."""

    def __init__(self, form: Form, outline: Outline) -> None:
        self._form = form
        self._outline = outline
        self._notes: list[str] = []
        self._gaps = list(outline.left_out)
        self._lines = Lines()
        stages = outline.project.network.stages
        self._written = outline.modules if outline.is_chain else by_stage(outline.modules, stages)
        inner = [part for part in self._written if part.sources]
        guessed = guessed_headings(inner) if outline.is_chain else {}
        self._headings = headings([*inner, *outline.losses], stages) or guessed

    def write(self) -> Written:
        outline = self._outline
        body = self._chain if outline.is_chain else self._graph
        project = outline.project
        about = f"{project.name}: {project.description}" if project.description else project.name
        size = " x ".join(map(str, outline.input_shape))
        for line in textwrap.wrap(about, LINE_WIDTH):
            self._lines.add(f"-- {line}")
        self._lines.add(f"-- Pictures of {size} from the data set {project.data.dataset}.\n")
        start = len(self._lines.lines)
        body()
        self._lines.add()
        self._criteria()
        needed = ["nn", *([] if outline.is_chain else ["nngraph"])]
        needed += ["image"] if any("image." in line for line in self._lines.lines) else []
        self._insert(start, [*(f"-- {gap}" for gap in outline.left_out), *(f"require '{each}'" for each in needed), ""])
        text = self._lines.text().rstrip("\n") + "\n"
        return Written(text, tuple(self._notes), tuple(self._gaps), tuple(self._lines.owners))

    def _insert(self, place: int, lines: list[str]) -> None:
        self._lines.lines[place:place] = lines
        self._lines.owners[place:place] = [""] * len(lines)

    def _code_of(self, part: Part, rows: Mapping[str, Row]) -> Code | None:
        """How a part is written; None, and a comment in its place, where it can't be."""
        row = rows.get(part.kind)
        what = "is no criterion of Torch7" if rows is LOSSES else "is no module of Torch7"
        if row is None:
            self._gap(part, f"{part.title} can't be written as {self._form.phrase}: {part.kind} {what}.")
            return None
        try:
            code = row(part)
        except CannotSay as reason:
            self._gap(part, f"{part.title} can't be written as {self._form.phrase}: {reason}.")
            return None
        if code.note:
            self._notes.append(f"{part.title} differs in Torch7: {code.note}.")
            self._lines.add(f"-- different from ConvNet Studio: {code.note}", part.origin)
        return code

    def _gap(self, part: Part, sentence: str) -> None:
        self._gaps.append(sentence)
        self._lines.add(f"-- {sentence}", part.origin)

    def _head(self, part: Part) -> None:
        """The comment that heads its stage, where it begins one; an empty line above."""
        if heading := self._headings.get(part.id):
            self._lines.add(f"-- {heading}" if not self._lines.lines[-1] else f"\n-- {heading}")

    def _chain(self) -> None:
        self._lines.add("model = nn.Sequential()")
        for part in self._written:
            if not part.sources:
                continue
            self._head(part)
            code = self._code_of(part, ROWS)
            for made in code.made if code else ():
                self._lines.add(f"model:add({made})", part.origin)

    def _graph(self) -> None:
        outline = self._outline
        if not outline.modules:
            return
        owners: dict[str, str] = {}  # the first that bears shared weights, as the others call it
        for part in self._written:
            if not part.sources:
                self._lines.add(f"local {part.name} = nn.Identity()()", part.origin)
                continue
            self._head(part)
            code = self._code_of(part, ROWS)
            taken = ", ".join(each.name for each in part.sources)
            value = f"{{{taken}}}" if part.kind in ("Add", "Concat", "Multiply") else taken
            owner = owners.setdefault(part.shares or part.id, part.name)
            for made in code.made if code else ():
                if owner != part.name and part.parameter_shapes():
                    made = f"{made}:share({owner}.data.module, 'weight', 'bias', 'gradWeight', 'gradBias')"
                value = f"{made}({value})"
            self._lines.add(f"local {part.name} = {value}", part.origin)
        entered = ", ".join(each.name for each in outline.modules if not each.sources)
        left = ", ".join(each.name for each in outline.outputs)
        self._lines.add(f"\nmodel = nn.gModule({{{entered}}}, {{{left}}})")

    def _criteria(self) -> None:
        losses = self._outline.losses
        if losses:
            self._head(losses[0])
        codes = [(loss, code) for loss in losses if (code := self._code_of(loss, LOSSES))]
        if len(losses) == 1 and codes and losses[0].module.weight == 1:
            self._lines.add(f"criterion = {codes[0][1].made[0]}", losses[0].origin)
        elif codes:
            self._lines.add("criterion = nn.ParallelCriterion()")
            for loss, code in codes:
                weight = "" if loss.module.weight == 1 else f", {_written(loss.module.weight)}"
                self._lines.add(f"criterion:add({code.made[0]}{weight})", loss.origin)

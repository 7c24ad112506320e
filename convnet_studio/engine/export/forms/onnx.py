"""ONNX: a network with its weights as a model that other programs run.

``ROWS`` tells of which operations of ONNX each kind of module is made. The package `onnx` is an optional extra, and is
imported when a model is written.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np

from convnet_studio import __version__
from convnet_studio.engine.export.form import ExportError, Form, Written
from convnet_studio.engine.export.outline import Outline, Part
from convnet_studio.engine.nn.connection_table import connected_pairs
from convnet_studio.engine.nn.local_statistics import band_matrix
from convnet_studio.engine.nn.module import Array, Shape
from convnet_studio.engine.nn.modules.euclidean_rbf import CODES
from convnet_studio.engine.nn.modules.pyramid_pool2d import edges, grids

OPSET, IR_VERSION = 18, 8
"""The versions of the standard that most programs read."""
REDUCTIONS = {"average": "ReduceMean", "max": "ReduceMax", "L2": "ReduceL2"}


class Graph:
    """Nodes and constants in the making. Values are known by name; `helper` is the module onnx.helper."""

    def __init__(self, helper: Any, numpy_helper: Any) -> None:
        self._helper = helper
        self._numpy_helper = numpy_helper
        self.nodes: list[Any] = []
        self.constants: dict[str, Any] = {}
        self._at = ""

    def enter(self, part: Part) -> None:
        """From here on names begin with that of a part."""
        self._at = part.name

    def constant(self, value: Any, name: str = "") -> str:
        """A number or an array, float32 unless it holds whole numbers; what bears a `name` is there once."""
        array = np.asarray(value)
        array = array.astype(np.int64 if array.dtype.kind in "iu" else np.float32)
        name = name or f"{self._at}/c{len(self.constants)}"
        if name not in self.constants:
            self.constants[name] = self._numpy_helper.from_array(np.ascontiguousarray(array), name)
        return name

    def add(self, operation: str, *inputs: str, **attributes: Any) -> str:
        """One operation; the name of its output."""
        output = f"{self._at}/{operation}{len(self.nodes)}"
        self.nodes.append(self._helper.make_node(operation, list(inputs), [output], name=output, **attributes))
        return output

    def with_number(self, operation: str, x: str, number: Any) -> str:
        """An operation of two inputs, the second a constant."""
        return self.add(operation, x, self.constant(number))

    def reduce(self, operation: str, x: str, *axes: int, keeps: bool = True) -> str:
        """Along some axes."""
        return self.add(operation, x, self.constant(axes), keepdims=int(keeps))

    def reshape(self, x: str, shape: Shape) -> str:
        """Of each sample; the batch stays."""
        return self.add("Reshape", x, self.constant([0, *shape]))

    def largest(self, x: str, count: int, axis: int) -> tuple[str, str]:
        """The `count` largest values along an axis, and their places; of equal ones the first come first."""
        name = f"{self._at}/TopK{len(self.nodes)}"
        values, places = f"{name} values", f"{name} places"
        taken = [x, self.constant([count])]
        self.nodes.append(self._helper.make_node("TopK", taken, [values, places], name=name, axis=axis))
        return values, places

    def where_positive(self, condition: str, x: str) -> str:
        """`x` where `condition` is above 0, elsewhere 0."""
        return self.add("Where", self.with_number("Greater", condition, 0.0), x, self.constant(0.0))


Weights = Mapping[str, Array]
Row = Callable[[Graph, Part, Weights, list[str]], str]
"""(graph, part, its weights, names of its inputs) to the name of its output."""


def _operation(name: str, **attributes: Any) -> Row:
    return lambda g, part, w, x: g.add(name, *x, **attributes)


def _window(part: Part) -> dict[str, list[int]]:
    return {"kernel_shape": [part.module.kernel_size] * 2, "strides": [part.module.stride] * 2}


def _parameter(g: Graph, part: Part, w: Weights, name: str, shape: Shape | None = None) -> str:
    value = w[name].astype(np.float32)
    owner = part.shares or part.id
    if shape is None:
        return g.constant(value, f"{owner}.{name}")
    return g.constant(value.reshape(shape), f"{owner}.{name} {len(shape)}")


def _per_map(part: Part) -> Shape:
    """A shape in which a number for each map goes with its output."""
    return (-1, *(1,) * (len(part.shape) - 1))


def _filter_bank(g: Graph, part: Part, w: Weights, x: list[str]) -> str:
    m = part.module
    channels, d = part.input_shapes[0][0], m.dimensions
    weight = w["weight"].astype(np.float32)
    if m.table != "full":
        dense = np.zeros((m.out_channels, channels, *weight.shape[2:]), np.float32)
        outputs, sources = np.array(connected_pairs(m.table, channels, m.out_channels)).T
        dense[outputs, sources] = weight[:, 0]
        weight = dense
    inputs = [*x, g.constant(weight, f"{part.shares or part.id}.weight dense")]
    if m.biases == "each map":
        inputs.append(_parameter(g, part, w, "bias"))
    y = g.add("Conv", *inputs, kernel_shape=[m.kernel_size] * d, strides=[m.stride] * d, pads=[m.padding] * 2 * d)
    return g.add("Add", y, _parameter(g, part, w, "bias")) if m.biases == "each unit" else y


def _conv_transpose(g: Graph, part: Part, w: Weights, x: list[str]) -> str:
    inputs = [*x, _parameter(g, part, w, "weight"), _parameter(g, part, w, "bias")]
    return g.add("ConvTranspose", *inputs, **_window(part), pads=[part.module.padding] * 4)


def _windows(g: Graph, part: Part, x: str) -> str:
    """Every window by itself, ``(batch, c, kernel_size², rows, columns)``: a convolution with one pixel each."""
    channels, side = part.input_shapes[0][0], part.module.kernel_size
    pixels = np.tile(np.eye(side**2, dtype=np.float32).reshape(side**2, 1, side, side), (channels, 1, 1, 1))
    y = g.add("Conv", x, g.constant(pixels), group=channels, **_window(part))
    rows, columns = (1 + (n - side) // part.module.stride for n in part.input_shapes[0][1:])
    return g.reshape(y, (channels, side**2, rows, columns))


def _locally_connected(g: Graph, part: Part, w: Weights, x: list[str]) -> str:
    rows, columns = part.shape[1:]
    fan_in = math.prod(w["weight"].shape[3:])
    seen = g.reshape(_windows(g, part, x[0]), (fan_in, rows, columns))
    by_place = g.add("Transpose", seen, perm=[2, 3, 0, 1])
    weight = w["weight"].reshape(rows, columns, part.shape[0], fan_in).swapaxes(2, 3)
    y = g.add("MatMul", by_place, g.constant(weight, f"{part.shares or part.id}.weight by place"))
    y = g.add("Add", y, g.constant(w["bias"][:, :, None], f"{part.shares or part.id}.bias by place"))
    return g.add("Transpose", y, perm=[2, 3, 0, 1])


def _linear(g: Graph, part: Part, w: Weights, x: list[str]) -> str:
    names = ("weight", "bias") if part.module.has_bias else ("weight",)
    return g.add("Gemm", *x, *(_parameter(g, part, w, each) for each in names), transB=1)


def _lp_pool(g: Graph, part: Part, w: Weights, x: list[str]) -> str:
    """The largest is taken out of the root, as in the definition."""
    m = part.module
    sizes = g.add("Abs", _windows(g, part, x[0]))
    largest = g.reduce("ReduceMax", sizes, 2)
    p = np.float64(m.p) if not m.learns_p else 1 + np.logaddexp(0, w["rho"].astype(np.float64)).reshape(-1, 1, 1, 1)
    ratio = g.add("Div", sizes, g.with_number("Max", largest, 1e-30))
    terms = g.with_number("Mul", g.with_number("Pow", ratio, p), m.weights().reshape(-1, 1, 1))
    total = g.reduce("ReduceSum", terms, 2)
    y = g.add("Mul", largest, g.with_number("Pow", total, 1 / p))
    return g.reshape(y, part.shape)


def _log_sum_exp(g: Graph, part: Part, w: Weights, x: list[str]) -> str:
    m = part.module
    y = g.reduce("ReduceLogSumExp", g.with_number("Mul", _windows(g, part, x[0]), m.b), 2, keeps=False)
    count = m.kernel_size**2 if m.inside == "mean" else 1
    return g.with_number("Div", g.with_number("Sub", y, math.log(count)), m.b)


def _trainable_pool(g: Graph, part: Part, w: Weights, x: list[str]) -> str:
    return _gain(g, part, w, [g.add("AveragePool", *x, **_window(part))])


def _gain(g: Graph, part: Part, w: Weights, x: list[str]) -> str:
    y = g.add("Mul", x[0], _parameter(g, part, w, "gain", _per_map(part)))
    return g.add("Add", y, _parameter(g, part, w, "bias", _per_map(part))) if "bias" in w else y


def _reduced(g: Graph, kind: str, x: str, count: int, *axes: int, keeps: bool) -> str:
    """Average, largest or root of the mean square of `count` values."""
    y = g.reduce(REDUCTIONS[kind], x, *axes, keeps=keeps)
    return g.with_number("Div", y, math.sqrt(count)) if kind == "L2" else y


def _map_pool(g: Graph, part: Part, w: Weights, x: list[str]) -> str:
    m = part.module
    groups = g.reshape(x[0], (part.shape[0], m.group, *part.shape[1:]))
    return _reduced(g, m.kind, groups, m.group, 2, keeps=False)


def _global_pool(g: Graph, part: Part, w: Weights, x: list[str]) -> str:
    return _reduced(g, part.module.kind, x[0], math.prod(part.input_shapes[0][1:]), 2, 3, keeps=True)


def _pyramid(g: Graph, part: Part, w: Weights, x: list[str]) -> str:
    channels, height, width = part.input_shapes[0]
    levels = []
    for side in grids(part.module.levels):
        cells = []
        for row in edges(height, side):
            for column in edges(width, side):
                ends = g.constant([row.start, column.start]), g.constant([row.stop, column.stop])
                cell = g.add("Slice", x[0], *ends, g.constant([2, 3]))
                count = (row.stop - row.start) * (column.stop - column.start)
                cells.append(g.reshape(_reduced(g, part.module.kind, cell, count, 2, 3, keeps=True), (channels, 1)))
        levels.append(g.add("Flatten", g.add("Concat", *cells, axis=2), axis=1))
    return g.add("Concat", *levels, axis=1)


def _local_norm(subtracts: bool, divides: bool) -> Row:
    def row(g: Graph, part: Part, w: Weights, x: list[str]) -> str:
        m = part.module
        sides = [band_matrix(n, m.kernel_size, m.width, m.border, np.dtype(np.float32)) for n in part.shape[1:]]
        (down, rows_inside), (across, columns_inside) = sides

        def mean(v: str) -> str:
            seen = g.reduce("ReduceMean", v, 1) if m.across_maps else v
            return g.add("MatMul", g.add("MatMul", g.constant(down), seen), g.constant(across.T))

        y = x[0]
        if subtracts:
            ends = g.constant([0, 0, 0]), g.constant([1 if m.across_maps else part.shape[0], 1, 1])
            distance = g.add("Sub", y, g.add("Slice", y, *ends, g.constant([1, 2, 3])))
            y = g.add("Sub", distance, mean(distance))
        if divides:
            variance = mean(g.add("Mul", y, y))
            if m.border == "torch":
                variance = g.with_number("Div", variance, np.outer(rows_inside, columns_inside))
            sigma = g.add("Sqrt", variance)
            fixed = m.fixed_threshold()
            least = g.reduce("ReduceMean", sigma, 2, 3) if fixed is None else g.constant(fixed)
            divisor = g.add("Max", sigma, least)
            y = g.where_positive(divisor, g.add("Div", y, g.with_number("Max", divisor, 1e-30)))
        return y

    return row


def _local_response(g: Graph, part: Part, w: Weights, x: list[str]) -> str:
    """As PyTorch has it for even numbers of maps too, which LRN of ONNX sees shifted."""
    m, channels = part.module, part.shape[0]
    seen = np.arange(channels) - np.arange(channels)[:, None]
    around = (-(m.size // 2) <= seen) & (seen <= (m.size - 1) // 2)
    flat = g.reshape(x[0], (channels, math.prod(part.shape[1:])))
    sums = g.add("MatMul", g.constant(around.astype(np.float32)), g.add("Mul", flat, flat))
    base = g.with_number("Add", g.with_number("Mul", sums, m.alpha / m.size), m.k)
    return g.reshape(g.add("Mul", flat, g.with_number("Pow", base, -m.beta)), part.shape)


def _softplus(g: Graph, part: Part, w: Weights, x: list[str]) -> str:
    beta = part.module.beta
    y = g.add("Softplus", g.with_number("Mul", x[0], beta))
    return g.with_number("Div", y, beta)


def _smooth_shrink(g: Graph, part: Part, w: Weights, x: list[str]) -> str:
    """log(e^βb + e^β|x| - 1), the larger power taken out, plus the logarithm of 1 minus its reciprocal."""
    m = part.module
    beta: Array = np.array(m.sharpness)
    b: Array = np.array(m.threshold)
    if w:
        beta, b = (np.abs(w[each].astype(np.float64)).reshape(_per_map(part)) for each in ("beta", "b"))
        beta = beta + m.LEAST
    difference = g.with_number("Sub", g.with_number("Mul", g.add("Abs", x[0]), beta), beta * b)
    smaller = g.add("Exp", g.add("Neg", g.add("Abs", difference)))
    larger = g.with_number("Add", g.add("Relu", difference), beta * b)
    both = g.add("Add", larger, g.add("Log", g.with_number("Add", smaller, 1.0)))
    rest = g.add("Log", g.add("Sub", g.constant(1.0), g.add("Exp", g.add("Neg", both))))
    y = g.with_number("Sub", g.with_number("Div", g.add("Add", both, rest), beta), b)
    return g.add("Mul", g.add("Sign", x[0]), y)


def _winners(g: Graph, part: Part, w: Weights, x: list[str]) -> str:
    m, shape = part.module, part.shape
    flat = g.reshape(x[0], (shape[0], math.prod(shape[1:])))
    axis = 1 if m.over == "maps" else 2
    count = min(m.winners, (shape[0], math.prod(shape[1:]))[axis - 1])
    largest, places = g.largest(flat, count, axis)
    silence = g.with_number("Mul", flat, 0.0)
    return g.reshape(g.add("ScatterElements", silence, places, largest, axis=axis), shape)


def _lateral(g: Graph, part: Part, w: Weights, x: list[str]) -> str:
    inhibition, theta = w["weight"].copy(), np.abs(w["theta"])[:, None]
    np.fill_diagonal(inhibition, 0)
    flat = g.reshape(x[0], (part.shape[0], math.prod(part.shape[1:])))

    def shrink(u: str) -> str:
        left = g.add("Relu", g.with_number("Sub", g.add("Abs", u), theta))
        return g.add("Mul", g.add("Sign", u), left)

    inhibited = g.add("MatMul", g.constant(inhibition), shrink(flat))
    return g.reshape(shrink(g.add("Add", flat, inhibited)), part.shape)


def _rbf(g: Graph, part: Part, w: Weights, x: list[str]) -> str:
    differences = g.with_number("Sub", g.reshape(x[0], (1, part.input_shapes[0][0])), CODES[: part.shape[0]])
    return g.add("Neg", g.reduce("ReduceSumSquare", differences, 2, keeps=False))


def _scaled_tanh(g: Graph, part: Part, w: Weights, x: list[str]) -> str:
    y = g.add("Tanh", g.with_number("Mul", x[0], part.module.STEEPNESS))
    return g.with_number("Mul", y, part.module.AMPLITUDE)


def _upsample(g: Graph, part: Part, w: Weights, x: list[str]) -> str:
    factors = [1.0, 1.0, *[float(part.module.scale_factor)] * (len(part.shape) - 1)]
    scales = g.constant(np.array(factors, np.float32))
    return g.add("Resize", x[0], "", scales, mode="nearest", coordinate_transformation_mode="asymmetric",
                 nearest_mode="floor")  # fmt: skip


def _shrink(bias: bool) -> Row:
    def row(g: Graph, part: Part, w: Weights, x: list[str]) -> str:
        lambd = part.module.lambd
        return g.add("Shrink", *x, lambd=lambd, bias=lambd if bias else 0.0)

    return row


def _product(g: Graph, part: Part, w: Weights, x: list[str]) -> str:
    y = x[0]
    for each in x[1:]:
        y = g.add("Mul", y, each)
    return y


FORMULA_STEPS: Mapping[str, str] = MappingProxyType(
    {
        "add": "Add", "subtract": "Sub", "multiply": "Mul", "divide": "Div", "negative": "Neg", "power": "Pow",
        "abs": "Abs", "exp": "Exp", "log": "Log", "sqrt": "Sqrt", "tanh": "Tanh", "sigmoid": "Sigmoid", "sin": "Sin",
        "cos": "Cos", "sign": "Sign", "max": "Max", "min": "Min",
    }
)  # fmt: skip
"""Operations of formulas that ONNX has too."""


def _formula(g: Graph, part: Part, w: Weights, x: list[str]) -> str:
    values: list[str] = []
    for step in part.module.read().steps:
        taken = [values[i] for i in step.arguments]
        if not taken:
            values.append(x[0] if step.name else g.constant(step.number))
        elif step.operation in ("greater", "not_greater"):
            holds = g.add("Greater", *taken)
            zero, one = g.constant(0.0), g.constant(1.0)
            values.append(g.add("Where", holds, *((one, zero) if step.operation == "greater" else (zero, one))))
        elif step.operation == "where":
            values.append(g.add("Where", g.add("Equal", taken[0], g.constant(0.0)), taken[2], taken[1]))
        else:
            values.append(g.add(FORMULA_STEPS[step.operation], *taken))
    nothing = g.with_number("Mul", x[0], 0.0)  # a formula without x still has the shape of x
    return values[-1] if part.module.read().steps[-1].arguments else g.add("Add", nothing, values[-1])


ROWS: Mapping[str, Row] = MappingProxyType(
    {
        "Abs": _operation("Abs"),
        "Add": _operation("Sum"),
        "AvgPool2d": lambda g, part, w, x: g.add("AveragePool", *x, **_window(part)),
        "Concat": _operation("Concat", axis=1),
        "Conv1d": _filter_bank,
        "Conv2d": _filter_bank,
        "Conv3d": _filter_bank,
        "ConvTranspose2d": _conv_transpose,
        "DivisiveNorm": _local_norm(subtracts=False, divides=True),
        "Dropout": _operation("Identity"),
        "EuclideanRBF": _rbf,
        "Flatten": _operation("Flatten", axis=1),
        "Formula": _formula,
        "Gain": _gain,
        "GlobalPool2d": _global_pool,
        "Hardshrink": _shrink(bias=False),
        "LPPool2d": _lp_pool,
        "LateralInhibition": _lateral,
        "Linear": _linear,
        "LocalContrastNorm": _local_norm(subtracts=True, divides=True),
        "LocalResponseNorm": _local_response,
        "LocallyConnected2d": _locally_connected,
        "LogSoftmax": _operation("LogSoftmax", axis=1),
        "LogSumExpPool2d": _log_sum_exp,
        "MapPool": _map_pool,
        "MaxPool2d": lambda g, part, w, x: g.add("MaxPool", *x, **_window(part)),
        "Multiply": _product,
        "PyramidPool2d": _pyramid,
        "ReLU": _operation("Relu"),
        "Reshape": lambda g, part, w, x: g.reshape(x[0], part.shape),
        "ScaledTanh": _scaled_tanh,
        "Sigmoid": _operation("Sigmoid"),
        "SmoothShrink": _smooth_shrink,
        "Softmax": _operation("Softmax", axis=1),
        "Softplus": _softplus,
        "Softshrink": _shrink(bias=True),
        "SubtractiveNorm": _local_norm(subtracts=True, divides=False),
        "Tanh": _operation("Tanh"),
        "Tanhshrink": lambda g, part, w, x: g.add("Sub", x[0], g.add("Tanh", x[0])),
        "TrainableAvgPool2d": _trainable_pool,
        "Upsample": _upsample,
        "WinnerTakesAll": _winners,
    }
)
"""How a module is written, by its kind. (An Input is an input of the model.)"""


class OnnxForm(Form):
    """A model of the network as it answers: losses and what only training needs are left out."""

    name: ClassVar = "onnx"
    title: ClassVar = "ONNX model"
    word: ClassVar = "ONNX"
    phrase: ClassVar = "an ONNX model"
    ending: ClassVar = ".onnx"
    is_text: ClassVar = False
    carries_weights: ClassVar = True

    def write(self, outline: Outline) -> Written:
        """The model's bytes.

        Raises:
            ExportError: one sentence, if the package onnx is not installed.
        """
        try:
            helper, numpy_helper, checker = (
                importlib.import_module(f"onnx.{each}") for each in ("helper", "numpy_helper", "checker")
            )
        except ImportError:
            raise ExportError(
                'An ONNX model needs the package onnx, which is not installed: pip install "convnet-studio[onnx]".'
            ) from None
        gaps = list(outline.left_out)
        graph, values = Graph(helper, numpy_helper), dict[str, str]()
        for part in outline.modules:
            if not part.sources:
                values[part.id] = "partner" if part.module.shows_partner() else "picture"
            elif part.kind not in ROWS:
                gaps.append(self.no_rule_for(part))
                values[part.id] = values[part.sources[0].id]
            else:
                graph.enter(part)
                weights = outline.weights.get(part.origin if not part.shares else _owner(outline, part), {})
                values[part.id] = ROWS[part.kind](graph, part, weights, [values[each.id] for each in part.sources])
        return Written(b"" if gaps else self._model(outline, graph, values, helper, checker), gaps=tuple(gaps))

    def _model(self, outline: Outline, graph: Graph, values: Mapping[str, str], helper: Any, checker: Any) -> bytes:
        def value(name: str, shape: Shape) -> Any:
            return helper.make_tensor_value_info(name, 1, ["batch", *shape])  # 1: float32

        outputs = []
        for part in outline.outputs:
            graph.nodes.append(helper.make_node("Identity", [values[part.id]], [part.name], name=f"{part.name}/output"))
            outputs.append(value(part.name, part.shape))
        shown = dict.fromkeys(values[part.id] for part in outline.modules if not part.sources)
        inputs = [value(name, outline.input_shape) for name in shown]
        made = helper.make_graph(graph.nodes, outline.project.name, inputs, outputs, list(graph.constants.values()))
        opset = helper.make_opsetid("", OPSET)
        model = helper.make_model(
            made, opset_imports=[opset], ir_version=IR_VERSION, producer_name="ConvNet Studio",
            producer_version=__version__, doc_string=outline.project.description,
        )  # fmt: skip
        checker.check_model(model)
        data: bytes = model.SerializeToString()
        return data


def _owner(outline: Outline, part: Part) -> str:
    return next(each.origin for each in outline.modules if each.id == part.shares)

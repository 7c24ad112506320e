"""PyTorch: a network as a class with `forward`, a function that loads its weights, and its training loop.

``ROWS`` tells how each kind of module is written, ``LOSSES`` each loss; what PyTorch has not stands in
``torch_modules.py`` and is copied into the code.
"""

from __future__ import annotations

import io
import keyword
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np

from convnet_studio.engine.export.form import SIGNATURE, Form, Lines, Written
from convnet_studio.engine.export.outline import Outline, Part, loss_input_shapes
from convnet_studio.engine.export.pytorch_formula import formula_code
from convnet_studio.engine.export.pytorch_library import names_in, needed
from convnet_studio.engine.export.pytorch_training import (
    data_text,
    input_names,
    loss_arguments,
    training_code,
    training_gaps,
    training_notes,
    tuple_text,
)
from convnet_studio.engine.nn.connection_table import connected_pairs
from convnet_studio.engine.nn.modules.euclidean_rbf import CODES
from convnet_studio.engine.nn.modules.pyramid_pool2d import grids


@dataclass(frozen=True)
class Code:
    """How one module is written.

    Attributes:
        make: the expression that makes it in ``__init__``; empty where there is nothing to keep.
        call: the expression of its output, ``{0}``, ``{1}`` for the inputs; empty: what was made, called.
        before: what must stand before the class.
    """

    make: str = ""
    call: str = ""
    before: str = ""


Row = Callable[[Part], Code]


def _torch(name: str, *settings: str, **renamed: str) -> Row:
    """A module that PyTorch has: its settings by their own names, or renamed."""
    return lambda part: Code(_construct(f"nn.{name}", part, settings, renamed))


def _ours(name: str, *settings: str) -> Row:
    """A module of the library, with these settings."""
    return lambda part: Code(_construct(name, part, settings, {}))


def _inline(expression: str) -> Row:
    return lambda part: Code(call=expression)


def _construct(name: str, part: Part, settings: tuple[str, ...], renamed: Mapping[str, str]) -> str:
    values = {each: getattr(part.module, each) for each in settings}
    values |= {theirs: getattr(part.module, ours) for ours, theirs in renamed.items()}
    return f"{name}({', '.join(f'{key}={_literal(value)}' for key, value in values.items())})"


def _literal(value: object) -> str:
    return repr(value).replace("'", '"')


def _filter_bank(part: Part) -> Code:
    """PyTorch's own where it can say the same; numbers of connections of its own only where `groups` can't."""
    m: Any = part.module
    channels, dimensions = part.input_shapes[0][0], m.dimensions
    first = f"{channels}, {m.out_channels}, {m.kernel_size}"
    further = (f", stride={m.stride}" if m.stride > 1 else "") + (f", padding={m.padding}" if m.padding else "")
    groups = {"full": 1, "one-to-one": channels}.get(m.table) or _groups(m.table)
    if groups and m.biases != "each unit":
        grouped = f", groups={groups}" if groups > 1 else ""
        bias = ", bias=False" if m.biases == "none" else ""
        return Code(f"nn.Conv{dimensions}d({first}{further}{grouped}{bias})")
    before, table = "", ""
    if m.table != "full":
        rows: list[list[int]] = [[] for _ in range(m.out_channels)]
        for output, source in connected_pairs(m.table, channels, m.out_channels):
            rows[output].append(source)
        name = f"{part.name.upper()}_TABLE"
        listed = "\n".join(f"    {row}," for row in rows)
        before = f"# Which input maps each output map of {part.name} sees.\n{name} = [\n{listed}\n]"
        table = f", table={name}"
    shapes = part.parameter_shapes()
    bias = f", bias={shapes['bias']}" if "bias" in shapes else ""
    return Code(f"FilterBank({dimensions}, {first}{further}{table}{bias})", before=before)


def _linear(part: Part) -> Code:
    bias = "" if part.module.has_bias else ", bias=False"
    return Code(f"nn.Linear({part.input_shapes[0][0]}, {part.shape[0]}{bias})")


def _groups(table: str) -> int:
    word, *rest = table.split()
    return int(rest[0]) if word == "groups" else 0


def _local_norm(subtracts: bool, divides: bool) -> Row:
    def row(part: Part) -> Code:
        m: Any = part.module
        says = [f"size={part.shape[1:]}", f"kernel_size={m.kernel_size}", f"width={m.width!r}"]
        says += [f'border="{m.border}"', f"across_maps={m.across_maps}"]
        says += ["divides=False"] if not divides else [] if subtracts else ["subtracts=False"]
        if divides and m.fixed_threshold() is not None:
            says += [f"threshold={m.fixed_threshold()!r}"]
        return Code(f"LocalNorm({', '.join(says)})")

    return row


def _local_response(part: Part) -> Code:
    """PyTorch's takes no lists: they get a place."""
    m: Any = part.module
    made = f"nn.LocalResponseNorm({m.size}, alpha={m.alpha!r}, beta={m.beta!r}, k={m.k!r})"
    return Code(made, f"self.{part.name}({{0}}[:, :, None])[:, :, 0]" if len(part.shape) == 1 else "")


def _lp_pool(part: Part) -> Code:
    m: Any = part.module
    learning = f", learning_maps={part.input_shapes[0][0]}" if m.learns_p else ""
    return Code(f'LPPool2d({m.kernel_size}, {m.stride}, p={m.p!r}, inside="{m.inside}"{learning})')


def _smooth_shrink(part: Part) -> Code:
    m: Any = part.module
    learning = f", learning_maps={part.input_shapes[0][0]}" if m.learns else ""
    return Code(f"SmoothShrink({m.sharpness!r}, {m.threshold!r}{learning})")


def _locally_connected(part: Part) -> Code:
    m: Any = part.module
    channels = part.input_shapes[0][0]
    return Code(f"LocallyConnected2d({part.shape[1:]}, {channels}, {m.out_channels}, {m.kernel_size}, {m.stride})")


def _euclidean_rbf(part: Part) -> Code:
    name = f"{part.name.upper()}_PICTURES"
    codes = CODES[: part.module.out_features]
    pictures = "\n".join(f'    "{"".join("#" if ink > 0 else "." for ink in code)}",' for code in codes)
    before = (
        f"# The picture of each digit, 12 rows of 7 pixels, that {part.name} compares with.\n{name} = [\n{pictures}\n]"
    )
    return Code(f"EuclideanRBF({name})", before=before)


def _formula(part: Part) -> Code:
    return Code(call=f"{part.name}({{0}})", before=formula_code(part.name, part.module.read()))


def _conv_transpose(part: Part) -> Code:
    m: Any = part.module
    further = (f", stride={m.stride}" if m.stride > 1 else "") + (f", padding={m.padding}" if m.padding else "")
    return Code(f"nn.ConvTranspose2d({part.input_shapes[0][0]}, {m.out_channels}, {m.kernel_size}{further})")


def _joined(template: str) -> Row:
    return lambda part: Code(call=template.format(", ".join(f"{{{k}}}" for k in range(len(part.sources)))))


def _between(sign: str) -> Row:
    return lambda part: Code(call=f" {sign} ".join(f"{{{k}}}" for k in range(len(part.sources))))


def _reshape(part: Part) -> Code:
    return Code(call=f"{{0}}.reshape(len({{0}}), {', '.join(map(str, part.shape))})")


ROWS: Mapping[str, Row] = MappingProxyType(
    {
        "Abs": _inline("{0}.abs()"),
        "Add": _between("+"),
        "AvgPool2d": _torch("AvgPool2d", "kernel_size", "stride"),
        "Concat": _joined("torch.cat([{}], dim=1)"),
        "Conv1d": _filter_bank,
        "Conv2d": _filter_bank,
        "Conv3d": _filter_bank,
        "ConvTranspose2d": _conv_transpose,
        "DivisiveNorm": _local_norm(subtracts=False, divides=True),
        "Dropout": _torch("Dropout", "p"),
        "EuclideanRBF": _euclidean_rbf,
        "Flatten": _torch("Flatten"),
        "Formula": _formula,
        "Gain": lambda part: Code(
            f"Gain({part.shape[0]}{'' if 'bias' in part.parameter_shapes() else ', bias=False'})"
        ),
        "GlobalPool2d": _ours("GlobalPool2d", "kind"),
        "Hardshrink": _torch("Hardshrink", "lambd"),
        "LPPool2d": _lp_pool,
        "LateralInhibition": lambda part: Code(f"LateralInhibition({part.shape[0]}, {part.module.threshold!r})"),
        "Linear": _linear,
        "LocalContrastNorm": _local_norm(subtracts=True, divides=True),
        "LocalResponseNorm": _local_response,
        "LocallyConnected2d": _locally_connected,
        "LogSoftmax": lambda part: Code("nn.LogSoftmax(dim=1)"),
        "LogSumExpPool2d": _ours("LogSumExpPool2d", "kernel_size", "stride", "b", "inside"),
        "MapPool": _ours("MapPool", "group", "kind"),
        "MaxPool2d": _torch("MaxPool2d", "kernel_size", "stride"),
        "Multiply": _between("*"),
        "PyramidPool2d": lambda part: Code(
            f"PyramidPool2d({list(grids(part.module.levels))}, {_literal(part.module.kind)})"
        ),
        "ReLU": _torch("ReLU"),
        "Reshape": _reshape,
        "ScaledTanh": _inline("1.7159 * torch.tanh({0} * (2 / 3))"),
        "Sigmoid": _torch("Sigmoid"),
        "SmoothShrink": _smooth_shrink,
        "Softmax": lambda part: Code("nn.Softmax(dim=1)"),
        "Softplus": _torch("Softplus", "beta"),
        "Softshrink": _torch("Softshrink", "lambd"),
        "SubtractiveNorm": _local_norm(subtracts=True, divides=False),
        "Tanh": _torch("Tanh"),
        "Tanhshrink": _torch("Tanhshrink"),
        "TrainableAvgPool2d": lambda part: Code(
            f"TrainableAvgPool2d({part.shape[0]}, {part.module.kernel_size}, {part.module.stride})"
        ),
        "Upsample": _torch("Upsample", "scale_factor"),
        "WinnerTakesAll": _ours("WinnerTakesAll", "winners", "over"),
    }
)
"""How a module is written, by its kind. (An Input is what `forward` is called with.)"""

LossRow = Callable[[Any, list[str], int], str]


def _desired(module: Any, names: list[str], classes: int) -> str:
    return names[1] if len(names) > 1 else f"F.one_hot(labels, {classes}).to({names[0]}.dtype)"


LOSSES: Mapping[str, LossRow] = MappingProxyType(
    {
        "BCEWithLogitsLoss": lambda m, x, n: f"F.binary_cross_entropy_with_logits({x[0]}, {_desired(m, x, n)})",
        "ContrastiveLoss": lambda m, x, n: f"contrastive_loss({x[0]}, {x[1]}, same, {m.margin!r})",
        "CrossEntropyLoss": lambda m, x, n: f"F.cross_entropy({x[0]}, labels)",
        "EuclideanLoss": lambda m, x, n: f"0.5 * ({x[0]} - {_desired(m, x, n)}).square().sum() / len({x[0]})",
        "L1Penalty": lambda m, x, n: f"{x[0]}.abs().sum() / len({x[0]})",
        "MSELoss": lambda m, x, n: f"F.mse_loss({x[0]}, {_desired(m, x, n)})",
        "MultiMarginLoss": lambda m, x, n: f"F.multi_margin_loss({x[0]}, labels, p={m.p}, margin={m.margin!r})",
        "NLLLoss": lambda m, x, n: f"F.nll_loss({x[0]}, labels)",
    }
)
"""The mean loss of a mini-batch, by kind, from the names of its predictions and the number of classes."""


class PyTorchForm(Form):
    """A Python file, and the weights as an .npz archive beside it."""

    name: ClassVar = "pytorch"
    title: ClassVar = "PyTorch code"
    word: ClassVar = "PyTorch"
    phrase: ClassVar = "PyTorch code"
    ending: ClassVar = ".py"
    keywords: ClassVar = frozenset(keyword.kwlist)
    carries_weights: ClassVar = True

    def write(self, outline: Outline) -> Written:
        """The whole file."""
        return _Writer(self, outline).write()

    def files_beside(self, outline: Outline) -> Mapping[str, bytes]:
        """The weights, by the names of PyTorch's parameters."""
        named = {
            f"{part.name}.{name}": np.asarray(array, np.float32)
            for part in outline.modules
            if part.parameter_shapes() and not part.shares
            for name, array in outline.weights.get(part.origin, {}).items()
        }
        buffer = io.BytesIO()
        np.savez(buffer, **named)  # type: ignore[arg-type]  # its stub takes the names for its option allow_pickle
        return {".npz": buffer.getvalue()}


class _Writer:
    """Writes one outline."""

    def __init__(self, form: Form, outline: Outline) -> None:
        self._form = form
        self._outline = outline
        self._gaps = list(outline.left_out)
        self._codes: dict[str, Code] = {}
        self._lines = Lines()

    def write(self) -> Written:
        outline = self._outline
        for part in outline.modules:
            if part.sources:
                self._codes[part.id] = self._code_of(part)
        body = self._net()
        losses = self._losses()
        self._gaps += training_gaps(outline)
        rest = [each for each in (losses, _LOAD, training_code(outline) if losses else "", _MAIN) if each]
        before = [code.before for code in self._codes.values() if code.before]
        used = names_in("\n\n".join([*before, body.text(), *rest]))
        self._head("\n".join([*before, body.text(), *rest, *needed(used)]))
        for text in (*needed(used), *before):
            self._lines.add(text + "\n\n")
        for line, owner in zip(body.lines, body.owners, strict=True):
            self._lines.add(line, owner)
        self._lines.add("\n\n" + "\n\n\n".join(rest))
        notes = tuple(training_notes(outline))
        return Written(self._lines.text(), notes, tuple(self._gaps), tuple(self._lines.owners))

    def _code_of(self, part: Part) -> Code:
        row = ROWS.get(part.kind)
        if row is None:
            self._gaps.append(self._form.no_rule_for(part))
            return Code(call=f"{{0}}  # {part.kind} is missing")
        return row(part)

    # ---------------------------------------------------------------- the beginning

    def _head(self, code: str) -> None:
        project = self._outline.project
        what = f"{project.name}: {project.description}" if project.description else project.name
        lines = [f'"""{_safe(what.removesuffix("."))}.']
        lines += [
            "",
            f"{SIGNATURE} The weights lie beside this file, in an .npz archive of the same name.",
        ]
        lines += [f"Its pictures: {data_text(self._outline)}", '"""', "", "from __future__ import annotations", ""]
        lines += ["import math"] if re.search(r"\bmath\.", code) else []
        abstract = [each for each in ("Iterator", "Sequence") if f"{each}[" in code]
        lines += [f"from collections.abc import {', '.join(abstract)}"] if abstract else []
        lines += ["from pathlib import Path", "", "import numpy as np", "import torch"]
        lines += ["from torch import Tensor, nn"]
        lines += ["from torch.nn import functional as F"] if re.search(r"\bF\.", code) else []
        for gap in self._gaps:
            lines += [f"# {gap}"]
        self._lines.add("\n".join(lines) + "\n\n")

    # ---------------------------------------------------------------- the network

    def _net(self) -> Lines:
        """The class."""
        outline, lines = self._outline, Lines()
        lines.add("class Net(nn.Module):")
        lines.add(f'    """{len(outline.modules)} modules on pictures of {tuple_text(outline.input_shape)}."""\n')
        lines.add("    def __init__(self) -> None:\n        super().__init__()")
        for part in outline.modules:
            code = self._codes.get(part.id)
            if code and code.make and not self._is_called_again(part):
                lines.add(f"        self.{part.name} = {code.make}", part.origin)
                for name in part.parameter_shapes() if part.shares else ():
                    owner = next(each.name for each in outline.modules if each.id == part.shares)
                    lines.add(f"        self.{part.name}.{name} = self.{owner}.{name}", part.origin)
        arguments = ", ".join(f"{name}: Tensor" for name in input_names(outline))
        several = len(outline.outputs) > 1
        lines.add(f"\n    def forward(self, {arguments}) -> {'tuple[Tensor, ...]' if several else 'Tensor'}:")
        sizes = " and ".join(tuple_text(("batch", *each.shape)) for each in outline.outputs)
        lines.add(f'        """{tuple_text(("batch", *outline.input_shape))} to {sizes}."""')
        variables = self._variables()
        for part in outline.modules:
            if part.sources:
                taken = [variables[each.id] for each in part.sources]
                lines.add(f"        {variables[part.id]} = {self._call(part).format(*taken)}", part.origin)
        lines.add(f"        return {', '.join(variables[each.id] for each in outline.outputs)}")
        return lines

    def _call(self, part: Part) -> str:
        code = self._codes[part.id]
        if code.call:
            return code.call
        called = part
        if self._is_called_again(part):
            called = next(each for each in self._outline.modules if each.id == part.shares)
        return f"self.{called.name}({{0}})"

    def _is_called_again(self, part: Part) -> bool:
        """Whether a module that shares its weights is the same as the one that owns them in all else too."""
        owner = next((each for each in self._outline.modules if each.id == part.shares), None)
        return owner is not None and self._codes[owner.id].make == self._codes[part.id].make

    def _variables(self) -> dict[str, str]:
        """What each output is called in `forward`: x, where only the next line needs it."""
        outline = self._outline
        last = {each.id for each in outline.outputs}
        taken_by: dict[str, list[Part]] = {each.id: [] for each in outline.modules}
        for part in outline.modules:
            for source in part.sources:
                taken_by[source.id].append(part)
        lines = [part for part in outline.modules if part.sources]
        names = {}
        for part in outline.modules:
            if not part.sources:
                names[part.id] = "partner" if part.module.shows_partner() else "picture"
                continue
            place = lines.index(part)
            following = lines[place + 1] if place + 1 < len(lines) else None
            is_passing = all(each is following for each in taken_by[part.id])
            is_kept = part.id in last and (following is not None or len(last) > 1)
            names[part.id] = "x" if is_passing and not is_kept else part.name
        return names

    def _losses(self) -> str:
        """The function of the loss; empty without one."""
        outline = self._outline
        if not outline.losses:
            return ""
        several = len(outline.outputs) > 1
        names = {each.id: each.name if several else "output" for each in outline.outputs}
        arguments = ", ".join(f"{name}: Tensor" for name in loss_arguments(outline))
        kind = "tuple[Tensor, ...]" if several else "Tensor"
        lines = [f"def loss_of({'outputs' if several else 'output'}: {kind}, {arguments}) -> Tensor:"]
        lines += [f'    """The loss of a mini-batch: {_loss_words(outline)}."""']
        lines += [f"    {', '.join(names.values())} = outputs"] if several else []
        terms = []
        for loss in outline.losses:
            row = LOSSES.get(loss.kind)
            if row is None:
                self._gaps.append(self._form.no_rule_for(loss))
                continue
            shown = [
                names[source.id] + (".flatten(1)" if len(listed) == 1 < len(source.shape) else "")
                for source, listed in zip(loss.sources, loss_input_shapes(loss), strict=True)
            ]
            term = row(loss.module, shown, outline.classes)
            weight = loss.module.weight
            terms.append(term if weight == 1 else f"{weight!r} * ({term})")
        return "\n".join([*lines, f"    return {' + '.join(terms)}"]) if terms else ""


def _loss_words(outline: Outline) -> str:
    if len(outline.losses) == 1:
        return "the mean over its samples"
    return "the mean over its samples, all losses added"


def _safe(text: str) -> str:
    """A text as it may stand in a docstring."""
    return text.replace("\\", "/").replace('"""', "'''").replace("\n", " ")


_LOAD = '''def load_weights(net: Net, path: str | Path) -> None:
    """Give `net` the weights of an .npz archive (plain numbers, nothing is ever executed)."""
    with np.load(path, allow_pickle=False) as arrays, torch.no_grad():
        for name, parameter in net.named_parameters():
            parameter.copy_(torch.from_numpy(arrays[name]).reshape(parameter.shape))'''

_MAIN = """if __name__ == "__main__":
    net = Net()
    load_weights(net, Path(__file__).with_suffix(".npz"))
    print(net)"""

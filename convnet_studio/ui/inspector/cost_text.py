"""Cost text: what a module costs, with the arithmetic spelled out."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod

from convnet_studio.engine.nn.module import Module, Shape, ShapeProblem
from convnet_studio.engine.project.build import build_module
from convnet_studio.engine.project.spec import ModuleSpec
from convnet_studio.engine.project.summary import ModuleSummary, Summary
from convnet_studio.ui.canvas.card_layout import problem_text
from convnet_studio.ui.controls.number_text import shape_text

NOT_COMPUTED = "not computed"


def why_not_computed(ids: Iterable[str], summary: Summary | None) -> str:
    """Why what some modules cost together is not known yet, in a sentence; empty where all of them compute."""
    known = [summary.modules.get(each) for each in ids] if summary else []
    if known and all(each is not None and each.shape is not None for each in known):
        return ""
    problems = [problem for each in known if each is not None and each.shape is None for problem in each.problems]
    if problems:
        return f"Not computed yet: {problem_text(problems[0])}."
    return "Not computed yet: a module before these does not run."


def shapes_line(known: ModuleSummary) -> str:
    """From what shape to what shape: ``1@28×28 → 8@24×24``."""
    if known.shape is None:
        return NOT_COMPUTED
    sources = " + ".join(shape_text(each) for each in known.input_shapes)
    result = shape_text(known.shape)
    return f"{sources} → {result}" if sources and sources != result else result


def parameters_line(spec: ModuleSpec, known: ModuleSummary) -> str:
    """``8×1×5×5 + 8 = 208``: every array's shape multiplied out, added up."""
    shapes = _parameter_shapes(spec, known)
    if spec.shares:
        return " + ".join(_product(each) for each in shapes) + ", shared"
    if not known.parameters:
        return " + ".join(_product(each) for each in shapes) + ", fitted" if shapes else "none"
    return _equation([_product(each) for each in shapes], " + ", known.parameters)


def arithmetic_line(spec: ModuleSpec, known: ModuleSummary) -> str:
    """``8×1×5×5×24×24 = 115,200``: every weight at every place of the output, where that is what it comes to."""
    total = known.multiply_accumulates
    if not total:
        return "none"
    weights = max(_parameter_shapes(spec, known), key=prod, default=())
    places = (known.shape or ())[1:]
    if weights and prod(weights) * prod(places) == total:
        return _equation([_product((*weights, *places))], "", total)
    return f"{total:,}"


def connections_line(known: ModuleSummary) -> str:
    """``119,808``: uses of weights and biases for one picture."""
    return f"{known.cost.connections:,}" if known.cost.connections else "none"


def _parameter_shapes(spec: ModuleSpec, known: ModuleSummary) -> list[Shape]:
    module = build_module(spec)
    if not isinstance(module, Module) or known.shape is None:
        return []
    try:
        return [each.shape for each in module.parameter_shapes(*known.input_shapes).values()]
    except ShapeProblem:  # the summary is older than this edit; the next one follows at once
        return []


def _product(shape: Shape) -> str:
    return "×".join(map(str, shape))


def _equation(terms: list[str], sign: str, total: int) -> str:
    left = sign.join(terms)
    return f"{left} = {total:,}" if left != str(total) else left

"""Card: everything a module's card shows except the live numbers, as a value; equal cards need no repaint."""

from __future__ import annotations

import enum
import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from convnet_studio.engine.nn.cost import Cost
from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Family, Module, Shape, ShapeProblem
from convnet_studio.engine.nn.receptive_field import Field
from convnet_studio.engine.project.build import build_module, judges_classes
from convnet_studio.engine.project.kinds import find_kind, port_count
from convnet_studio.engine.project.sharing import has_weights
from convnet_studio.engine.project.spec import ModuleSpec, Project
from convnet_studio.engine.project.summary import ModuleSummary, Summary
from convnet_studio.engine.project.validate import Problem
from convnet_studio.engine.project.wiring import title
from convnet_studio.ui.canvas.cost_bars import CostBars, cost_bars


class BodyKind(enum.Enum):
    """What the live part of a card looks like."""

    MISSING = "hatching: nothing computed"
    MAPS = "feature maps in tiles"
    STRIP = "a list of numbers as a heat map"
    CLASSES = "one bar for each class"
    LOSS = "the loss of the probe picture"


class Reading(enum.Enum):
    """How the numbers of a card with class bars become bars."""

    VALUES = "as they are"
    LOGARITHMS = "exp of them where they are negative"


@dataclass(frozen=True)
class Card:
    """A card without its live numbers.

    Attributes:
        id, title, word, help: of the module; `help` is one sentence.
        family: None for a kind that this version does not know.
        caption: the main setting in short.
        inputs: number of input ports. `has_output`: whether wires can start here.
        shape: of the output; None where a problem hides it, ``()`` for a loss.
        body_shape: of the output that the live part is laid out for; while a problem hides the shape, the last one, or
            else a likely one.
        parameters, multiply_accumulates: counts; 0 where there are none.
        problems: in words, with their mends.
        body: what the live part looks like. `map_name`: colours of its maps. `reading`: of class bars.
        filters: (count, height, width) of the kernels drawn below the maps, None without any.
        shares: name of the module whose weights it uses; empty where it has its own.
        judges: whether it is a loss that looks at an answer, one of the classes.
        learns: whether it has parameters in this network.
        frozen: whether its parameters stay as they are.
        cost, receptive_field: all counts, and what of the picture an output sees.
        bars: where the network's parameters and arithmetic live; None where they are not drawn.
    """

    id: str
    title: str
    word: str
    help: str
    family: Family | None
    caption: str = ""
    inputs: int = 1
    has_output: bool = True
    shape: Shape | None = None
    parameters: int = 0
    multiply_accumulates: int = 0
    problems: tuple[Problem, ...] = ()
    body: BodyKind = BodyKind.MISSING
    body_shape: Shape = ()
    map_name: str = "activation"
    reading: Reading = Reading.VALUES
    filters: tuple[int, int, int] | None = None
    shares: str = ""
    judges: bool = False
    learns: bool = False
    frozen: bool = False
    cost: Cost = field(default_factory=Cost)
    receptive_field: Field = ()
    bars: CostBars | None = None


_USUAL_INPUTS: tuple[Shape, ...] = ((8, 64, 64), (64,))

_NO_SUMMARY = ModuleSummary((), None, 0, 0, False, "", ())


def cards_of(project: Project, summary: Summary | None, with_bars: bool = True) -> dict[str, Card]:
    """The cards of all modules of `project` by id; `summary` may be of a value before the last edit, or missing."""
    bars = cost_bars(summary) if summary and with_bars else {}
    known: Mapping[str, ModuleSummary] = summary.modules if summary else {}
    readings = class_readings(project)
    specs = {spec.id: spec for spec in project.network.modules}
    cards = {}
    for spec in specs.values():
        card = _card_of(spec, known.get(spec.id, _NO_SUMMARY), readings.get(spec.id))
        owner = specs.get(spec.shares)
        frozen = card.learns and (owner or spec).learning.frozen
        cards[spec.id] = replace(card, shares=title(owner) if owner else "", frozen=frozen, bars=bars.get(spec.id))
    return cards


def with_last_body(card: Card, before: Card) -> Card:
    """`card` as large as it was `before`, where its shape is hidden now: a problem makes no card jump."""
    if card.body is not BodyKind.MISSING:
        return card
    return replace(
        card,
        body=before.body,
        body_shape=before.body_shape,
        map_name=before.map_name,
        reading=before.reading,
        filters=before.filters,
    )


def class_readings(project: Project) -> dict[str, Reading]:
    """The modules drawn with class bars: from each loss back up to and including the first filter bank."""
    sources = {(link.target, link.port): link.source for link in project.network.links}
    kinds = {spec.id: find_kind(spec.kind) for spec in project.network.modules}
    found: dict[str, Reading] = {}
    for module_id in (spec.id for spec in project.network.modules if judges_classes(spec)):
        at, seen = sources.get((module_id, 0)), {module_id}
        while at is not None and at not in seen:
            seen.add(at)
            passed = kinds[at]
            if passed is not None and passed.family is Family.OUTPUT:
                found[at] = Reading.LOGARITHMS
            elif passed is not None and passed.family is Family.FILTER_BANK:
                found[at] = Reading.VALUES
                break
            at = sources.get((at, 0))
    return found


def learns_something(spec: ModuleSpec, facts: ModuleSummary | None) -> bool:
    """Whether a module has parameters, its own or shared ones: not all of a kind that may have some do.

    Where nothing is computed (or `facts` are missing), whether it would have some behind a usual module.
    """
    if not has_weights(spec.kind):
        return False
    if facts is not None and facts.shape is not None and not spec.shares:
        return facts.parameters > 0
    module = build_module(spec)
    if not isinstance(module, Module):
        return False
    for shape in _USUAL_INPUTS:
        try:
            return bool(module.parameter_shapes(*[shape] * module.input_count))
        except (ShapeProblem, TypeError, ValueError):
            continue
    return True


def help_of(kind: type) -> str:
    """The first sentence of a module's docstring."""
    text = " ".join((inspect.getdoc(kind) or "").split("\n\n")[0].split())
    return text.split(". ")[0].rstrip(".") + "." if text else ""


def _card_of(spec: ModuleSpec, facts: ModuleSummary, reading: Reading | None) -> Card:
    kind = find_kind(spec.kind)
    if kind is None:
        help_text = f"This version does not know the module {spec.kind}."
        return Card(spec.id, title(spec), "unknown module", help_text, None, problems=facts.problems)
    is_loss = issubclass(kind, Loss)
    return Card(
        id=spec.id,
        title=title(spec),
        word=kind.word if not spec.name else f"{spec.kind} · {kind.word}",
        help=help_of(kind),
        family=kind.family,
        caption=facts.caption,
        inputs=port_count(spec.kind, spec.settings),
        has_output=not is_loss,
        shape=facts.shape,
        parameters=facts.parameters,
        multiply_accumulates=facts.multiply_accumulates,
        problems=facts.problems,
        body=_body_kind(is_loss, facts.shape, reading),
        body_shape=_likely_shape(spec) if facts.shape is None else facts.shape,
        map_name=_map_name(kind.family, facts),
        reading=reading or Reading.VALUES,
        filters=_filters(spec, facts),
        judges=judges_classes(spec),
        learns=learns_something(spec, facts),
        cost=facts.cost,
        receptive_field=facts.receptive_field,
    )


def _body_kind(is_loss: bool, shape: Shape | None, reading: Reading | None) -> BodyKind:
    if is_loss:
        return BodyKind.LOSS
    if not shape:
        return BodyKind.MISSING
    if len(shape) == 1:
        return BodyKind.STRIP if reading is None else BodyKind.CLASSES
    return BodyKind.MAPS if len(shape) == 3 else BodyKind.MISSING


def _likely_shape(spec: ModuleSpec) -> Shape:
    """What the output could look like where nothing computes: a card of a list is narrower than one of maps."""
    module = build_module(spec)
    if not isinstance(module, Module):
        return ()
    for shape in _USUAL_INPUTS:
        try:
            return module.output_shape(*[shape] * module.input_count)
        except (ShapeProblem, TypeError, ValueError):
            continue
    return ()


def _map_name(family: Family, facts: ModuleSummary) -> str:
    if family is Family.INPUT and facts.non_negative:
        return "picture"
    return "non_negative" if facts.non_negative else "activation"


def _filters(spec: ModuleSpec, facts: ModuleSummary) -> tuple[int, int, int] | None:
    """Count and size of the kernels that a module learns, None where it learns none that are pictures."""
    module = build_module(spec)
    if not isinstance(module, Module) or not (facts.parameters or spec.shares):
        return None
    try:
        weight = module.parameter_shapes(*facts.input_shapes).get("weight")
    except (ShapeProblem, TypeError, ValueError):  # the summary is older than this edit
        return None
    shape = weight.shape if weight else ()
    return (shape[0], shape[2], shape[3]) if len(shape) == 4 and shape[2] * shape[3] > 1 else None

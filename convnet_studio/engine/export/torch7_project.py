"""Torch7 project: the network of a listing as a project, on the first data set that its sizes suit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from convnet_studio.engine.export.form import Imported
from convnet_studio.engine.export.lua_tokens import LuaError
from convnet_studio.engine.export.outline import Outline
from convnet_studio.engine.export.suiting_data import with_suiting_data
from convnet_studio.engine.export.torch7_reader import Listing
from convnet_studio.engine.export.torch7_stages import stages_of
from convnet_studio.engine.export.torch7_values import Unit
from convnet_studio.engine.nn.loss import as_list
from convnet_studio.engine.project.invariants import check_invariants
from convnet_studio.engine.project.layout import tidy
from convnet_studio.engine.project.spec import Link, ModuleSpec, NetworkSpec, Project

CARD_SIZE = (208.0, 280.0)
"""Pixels that a card takes on the canvas at most, or nearly so."""


def project_of(listing: Listing, name: str) -> Imported:
    """The project, called `name`, and what was guessed."""
    modules, links = _modules_and_links(listing)
    lines = [
        *((_id(listing, place), each.unit.line) for place, each in enumerate(listing.members)),
        *((_id(listing, len(listing.members) + place), each.line) for place, each in enumerate(listing.criteria)),
    ]
    stages = stages_of(listing.headings, lines, len(modules) + 1)
    network = NetworkSpec(modules, links, stages=stages)
    places = tidy(network, {each.id: CARD_SIZE for each in modules})
    modules = tuple(replace(each, position=places[each.id]) for each in modules)
    network = replace(network, modules=modules)
    project = Project(name.strip()[:100] or "listing", network, next_id=len(modules) + len(stages) + 1)
    check_invariants(project)
    units = {_id(listing, place): each.unit for place, each in enumerate(listing.members)}
    found = with_suiting_data(project, lambda outline: _suits(outline, units, _id(listing, listing.outputs[0])))
    return Imported(found or project, (*listing.notes, *_notes(listing, found)))


def _notes(listing: Listing, found: Project | None) -> list[str]:
    notes = []
    if listing.inputs > 1:
        notes.append("All inputs show the same picture: choose in the inspector which of them show its partner.")
    if found is None:
        notes.append("No data set here has the pictures that this network takes: the cards say what does not fit.")
    else:
        notes.append(f"The data set {found.data.dataset} suits its sizes.")
    if not listing.criteria:
        notes.append("The listing has no criterion: put a loss behind the last module before it can learn.")
    return notes


def _id(listing: Listing, place: int) -> str:
    """The id of a member or, below 0, of an input."""
    return f"m{-place}" if place < 0 else f"m{listing.inputs + place + 1}"


def _modules_and_links(listing: Listing) -> tuple[tuple[ModuleSpec, ...], tuple[Link, ...]]:
    modules = [ModuleSpec(_id(listing, -1 - number), "Input") for number in range(listing.inputs)]
    links: list[Link] = []
    for place, member in enumerate(listing.members):
        unit, its_id = member.unit, _id(listing, place)
        modules.append(ModuleSpec(its_id, unit.kind, unit.settings, shares=_owner_of(listing, unit)))
        links += [Link(_id(listing, source), its_id, port) for port, source in enumerate(member.sources)]
    for number, criterion in enumerate(listing.criteria):
        its_id = _id(listing, len(listing.members) + number)
        modules.append(ModuleSpec(its_id, criterion.kind, criterion.settings))
        judged = listing.outputs if len(listing.criteria) == 1 else listing.outputs[number : number + 1]
        links += [Link(_id(listing, source), its_id, port) for port, source in enumerate(judged)]
    return tuple(modules), tuple(links)


def _owner_of(listing: Listing, unit: Unit) -> str:
    """The id of the module whose weights a unit uses; empty where it has its own."""
    owner = unit.shares
    if owner is None:
        return ""
    for place, each in enumerate(listing.units):
        if (each.line, each.kind) == (owner.line, owner.kind):  # it may have been folded, and so be another value
            return _id(listing, place)
    raise LuaError(unit.line, f"{unit} shares the weights of a module that is not in the network.")


def _suits(outline: Outline, units: Mapping[str, Unit], output: str) -> bool:
    """Whether every module gets as many maps or numbers as its constructor says, and each class has an output.

    A network that ends in maps answers with no class.
    """
    parts = {each.id: each for each in outline.modules}
    for its_id, unit in units.items():
        part = parts[its_id]
        if unit.maps and part.input_shapes[0][0] != unit.maps:
            return False
        if unit.count and part.shape[0] != unit.count:
            return False
    last = as_list(parts[output].shape)
    return len(last) > 1 or not outline.classes or last[0] == outline.classes

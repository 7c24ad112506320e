"""Shown module: which module or stage the inspector speaks of, and why there may be nothing to see of it."""

from __future__ import annotations

from convnet_studio.engine.project.spec import ModuleSpec, StageSpec
from convnet_studio.engine.project.summary import Summary
from convnet_studio.engine.project.wiring import title
from convnet_studio.ui.open_project import OpenProject


def shown_module(open_project: OpenProject) -> ModuleSpec | None:
    """The one selected module; None where none or several are."""
    selection = open_project.selection
    if len(selection) != 1:
        return None
    (module_id,) = selection
    network = open_project.project.network
    return network.module(module_id) if module_id in network else None


def shown_stage(open_project: OpenProject) -> StageSpec | None:
    """The one stage that is selected and nothing else; one of a single module only where it is folded."""
    selection = open_project.selection
    for each in open_project.project.network.stages:
        if selection == set(each.modules) and (len(selection) > 1 or each.is_folded):
            return each
    return None


def why_not_computed(module: ModuleSpec, summary: Summary | None) -> str:
    """One sentence why the module does not compute; empty where it does, or where nothing is known yet."""
    known = summary.modules.get(module.id) if summary else None
    if known is None or known.shape is not None:
        return ""
    if not known.problems:
        return f"{title(module)} does not compute: a module before it has a problem."
    problem = known.problems[0]
    return f"{title(module)} does not compute. {problem.what}{': ' + problem.fix if problem.fix else ''}."

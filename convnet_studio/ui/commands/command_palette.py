"""Command palette: all that the program can be told in one list: actions, modules, stages, presets, views, panels."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from PySide6.QtGui import QAction

from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Module
from convnet_studio.ui.actions import ACTIONS, Actions
from convnet_studio.ui.commands.choice import Choice
from convnet_studio.ui.commands.key_caps import key_text
from convnet_studio.ui.palette.entries import kind_entries, preset_entries, stage_entries
from convnet_studio.ui.panel import Panel
from convnet_studio.ui.view_panels import ViewPanels

QUESTION = "Type what you want to do…"
_LEFT_OUT = frozenset({"commands"})


def all_choices(
    actions: Actions,
    panels: Iterable[Panel],
    views: ViewPanels,
    add: Callable[[str], object],
    add_stage: Callable[[str], object],
    open_preset: Callable[[str], object],
) -> list[Choice]:
    """Everything, in the order in which it stands while nothing is typed."""
    added = [*add_choices(add), *stage_choices(add_stage)]
    return [
        *action_choices(actions),
        *added,
        *preset_choices(open_preset),
        *view_choices(views),
        *panel_choices(panels),
    ]


def action_choices(actions: Actions) -> list[Choice]:
    """A choice for each action of the window; one that can't be carried out now says why."""
    return [
        Choice(
            name=f"action:{row.name}",
            text=f"{row.choice}: {row.text}".capitalize() if row.choice else _text_of(actions[row.name]),
            note=row.tip,
            keys=tuple(key_text(key) for key in (*row.shortcuts, row.canvas_key) if key),
            section=row.menu or "Help",
            icon=row.icon,
            why_not=actions.why_not(row.name),
            act=actions[row.name].trigger,
        )
        for row in ACTIONS
        if row.name not in _LEFT_OUT
    ]


def _text_of(action: QAction) -> str:
    """Without the key that the menu shows."""
    return action.text().partition("\t")[0]


def add_choices(add: Callable[[str], object]) -> list[Choice]:
    """“Add Conv2d” and so on, for every module and loss."""
    return [
        Choice(
            name=f"add:{entry.name}",
            text=f"Add {entry.name}",
            note=entry.word,
            section="Add a module",
            further=f"{entry.section} {entry.help}",
            family=entry.family,
            act=lambda kind=entry.name: add(kind),  # type: ignore[misc]
        )
        for entry in kind_entries([*Module.registry, *Loss.registry])
    ]


def stage_choices(add_stage: Callable[[str], object]) -> list[Choice]:
    """“Add Tutorial stage” and so on, for every ready stage."""
    return [
        Choice(
            name=f"stage:{entry.name}",
            text=f"Add {entry.shown}",
            note=entry.word,
            section="Add a stage",
            icon="group",
            act=lambda name=entry.name: add_stage(name),  # type: ignore[misc]
        )
        for entry in stage_entries()
    ]


def preset_choices(open_preset: Callable[[str], object]) -> list[Choice]:
    """“Open lenet-5” and so on."""
    return [
        Choice(
            name=f"preset:{entry.name}",
            text=f"Open preset {entry.name}",
            note=entry.help,
            section="Presets",
            icon="folder-open",
            act=lambda name=entry.name: open_preset(name),  # type: ignore[misc]
        )
        for entry in preset_entries()
    ]


def view_choices(views: ViewPanels) -> list[Choice]:
    """“Show Gradient flow” or “Hide Gradient flow”, for every view that can be opened."""
    return [
        Choice(
            name=f"view:{name}",
            text=f"{'Hide' if views.is_open(name) else 'Show'} {kind.title}",
            note=kind.summary,
            section="Lab" if kind.is_bench else "Views",
            icon="activity",
            act=partial(views.toggle, name),
        )
        for name, kind in views.kinds.items()
    ]


def panel_choices(panels: Iterable[Panel]) -> list[Choice]:
    """“Show panel Data” or “Hide panel Data”."""
    return [
        Choice(
            name=f"panel:{panel.windowTitle()}",
            text=f"{'Hide' if panel.isVisible() else 'Show'} panel {panel.windowTitle()}",
            section="Panels",
            icon="picture-in-picture-2",
            act=panel.toggleViewAction().trigger,
        )
        for panel in panels
    ]

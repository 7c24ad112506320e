"""Command palette: all that the program can be told in one list: actions, modules, stages, presets, views, panels."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from PySide6.QtGui import QAction

from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Module
from convnet_studio.lessons.course import Course
from convnet_studio.ui.actions import ACTIONS, ActionRow, Actions
from convnet_studio.ui.commands.choice import Choice
from convnet_studio.ui.commands.key_caps import key_text
from convnet_studio.ui.palette.entries import Entry, kind_entries, preset_entries, stage_entries
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
            text=_text_of(row, actions[row.name]),
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


def _text_of(row: ActionRow, action: QAction) -> str:
    """Without the key that the menu shows, with what is chosen where the text does not begin with that."""
    text = action.text().partition("\t")[0]
    return text if text.lower().startswith(row.choice) else f"{row.choice}: {text}".capitalize()


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
            act=partial(add, entry.name),
        )
        for entry in kind_entries([*Module.registry, *Loss.registry])
    ]


def stage_choices(add_stage: Callable[[str], object]) -> list[Choice]:
    """“Add Tutorial stage” and so on, for every ready stage."""
    return [
        _ready("stage", each, f"Add {each.shown}", each.word, "Add a stage", "group", add_stage)
        for each in stage_entries()
    ]


def preset_choices(open_preset: Callable[[str], object]) -> list[Choice]:
    """“Open preset lenet-5” and so on."""
    return [
        _ready("preset", each, f"Open preset {each.name}", each.help, "Presets", "folder-open", open_preset)
        for each in preset_entries()
    ]


def lesson_choices(course: Course, open_lesson: Callable[[str], object]) -> list[Choice]:
    """“Lesson 2.1 Back-propagation” and so on, for every lesson."""
    return [
        Choice(
            name=f"lesson:{lesson.name}",
            text=f"Lesson {lesson.number} {lesson.title}",
            note=lesson.objective,
            section="Lessons",
            icon="info",
            act=partial(open_lesson, lesson.name),
        )
        for lesson in course.in_order()
    ]


def view_choices(views: ViewPanels) -> list[Choice]:
    """“Show Gradient flow” for every view that can be opened: an open one comes to the front."""
    return [
        Choice(
            name=f"view:{name}",
            text=f"Show {kind.title}",
            title=kind.title,
            note=kind.summary,
            section="Lab" if kind.is_bench else "Views",
            icon="activity",
            act=partial(views.show, name),
        )
        for name, kind in views.kinds.items()
    ]


def _ready(
    what: str, entry: Entry, text: str, note: str, section: str, icon: str, act: Callable[[str], object]
) -> Choice:
    """A choice of something that is there ready, by its name."""
    return Choice(f"{what}:{entry.name}", text, note=note, section=section, icon=icon, act=partial(act, entry.name))


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

"""Change marks: when a change of a setting takes effect, found out by trying it on the value of the project."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from convnet_studio.engine.nn.graph import parameter_shapes as shapes_at
from convnet_studio.engine.nn.module import Module, Setting, SettingValue, Shape
from convnet_studio.engine.project.build import resolve_project
from convnet_studio.engine.project.edits import apply_change, set_setting
from convnet_studio.engine.project.kinds import find_kind, settings_by_name
from convnet_studio.engine.project.spec import Project
from convnet_studio.engine.project.wiring import title
from convnet_studio.ui.controls.mark import Mark

ParameterShapes = dict[str, dict[str, Shape]]


@dataclass(frozen=True)
class ChangeMark:
    """A mark, and a further sentence that says whose weights are drawn anew."""

    mark: Mark
    more: str = ""


def marks_of_module(project: Project, module_id: str, input_shape: Shape, classes: int) -> dict[str, ChangeMark]:
    """The mark of each setting of a module, by name.

    A setting needs new weights if some other value of it changes the shape of any parameter anywhere in the network:
    a wider kernel reshapes its own filters, and with the size of its maps the Linear that follows.
    """
    kind = find_kind(project.network.module(module_id).kind)
    if kind is None:
        return {}
    now = parameter_shapes(project, input_shape, classes)
    if module_id not in now:  # its defaults will more likely compute, and so show what depends on what
        defaults = {name: setting.default for name, setting in settings_by_name(kind).items()}
        project = apply_change(project, module_id, defaults)
        now = parameter_shapes(project, input_shape, classes)
    marks = {}
    for name, setting in settings_by_name(kind).items():
        value = project.network.module(module_id).settings.get(name, setting.default)
        tried = [set_setting(project, module_id, name, other) for other in other_values(setting, value)]
        variants = [now, *(parameter_shapes(each, input_shape, classes) for each in tried)]
        marks[name] = _mark(project, module_id, _varying(variants))
    return marks


def _varying(variants: list[ParameterShapes]) -> set[str]:
    """The modules whose parameters are not of the same shapes in all `variants` in which they compute."""
    seen: dict[str, dict[str, Shape]] = {}
    varying = set()
    for shapes in variants:
        varying |= {each for each in shapes.keys() & seen.keys() if shapes[each] != seen[each]}
        seen |= shapes
    return varying


def parameter_shapes(project: Project, input_shape: Shape, classes: int) -> ParameterShapes:
    """The shapes of all parameters by module id and name; only of modules that compute."""
    nodes = resolve_project(project, input_shape, classes).nodes
    return {node.id: shapes_at(node) for node in nodes if isinstance(node.module, Module)}


def other_values(setting: Setting, value: SettingValue) -> Iterator[SettingValue]:
    """A few allowed values beside `value`: neighbours of it and of the default first, as these most likely compute."""
    tried: list[SettingValue]
    if setting.type is bool:
        tried = [not value]
    elif setting.type is str:
        tried = list(setting.choices or setting.examples)
    else:
        assert isinstance(value, int | float)
        assert isinstance(setting.default, int | float)
        step = 2 if setting.odd else 1
        near = [start + more * step for start in (value, setting.default) for more in (-1, 0, 1, 2)]
        ends = [each for each in (setting.minimum, setting.maximum) if each is not None]  # where a step is too large
        tried = list(dict.fromkeys([*near, *ends]))
    for each in tried:
        try:
            checked = setting.check(each)
        except ValueError:
            continue
        if checked != value:
            yield checked


def _mark(project: Project, module_id: str, reshaped: set[str]) -> ChangeMark:
    if not reshaped:
        return ChangeMark(Mark.NEXT_STEP)
    others = [title(each) for each in project.network.modules if each.id in reshaped - {module_id}]
    whose = [*(["this module"] if module_id in reshaped else []), *others]
    return ChangeMark(Mark.NEW_WEIGHTS, f"Those of {' and '.join(whose)} are drawn anew, all others are kept.")

"""JSON format: a project as text, and back. Every value read is checked, and what is wrong is said in one sentence."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn, TypeVar

from convnet_studio.engine.data.dataset import DatasetFile
from convnet_studio.engine.nn.learning import Learning
from convnet_studio.engine.nn.module import LONGEST_TEXT, Setting, SettingValue
from convnet_studio.engine.nn.optimizer import Optimizer
from convnet_studio.engine.project.data_settings import DATA_SETTINGS
from convnet_studio.engine.project.invariants import (
    NAME_LIMIT,
    TEXT_LIMIT,
    check_invariants,
    check_note_room,
    check_room,
    check_text,
)
from convnet_studio.engine.project.kinds import find_kind, settings_by_name
from convnet_studio.engine.project.learning_settings import LEARNING_SETTINGS
from convnet_studio.engine.project.spec import (
    DataSpec,
    Link,
    ModuleSpec,
    NetworkSpec,
    NoteSpec,
    Position,
    Project,
    StageSpec,
    TrainingSpec,
)
from convnet_studio.engine.project.training_settings import TRAINING_SETTINGS, check_schedule, usable_settings

FORMAT_VERSION = 1
"""Grows when a file can no longer be read by an older version of the program."""

RENAMED_KINDS: Mapping[str, str] = {}
"""What modules and losses are called now, by the names they had in older files."""

_ALWAYS = ("rate", "schedule", "batch_size", "epochs", "shuffle", "seed")
"""Training settings that every file has; others where they differ from their defaults."""
_LARGEST_NUMBER = 2.0**53
_WORDS = {dict: "an object {...}", list: "a list [...]", str: "a text", int: "a whole number", bool: "true or false"}

T = TypeVar("T")


@dataclass(frozen=True)
class ParsedProject:
    """What a text held: the project, what else the program had noted in it, and a sentence for all that was lost."""

    project: Project
    extra: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def project_to_text(project: Project, extra: Mapping[str, Any] | None = None) -> str:
    """`project` as JSON with one module or wire a line; `extra` is kept beside it as it is.

    Raises:
        ValueError: if a number is not finite, or `extra` is no JSON.
    """
    members = _members(project) | ({"extra": dict(extra)} if extra else {})
    lines = [f"  {_dumps(key)}: {_value_text(value)}" for key, value in members.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def project_from_text(text: str, renames: Mapping[str, str] = RENAMED_KINDS) -> ParsedProject:
    """Read what `project_to_text` wrote.

    Kinds this version does not know are kept, and so are bad values of settings: `validate.problems` names them.

    Raises:
        ValueError: one sentence without the file's name: what was found and what would be right.
    """
    data = _expect(_parse(text), dict, "project.json")
    _check_version(data)
    return _Reader(renames).read(data)


def _members(project: Project) -> dict[str, Any]:
    training = project.training
    return {
        "format_version": FORMAT_VERSION,
        "name": project.name,
        "description": project.description,
        "next_id": project.next_id,
        "modules": [_module_members(each) for each in project.network.modules],
        "links": [_link_members(each) for each in project.network.links],
        **({"unfold": project.network.unfold} if project.network.unfold != 1 else {}),
        **({"stages": [_stage_members(each) for each in project.network.stages]} if project.network.stages else {}),
        **({"notes": [_note_members(each) for each in project.notes]} if project.notes else {}),
        "data": {"dataset": project.data.dataset, **_changed(project.data, DataSpec(), DATA_SETTINGS)},
        "training": {
            "optimizer": training.optimizer,
            "optimizer_settings": dict(training.optimizer_settings),
            **{name: getattr(training, name) for name in _ALWAYS},
            **_changed(training, TrainingSpec(), TRAINING_SETTINGS),
            **({"schedule_settings": dict(training.schedule_settings)} if training.schedule_settings else {}),
        },
    }


def _changed(value: object, default: object, settings: Mapping[str, Setting]) -> dict[str, SettingValue]:
    """Those of `settings` that `value` has otherwise than `default`."""
    return {name: getattr(value, name) for name in settings if getattr(value, name) != getattr(default, name)}


def _module_members(module: ModuleSpec) -> dict[str, Any]:
    members: dict[str, Any] = {"id": module.id, "kind": module.kind}
    if module.name:
        members["name"] = module.name
    members |= {name: value for name in ("shares", "copy_of") if (value := getattr(module, name))}
    position = _place_members(module.position)
    learning = _changed(module.learning, Learning(), LEARNING_SETTINGS)
    members |= {"settings": dict(module.settings), "position": position}
    return members | ({"learning": learning} if learning else {})


def _note_members(note: NoteSpec) -> dict[str, Any]:
    return {"id": note.id, "text": note.text, "position": _place_members(note.position), "width": note.width}


def _place_members(position: Position) -> list[float]:
    """Whole numbers as such, which is how people write them."""
    return [int(each) if each == int(each) else each for each in position]


def _link_members(link: Link) -> dict[str, Any]:
    members: dict[str, Any] = {"source": link.source, "target": link.target, "port": link.port}
    return members | ({"is_recurrent": True} if link.is_recurrent else {})


def _stage_members(stage: StageSpec) -> dict[str, Any]:
    members: dict[str, Any] = {"id": stage.id, "name": stage.name, "modules": list(stage.modules)}
    return members | ({"is_folded": True} if stage.is_folded else {})


def _value_text(value: Any) -> str:
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(f"    {_dumps(each)}" for each in value) + "\n  ]"
    return _dumps(value)


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _parse(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse_constant, parse_int=_parse_int)
    except json.JSONDecodeError as error:
        raise ValueError(f"project.json breaks off or is no JSON at line {error.lineno}: {error.msg}.") from None
    except RecursionError:
        raise ValueError("project.json is nested too deep to be a project.") from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"project.json holds the number {name}: only finite numbers are allowed.")


def _parse_int(digits: str) -> int:
    if len(digits) > 20:  # Python's own limit would end in a message about its interpreter
        raise ValueError(f"project.json holds a number of {len(digits)} digits: no setting is as large.")
    return int(digits)


def _check_version(data: Mapping[str, Any]) -> None:
    version = _expect(data.get("format_version"), int, "format_version")
    if version > FORMAT_VERSION:
        raise ValueError(
            f"format_version is {version}, but this program reads up to {FORMAT_VERSION}: "
            "it was saved by a newer ConvNet Studio, which can open it."
        )
    if version < 1:
        raise ValueError(f"format_version is {version}: it must be 1 or more.")


def _expect(value: Any, kind: type[T], what: str) -> T:
    """`value`, which has to be a `kind`."""
    if isinstance(value, kind) and (kind is bool or not isinstance(value, bool)):
        return value
    raise ValueError(f"{what} is {_short(value)}: it must be {_WORDS[kind]}.")


def _short(value: Any) -> str:
    if value is None:
        return "missing"
    text = json.dumps(value)
    return text if len(text) <= 40 else text[:37] + "..."


def _number(value: Any, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _LARGEST_NUMBER:
        raise ValueError(f"{what} is {_short(value)}: it must be a finite number.")
    return float(value)


class _Reader:
    """Reads one project, and gathers a sentence for everything that had to be left out."""

    def __init__(self, renames: Mapping[str, str]) -> None:
        self._renames = renames
        self._warnings: list[str] = []

    def read(self, data: Mapping[str, Any]) -> ParsedProject:
        """The whole of project.json."""
        project = Project(
            name=_expect(data.get("name"), str, "name"),
            network=self._network(data),
            data=self._data(_expect(data.get("data", {}), dict, "data")),
            training=self._training(_expect(data.get("training", {}), dict, "training")),
            next_id=int(_number(_expect(data.get("next_id"), int, "next_id"), "next_id")),
            description=_expect(data.get("description", ""), str, "description"),
            notes=self._notes(_expect(data.get("notes", []), list, "notes")),
        )
        check_invariants(project)
        extra = _expect(data.get("extra", {}), dict, "extra")
        return ParsedProject(project, extra, tuple(dict.fromkeys(self._warnings)))

    def _network(self, data: Mapping[str, Any]) -> NetworkSpec:
        modules = _expect(data.get("modules"), list, "modules")
        links = _expect(data.get("links", []), list, "links")
        stages = _expect(data.get("stages", []), list, "stages")
        check_room(len(modules))
        return NetworkSpec(
            tuple(self._module(each, f"modules[{index}]") for index, each in enumerate(modules)),
            tuple(self._link(each, f"links[{index}]") for index, each in enumerate(links)),
            _expect(data.get("unfold", 1), int, "unfold"),
            tuple(self._stage(each, f"stages[{index}]") for index, each in enumerate(stages)),
        )

    def _module(self, value: Any, where: str) -> ModuleSpec:
        data = _expect(value, dict, where)
        old_kind = _expect(data.get("kind"), str, f"{where}.kind")
        kind = self._renames.get(old_kind, old_kind)
        module_id = _expect(data.get("id"), str, f"{where}.id")
        settings = self._settings(data.get("settings", {}), f"{where}.settings", LONGEST_TEXT)
        return ModuleSpec(
            id=module_id,
            kind=kind,
            settings=self._known_settings(kind, settings),
            name=_expect(data.get("name", ""), str, f"{where}.name"),
            position=self._position(data.get("position", [0, 0]), f"{where}.position"),
            learning=Learning(**self._fields(data.get("learning", {}), f"{where}.learning", LEARNING_SETTINGS)),
            shares=_expect(data.get("shares", ""), str, f"{where}.shares"),
            copy_of=_expect(data.get("copy_of", ""), str, f"{where}.copy_of"),
        )

    def _settings(self, value: Any, where: str, limit: int = TEXT_LIMIT) -> dict[str, SettingValue]:
        settings: dict[str, SettingValue] = {}
        for name, each in _expect(value, dict, where).items():
            check_text(name, f"A name in {where}", NAME_LIMIT)
            if isinstance(each, str):
                check_text(each, f"{where}.{name}", limit)
            elif not isinstance(each, bool):
                _number(each, f"{where}.{name}")
            settings[name] = each
        return settings

    def _known_settings(self, kind: str, settings: dict[str, SettingValue]) -> dict[str, SettingValue]:
        """`settings` without those that a newer version gave to a kind we know; all of them for one we do not."""
        found = find_kind(kind)
        if found is None:
            self._warnings.append(f"This version does not know the module {kind}: it is kept, but can't compute.")
            return settings
        for name in settings.keys() - settings_by_name(found).keys():
            del settings[name]
            self._warnings.append(f"{kind} has no setting {name!r} in this version: it was left out.")
        return settings

    def _position(self, value: Any, where: str) -> Position:
        numbers = [_number(each, where) for each in _expect(value, list, where)]
        if len(numbers) != 2:
            raise ValueError(f"{where} has {len(numbers)} numbers: it must have 2, x and y.")
        return numbers[0], numbers[1]

    def _link(self, value: Any, where: str) -> Link:
        data = _expect(value, dict, where)
        source = _expect(data.get("source"), str, f"{where}.source")
        target = _expect(data.get("target"), str, f"{where}.target")
        port = _expect(data.get("port", 0), int, f"{where}.port")
        return Link(source, target, port, _expect(data.get("is_recurrent", False), bool, f"{where}.is_recurrent"))

    def _stage(self, value: Any, where: str) -> StageSpec:
        data = _expect(value, dict, where)
        modules = _expect(data.get("modules"), list, f"{where}.modules")
        return StageSpec(
            _expect(data.get("id"), str, f"{where}.id"),
            tuple(_expect(each, str, f"{where}.modules[{index}]") for index, each in enumerate(modules)),
            _expect(data.get("name", ""), str, f"{where}.name"),
            _expect(data.get("is_folded", False), bool, f"{where}.is_folded"),
        )

    def _notes(self, notes: list[Any]) -> tuple[NoteSpec, ...]:
        check_note_room(len(notes))
        return tuple(self._note(each, f"notes[{index}]") for index, each in enumerate(notes))

    def _note(self, value: Any, where: str) -> NoteSpec:
        data = _expect(value, dict, where)
        return NoteSpec(
            id=_expect(data.get("id"), str, f"{where}.id"),
            text=_expect(data.get("text"), str, f"{where}.text"),
            position=self._position(data.get("position", [0, 0]), f"{where}.position"),
            width=_number(data.get("width", NoteSpec("", "").width), f"{where}.width"),
        )

    def _data(self, data: Mapping[str, Any]) -> DataSpec:
        name = _expect(data.get("dataset", DataSpec().dataset), str, "data.dataset")
        fields = self._fields(data, "data", DATA_SETTINGS)
        if name in DatasetFile.registry:
            return DataSpec(name, **fields)
        self._warnings.append(f"There is no data set {_short(name)} here: {DataSpec().dataset} takes its place.")
        return DataSpec(**fields)

    def _fields(self, value: Any, where: str, settings: Mapping[str, Setting]) -> dict[str, Any]:
        """Those of `settings` that are there; a value that is not allowed, as of a newer version, is left out."""
        data, found = _expect(value, dict, where), {}
        for name in settings.keys() & data.keys():
            try:
                found[name] = settings[name].check(data[name])
            except (TypeError, ValueError) as error:
                self._warnings.append(f"{where}.{name} was left out: {error}")
        return found

    def _training(self, data: Mapping[str, Any]) -> TrainingSpec:
        values: dict[str, Any] = {}
        given = self._settings(data.get("schedule_settings", {}), "training.schedule_settings", LONGEST_TEXT)
        for name in TRAINING_SETTINGS.keys() & data.keys():
            try:
                values[name] = TRAINING_SETTINGS[name].check(data[name])
            except (TypeError, ValueError) as error:
                raise ValueError(f"training.{name} can't be used: {error}") from None
        default = TrainingSpec()
        values["schedule_settings"] = usable_settings(values.get("schedule", default.schedule), given, check_schedule)
        for name in given.keys() - values["schedule_settings"].keys():
            self._warnings.append(f"The schedule can't use its setting {name!r} as the file has it: it was left out.")
        optimizer = _expect(data.get("optimizer", default.optimizer), str, "training.optimizer")
        settings = self._settings(data.get("optimizer_settings", {}), "training.optimizer_settings")
        if optimizer not in Optimizer.registry:
            self._warnings.append(f"This version does not know the optimizer {_short(optimizer)}.")
            return TrainingSpec(optimizer, settings, **values)
        usable = usable_settings(optimizer, settings)
        for name in settings.keys() - usable.keys():
            self._warnings.append(f"{optimizer} can't use its setting {name!r} as the file has it: it was left out.")
        return TrainingSpec(optimizer, usable, **values)

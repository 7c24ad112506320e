"""Edit the project: modules, wires, settings, training, data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

from convnet_studio.engine.project import edits
from convnet_studio.engine.project.presets import load_preset
from convnet_studio.engine.project.spec import Link, Position
from convnet_studio.engine.project.wire_edits import connect_one_more
from convnet_studio.lessons.act import Act
from convnet_studio.lessons.scene import Scene, module_called

BESIDE = 170.0
"""Pixels from the left edge of a card to that of one that is put behind it."""


@dataclass(frozen=True)
class OpenPreset(Act):
    """``{do = "open", preset = "lenet-5"}``."""

    do: ClassVar = "open"

    preset: str

    def apply(self, scene: Scene) -> Scene:
        """With another project; benches stay as they are."""
        return replace(scene, project=load_preset(self.preset), weights={}, selection=frozenset())


@dataclass(frozen=True)
class SetSettings(Act):
    """``{do = "set", module = "conv", to = {kernel_size = 5}}``."""

    do: ClassVar = "set"

    module: str
    to: Mapping[str, object]

    def apply(self, scene: Scene) -> Scene:
        """With these settings of one module."""
        module_id = module_called(scene.project, self.module).id
        return replace(scene, project=edits.apply_change(scene.project, module_id, self.to))


@dataclass(frozen=True)
class Insert(Act):
    """``{do = "insert", kind = "Tanh", behind = "conv", name = "squash"}``; without `behind` it stands alone."""

    do: ClassVar = "insert"

    kind: str
    behind: str = ""
    name: str = ""
    settings: Mapping[str, object] = field(default_factory=dict)
    position: tuple[float, ...] = ()

    def apply(self, scene: Scene) -> Scene:
        """With a new module, in the wire that leaves `behind` if there is one, else wired to it."""
        project = scene.project
        if not self.behind:
            place: Position = (self.position[0], self.position[1]) if len(self.position) == 2 else (40.0, 320.0)
            project, new_id = edits.insert_module(project, self.kind, place, self.settings)
        else:
            before = module_called(project, self.behind)
            place = (before.position[0] + BESIDE, before.position[1])
            leaving = [each for each in project.network.links if each.source == before.id]
            if leaving:
                project, new_id = edits.insert_on_link(project, leaving[0], self.kind, place, self.settings, BESIDE)
            else:
                project, new_id = edits.insert_module(project, self.kind, place, self.settings)
                project = edits.connect(project, before.id, new_id)
        if self.name:
            project = edits.rename_module(project, new_id, self.name)
        return replace(scene, project=project)


@dataclass(frozen=True)
class Delete(Act):
    """``{do = "delete", module = "squash"}``; the chain heals."""

    do: ClassVar = "delete"

    module: str

    def apply(self, scene: Scene) -> Scene:
        """Without that module."""
        return replace(
            scene, project=edits.delete_modules(scene.project, [module_called(scene.project, self.module).id])
        )


@dataclass(frozen=True)
class KeepOnly(Act):
    """``{do = "keep_only", modules = ["Input"]}``: all others go, as where only the pictures are of interest."""

    do: ClassVar = "keep_only"

    modules: tuple[str, ...]

    def apply(self, scene: Scene) -> Scene:
        """With these modules alone."""
        kept = {module_called(scene.project, each).id for each in self.modules}
        gone = [each.id for each in scene.project.network.modules if each.id not in kept]
        return replace(scene, project=edits.delete_modules(scene.project, gone))


@dataclass(frozen=True)
class Connect(Act):
    """``{do = "connect", source = "a", target = "b", port = 0, recurrent = false}``; or free_port = true."""

    do: ClassVar = "connect"

    source: str
    target: str
    port: int = 0
    recurrent: bool = False
    free_port: bool = False

    def apply(self, scene: Scene) -> Scene:
        """With that wire."""
        source, target = (module_called(scene.project, each).id for each in (self.source, self.target))
        if self.free_port:
            return replace(scene, project=connect_one_more(scene.project, source, target, self.recurrent))
        return replace(scene, project=edits.connect(scene.project, source, target, self.port, self.recurrent))


@dataclass(frozen=True)
class Disconnect(Act):
    """``{do = "disconnect", source = "a", target = "b", port = 0}``."""

    do: ClassVar = "disconnect"

    source: str
    target: str
    port: int = 0

    def apply(self, scene: Scene) -> Scene:
        """Without that wire."""
        source, target = (module_called(scene.project, each).id for each in (self.source, self.target))
        gone = [
            each
            for each in scene.project.network.links
            if (each.source, each.target, each.port) == (source, target, self.port)
        ]
        if not gone:
            raise ValueError(f"There is no wire from {self.source} to input {self.port} of {self.target}.")
        links: list[Link] = gone
        return replace(scene, project=edits.delete_links(scene.project, links))


@dataclass(frozen=True)
class Share(Act):
    """``{do = "share", module = "b", weights_of = "a"}``."""

    do: ClassVar = "share"

    module: str
    weights_of: str

    def apply(self, scene: Scene) -> Scene:
        """With one module using the weights of the other."""
        module, owner = (module_called(scene.project, each).id for each in (self.module, self.weights_of))
        return replace(scene, project=edits.share_weights(scene.project, module, owner))


@dataclass(frozen=True)
class Unfold(Act):
    """``{do = "unfold", steps = 5}``."""

    do: ClassVar = "unfold"

    steps: int

    def apply(self, scene: Scene) -> Scene:
        """Over so many steps of time."""
        return replace(scene, project=edits.set_unfold(scene.project, self.steps))


@dataclass(frozen=True)
class SetTraining(Act):
    """``{do = "training", to = {rate = 0.1}}``."""

    do: ClassVar = "training"

    to: Mapping[str, object]

    def apply(self, scene: Scene) -> Scene:
        """With these settings of training."""
        return replace(scene, project=edits.set_training(scene.project, **self.to))


@dataclass(frozen=True)
class SetData(Act):
    """``{do = "data", to = {normalization = "per image"}}``."""

    do: ClassVar = "data"

    to: Mapping[str, object]

    def apply(self, scene: Scene) -> Scene:
        """With this done to the pictures."""
        return replace(scene, project=edits.set_data(scene.project, **self.to))


@dataclass(frozen=True)
class SetLearning(Act):
    """``{do = "learning", module = "conv", to = {frozen = true}}``."""

    do: ClassVar = "learning"

    module: str
    to: Mapping[str, object]

    def apply(self, scene: Scene) -> Scene:
        """With one module learning in another way."""
        module_id = module_called(scene.project, self.module).id
        return replace(scene, project=edits.set_learning(scene.project, module_id, **self.to))


@dataclass(frozen=True)
class Name(Act):
    """``{do = "name", module = "m3", name = "hidden"}``."""

    do: ClassVar = "name"

    module: str
    name: str

    def apply(self, scene: Scene) -> Scene:
        """With a name of its own for one module."""
        module_id = module_called(scene.project, self.module).id
        return replace(scene, project=edits.rename_module(scene.project, module_id, self.name))


@dataclass(frozen=True)
class Select(Act):
    """``{do = "select", module = "hidden"}``: views that show the selected module follow."""

    do: ClassVar = "select"

    module: str

    def apply(self, scene: Scene) -> Scene:
        """With one module selected."""
        return replace(scene, selection=frozenset({module_called(scene.project, self.module).id}))

"""Act: one thing that a lesson does to the scene, or a learner does by hand; the contract of ``acts/``."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from typing import Any, ClassVar

from convnet_studio.engine.registry import Registry
from convnet_studio.lessons.fields import Fields, LessonProblem
from convnet_studio.lessons.scene import Scene


class Act(ABC):
    """Subclasses are frozen dataclasses; their fields are the keys beside ``do`` in a lesson file."""

    registry: ClassVar[Registry[type[Act]]] = Registry("act")

    do: ClassVar[str]
    """What a lesson file calls it."""
    needs_weights: ClassVar[bool] = False
    """Whether `apply` wants the weights of now in the scene, not only those that the scene began with."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not inspect.isabstract(cls) and "do" in vars(cls):
            Act.registry.add(cls.do, cls)

    @abstractmethod
    def apply(self, scene: Scene) -> Scene:
        """The scene afterwards.

        Raises:
            ValueError: one sentence, where it can't be done.
        """


def read_act(fields: Fields) -> Act:
    """The act that a table of a lesson file describes.

    Raises:
        LessonProblem: one sentence.
    """
    do = fields.text("do", longest=40)
    if do not in Act.registry:
        raise fields.wrong(f"there is no act {do!r}: there are {', '.join(Act.registry)}.")
    return fields.into(Act.registry[do])


def apply_all(acts: tuple[Act, ...], scene: Scene) -> Scene:
    """The scene after several acts, none of which trains or needs weights.

    Raises:
        LessonProblem: one sentence that names the act.
    """
    for act in acts:
        try:
            scene = act.apply(scene)
        except (ValueError, KeyError) as error:
            raise LessonProblem(f"The act {act.do!r} can't be done: {error.args[0]}") from None
    return scene

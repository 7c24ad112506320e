"""Module: one transform with forward and backward, the contract that every file in ``modules/`` fulfils.

A module's file reads like its mathematics: first what it learns (`parameter`) and what is set (`setting`), then
``output_shape``, ``forward``, ``backward``. The numpy code there is the definition; compiled operations are held equal
to it by a test. Arrays are ``(batch, channel, *space)``; shapes that modules pass around leave the batch out.

Design: the forward/backward contract of Torch7's nn (Collobert et al. 2011); fields first, as in equinox.
"""

from __future__ import annotations

import dataclasses
import enum
import inspect
import math
from abc import ABCMeta
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, dataclass_transform

import numpy as np
from numpy.typing import NDArray

from convnet_studio.engine.nn.footprint import POINTWISE, WHOLE, Windows
from convnet_studio.engine.registry import Registry

Array = NDArray[Any]
Shape = tuple[int, ...]
SettingValue = int | float | bool | str

LARGEST = 1e15
"""Numbers beyond this, infinity and NaN are no settings (a file may hold anything)."""
LONGEST_TEXT = 30_000
"""Characters of a setting that is a text."""


class Family(enum.Enum):
    """The slot of a stage that a module fills; the value is the word people read."""

    INPUT = "input"
    NORMALIZATION = "normalization"
    FILTER_BANK = "filter bank"
    NON_LINEARITY = "non-linearity"
    POOLING = "pooling"
    WIRING = "wiring"
    OUTPUT = "output"
    LOSS = "loss"


class ShapeProblem(ValueError):
    """The input's shape does not fit: what is wrong and what would be right, in words for a person.

    One click can mend it where there is a `change`, settings of this module that would make it fit, or a kind of module
    that would do so if it stood `before` this one (both empty where there is no such mend).
    """

    def __init__(
        self, what: str, fix: str = "", change: Mapping[str, SettingValue] | None = None, before: str = ""
    ) -> None:
        super().__init__(f"{what}: {fix}" if fix else what)
        self.what = what
        self.fix = fix
        self.change = dict(change or {})
        self.before = before


Start = float | Callable[..., Array] | None
"""What all numbers of an array begin with, or what makes it from its shape (np.eye); None: an initialiser draws it."""


@dataclass(frozen=True)
class ParameterShape:
    """Shape of a learnable array, and what it begins with.

    Attributes:
        fan_in: the number of inputs each of its outputs sums over, for initialisers.
        start: see `Start`.
    """

    shape: Shape
    fan_in: int
    start: Start = None


class Parameter:
    """A learnable array: `value` and `grad` are views of the network's flat vectors.

    `fan_in` and `start` serve initialisers; see `ParameterShape`.
    """

    __slots__ = ("fan_in", "grad", "name", "start", "value")

    def __init__(self, name: str, value: Array, grad: Array, fan_in: int, start: Start = None) -> None:
        self.name = name
        self.value = value
        self.grad = grad
        self.fan_in = fan_in
        self.start = start


@dataclass(frozen=True)
class Setting:
    """How a fixed choice of a module is shown and checked: the inspector's form and the file reader both follow it."""

    name: str
    label: str
    help: str
    type: type
    default: SettingValue
    minimum: float | None = None
    maximum: float | None = None
    odd: bool = False
    choices: tuple[str, ...] = ()
    syntax: Callable[[str], object] | None = None
    """Of a text that is not chosen from a list: reads it, and raises ValueError in one sentence if it is not right."""
    examples: tuple[str, ...] = ()
    """Texts that `syntax` allows, to begin from."""

    def check(self, value: object) -> SettingValue:
        """Return `value` as this setting's type.

        Raises:
            ValueError: one sentence naming the setting, the value found and what would be right.
        """
        if self.type is bool:
            if isinstance(value, bool):
                return value
            raise ValueError(f"{self.label} is {value!r}: it must be true or false.")
        if self.type is str:
            return self._check_text(value)
        return self._check_number(value)

    def _check_text(self, value: object) -> SettingValue:
        if self.syntax is None:
            if isinstance(value, str) and value in self.choices:
                return value
            raise ValueError(f"{self.label} is {value!r}: choose one of {', '.join(self.choices)}.")
        if not isinstance(value, str) or len(value) > LONGEST_TEXT:
            raise ValueError(f"{self.label} must be a text of at most {LONGEST_TEXT:,} characters.")
        try:
            self.syntax(value)
        except ValueError as problem:
            raise ValueError(f"{self.label}: {problem}") from None
        return value

    def _check_number(self, value: object) -> SettingValue:
        if isinstance(value, bool) or not isinstance(value, int | float) or not -LARGEST <= value <= LARGEST:
            raise ValueError(f"{self.label} is {value!r}: it must be a number.")
        if self.type is int and value != int(value):
            raise ValueError(f"{self.label} is {value!r}: it must be a whole number.")
        number: int | float = int(value) if self.type is int else float(value)
        if self.minimum is not None and number < self.minimum:
            raise ValueError(f"{self.label} is {number}: it must be at least {self.minimum:g}.")
        if self.maximum is not None and number > self.maximum:
            raise ValueError(f"{self.label} is {number}: it must be at most {self.maximum:g}.")
        if self.odd and number % 2 == 0:
            raise ValueError(f"{self.label} is {number}: it must be odd.")
        return number


def setting(
    default: SettingValue,
    label: str,
    help: str = "",
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    odd: bool = False,
    choices: tuple[str, ...] = (),
    syntax: Callable[[str], object] | None = None,
    examples: tuple[str, ...] = (),
) -> Any:
    """Declare a fixed choice of a module (or loss, optimizer, schedule): a field with bounds and a label."""
    made = Setting("", label, help, type(default), default, minimum, maximum, odd, choices, syntax, examples)
    return dataclasses.field(default=default, metadata={"setting": made}, kw_only=True)


def parameter() -> Any:
    """Declare a learnable array of a module: a field that the network fills in when it is built."""
    return dataclasses.field(init=False, repr=False, metadata={"parameter": True})


def settings_of(cls: type) -> tuple[Setting, ...]:
    """The settings that `cls` declares, in the order in which its file lists them."""
    fields = dataclasses.fields(cls)
    return tuple(
        dataclasses.replace(field.metadata["setting"], name=field.name)
        for field in fields
        if "setting" in field.metadata
    )


@dataclass_transform(kw_only_default=True, field_specifiers=(setting, parameter))
class Configured(metaclass=ABCMeta):
    """A class whose fields are settings: every concrete subclass becomes a dataclass that checks its values."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        dataclasses.dataclass(kw_only=True, eq=False)(cls)

    def __post_init__(self) -> None:
        for each in settings_of(type(self)):
            setattr(self, each.name, each.check(getattr(self, each.name)))

    def settings(self) -> dict[str, SettingValue]:
        """The values of all settings by name."""
        return {each.name: getattr(self, each.name) for each in settings_of(type(self))}


def _no_parameters(self: object, *input_shapes: Shape) -> dict[str, ParameterShape]:
    return {}


def _no_arithmetic(self: object, *input_shapes: Shape) -> int:
    return 0


def _weights_and_biases(self: Module, *input_shapes: Shape) -> int:
    biases = math.prod(self.output_shape(*input_shapes)) if "bias" in self.parameter_shapes(*input_shapes) else 0
    return self.multiply_accumulates(*input_shapes) + biases


def _as_many_again(self: Module, *input_shapes: Shape) -> tuple[int, int]:
    forward = self.multiply_accumulates(*input_shapes)
    return forward, forward if self.learns_from(*input_shapes) else 0


def _same_place(self: Module, *input_shapes: Shape) -> Windows | None:
    shape = self.output_shape(*input_shapes)
    is_kept = all(each[1:] == shape[1:] and (each == shape or len(each) > 1) for each in input_shapes)
    return POINTWISE if is_kept else WHOLE


def _signed(self: object, *inputs_are_non_negative: bool) -> bool:
    return False


class Module(Configured):
    """One transform of a network.

    A subclass that is not abstract is registered under its class name, which is its kind in palette and file.
    """

    registry: ClassVar[Registry[type[Module]]] = Registry("module")

    family: ClassVar[Family]
    word: ClassVar[str]
    """The plain word beneath the name: Conv2d is a 'convolution'."""
    formula: ClassVar[str]
    """What the module computes, in LaTeX, for inspector and lessons."""
    input_count: ClassVar[int] = 1
    """How many input ports it has unless settings say otherwise (`port_count`); 0: the data's pictures feed it."""
    takes_recurrent: ClassVar[bool] = False
    """Whether a wire into it may carry the value of the step before; at the first step it then does without that."""

    is_pointwise: ClassVar[bool] = False
    """Whether each value is computed from the values at its own place alone, also in lists."""
    keeps_maps_apart: ClassVar[bool] = False
    """Whether each map is computed from the map of its own number alone (as is what `is_pointwise`)."""
    keeps_order: ClassVar[bool] = False
    """Whether the output has the numbers of the input in their order, in another shape."""

    output_shape: ClassVar[Callable[..., Shape]]
    """``output_shape(*input_shapes) -> shape``, batch left out; raises ShapeProblem where an input does not fit."""
    forward: ClassVar[Callable[..., Array]]
    """``forward(*inputs) -> output``; keeps what backward needs, leaves the inputs as they are."""
    backward: ClassVar[Callable[..., Array | tuple[Array, ...]]]
    """``backward(grad_output) -> grad_input`` (one per input); **adds** to the `grad` of its parameters."""
    parameter_shapes: ClassVar[Callable[..., dict[str, ParameterShape]]] = _no_parameters
    """``parameter_shapes(*input_shapes)``: the learnable arrays by field name, in the order of the flat vector."""
    fit: ClassVar[Callable[..., None] | None] = None
    """``fit(*inputs)``: sets its arrays to what suits samples ``(count, *shape)``; None: training learns them.

    What is fitted has no gradient and is no matter of the optimizer. As long as it is as it began, it counts as not yet
    fitted, and the module should hand on what it gets. Raises ValueError, in one sentence, where it can't be fitted.
    """
    multiply_accumulates: ClassVar[Callable[..., int]] = _no_arithmetic
    """``multiply_accumulates(*input_shapes)``: of one forward pass of one sample, biases left out (see `cost`)."""
    backward_multiply_accumulates: ClassVar[Callable[..., tuple[int, int]]] = _as_many_again
    """As above, of a backward pass: for the gradient by all inputs, and for that by the parameters.

    Unless stated, each takes as many as the forward pass (the second 0 where there are no parameters)."""
    connections: ClassVar[Callable[..., int]] = _weights_and_biases
    """``connections(*input_shapes)``: each use of a weight and of a bias for one sample, as LeCun counts.

    Unless stated, the multiply-accumulates, and one for each output where there is a parameter called `bias`."""
    windows: ClassVar[Callable[..., Windows | None]] = _same_place
    """``windows(*input_shapes)``: which inputs an output sees: a Window for each axis of the maps,
    or POINTWISE, or WHOLE.

    Unless stated, POINTWISE where the space of the maps (of lists: the length) stays as it is, else WHOLE."""
    is_non_negative: ClassVar[Callable[..., bool]] = _signed
    """``is_non_negative(*inputs_are)``: whether outputs can never fall below 0, so that views choose the colour map."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not inspect.isabstract(cls) and hasattr(cls, "forward"):
            Module.registry.add(cls.__name__, cls)

    @classmethod
    def is_fitted(cls) -> bool:
        """Whether its arrays are fitted to data instead of learned (see `fit`)."""
        return cls.fit is not None

    def learns_from(self, *input_shapes: Shape) -> bool:
        """Whether there is anything in it to learn where its inputs have these shapes."""
        return not self.is_fitted() and bool(self.parameter_shapes(*input_shapes))

    def outputs_with(self, name: str, index: Shape, *input_shapes: Shape) -> tuple[int | slice, ...]:
        """Which outputs a number of the array `name` has a part in, as an index into the output; ``()``: in all.

        Unless stated, as arrays are laid out in PyTorch: where its first index counts the output's maps, in that map.
        """
        maps = self.output_shape(*input_shapes)[:1]
        return index[:1] if self.parameter_shapes(*input_shapes)[name].shape[:1] == maps else ()

    def maps_seen(self, shape: Shape, output: Shape) -> NDArray[np.bool_] | None:
        """Which maps of an input of `shape` each map of the `output` is computed from, ``(outputs, inputs)``.

        None: each from the map of its own number alone. Unless stated, all from all where maps are not kept apart.
        """
        is_apart = (self.is_pointwise or self.keeps_maps_apart) and shape[0] == output[0]
        return None if is_apart else np.ones((output[0], shape[0]), bool)

    def port_count(self) -> int:
        """How many input ports it has with these settings."""
        return self.input_count

    def shows_partner(self) -> bool:
        """Whether, of the data's pictures, it is fed with the partner of the sample instead of the sample."""
        return False

    def caption(self) -> str:
        """The main setting as the card's header shows it, such as ``8 · 5×5`` (empty where there is none)."""
        return ""

    def remark(self) -> str:
        """What a person should know of these settings, in a sentence or two; the inspector shows it (mostly empty)."""
        return ""

    def parameters(self) -> dict[str, Parameter]:
        """The learnable arrays by field name (none before the network was built)."""
        return {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(self)
            if "parameter" in field.metadata and hasattr(self, field.name)
        }

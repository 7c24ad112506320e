"""Pointwise non-linearities side by side: what each would make of the same live outputs of a module."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

import convnet_studio.engine.nn.modules  # noqa: F401  (importing the folder registers what it holds)
from convnet_studio.engine.nn.module import Array, Family, Module, SettingValue, settings_of
from convnet_studio.engine.training.inquiry import Inquiry, Moment

BINS = 81
"""Odd, so that of a symmetric axis the middle bin holds 0."""
CURVE_POINTS = 241
SHOWN_POINTS = 60
_MOST_NUMBERS = 30_000
"""So that each non-linearity takes some 5 ms, a piece of work between two steps of training."""

Settings = tuple[tuple[str, SettingValue], ...]


@cache
def pointwise_kinds() -> tuple[str, ...]:
    """The kinds of all non-linearities that make each number from one number, and learn nothing as they are built."""
    return tuple(kind for kind, cls in sorted(Module.registry.items()) if _is_pointwise(cls))


def build(kind: str, settings: Settings = ()) -> Module:
    """A module of `kind` that learns nothing, with its defaults but for `settings`.

    Raises:
        ValueError: in one sentence, where a setting does not fit.
    """
    cls = Module.registry[kind]
    fixed = {each.name: False for each in settings_of(cls) if each.name.startswith("learns")}
    return cls(**(fixed | dict(settings)))


def respond(module: Module, x: Array) -> tuple[Array, Array]:
    """What `module` makes of numbers `x` of any shape, and its slope at each, both shaped as `x`, by its own code."""
    flat = np.ascontiguousarray(x).reshape(-1, 1, 1, 1)
    with np.errstate(all="ignore"):
        y = module.forward(flat)
        slope = module.backward(np.ones_like(flat))
    assert isinstance(slope, np.ndarray)
    return y.reshape(x.shape), slope.reshape(x.shape)


@dataclass(frozen=True, eq=False)
class Transfer:
    """What one non-linearity makes of the numbers.

    Attributes:
        curve, slope: over `Study.x`, float64 ``(CURVE_POINTS,)``.
        counts: of the outputs, ``(BINS,)``, in equal bins from `low` to `high`.
        zeros: the share of outputs that is exactly 0. `blocked`: of the slopes: there no gradient passes.
        dead: the share of units, positions of the output, at which no gradient passes for any of the pictures.
        mean, deviation: of the outputs. `gain`: mean of |slope|.
    """

    curve: Array
    slope: Array
    counts: Array
    low: float
    high: float
    zeros: float
    blocked: float
    dead: float
    mean: float
    deviation: float
    gain: float


@dataclass(frozen=True, eq=False)
class Study:
    """All non-linearities on one module's outputs.

    Attributes:
        x: float64 ``(CURVE_POINTS,)``, even from ``-largest`` to ``largest``.
        counts: of the numbers themselves, ``(BINS,)``, over the same axis. `zeros`: the share that is exactly 0.
        points: some of the numbers, those of the first picture. `units`: positions looked at. `pictures`: shown.
        transfers: by kind; grows while the work goes on.
    """

    x: Array
    counts: Array
    zeros: float
    points: Array
    units: int
    pictures: int
    transfers: Mapping[str, Transfer]


def study(values: Array, kinds: Mapping[str, Settings]) -> Iterator[Study]:
    """Put `values` ``(pictures, units)`` through each of `kinds`, one after the other; what is not finite is left out.

    Raises:
        ValueError: where no number is finite.
    """
    finite = values[np.isfinite(values)]
    if not finite.size:
        raise ValueError("None of these outputs is a finite number: go back to weights from before training diverged.")
    largest = float(np.abs(finite).max()) or 1.0
    x = np.linspace(-largest, largest, CURVE_POINTS)
    counts = _counted(finite, -largest, largest)
    points = values[0][np.isfinite(values[0])]
    points = points[:: max(1, len(points) // SHOWN_POINTS)][:SHOWN_POINTS].astype(np.float64)
    found: dict[str, Transfer] = {}
    for kind, settings in kinds.items():
        found[kind] = _transfer(build(kind, settings), values, x)
        yield Study(x, counts, float(np.mean(finite == 0)), points, values.shape[1], len(values), dict(found))


@dataclass(frozen=True)
class AskPointwise(Inquiry):
    """The Study of the outputs of `module_id` on the shown and the first training pictures.

    `changed`: settings other than the defaults, by kind. At most 30,000 numbers: of more units every
    n-th, since whether one is dead takes all pictures.
    """

    module_id: str
    changed: tuple[tuple[str, Settings], ...] = ()
    samples: int = 32

    def work(self, moment: Moment) -> Iterator[object]:
        """One mini-batch, then kind after kind."""
        run = moment.run
        assert run.program is not None
        if all(node.id != self.module_id for node in run.network.graph.nodes):
            raise ValueError("This module does not compute, so that it has no outputs.")
        count = min(self.samples, run.program.batch_size, run.material.train_count)
        pictures = [moment.picture[None], run.material.pictures[np.arange(max(0, count - 1))]]
        run.program.forward(np.ascontiguousarray(np.concatenate(pictures), np.float32))
        output = run.program.output(self.module_id)
        values = output.reshape(len(output), -1)
        values = values[:, :: max(1, -(-values.size // _MOST_NUMBERS))].copy()
        yield None  # from here on all that is looked at is a copy
        chosen = dict(self.changed)
        yield from study(values, {kind: chosen.get(kind, ()) for kind in pointwise_kinds()})


def _transfer(module: Module, values: Array, x: Array) -> Transfer:
    curve, slope_curve = respond(module, x)
    y, slope = respond(module, values)
    kept = y[np.isfinite(y)]
    low, high = (float(kept.min()), float(kept.max())) if kept.size else (0.0, 0.0)
    low, high = min(low, 0.0), max(high, 0.0)
    high = high if high > low else low + 1.0
    return Transfer(
        curve,
        slope_curve,
        _counted(kept, low, high),
        low,
        high,
        float(np.mean(y == 0)),
        float(np.mean(slope == 0)),
        float(np.mean(~slope.any(axis=0))),
        float(kept.mean(dtype=np.float64)) if kept.size else float("nan"),
        float(kept.std(dtype=np.float64)) if kept.size else float("nan"),
        float(np.mean(np.abs(slope), dtype=np.float64)),
    )


def _counted(values: Array, low: float, high: float) -> Array:
    places = np.clip((values - low) * (BINS / (high - low)), 0, BINS - 1).astype(np.int64)
    return np.bincount(places.ravel(), minlength=BINS)


def _is_pointwise(cls: type[Module]) -> bool:
    """Whether a number alone comes out as it does among others."""
    if cls.family is not Family.NON_LINEARITY:
        return False
    module = build(cls.__name__)
    if module.parameter_shapes((1, 1, 1)):
        return False
    together = np.linspace(-3, 3, 12).reshape(1, 3, 2, 2)
    alone = respond(module, together)[0]
    return bool(np.array_equal(module.forward(together), alone))

"""Training settings: labels, bounds and defaults of what `TrainingSpec` holds, for forms, edits and the file reader."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import convnet_studio.engine.nn.optimizers  # noqa: F401  (importing the folder registers what it holds)
from convnet_studio.engine.nn.module import Setting, SettingValue
from convnet_studio.engine.nn.optimizer import Optimizer
from convnet_studio.engine.nn.schedule import Schedule
from convnet_studio.engine.project.kinds import check_settings
from convnet_studio.engine.project.spec import TrainingSpec

Settings = dict[str, SettingValue]
Check = Callable[[object, Mapping[str, object]], Settings]
"""(name, settings) to checked settings, or a ValueError in one sentence"""

_DEFAULT = TrainingSpec()

TRAINING_SETTINGS: Mapping[str, Setting] = MappingProxyType(
    {
        each.name: each
        for each in (
            Setting(
                "rate",
                "Learning rate",
                "How far one step moves the weights along the gradient.",
                float,
                _DEFAULT.rate,
                minimum=0,
                maximum=100,
            ),
            Setting(
                "schedule",
                "Schedule",
                "How the learning rate changes in the course of training.",
                str,
                _DEFAULT.schedule,
                choices=tuple(Schedule.registry),
            ),
            Setting(
                "batch_size",
                "Batch size",
                "How many samples one step learns from.",
                int,
                _DEFAULT.batch_size,
                minimum=1,
                maximum=4096,
            ),
            Setting(
                "epochs",
                "Epochs",
                "How many passes over the training set are planned.",
                int,
                _DEFAULT.epochs,
                minimum=1,
                maximum=10_000,
            ),
            Setting("shuffle", "Shuffle", "Draw a new order of the samples in each epoch.", bool, _DEFAULT.shuffle),
            Setting(
                "seed",
                "Seed",
                "Draws the initial weights and the order of the samples: the same seed repeats a run exactly.",
                int,
                _DEFAULT.seed,
                minimum=0,
                maximum=2**32 - 1,
            ),
            Setting(
                "l2",
                "L2 penalty λ",
                "Adds λ w to the gradient of every weight: all of them shrink. Biases are left alone.",
                float,
                _DEFAULT.l2,
                minimum=0,
                maximum=10,
            ),
            Setting(
                "l1",
                "L1 penalty λ",
                "Takes rate · λ from the size of every weight: small ones become exactly 0. Biases are left alone.",
                float,
                _DEFAULT.l1,
                minimum=0,
                maximum=10,
            ),
            Setting(
                "penalties_from",
                "From epoch",
                "How many epochs are trained before the penalties begin, so that features can form first.",
                int,
                _DEFAULT.penalties_from,
                minimum=0,
                maximum=10_000,
            ),
            Setting(
                "max_norm",
                "Max-norm",
                "How long the vector of one unit's incoming weights may be; 0 is no bound.",
                float,
                _DEFAULT.max_norm,
                minimum=0,
                maximum=1e6,
            ),
            Setting(
                "clip_norm",
                "Clip gradient",
                "How long the whole gradient may be before it is shortened; 0 is no bound.",
                float,
                _DEFAULT.clip_norm,
                minimum=0,
                maximum=1e6,
            ),
        )
    }
)
"""The fields of `TrainingSpec` that are plain values, by name, in the order of a form."""


def check_optimizer(name: object, settings: Mapping[str, object]) -> dict[str, SettingValue]:
    """The values of `settings` as the types that the optimizer called `name` declares.

    Raises:
        ValueError: one sentence, if there is no such optimizer, or a setting it does not have or allow.
    """
    if name not in Optimizer.registry:
        known = ", ".join(Optimizer.registry)
        raise ValueError(f"Optimizer is {name!r}: choose one of {known}.")
    return check_settings(Optimizer.registry[str(name)], settings)


def check_schedule(name: object, settings: Mapping[str, object]) -> dict[str, SettingValue]:
    """As `check_optimizer`, for a schedule."""
    if name not in Schedule.registry:
        raise ValueError(f"Schedule is {name!r}: choose one of {', '.join(Schedule.registry)}.")
    return check_settings(Schedule.registry[str(name)], settings)


def usable_settings(name: str, settings: Mapping[str, SettingValue], check: Check = check_optimizer) -> Settings:
    """Those of `settings` that the optimizer (or what `check` knows) called `name` has: what survives a change."""
    kept: Settings = {}
    for key, value in settings.items():
        try:
            kept |= check(name, {key: value})
        except ValueError:
            continue
    return kept

"""What every optimizer promises, checked for every file in optimizers/."""

from __future__ import annotations

import numpy as np
import pytest
from module_cases import settings_to_try

from convnet_studio.engine.nn.optimizer import Optimizer

CASES = [
    (kind, tuple(settings.items())) for kind, cls in Optimizer.registry.items() for settings in settings_to_try(cls)
]
each_case = pytest.mark.parametrize(("kind", "settings"), CASES)
SCALE = np.array([1.0, 0.5, 2.0, 0.1], np.float32)


def make(kind: str, settings: tuple[tuple[str, object], ...], rate: float = 0.01) -> Optimizer:
    optimizer = Optimizer.registry[kind](**dict(settings))
    optimizer.rate = rate
    return optimizer


@each_case
def test_it_goes_downhill_in_place(kind: str, settings: tuple[tuple[str, object], ...]) -> None:
    optimizer = make(kind, settings)
    parameters = np.array([3.0, -2.0, 1.0, 4.0], np.float32)
    start = float((SCALE * parameters**2).sum())
    for _ in range(20):
        gradients = 2 * SCALE * parameters
        kept = gradients.copy()
        assert optimizer.update(parameters, gradients) is None
        np.testing.assert_array_equal(gradients, kept)
    assert parameters.dtype == np.float32
    assert float((SCALE * parameters**2).sum()) < start


@each_case
def test_its_state_is_flat_and_returns_to_any_place(kind: str, settings: tuple[tuple[str, object], ...]) -> None:
    first, second = make(kind, settings), make(kind, settings)
    parameters = np.array([3.0, -2.0, 1.0, 4.0], np.float32)
    first.update(parameters, 2 * SCALE * parameters)
    assert all(each.shape == parameters.shape for each in first.state.values())
    second.state = {name: each.copy() for name, each in first.state.items()}
    twin = parameters.copy()
    first.update(parameters, 2 * SCALE * parameters)
    second.update(twin, 2 * SCALE * twin)
    np.testing.assert_array_equal(parameters, twin)


@each_case
def test_rate_zero_stands_still(kind: str, settings: tuple[tuple[str, object], ...]) -> None:
    parameters = np.ones(4, np.float32)
    make(kind, settings, rate=0.0).update(parameters, SCALE)
    np.testing.assert_array_equal(parameters, 1)


@pytest.mark.parametrize("kind", list(Optimizer.registry))
def test_an_optimizer_tells_about_itself(kind: str) -> None:
    cls = Optimizer.registry[kind]
    assert cls.__name__ == kind
    assert cls.word
    assert cls.formula
    assert cls.__doc__

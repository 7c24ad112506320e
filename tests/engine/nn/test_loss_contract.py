"""What every loss promises, checked for every file in losses/."""

from __future__ import annotations

import numpy as np
import pytest
from module_cases import settings_to_try

from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Array, ShapeProblem

CASES = [
    (kind, tuple(settings.items()), classes)
    for kind, cls in Loss.registry.items()
    for settings in settings_to_try(cls)
    for classes in (2, 10)
]
each_case = pytest.mark.parametrize(("kind", "settings", "classes"), CASES)
BATCH = 4


def predictions(classes: int) -> tuple[Array, Array]:
    """Log-probabilities, which any loss can take, and labels."""
    random = np.random.default_rng(classes)
    scores = random.standard_normal((BATCH, classes))
    return scores - np.log(np.exp(scores).sum(axis=1, keepdims=True)), random.integers(0, classes, BATCH)


@each_case
def test_the_gradient_is_the_slope(kind: str, settings: tuple[tuple[str, object], ...], classes: int) -> None:
    loss = Loss.registry[kind](**dict(settings))
    prediction, labels = predictions(classes)
    target = loss.target(labels, prediction.shape[1:])
    loss.forward(prediction, target)
    grad = loss.backward()
    for index in np.ndindex(prediction.shape):
        up, down = prediction.copy(), prediction.copy()
        up[index] += 1e-5
        down[index] -= 1e-5
        slopes = (loss.forward(up, target) - loss.forward(down, target)) / 2e-5
        assert slopes[index[0]] == pytest.approx(grad[index], rel=1e-6, abs=1e-9)
        assert not np.delete(slopes, index[0]).any(), "a sample's loss is its own"


@each_case
def test_shapes_types_and_inputs(kind: str, settings: tuple[tuple[str, object], ...], classes: int) -> None:
    loss = Loss.registry[kind](**dict(settings))
    for dtype in (np.float32, np.float64):
        prediction, labels = predictions(classes)
        prediction = prediction.astype(dtype)
        before = prediction.copy(), labels.copy()
        target = loss.target(labels, prediction.shape[1:])
        value = loss.forward(prediction, target)
        grad = loss.backward()
        assert (value.shape, grad.shape) == ((BATCH,), prediction.shape)
        assert (value.dtype, grad.dtype) == (dtype, dtype)
        np.testing.assert_array_equal(prediction, before[0])
        np.testing.assert_array_equal(labels, before[1])
        np.testing.assert_array_equal(grad, loss.backward())


@each_case
def test_a_prediction_that_does_not_fit_is_told(
    kind: str, settings: tuple[tuple[str, object], ...], classes: int
) -> None:
    loss = Loss.registry[kind](**dict(settings))
    loss.check_shape((classes,), classes)
    with pytest.raises(ShapeProblem, match=f"needs {classes} numbers, one for each class, but gets 8") as error:
        loss.check_shape((8,), classes)
    assert error.value.fix == f"set Outputs of the last Linear to {classes}"
    with pytest.raises(ShapeProblem, match="16×4×4 maps: put a Flatten"):
        loss.check_shape((16, 4, 4), classes)


@pytest.mark.parametrize("kind", list(Loss.registry))
def test_a_loss_tells_about_itself(kind: str) -> None:
    cls = Loss.registry[kind]
    assert cls.__name__ == kind
    assert cls.word
    assert cls.formula
    assert cls.__doc__
    ziamath = pytest.importorskip("ziamath", reason="ziamath draws formulas")
    assert ziamath.Latex(cls.formula).svg().startswith("<svg")

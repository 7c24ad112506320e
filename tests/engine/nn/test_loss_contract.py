"""What every loss promises, checked for every file in losses/."""

from __future__ import annotations

import numpy as np
import pytest
from module_cases import settings_to_try

from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.nn.loss import Loss, as_list
from convnet_studio.engine.nn.module import Array, Module, ShapeProblem
from convnet_studio.engine.nn.network import Network, loss_gradients, loss_of

CASES = [
    (kind, tuple(settings.items()), classes)
    for kind, cls in Loss.registry.items()
    for settings in settings_to_try(cls)
    for classes in (2, 10)
]
each_case = pytest.mark.parametrize(("kind", "settings", "classes"), CASES)
Settings = tuple[tuple[str, object], ...]
BATCH = 4


def predictions(loss: Loss, classes: int) -> tuple[list[Array], Array]:
    """Log-probabilities, which any loss can take, one for each port, and labels."""
    random = np.random.default_rng(classes)
    made = []
    for _ in range(loss.port_count()):
        scores = random.standard_normal((BATCH, classes))
        made.append(scores - np.log(np.exp(scores).sum(axis=1, keepdims=True)))
    return made, random.integers(0, 2 if loss.compares_pairs else classes, BATCH)


def gradients_of(loss: Loss) -> tuple[Array, ...]:
    result = loss.backward()
    return result if isinstance(result, tuple) else (result,)


@each_case
def test_the_gradient_is_the_slope(kind: str, settings: Settings, classes: int) -> None:
    loss = Loss.registry[kind](**dict(settings))
    inputs, labels = predictions(loss, classes)
    target = loss.target(labels, *(each.shape[1:] for each in inputs))
    loss.forward(*inputs, target)
    grads = [each.copy() for each in gradients_of(loss)]
    for port, prediction in enumerate(inputs):
        for index in np.ndindex(prediction.shape):
            up, down = list(inputs), list(inputs)
            up[port], down[port] = prediction.copy(), prediction.copy()
            up[port][index] += 1e-5
            down[port][index] -= 1e-5
            slopes = (loss.forward(*up, target) - loss.forward(*down, target)) / 2e-5
            assert slopes[index[0]] == pytest.approx(grads[port][index], rel=1e-6, abs=1e-9)
            assert not np.delete(slopes, index[0]).any(), "a sample's loss is its own"


@each_case
def test_shapes_types_and_inputs(kind: str, settings: Settings, classes: int) -> None:
    loss = Loss.registry[kind](**dict(settings))
    for dtype in (np.float32, np.float64):
        inputs, labels = predictions(loss, classes)
        inputs = [each.astype(dtype) for each in inputs]
        before = [each.copy() for each in inputs], labels.copy()
        target = loss.target(labels, *(each.shape[1:] for each in inputs))
        value = loss.forward(*inputs, target)
        grads = gradients_of(loss)
        assert (value.shape, value.dtype) == ((BATCH,), dtype)
        assert len(grads) == loss.port_count()
        for grad, prediction, kept, again in zip(grads, inputs, before[0], gradients_of(loss), strict=True):
            assert (grad.shape, grad.dtype) == (prediction.shape, dtype)
            np.testing.assert_array_equal(prediction, kept)
            np.testing.assert_array_equal(grad, again)
        np.testing.assert_array_equal(labels, before[1])


@each_case
def test_the_weight_is_a_factor(kind: str, settings: Settings, classes: int) -> None:
    found = []
    for weight in (1.0, 2.5):
        loss = Loss.registry[kind](**{**dict(settings), "weight": weight})
        modules = {"loss": loss, "0": Module.registry["Input"](), "1": Module.registry["Input"](picture="partner")}
        links = [(str(port), "loss", port) for port in range(loss.port_count())]
        network = Network(modules, links, (classes,), classes, np.float64)
        inputs, labels = predictions(loss, classes)
        network.forward(inputs[0], inputs[-1])
        found.append((network.loss(labels, labels[::-1]), network.backward()["0"]))
    for plain, weighted in zip(*found, strict=True):
        assert np.abs(plain).max() > 0
        np.testing.assert_allclose(weighted, 2.5 * plain, rtol=1e-12)


@each_case
def test_a_prediction_of_one_position_is_taken_as_a_list(kind: str, settings: Settings, classes: int) -> None:
    loss = Loss.registry[kind](**dict(settings))
    inputs, labels = predictions(loss, classes)
    results = []
    for space in ((), (1, 1)):
        shape = (classes, *space)
        loss.check_shape(*[as_list(shape)] * len(inputs), classes=classes)
        node = Node("loss", loss, ("a", "b")[: len(inputs)], (shape,) * len(inputs), (), False)
        value = loss_of(node, [each.reshape(BATCH, *shape) for each in inputs], labels, labels)
        grads = loss_gradients(node)
        assert all(each.shape == (BATCH, *shape) for each in grads)
        results.append([value, *(each.reshape(BATCH, -1) for each in grads)])
    for a, b in zip(*results, strict=True):
        np.testing.assert_array_equal(a, b)


@each_case
def test_a_prediction_that_does_not_fit_is_told(kind: str, settings: Settings, classes: int) -> None:
    loss = Loss.registry[kind](**dict(settings))
    loss.check_shape(*[(classes,)] * loss.port_count(), classes=classes)
    if loss.port_count() > 1:
        with pytest.raises(ShapeProblem, match=f"needs inputs of one shape, but input 1 is {classes} and input 2 is 8"):
            loss.check_shape((classes,), (8,), classes=classes)
    if not loss.judges_classes():
        return
    with pytest.raises(ShapeProblem, match=f"needs {classes} numbers, one for each class, but gets 8") as error:
        loss.check_shape((8,), classes=classes)
    assert error.value.fix == f"set Outputs of the last Linear to {classes}"
    with pytest.raises(ShapeProblem, match="16×4×4 maps: put a Flatten"):
        loss.check_shape((16, 4, 4), classes=classes)


@pytest.mark.parametrize("kind", list(Loss.registry))
def test_a_loss_tells_about_itself(kind: str) -> None:
    cls = Loss.registry[kind]
    assert cls.__name__ == kind
    assert cls.word
    assert cls.formula
    assert cls.__doc__
    ziamath = pytest.importorskip("ziamath", reason="ziamath draws formulas")
    assert ziamath.Latex(cls.formula).svg().startswith("<svg")

"""A network trained on windows runs on larger pictures as it would on every window, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
from small_networks import LENET, Drawn, chain, sgd

from convnet_studio.engine.nn.module import ShapeProblem
from convnet_studio.engine.nn.replicate import replicate
from convnet_studio.engine.program import CompiledProgram, ReferenceProgram

# LeNet-7: LeCun, Huang and Bottou, Learning methods for generic object recognition (2004), with fewer maps and trained
# on 96x96; a step of its last maps is one of 12 pixels.
LENET7: list[Drawn] = [
    ("Conv2d", {"out_channels": 8, "kernel_size": 5}), ("Tanh", {}), ("AvgPool2d", {"kernel_size": 4, "stride": 4}),
    ("Conv2d", {"out_channels": 24, "kernel_size": 6}), ("Tanh", {}), ("MaxPool2d", {"kernel_size": 3, "stride": 3}),
    ("Conv2d", {"out_channels": 20, "kernel_size": 6}), ("Tanh", {}),
    ("Conv2d", {"out_channels": 5, "kernel_size": 1}), ("LogSoftmax", {}), ("NLLLoss", {}),
]  # fmt: skip
WINDOW, STEP, LARGE = 96, 12, 120


def test_lenet7_on_a_larger_picture_is_nine_windows_to_the_last_bit() -> None:
    small = chain(LENET7, (2, WINDOW, WINDOW), 5)
    large = replicate(small, (2, LARGE, LARGE))
    picture = np.random.default_rng(0).standard_normal((1, 2, LARGE, LARGE)).astype(np.float32)
    starts = [(top, left) for top in range(0, LARGE - WINDOW + 1, STEP) for left in range(0, LARGE - WINDOW + 1, STEP)]
    windows = np.concatenate([picture[..., y : y + WINDOW, x : x + WINDOW] for y, x in starts])
    whole, parts = CompiledProgram(large, 1), CompiledProgram(small, len(starts))
    whole.forward(picture)
    parts.forward(windows)
    scores = whole.output("10 LogSoftmax")
    assert scores.shape == (1, 5, 3, 3)
    np.testing.assert_array_equal(scores[0].reshape(5, 9).T, parts.output("10 LogSoftmax").reshape(9, 5))
    whole.close()
    parts.close()


def test_what_one_learns_both_know() -> None:
    small = chain(LENET7, (1, WINDOW, WINDOW), 5)
    large = replicate(small, (1, LARGE, WINDOW))
    picture = np.ones((1, 1, LARGE, WINDOW), np.float32)
    program, trained = CompiledProgram(large, 1), ReferenceProgram(small, 2)
    program.forward(picture)
    before = program.output("10 LogSoftmax")
    trained.set_data(np.random.default_rng(0).random((2, 1, WINDOW, WINDOW), np.float32), np.array([1, 3]))
    trained.step([0, 1], sgd())
    program.forward(picture)
    assert before.shape == (1, 5, 3, 1)
    assert np.abs(program.output("10 LogSoftmax") - before).max() > 1e-4
    program.close()


def test_a_module_that_does_not_allow_it_is_named() -> None:
    network = chain(LENET, (1, 28, 28))
    with pytest.raises(ShapeProblem, match=r"^Linear \(8 Linear\).* its weight is 30×256, but would have to be 30×400"):
        replicate(network, (1, 32, 32))
    with pytest.raises(ShapeProblem, match=r"Conv2d \(4 Conv2d\) does not work on this size"):
        replicate(network, (1, 10, 10))

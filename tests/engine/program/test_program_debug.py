"""Stepping a program from Python gives what the interpreter gives, and says where the time goes."""

from __future__ import annotations

import numpy as np
import pytest
from small_networks import LENET, TWO_STAGES, Drawn, chain, data

from convnet_studio.engine.program import CompiledProgram
from convnet_studio.engine.program.debug import calls, profile


@pytest.mark.parametrize("drawn", [LENET, TWO_STAGES], ids=["lenet", "two stages"])
def test_stepping_is_what_the_interpreter_does(drawn: list[Drawn]) -> None:
    program = CompiledProgram(chain(drawn, (1, 28, 28)), 11)
    program.set_data(*data(program.network))
    program.gradient(range(11))
    expected, output = program.network.gradients.copy(), program.output("2 Tanh" if drawn is LENET else "3 Tanh")
    program.network.gradients[...] = 7
    samples = sum(call.count for call in calls(program, range(11)) if call.operation.leaf.name == "conv_forward")
    assert samples == 22
    np.testing.assert_array_equal(program.network.gradients, expected)
    np.testing.assert_array_equal(program.output("2 Tanh" if drawn is LENET else "3 Tanh"), output)


def test_the_profile_names_modules() -> None:
    program = CompiledProgram(chain(LENET, (1, 28, 28)), 4)
    program.set_data(*data(program.network))
    times = profile(program, range(4), repeats=2)
    assert {"1 Conv2d", "4 Conv2d", "8 Linear"} <= {each.module_id for each in times}
    assert [each.seconds for each in times] == sorted((each.seconds for each in times), reverse=True)

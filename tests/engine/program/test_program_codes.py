"""The compiled output layer of LeNet-5 beside numpy."""

from __future__ import annotations

import pytest
from small_networks import assert_follows_numpy, chain

from convnet_studio.engine.program.lowering import RULES


@pytest.mark.parametrize("count", [1, 3, 17])
@pytest.mark.parametrize("digits", [1, 7, 10])
def test_distances_to_digit_codes(digits: int, count: int) -> None:
    assert "EuclideanRBF" in RULES
    ends = [("Tanh", {}), ("EuclideanRBF", {"out_features": digits}), ("LogSoftmax", {}), ("NLLLoss", {})]
    networks = [chain([("Linear", {"out_features": 84}), *ends], (20,), digits) for _ in range(2)]
    assert_follows_numpy(networks[0], networks[1], count)

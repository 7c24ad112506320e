"""Counting connections, and moving the picture: the tutorial's numbers, and scipy's correlation."""

from __future__ import annotations

import numpy as np
import pytest
from moments import moment_of
from scipy.signal import correlate2d

from convnet_studio.engine.analysis.bench_pictures import Maps
from convnet_studio.engine.analysis.benches.connections import FULL, LOCAL, SHARED, Connections
from convnet_studio.engine.analysis.benches.equivariance import OWN, Equivariance, _module


def test_the_counts_of_the_tutorial() -> None:
    counts = {each: Connections(connection=each).weights() for each in (FULL, LOCAL, SHARED)}
    assert counts == {FULL: 200 * 200 * 400_000, LOCAL: 400_000 * 100, SHARED: 1000}
    assert Connections(connection=SHARED, valid=True).units() == 10 * (200 - 10 + 1) ** 2
    assert Connections().gigabytes() == pytest.approx(64.0)


def test_maps_are_those_of_an_independent_correlation() -> None:
    moment = moment_of("tiny-digits")
    maps = next(iter(Equivariance(shift=3).pictures(moment)))[1]
    shown = next(iter(Equivariance(shift=3).pictures(moment)))[0]
    assert isinstance(maps, Maps)
    assert isinstance(shown, Maps)
    picture = shown.maps["moved"]
    module = _module("shared", 1, picture.shape)
    kernel, bias = (each.value for each in module.parameters().values())
    expected = correlate2d(picture, kernel[0, 0], "valid") + bias[0]
    np.testing.assert_allclose(maps.maps["of the moved picture"], expected, rtol=1e-6, atol=1e-9)


def test_only_shared_weights_move_with_the_picture_and_only_by_whole_strides() -> None:
    moment = moment_of("tiny-digits")
    assert all(Equivariance(shift=each).matches(moment) for each in range(5))
    assert not any(Equivariance(shift=each, weights=OWN).matches(moment) for each in range(1, 5))
    assert [Equivariance(shift=each, stride=2).matches(moment) for each in range(5)] == [1, 0, 1, 0, 1]
    assert np.isnan(Equivariance(shift=1, stride=2).difference(moment))

"""What the lesson on local contrast normalisation measures, against scipy and the closed form of the border."""

from __future__ import annotations

import math

import numpy as np
import pytest
from moments import moment_of
from scipy.ndimage import correlate1d

from convnet_studio.engine.analysis.benches.lcn_bench import LcnBench
from convnet_studio.engine.analysis.benches.map_competition import MapCompetition


def windowed(maps: np.ndarray, width: float, size: int) -> np.ndarray:
    """The Gaussian mean with the weights outside left out, by scipy."""
    taps = np.exp(-0.5 * ((np.arange(size) - size // 2) / width) ** 2)
    taps /= taps.sum()

    def once(array: np.ndarray) -> np.ndarray:
        return correlate1d(correlate1d(array, taps, -1, mode="constant"), taps, -2, mode="constant")

    return once(maps) / once(np.ones_like(maps))


@pytest.mark.parametrize("across", [True, False])
def test_maps_compete_as_an_independent_normalisation_says(across: bool) -> None:
    bench = MapCompetition(gain=4.0, across_maps=across)
    x = bench._before
    mean = windowed(x, 2.0, 9)
    v = x - (mean.mean(0, keepdims=True) if across else mean)
    variance = windowed(v**2, 2.0, 9)
    sigma = np.sqrt(variance.mean(0, keepdims=True) if across else variance)
    y = v / np.maximum(sigma.mean((-1, -2), keepdims=True), sigma)
    assert bench.weak_energy() == pytest.approx(float(np.square(y[1:]).mean()), rel=1e-6)
    assert bench.loud_energy() == pytest.approx(float(np.square(y[0]).mean()), rel=1e-6)


def test_a_loud_map_quiets_the_others_only_where_all_share_a_deviation() -> None:
    assert MapCompetition(gain=4.0).weak_energy() < 0.5 * MapCompetition().weak_energy()
    apart = MapCompetition(across_maps=False)
    assert apart.turned(gain=4.0).weak_energy() == pytest.approx(apart.weak_energy(), rel=1e-9)


def test_torchs_edge_lacks_the_root_of_the_weights_that_are_left() -> None:
    fixed = LcnBench(width=2.25, threshold="fixed", smallest=1e-4)
    torch, exact = fixed.turned(border="torch"), fixed.turned(border="exact")
    taps = np.exp(-0.5 * ((np.arange(9) - 4) / 2.25) ** 2)
    left = taps[4:].sum() / taps.sum()
    assert fixed.coverage_edge() == pytest.approx(left)
    assert torch.noise_edge() / exact.noise_edge() == pytest.approx(math.sqrt(left), rel=1e-6)
    assert torch.noise_corner() / exact.noise_corner() == pytest.approx(left, rel=1e-6)


def test_nothing_goes_on_in_a_constant_picture_and_c_calms_the_sky() -> None:
    moment = moment_of("tiny-digits")
    assert LcnBench().sigma_of_constant(moment) == pytest.approx(0, abs=1e-9)
    loud = LcnBench(threshold="fixed", smallest=1e-4)
    assert loud.turned(smallest=1.0).quiet_noise(moment) <= loud.quiet_noise(moment)

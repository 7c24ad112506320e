"""EuclideanRBF: its pictures, the criterion it makes, and what it says where it does not fit."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.special import logsumexp

from convnet_studio.engine.nn.losses.nll_loss import NLLLoss
from convnet_studio.engine.nn.module import ShapeProblem
from convnet_studio.engine.nn.modules.euclidean_rbf import CODES, EuclideanRBF
from convnet_studio.engine.nn.modules.log_softmax import LogSoftmax

X = np.random.default_rng(0).standard_normal((6, 84))


def test_outputs_are_minus_squared_distances() -> None:
    np.testing.assert_allclose(EuclideanRBF().forward(X), -cdist(X, CODES, "sqeuclidean"), rtol=1e-12)


def test_a_picture_is_nearest_to_itself_by_ten_pixels_at_least() -> None:
    apart = -EuclideanRBF().forward(CODES.astype(np.float64))
    assert set(np.unique(CODES)) == {-1, 1}
    np.testing.assert_array_equal(np.diag(apart), 0)
    assert apart[~np.eye(10, dtype=bool)].min() == 4 * 10, "0 and 8 look most alike; a pixel is 2 apart"


def test_with_log_softmax_and_nll_it_is_the_criterion_of_the_paper() -> None:
    """Eq. 9 of LeCun et al. (1998) without the constant j: E = y_D + log sum of exp(-y_i)."""
    labels = np.array([3, 1, 4, 1, 5, 9])
    found = NLLLoss().forward(LogSoftmax().forward(EuclideanRBF().forward(X)), labels)
    penalties = cdist(X, CODES, "sqeuclidean")
    np.testing.assert_allclose(found, penalties[np.arange(6), labels] + logsumexp(-penalties, axis=1), rtol=1e-10)


def test_what_does_not_fit_is_told_in_words() -> None:
    with pytest.raises(ShapeProblem, match=r"7×12 = 84 values, not with 120 values: put a Linear with 84 outputs"):
        EuclideanRBF().output_shape((120,))
    with pytest.raises(ShapeProblem, match="not with maps"):
        EuclideanRBF().output_shape((84, 1, 1))
    with pytest.raises(ShapeProblem, match="of the ten digits only, not of 42 classes: use 10 or less"):
        EuclideanRBF(out_features=42).output_shape((84,))
    assert EuclideanRBF(out_features=3).output_shape((84,)) == (3,)

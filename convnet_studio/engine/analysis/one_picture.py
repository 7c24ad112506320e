"""One picture's loss as a function of all parameters, in float64, beside the run: for whoever moves weights to see."""

from __future__ import annotations

import numpy as np

from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.training.inquiry import Moment


class OnePicture:
    """The network of a moment and the picture that is shown, on a copy that may be altered.

    Attributes:
        network: the copy, with the weights of now until somebody moves them.

    Raises:
        ValueError: where the network has no loss.
    """

    def __init__(self, moment: Moment) -> None:
        self.network = moment.run.twin(np.float64)
        if not self.network.losses:
            raise ValueError("The network has no loss: connect its modules up to one.")
        self._picture = moment.picture[None].astype(np.float64)
        self._labels = np.array([moment.label])
        partner = moment.run.material.probe_partner if self.network.compares_pairs else None
        self._partners = None if partner is None else partner.picture[None].astype(np.float64)
        self._partner_labels = None if partner is None else np.array([partner.label])
        self.start: Array = self.network.parameters.copy()
        """Flat, as they are in the run."""

    def loss(self, parameters: Array | None = None) -> float:
        """With these parameters, flat; without with those of now."""
        self.network.parameters[...] = self.start if parameters is None else parameters
        with np.errstate(all="ignore"):
            self.network.forward(self._picture, self._partners)
            return float(self.network.loss(self._labels, self._partner_labels)[0])

    def gradient(self) -> Array:
        """By all parameters, flat, at those of now."""
        self.loss()
        self.network.gradients[...] = 0
        self.network.backward()
        return self.network.gradients.copy()

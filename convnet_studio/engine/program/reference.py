"""ReferenceProgram: the same interface over the modules' numpy code; any dtype, no compilation, slower."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.nn.optimizer import MiniBatch, Optimizer
from convnet_studio.engine.program.program import (
    Evaluation,
    Indices,
    Program,
    StepResult,
    check_data,
    check_indices,
    check_partners,
    check_pictures,
    check_shown,
    update_by_numpy,
)


class ReferenceProgram(Program):
    """See Program; computes in the network's dtype.

    Args:
        network: float32, or float64 for checks.
        batch_size: samples of a step at most.
    """

    def __init__(self, network: Network, batch_size: int) -> None:
        self.network = network
        self.batch_size = batch_size
        self._images: NDArray[Any] = np.zeros((0, *network.input_shape), network.parameters.dtype)
        self._labels: NDArray[np.int64] = np.zeros(0, np.int64)
        self._partners: NDArray[np.int64] = np.zeros(0, np.int64)
        self._outputs: dict[str, NDArray[Any]] = {}
        self._gradients: dict[str, NDArray[Any]] = {}

    def set_data(self, images: NDArray[Any], targets: NDArray[Any]) -> None:
        """See Program."""
        check_data(self.network, images, targets)
        self._images, self._labels = images, np.asarray(targets, np.int64)
        self._partners = np.arange(len(images))

    def set_partners(self, partners: Indices) -> None:
        """See Program."""
        chosen = np.asarray(partners, np.int64)
        check_partners(chosen, len(self._images))
        self._partners = chosen

    def step(self, indices: Indices, optimizer: Optimizer) -> StepResult:
        """See Program."""
        result = self.gradient(indices)
        batch = MiniBatch(result.loss, lambda: self.gradient(indices).loss)
        result = update_by_numpy(self.network, optimizer, result, batch)
        self.network.clock.step += 1
        return result

    def gradient(self, indices: Indices) -> StepResult:
        """See Program."""
        chosen = self._check(indices, self.batch_size)
        result = self._forward(chosen, training=True)
        self.network.gradients[...] = 0
        self._gradients = self.network.backward()
        return result

    def gradient_on(
        self,
        pictures: NDArray[Any],
        labels: NDArray[Any],
        partners: NDArray[Any] | None = None,
        partner_labels: NDArray[Any] | None = None,
    ) -> StepResult:
        """See Program."""
        check_shown(self.network, pictures, labels, self.batch_size, partners, partner_labels)
        result = self._show(
            pictures, labels, pictures if partners is None else partners,
            labels if partner_labels is None else partner_labels,
        )  # fmt: skip
        self.network.gradients[...] = 0
        self._gradients = self.network.backward()
        return result

    def evaluate(self, indices: Indices) -> Evaluation:
        """See Program."""
        chosen = self._check(indices, len(indices))
        loss, errors = 0.0, 0
        answers = []
        for start in range(0, len(chosen), self.batch_size):
            result = self._forward(chosen[start : start + self.batch_size], training=False)
            loss, errors = loss + result.loss * result.count, errors + result.errors
            answers.append(self.network.answers(self._labels[chosen[start : start + self.batch_size]]))
        return Evaluation(loss / len(chosen), errors, len(chosen), *np.concatenate(answers, axis=1))

    def forward(self, pictures: NDArray[Any], partners: NDArray[Any] | None = None) -> None:
        """See Program."""
        check_pictures(self.network, pictures, self.batch_size, partners)
        self.network.clock.is_training = False
        compared = None if partners is None else self._cast(partners)
        self._outputs, self._gradients = self.network.forward(self._cast(pictures), compared), {}

    def output(self, module_id: str) -> NDArray[np.float32]:
        """See Program."""
        if module_id not in self._outputs:
            raise ValueError(f"There is nothing to read of {module_id!r}.")
        return self._outputs[module_id].astype(np.float32)

    def output_gradient(self, module_id: str) -> NDArray[np.float32]:
        """See Program."""
        if module_id not in self._gradients:
            raise ValueError(f"There is no gradient to read of {module_id!r}: call gradient() first.")
        return self._gradients[module_id].astype(np.float32)

    def close(self) -> None:
        """Nothing runs beside it."""

    def _check(self, indices: Indices, most: int) -> NDArray[np.int64]:
        chosen = np.asarray(indices, np.int64)
        check_indices(self.network, chosen, most)
        outside = chosen[(chosen < 0) | (chosen >= len(self._labels))]
        if len(outside):
            raise ValueError(f"There is no example {outside[0]}: the data has {len(self._labels)}.")
        return chosen

    def _forward(self, chosen: NDArray[np.int64], training: bool) -> StepResult:
        partners = self._partners[chosen]
        shown = self._images[chosen], self._labels[chosen], self._images[partners], self._labels[partners]
        return self._show(*shown, training=training)

    def _show(
        self,
        pictures: NDArray[Any],
        labels: NDArray[Any],
        partners: NDArray[Any],
        partner_labels: NDArray[Any],
        training: bool = True,
    ) -> StepResult:
        self.network.clock.is_training = training
        compared = self._cast(partners) if self.network.compares_pairs else None
        self._outputs, self._gradients = self.network.forward(self._cast(pictures), compared), {}
        loss = float(self.network.loss(labels, partner_labels).mean(dtype=np.float64))
        return StepResult(loss, self.network.errors(labels), len(labels))

    def _cast(self, pictures: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(pictures, self.network.parameters.dtype)

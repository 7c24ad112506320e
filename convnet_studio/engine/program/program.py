"""Program: a network made ready to run over data; what training and views use of the engine."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.nn.optimizer import MiniBatch, Optimizer

Indices = Sequence[int] | NDArray[np.int64]


@dataclass(frozen=True)
class StepResult:
    """What a pass over `count` samples showed: the mean loss and how many were wrong.

    `finite`: whether the loss is, and, after an update, all parameters.
    """

    loss: float
    errors: int
    count: int
    finite: bool = field(default=True, kw_only=True)


@dataclass(frozen=True)
class Evaluation(StepResult):
    """As StepResult, and what was answered to each sample.

    Attributes:
        guesses: int64 ``(count,)``, the first largest entry of the first loss's input.
        ranks: int64 ``(count,)``, how many entries come before that of the label: 0 is a right answer.
    """

    guesses: NDArray[np.int64]
    ranks: NDArray[np.int64]


class Program(ABC):
    """Runs a network over the examples of a data set.

    Parameters are `network.parameters`, updated in place. `network.gradients` holds a gradient after `gradient`, and
    after a step whose update left numbers that are not finite; other steps may use the vector for other things. A
    sample is wrong where the largest entry of what the judge (`Network.judge`) is given is not at its label. Each
    update takes the network's clock one step on.

    Attributes:
        network: the network that is run.
        batch_size: how many samples one step may have.
    """

    network: Network
    batch_size: int

    @abstractmethod
    def set_data(self, images: NDArray[Any], targets: NDArray[Any]) -> None:
        """Choose the examples that indices speak of; the arrays must not change while they are in use.

        Args:
            images: float32 ``(examples, channel, height, width)`` or ``(examples, n)``, as the network's input.
            targets: int64 class labels ``(examples,)``.

        Raises:
            ValueError: if shapes or labels do not fit the network.
        """

    @abstractmethod
    def set_partners(self, partners: Indices) -> None:
        """Choose, for each example of the data, the one that it is compared with; at first each is its own.

        Args:
            partners: int64 ``(examples,)``; the array must not change while it is in use.

        Raises:
            ValueError: if there are not as many as examples, or one is none.
        """

    @abstractmethod
    def step(self, indices: Indices, optimizer: Optimizer) -> StepResult:
        """Do one update on the examples `indices`: forward, backward, and `optimizer` on the mean gradient.

        Where the loss is not finite, nothing is updated.

        Raises:
            ValueError: if there are none or more than `batch_size`, one is no example, or the network has no loss.
        """

    def steps(self, indices: Indices, size: int, rates: Sequence[float], optimizer: Optimizer) -> list[StepResult]:
        """Do ``len(rates)`` updates one after the other, each on the next `size` of `indices` (fewer at their end).

        Ends after the first that is not `finite`, so that results may be fewer than rates.

        Args:
            indices: int64 ``(size * len(rates),)``, or fewer by less than `size`.
            size: samples of a step.
            rates: the learning rate of each step; the optimizer keeps the last one.
            optimizer: as in `step`.

        Raises:
            ValueError: as `step`.
        """
        results = []
        for number, rate in enumerate(rates):
            optimizer.rate = rate
            results.append(self.step(indices[number * size : (number + 1) * size], optimizer))
            if not results[-1].finite:
                break
        return results

    @abstractmethod
    def gradient(self, indices: Indices) -> StepResult:
        """As `step` without the update: `network.gradients` holds the mean gradient, outputs are readable."""

    @abstractmethod
    def gradient_on(
        self,
        pictures: NDArray[Any],
        labels: NDArray[Any],
        partners: NDArray[Any] | None = None,
        partner_labels: NDArray[Any] | None = None,
    ) -> StepResult:
        """As `gradient`, on pictures that need not be examples of the data, as `forward` takes them.

        Args:
            pictures: ``(b, channel, height, width)`` or ``(b, n)``, b <= batch_size.
            labels: int64 class labels ``(b,)``.
            partners: as many pictures to compare them with, `partner_labels` theirs; None: each is its own.

        Raises:
            ValueError: if shapes or labels do not fit, or the network has no loss.
        """

    @abstractmethod
    def evaluate(self, indices: Indices) -> Evaluation:
        """Loss, errors and answers for any number of examples, in calls of some 10 ms; nothing changes."""

    @abstractmethod
    def forward(self, pictures: NDArray[Any], partners: NDArray[Any] | None = None) -> None:
        """Run pictures ``(b, channel, height, width)`` or ``(b, n)``, b <= batch_size; outputs are readable after it.

        Nothing is learned from it. `partners` are as many pictures to compare them with; None: each is its own.

        Raises:
            ValueError: if the shape does not fit.
        """

    @abstractmethod
    def output(self, module_id: str) -> NDArray[np.float32]:
        """A copy of a module's output after `forward` or `gradient`: ``(b, channel, height, width)`` or ``(b, n)``.

        Raises:
            ValueError: if there is no such module, it is a loss, or nothing was run.
        """

    @abstractmethod
    def output_gradient(self, module_id: str) -> NDArray[np.float32]:
        """A copy of the gradient of the mean loss by a module's output, after `gradient`.

        Raises:
            ValueError: if the module reaches no loss, or `gradient` was not the last call.
        """

    @abstractmethod
    def close(self) -> None:
        """Let the second thread end; the program can't be used afterwards."""


def update_by_numpy(network: Network, optimizer: Optimizer, result: StepResult, batch: MiniBatch) -> StepResult:
    """Do the update of a step that gave `result`, where that is finite; whether all still is afterwards."""
    if not math.isfinite(result.loss):
        return replace(result, finite=False)
    optimizer.update(network.parameters, network.gradients, batch)
    with np.errstate(all="ignore"):
        return replace(result, finite=math.isfinite(float(network.parameters.sum())))


def check_data(network: Network, images: NDArray[Any], targets: NDArray[Any]) -> None:
    """Raise ValueError where images or labels do not fit the network."""
    if images.shape[1:] != network.input_shape:
        raise ValueError(f"The images are {images.shape[1:]}, the network takes {network.input_shape}.")
    if targets.shape != (len(images),):
        raise ValueError(f"There are {len(images)} images and targets of shape {targets.shape}: one label each.")
    lowest = 0 if network.classes else -1  # the label of data without classes
    if len(targets) and (targets.min() < lowest or targets.max() >= network.classes):
        raise ValueError(f"The labels must be 0 to {network.classes - 1}.")


def check_partners(partners: NDArray[np.int64], examples: int) -> None:
    """Raise ValueError where `partners` does not name an example for each of `examples`."""
    if partners.shape != (examples,):
        raise ValueError(f"There are {examples} examples and partners of shape {partners.shape}: one for each.")
    if examples and not 0 <= partners.min() <= partners.max() < examples:
        raise ValueError(f"The partners must be 0 to {examples - 1}.")


def check_pictures(
    network: Network, pictures: NDArray[Any], batch_size: int, partners: NDArray[Any] | None = None
) -> None:
    """Raise ValueError where pictures can't be run together."""
    if pictures.shape[1:] != network.input_shape:
        raise ValueError(f"The pictures are {pictures.shape[1:]}, the network takes {network.input_shape}.")
    if not 0 < len(pictures) <= batch_size:
        raise ValueError(f"There are {len(pictures)} pictures: 1 to {batch_size} are run at a time.")
    if partners is not None and partners.shape != pictures.shape:
        raise ValueError(f"The pictures are {pictures.shape}, their partners {partners.shape}: they must agree.")


def check_shown(
    network: Network,
    pictures: NDArray[Any],
    labels: NDArray[Any],
    batch_size: int,
    partners: NDArray[Any] | None,
    partner_labels: NDArray[Any] | None,
) -> None:
    """Raise ValueError where no gradient can be had on these pictures."""
    check_pictures(network, pictures, batch_size, partners)
    check_data(network, pictures, labels)
    check_indices(network, np.arange(len(pictures)), batch_size)
    if (partners is None) != (partner_labels is None):
        raise ValueError("Partners and their labels go together: give both or none.")
    if partners is not None and partner_labels is not None:
        check_data(network, partners, partner_labels)


def check_indices(network: Network, indices: NDArray[np.int64], batch_size: int) -> None:
    """Raise ValueError where a step can't be made of so many examples, or of this network."""
    if not network.losses:
        raise ValueError("The network has no loss: connect one to learn.")
    if not batch_size:
        raise ValueError("At least one index is needed.")
    if indices.ndim != 1 or not 0 < len(indices) <= batch_size:
        raise ValueError(f"A step takes 1 to {batch_size} indices, not an array of shape {indices.shape}.")

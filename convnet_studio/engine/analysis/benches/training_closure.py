"""The tutorial's training closure, single-stepped: each line is carried out by the program's own engine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import ClassVar

import numpy as np

import convnet_studio.engine.nn.losses
import convnet_studio.engine.nn.modules  # noqa: F401  (importing the folders registers what they hold)
from convnet_studio.engine.analysis.bench import Bench, choice, reading, whole
from convnet_studio.engine.analysis.bench_pictures import Bars, BenchPicture, Code
from convnet_studio.engine.nn.initializers import initialize
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.nn.network import Network, loss_gradients
from convnet_studio.engine.nn.optimizers.sgd import SGD
from convnet_studio.engine.project.build import build_module
from convnet_studio.engine.project.spec import ModuleSpec
from convnet_studio.engine.training.inquiry import Moment

SLIDE, CORRECTED = "as on the slide", "corrected"
LISTING = (
    "for t = 1, trainData:size(), batchSize do",
    "  inputs, targets = getNextBatch()",
    "  local feval = function(x)",
    "    parameters:copy(x)",
    "    gradParameters:zero()",
    "    local f = 0",
    "    for i = 1, #inputs do",
    "      local output = model:forward(inputs[i])",
    "      local err = criterion:forward(output, targets[i])",
    "      f = f + err",
    "      local df_do = criterion:backward(output, targets[i])",
    "      model:backward(inputs[i], df_do)",
    "    end",
    "    gradParameters:div(#inputs)",
    "    f = f / #inputs",
    "    return f, gradParameters",
    "  end -- of feval",
    "  optim.sgd(feval, parameters, optimState)",
    "end",
)
"""LeCun and Ranzato, Deep Learning tutorial (2013), slide on training a neural net in Torch7, with its slip mended."""
SLIP = (1, "  inputs, outputs = getNextBatch()")
"""The line, counted from 0, as the slide has it: what is fetched as outputs is used as targets."""
BATCH, INPUTS, CLASSES = 4, 6, 3
STEPS = 7 + 5 * BATCH + 3
"""Lines that are carried out for one mini-batch, each as often as it is."""
SEED = 1


@dataclass(frozen=True)
class Frame:
    """What stands after a line was carried out.

    Attributes:
        line: counted from 0; -1 before the first. `sample`: counted from 1, 0 outside of the loop over samples.
        f: the loss so far. `gradient`, `parameters`: sizes (2-norms) of gradParameters and parameters.
        values: beside lines, by their number.
        after_samples: the size of gradParameters after each sample so far.
    """

    line: int
    sample: int
    f: float
    gradient: float
    parameters: float
    values: dict[int, str] = field(default_factory=dict)
    after_samples: tuple[float, ...] = ()
    is_stopped: bool = False


@dataclass(frozen=True)
class TrainingClosure(Bench):
    """One mini-batch of a small network (6 inputs, 5 hidden tanh units, 3 classes) through the listing.

    gradParameters still holds what the mini-batch before left in it.
    """

    name: ClassVar = "training_closure"
    title: ClassVar = "The training closure"
    summary: ClassVar = "One mini-batch through the tutorial's Torch7 listing, line by line, with its variables."

    step: int = whole(0, 0, STEPS, "Lines carried out")
    version: str = choice(CORRECTED, (SLIDE, CORRECTED), "Listing")

    @reading
    def line(self, moment: Moment | None = None) -> float:
        """The line that was carried out last, counted from 1; 0 before the first."""
        return self._frame.line + 1

    @reading
    def gradient_norm(self, moment: Moment | None = None) -> float:
        """Size (2-norm) of gradParameters."""
        return self._frame.gradient

    @reading
    def parameter_norm(self, moment: Moment | None = None) -> float:
        """Size (2-norm) of parameters."""
        return self._frame.parameters

    @reading
    def f(self, moment: Moment | None = None) -> float:
        """The loss, as far as it is summed up; 0 before that."""
        return self._frame.f

    @reading
    def stopped(self, moment: Moment | None = None) -> float:
        """1 where the program has stopped with an error, else 0."""
        return float(self._frame.is_stopped)

    @reading
    def stops_at(self, moment: Moment | None = None) -> float:
        """The line in which the program stops with an error, counted from 1; 0 where it runs to its end."""
        last = _trace(self.version)[-1]
        return last.line + 1 if last.is_stopped else 0

    @property
    def _frame(self) -> Frame:
        frames = _trace(self.version)
        return frames[min(self.step, len(frames) - 1)]

    def pictures(self, moment: Moment) -> Iterator[tuple[BenchPicture, ...]]:
        """The listing with its values, and how gradParameters grows."""
        frame = self._frame
        lines = _lines(self.version)
        where = f", sample {frame.sample} of {BATCH}" if frame.sample else ""
        grown = {"from the batch before": _trace(self.version)[0].gradient}
        grown |= {f"after sample {number}": 0.0 for number in range(1, BATCH + 1)}
        grown |= {f"after sample {number}": each for number, each in enumerate(frame.after_samples, 1)}
        grown["now"] = frame.gradient
        coming = {f"after sample {number}" for number in range(len(frame.after_samples) + 1, BATCH + 1)}
        texts = tuple("to come" if name in coming else f"{each:.3f}" for name, each in grown.items())
        yield (
            Code(f"One mini-batch{where}", lines, frame.line, frame.values),
            Bars("Size of gradParameters", grown, texts=texts),
        )


def _lines(version: str) -> tuple[str, ...]:
    at, slip = SLIP
    return LISTING if version == CORRECTED else (*LISTING[:at], slip, *LISTING[at + 1 :])


@lru_cache(maxsize=2)
def _trace(version: str) -> tuple[Frame, ...]:
    return tuple(_Recorder(version).frames())


class _Recorder:
    """Carries the listing out, and notes what stands after each line."""

    def __init__(self, version: str) -> None:
        self._version = version
        self.network = small_network()
        self._inputs, self._targets = batch(1)
        self._rule = SGD(momentum=0.9, order="Torch7")  # type: ignore[call-arg]
        self._rule.rate = 0.1
        self._values: dict[int, str] = {}
        self._after: list[float] = []
        self._f = 0.0
        self._step_before()

    def _step_before(self) -> None:
        """The mini-batch before: its gradient stays behind."""
        inputs, targets = batch(0)
        self.network.forward(inputs)
        self.network.loss(targets)
        self.network.backward()
        self._rule.update(self.network.parameters, self.network.gradients)

    def frames(self) -> Iterator[Frame]:
        """One for each line, in the order in which they are carried out."""
        network = self.network
        yield self._frame(-1)
        name = "targets" if self._version == CORRECTED else "outputs"
        yield self._frame(1, f"{name} = {', '.join(map(str, self._targets + 1))}")
        yield self._frame(2, "a function, not called yet")
        yield self._frame(17, "calls feval")
        yield self._frame(3)
        network.gradients[...] = 0
        yield self._frame(4, "size 0")
        yield self._frame(5, "f = 0")
        for sample in range(BATCH):
            yield from self._sample(sample)
            if self._version == SLIDE:
                return
        network.gradients /= BATCH
        yield self._frame(13, f"size {self._size():.3f}")
        self._f /= BATCH
        yield self._frame(14, f"f = {self._f:.3f}")
        yield self._frame(15)
        self._rule.update(network.parameters, network.gradients)
        yield self._frame(17, "one step is made")

    def _sample(self, index: int) -> Iterator[Frame]:
        network, sample = self.network, index + 1
        target = self._targets[index : index + 1]
        answer = network.forward(self._inputs[index : index + 1])["output"][0]
        yield self._frame(7, _texts(answer), sample)
        if self._version == SLIDE:
            yield self._frame(8, "error: targets is nil", sample, is_stopped=True)
            return
        err = float(network.loss(target)[0])
        yield self._frame(8, f"{err:.3f}", sample)
        self._f += err
        yield self._frame(9, f"f = {self._f:.3f}", sample)
        yield self._frame(10, _texts(loss_gradients(network.losses[0])[0][0]), sample)
        network.backward()
        self._after.append(self._size())
        yield self._frame(11, f"size {self._size():.3f}", sample)

    def _frame(self, line: int, value: str = "", sample: int = 0, is_stopped: bool = False) -> Frame:
        if value:
            self._values[line] = value
        sizes = self._size(), float(np.linalg.norm(self.network.parameters))
        return Frame(line, sample, self._f, *sizes, dict(self._values), tuple(self._after), is_stopped)

    def _size(self) -> float:
        return float(np.linalg.norm(self.network.gradients))


def small_network() -> Network:
    """The network of the bench in float64, with its first weights."""
    chain = {
        "input": ModuleSpec("input", "Input"),
        "hidden": ModuleSpec("hidden", "Linear", {"out_features": 5}),
        "squash": ModuleSpec("squash", "Tanh"),
        "scores": ModuleSpec("scores", "Linear", {"out_features": CLASSES}),
        "output": ModuleSpec("output", "LogSoftmax"),
        "loss": ModuleSpec("loss", "NLLLoss"),
    }
    modules = {name: made for name, spec in chain.items() if (made := build_module(spec)) is not None}
    names = list(modules)
    links = [(source, target, 0) for source, target in pairwise(names)]
    network = Network(modules, links, (INPUTS,), CLASSES, np.float64)
    initialize(network, SEED)
    return network


def batch(number: int) -> tuple[Array, Array]:
    """Inputs ``(BATCH, INPUTS)`` and classes ``(BATCH,)``, counted from 0, of a mini-batch."""
    random = np.random.default_rng([SEED, number])
    targets = random.integers(CLASSES, size=BATCH)
    return random.normal(size=(BATCH, INPUTS)) + targets[:, None], targets


def _texts(values: Array) -> str:
    return ", ".join(f"{each:.2f}".replace("-", "\N{MINUS SIGN}") for each in values)

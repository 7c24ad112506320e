"""One contestant in a process of its own: ``python benchmarks/contestant.py own|torch|sklearn THREADS``.

Reads a request of JSON from each line of its input and answers with a line of JSON: `prepare` makes a network ready,
`run` trains it for some seconds, `peak` and `profile` (own only) measure the processor and the single modules.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import nets
import numpy as np

from convnet_studio.engine.nn.optimizer import Optimizer

RATE = 0.001
BURST_SECONDS = 0.004
"""As in training: so long is a call of the program."""
Answer = dict[str, Any]


class Own:
    """This engine."""

    def __init__(self, threads: int) -> None:
        from convnet_studio.engine.program import compiled_set_ready

        if not compiled_set_ready():
            from convnet_studio.engine.program import compile_set

            compile_set()
        self.threads = threads
        self.program: Any = None
        self.peak_kernel: Callable[[int], float] | None = None

    def prepare(self, net: str, batch: int, momentum: float) -> Answer:
        from convnet_studio.engine.program import CompiledProgram

        if self.program is not None:
            self.program.close()
        self.network = nets.network(net)
        self.batch = batch
        self.program = CompiledProgram(self.network, batch, self.threads)
        self.program.set_data(*nets.examples(self.network))
        self.optimizer = Optimizer.registry["SGD"](momentum=momentum)
        self.optimizer.rate = RATE
        loss = self.program.step(np.arange(batch), self.optimizer).loss
        self.burst = 1
        self.order = np.random.default_rng(1).integers(0, nets.EXAMPLES, batch)
        return {"loss": loss}

    def run(self, seconds: float) -> Answer:
        self._go_on(min(0.02, seconds))
        cpu, start = time.process_time(), time.perf_counter()
        samples = self._go_on(seconds)
        spent = time.perf_counter() - start
        return {"rate": samples / spent, "seconds": spent, "cpu": time.process_time() - cpu}

    def run_forward(self, seconds: float) -> Answer:
        """Forward passes alone, of all examples."""
        every = np.arange(nets.EXAMPLES)
        self.program.evaluate(every)
        cpu, start, samples = time.process_time(), time.perf_counter(), 0
        while time.perf_counter() - start < seconds:
            samples += self.program.evaluate(every).count
        spent = time.perf_counter() - start
        return {"rate": samples / spent, "seconds": spent, "cpu": time.process_time() - cpu}

    def _go_on(self, seconds: float) -> int:
        samples, now = 0, time.perf_counter()
        end = now + seconds
        while now < end:
            size = self.burst * self.batch
            if len(self.order) < size:
                self.order = np.random.default_rng(1).integers(0, nets.EXAMPLES, 2 * size)
            before = now
            results = self.program.steps(self.order[:size], self.batch, [RATE] * self.burst, self.optimizer)
            if len(results) < self.burst:
                raise RuntimeError("The loss left the finite range.")
            samples += size
            now = time.perf_counter()
            self.burst = max(1, min(int(self.burst * BURST_SECONDS / (now - before)), 2 * self.burst))
        return samples

    def peak(self, seconds: float) -> Answer:
        """Multiply-adds of the best tile on operands that stay in the first cache, on every thread; GFlop/s."""
        self.peak_kernel = self.peak_kernel or _fastest_tile()
        rates: list[float] = []
        kernel = self.peak_kernel

        def work() -> None:
            end, best = time.perf_counter() + seconds, 0.0
            while time.perf_counter() < end:
                best = max(best, kernel(2000))
            rates.append(best)

        threads = [threading.Thread(target=work) for _ in range(self.threads)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        return {"gflops": sum(rates)}

    def profile(self) -> Answer:
        """Seconds of each operation for a sample, and the work of each filter bank."""
        from convnet_studio.engine.program.debug import profile

        times = profile(self.program, range(self.batch))
        work = [[each.module_id, each.forward, each.backward] for each in nets.filter_bank_work(self.network)]
        return {"times": [[each.module_id, each.phase, each.name, each.seconds] for each in times], "work": work}


def _fastest_tile() -> Callable[[int], float]:
    """Of all tiles the one with the most multiply-adds a second: repetitions to GFlop/s."""
    from convnet_studio.engine.kernels.fields import TILING
    from convnet_studio.engine.kernels.tiles import BROADCAST_TILES
    from convnet_studio.engine.program.cache import compiled_set

    def kernel_of(tile: Any) -> Callable[[int], float]:
        inner, width = 64, tile.vectors * tile.lanes
        function = compiled_set().function(tile)

        def kernel(repeats: int) -> float:
            a = np.full(tile.rows * inner + 64, 0.5, np.float32)
            b, c = (np.full(n, 0.5, np.float32) for n in (inner * width + 64, tile.rows * width + 64))
            fields = np.zeros(len(TILING), np.int64)
            given = {
                "rows": tile.rows,
                "a_inner": 1,
                "a_row": inner,
                "b_inner": width,
                "c_row": width,
                "outer": repeats,
            }
            for name, value in given.items():
                fields[TILING._fields.index(name)] = value
            start = time.perf_counter()
            function(*(each.ctypes.data for each in (fields, a, b, c, c)), tile.rows, inner)
            spent = time.perf_counter() - start
            return float(2e-9 * tile.rows * width * inner * repeats / spent)

        return kernel

    kernels = [kernel_of(tile) for tile in BROADCAST_TILES]
    return max(kernels, key=lambda kernel: max(kernel(2000) for _ in range(5)))


class Torch:
    """PyTorch, eager: with contiguous or channels_last pictures and weights, whichever is faster."""

    def __init__(self, threads: int) -> None:
        import torch

        self.torch = torch
        torch.set_num_threads(threads)

    def prepare(self, net: str, batch: int, momentum: float) -> Answer:
        import torch_nets

        network = nets.network(net)
        try:
            torch_nets.translate(network)
        except torch_nets.NoCounterpart as missing:
            return {"missing": str(missing)}
        formats = {"contiguous": self.torch.contiguous_format, "channels_last": self.torch.channels_last}
        if len(network.input_shape) != 3:
            del formats["channels_last"]
        self.batch = batch
        steps = {name: self._step(network, momentum, each) for name, each in formats.items()}
        losses = {name: step(True) for name, step in steps.items()}
        rates = {name: max(self._rate(step, 0.06)[0] for _ in range(2)) for name, step in steps.items()}
        chosen = max(rates, key=rates.__getitem__)
        self.step = steps[chosen]
        return {"loss": losses[chosen], "format": chosen}

    def _step(self, network: Any, momentum: float, memory_format: Any) -> Callable[[bool], float]:
        """A full step; batches lie ready in the right format, so that PyTorch need not gather them."""
        import torch_nets

        model, criterion = torch_nets.translate(network)
        images, labels = (self.torch.from_numpy(each) for each in nets.examples(network))
        parts = [slice(start, start + self.batch) for start in range(0, nets.EXAMPLES - self.batch + 1, self.batch)]
        pictures = [images[part].clone() for part in parts]
        if images.dim() == 4:
            pictures = [each.contiguous(memory_format=memory_format) for each in pictures]
            model = model.to(memory_format=memory_format)
        optimizer = self.torch.optim.SGD(model.parameters(), lr=RATE, momentum=momentum)
        batches = list(zip(pictures, [labels[part] for part in parts], strict=True))
        number = 0

        def step(tell: bool = False) -> float:
            nonlocal number
            x, y = batches[number % len(batches)]
            number += 1
            optimizer.zero_grad(set_to_none=True)
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            return loss.item() if tell else 0.0

        return step

    def _rate(self, step: Callable[[bool], float], seconds: float) -> tuple[float, float]:
        start = now = time.perf_counter()
        count = 0
        while now - start < seconds:
            step(False)
            count += 1
            now = time.perf_counter()
        return count * self.batch / (now - start), now - start

    def run(self, seconds: float) -> Answer:
        self._rate(self.step, min(0.02, seconds))
        cpu = time.process_time()
        rate, spent = self._rate(self.step, seconds)
        return {"rate": rate, "seconds": spent, "cpu": time.process_time() - cpu}


class Sklearn:
    """scikit-learn's MLPClassifier with the layers of net E; float32, plain SGD, no penalty."""

    def __init__(self, threads: int) -> None:
        from sklearn.neural_network import MLPClassifier

        self.make = MLPClassifier

    def prepare(self, net: str, batch: int, momentum: float) -> Answer:
        network = nets.network(net)
        hidden = [node.shape[0] for node in network.graph.nodes if type(node.module).__name__ == "Linear"][:-1]
        self.model = self.make(
            hidden, activation="tanh", solver="sgd", alpha=0, batch_size=batch, learning_rate_init=RATE,
            momentum=momentum, nesterovs_momentum=False, shuffle=False,
        )  # fmt: skip
        self.images, self.labels = nets.examples(network)
        self.model.partial_fit(self.images, self.labels, classes=np.arange(network.classes))
        return {}

    def run(self, seconds: float) -> Answer:
        cpu, start, samples = time.process_time(), time.perf_counter(), 0
        while time.perf_counter() - start < seconds:
            self.model.partial_fit(self.images, self.labels)
            samples += nets.EXAMPLES
        spent = time.perf_counter() - start
        return {"rate": samples / spent, "seconds": spent, "cpu": time.process_time() - cpu}


def main() -> None:
    """Answer requests until the input ends."""
    contestant = {"own": Own, "torch": Torch, "sklearn": Sklearn}[sys.argv[1]](int(sys.argv[2]))
    for line in sys.stdin:
        request = json.loads(line)
        answer = getattr(contestant, request.pop("do"))(**request)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

"""Training steps beside other engines than PyTorch: ``python benchmarks/peer_engines.py``.

ConvNetJS trains net A (with max pooling, since it has no other); TensorFlow.js on its wasm backend can't train a
convolution, which is tried and shown, and so runs net A forward only; scikit-learn's MLPClassifier trains net E.
Packages are fetched into build/peers the first time: npm packages if node and npm are there, scikit-learn by pip where
it is not installed. Alternating rounds as in training_step.py; takes a minute.
"""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from rounds import Contestant, python_contestant

HERE = Path(__file__).parent
FETCHED = HERE.parent / "build" / "peers"
NPM = ("convnetjs@0.3.0", "@tensorflow/tfjs@4.22.0", "@tensorflow/tfjs-backend-wasm@4.22.0")
SKLEARN = "scikit-learn>=1.5"


def node_peer(script: str) -> Contestant:
    """A script of benchmarks/peers, its packages fetched.

    Raises:
        RuntimeError: where node or npm is missing, or packages can't be fetched.
    """
    if not (shutil.which("node") and shutil.which("npm")):
        raise RuntimeError("needs node and npm: install them, then try again.")
    folder = FETCHED / "npm"
    if not (folder / "node_modules").is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), *NPM]
        if subprocess.run(command, check=False).returncode:
            shutil.rmtree(folder, ignore_errors=True)
            raise RuntimeError("its packages could not be fetched from the npm registry.")
    return Contestant(["node", str(HERE / "peers" / script)], NODE_PATH=str(folder / "node_modules"))


def sklearn_peer() -> Contestant:
    """scikit-learn, fetched where it is not installed.

    Raises:
        RuntimeError: where it can't be fetched.
    """
    folder = FETCHED / "python"
    if importlib.util.find_spec("sklearn") is None and not (folder / "sklearn").is_dir():
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder), SKLEARN]
        if subprocess.run(command, check=False).returncode:
            shutil.rmtree(folder, ignore_errors=True)
            raise RuntimeError("it could not be fetched by pip.")
        for each in ("numpy", "numpy.libs"):  # the one that is installed serves both
            shutil.rmtree(folder / each, ignore_errors=True)
    return python_contestant("sklearn", 2, str(folder))


def compare(
    title: str, net: str, batch: int, start: Callable[[], Contestant], do: str, options: argparse.Namespace
) -> None:
    """Print a row: rates of both and the median of their ratio."""
    try:
        peer = start()
    except RuntimeError as missing:
        print(f"{title}: {missing}")
        return
    own = python_contestant("own", 2)
    own.ask("prepare", net=net, batch=batch, momentum=0.0)
    told = peer.ask("prepare", net=net, batch=batch, momentum=0.0)
    rounds = [
        (own.ask(do, seconds=options.seconds), peer.ask("run", seconds=options.seconds)) for _ in range(options.rounds)
    ]
    for each in (own, peer):
        each.close()
    ours, theirs = (statistics.median(each["rate"] for each in side) for side in zip(*rounds, strict=True))
    ratio = statistics.median(a["rate"] / b["rate"] for a, b in rounds)
    what = "forward" if do == "run_forward" else "training"
    print(f"{title:32} {net} {batch:5} {what:9} {ours:11,.0f} {theirs:11,.0f} {ratio:8.1f}", flush=True)
    if told.get("training"):
        print(f"    training: {told['training']}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=0.5, help="of each measurement")
    parser.add_argument("--batches", type=lambda text: [int(each) for each in text.split(",")], default=[1, 32])
    options = parser.parse_args()
    print(f"{'peer':30} net batch what            own/s      peer/s    ratio   (own: up to two threads)")
    for batch in options.batches:
        compare("ConvNetJS (max pooling)", "A", batch, lambda: node_peer("convnetjs.js"), "run", options)
        wasm = "TensorFlow.js, wasm"
        compare(wasm, "A", batch, lambda: node_peer("tensorflow_wasm.js"), "run_forward", options)
        compare("scikit-learn MLPClassifier", "E", batch, sklearn_peer, "run", options)


if __name__ == "__main__":
    main()

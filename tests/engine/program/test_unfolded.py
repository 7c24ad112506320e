"""Recurrent networks: unfolded by the program and by hand, in numpy and in PyTorch."""

from __future__ import annotations

import numpy as np
import pytest
from small_networks import EXAMPLES, assert_close, data

from convnet_studio.engine.nn.initializers import initialize
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.program import CompiledProgram, ReferenceProgram
from convnet_studio.engine.project.build import build_network
from convnet_studio.engine.project.spec import Link, ModuleSpec, NetworkSpec, Project
from convnet_studio.engine.project.unfold import unfold

SIZE, UNITS, CLASSES = 7, 5, 4
MODULES = (
    ModuleSpec("in", "Input"),
    ModuleSpec("x", "Linear", {"out_features": UNITS}),
    ModuleSpec("sum", "Add"),
    ModuleSpec("h", "Tanh"),
    ModuleSpec("w", "Linear", {"out_features": UNITS}),
    ModuleSpec("scores", "Linear", {"out_features": CLASSES}),
    ModuleSpec("log", "LogSoftmax"),
    ModuleSpec("loss", "NLLLoss"),
)
LINKS = (
    Link("in", "x"), Link("x", "sum", 0), Link("w", "sum", 1, is_recurrent=True), Link("sum", "h"), Link("h", "w"),
    Link("h", "scores"), Link("scores", "log"), Link("log", "loss"),
)  # fmt: skip


def network(steps: int) -> Network:
    built = build_network(Project(network=NetworkSpec(MODULES, LINKS, steps)), (SIZE,), CLASSES)
    assert not built.graph.problems, built.graph.problems
    initialize(built, seed=1)
    return built


def test_one_step_of_time_is_the_drawing_without_its_recurrent_wire() -> None:
    laid_out = unfold(NetworkSpec(MODULES, LINKS, 1)).network
    assert [each.id for each in laid_out.modules] == [each.id for each in MODULES]
    assert [(each.source, each.target) for each in laid_out.links] == [
        (each.source, each.target) for each in LINKS if not each.is_recurrent
    ]


def test_only_what_changes_and_is_needed_is_copied() -> None:
    laid_out = unfold(NetworkSpec(MODULES, LINKS, 3)).network
    names = [each.id for each in laid_out.modules]
    assert names[:6] == ["sum@0", "h@0", "w@0", "sum@1", "h@1", "w@1"]
    assert names[6:] == [each.id for each in MODULES]
    assert {"x", "in"} <= {each.source for each in laid_out.links if each.target in ("sum@0", "x")}
    assert Link("w@0", "sum@1", 1) in laid_out.links
    assert Link("w@1", "sum", 1) in laid_out.links
    assert Link("x", "sum@0", 0) in laid_out.links


@pytest.mark.parametrize("steps", [1, 2, 5])
@pytest.mark.parametrize("program_class", [CompiledProgram, ReferenceProgram])
def test_it_is_the_network_unrolled_by_hand(program_class: type, steps: int) -> None:
    """h_t = tanh(x + W h_(t-1)), W h_(-1) = 0: backpropagation through time written out for this one network."""
    built = network(steps)
    assert built.parameters.size == UNITS * (SIZE + 1) + UNITS * (UNITS + 1) + CLASSES * (UNITS + 1)
    pictures, labels = data(built)
    program = program_class(built, EXAMPLES)
    program.set_data(pictures, labels)
    result = program.gradient(range(EXAMPLES))

    names = ("x", "w", "scores")
    p = {f"{m}.{n}": e.value.astype(float) for m in names for n, e in built.parameters_of(m).items()}
    x, hs, zs = pictures.astype(float), [], []
    fed = x @ p["x.weight"].T + p["x.bias"]
    for t in range(steps):
        zs.append(fed if t == 0 else fed + hs[-1] @ p["w.weight"].T + p["w.bias"])
        hs.append(np.tanh(zs[-1]))
    scores = hs[-1] @ p["scores.weight"].T + p["scores.bias"]
    odds = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    assert result.loss == pytest.approx(-np.log(odds[np.arange(EXAMPLES), labels]).mean(), rel=1e-5)
    ds = (odds - np.eye(CLASSES)[labels]) / EXAMPLES
    dh, dw, db, dfed = ds @ p["scores.weight"], np.zeros((UNITS, UNITS)), np.zeros(UNITS), np.zeros_like(fed)
    for t in reversed(range(steps)):
        dz = dh * (1 - hs[t] ** 2)
        dfed += dz
        if t:
            dw += dz.T @ hs[t - 1]
            db += dz.sum(axis=0)
            dh = dz @ p["w.weight"]
    found = {m: {n: each.grad for n, each in built.parameters_of(m).items()} for m in names}
    assert_close(found["scores"]["weight"], ds.T @ hs[-1], "scores")
    assert_close(found["w"]["weight"], dw, "recurrent weights")
    assert_close(found["w"]["bias"], db, "recurrent biases")
    assert_close(found["x"]["weight"], dfed.T @ x, "input weights")
    program.forward(pictures[:3])
    assert_close(program.output("h"), hs[-1][:3].astype(np.float32), "the last step keeps the module's name")
    program.close()


@pytest.mark.parity
def test_it_is_an_rnn_of_pytorch() -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: parity is left out")
    steps, built = 4, network(4)
    pictures, labels = data(built)
    program = CompiledProgram(built, EXAMPLES)
    program.set_data(pictures, labels)
    program.gradient(range(EXAMPLES))
    rnn = torch.nn.RNN(SIZE, UNITS, batch_first=True)
    values = {m: {n: torch.from_numpy(e.value.copy()) for n, e in built.parameters_of(m).items()} for m in ("x", "w")}
    with torch.no_grad():
        rnn.weight_ih_l0.copy_(values["x"]["weight"])
        rnn.bias_ih_l0.copy_(values["x"]["bias"])
        rnn.weight_hh_l0.copy_(values["w"]["weight"])
        rnn.bias_hh_l0.copy_(values["w"]["bias"])
    x = torch.from_numpy(pictures)
    # Our first step has no recurrent input at all, theirs a state of zeros and so the bias: begin with the second.
    h = torch.tanh(x @ rnn.weight_ih_l0.T + rnn.bias_ih_l0)
    outputs, _ = rnn(x[:, None].expand(-1, steps - 1, -1), h[None])
    scores = outputs[:, -1] @ torch.from_numpy(built.parameters_of("scores")["weight"].value.copy()).T
    scores = scores + torch.from_numpy(built.parameters_of("scores")["bias"].value.copy())
    torch.nn.functional.cross_entropy(scores, torch.from_numpy(labels)).backward()
    for module_id, ending in (("x", "ih"), ("w", "hh")):
        for name in ("weight", "bias"):
            theirs = getattr(rnn, f"{name}_{ending}_l0").grad.numpy()
            assert_close(built.parameters_of(module_id)[name].grad, theirs, f"{name} of {module_id}")
    program.close()

"""PyTorch training: the optimizer, the schedule and the loop of an exported network, as code.

The loop meets the same samples in the same order as the program does with the same seed, at the same rates.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from convnet_studio.engine.export.outline import Outline, Part
from convnet_studio.engine.nn.schedule import points_from_text
from convnet_studio.engine.project.build import build_optimizer, build_schedule

OptimizerRule = Callable[[Any], str]


def _sgd(o: Any) -> str:
    further = ", nesterov=True" if o.nesterov else ", dampening=" + repr(o.momentum) if o.damps else ""
    return f"SGD({{parameters}}, lr=RATE, momentum={o.momentum!r}{further})"


OPTIMIZERS: Mapping[str, OptimizerRule] = MappingProxyType(
    {
        "SGD": _sgd,
        "AdaGrad": lambda o: f"Adagrad({{parameters}}, lr=RATE, eps={o.epsilon!r})",
        "RMSProp": lambda o: f"RMSprop({{parameters}}, lr=RATE, alpha={o.alpha!r}, eps={o.epsilon!r})",
        "Adam": lambda o: f"Adam({{parameters}}, lr=RATE, betas=({o.beta1!r}, {o.beta2!r}), eps={o.epsilon!r})",
        "ASGD": lambda o: f"ASGD({{parameters}}, lr=RATE, lambd={o.decay!r}, alpha={o.alpha!r}, t0={o.start!r})",
        "LBFGS": lambda o: (
            f"LBFGS({{parameters}}, lr=RATE, max_iter={o.iterations}, history_size={o.history}, line_search_fn="
            + ('"strong_wolfe")' if o.line_search == "strong Wolfe" else "None)")
        ),
    }
)
"""How an optimizer is made, by its name; ``{parameters}`` stands for what it moves."""


def _drawn(s: Any) -> str:
    progress, factors = zip(*points_from_text(s.points), strict=True)
    return f"float(np.interp(progress, {list(progress)}, {list(factors)}))"


SCHEDULES: Mapping[str, Callable[[Any], str]] = MappingProxyType(
    {
        "constant": lambda s: "1.0",
        "linear to 0": lambda s: "max(0.0, 1.0 - progress)",
        "step": lambda s: f"{s.gamma!r} ** math.floor(epochs / {s.every!r} + 1e-9)",
        "1/(1 + t d)": lambda s: f"1.0 / (1.0 + step * {s.decay!r})",
        "1/√(1 + t d)": lambda s: f"1.0 / math.sqrt(1.0 + step * {s.decay!r})",
        "drawn by hand": _drawn,
    }
)
"""The factor of the initial rate, by the schedule's name, from ``progress`` (0 .. 1), ``epochs`` and ``step``."""


def training_gaps(outline: Outline) -> list[str]:
    """A sentence for the optimizer and the schedule, where there is no rule for it."""
    training = outline.project.training
    asked = (("optimizer", training.optimizer, OPTIMIZERS), ("schedule", training.schedule, SCHEDULES))
    return [
        f"The {what} {name} can't be written as PyTorch code: there is no rule for it."
        for what, name, rules in asked
        if name not in rules
    ]


def training_code(outline: Outline) -> str:
    """Constants, optimizer and loop; empty where nothing can be learned or there is no rule."""
    learning = _rates(outline)
    if training_gaps(outline) or not outline.losses or not any(each for each in learning.values()):
        return ""
    return "\n\n\n".join([_constants(outline, learning), _make_optimizer(outline, learning), _rate(outline, learning),
                          _step(outline), _train(outline)])  # fmt: skip


def training_notes(outline: Outline) -> list[str]:
    """Where PyTorch's training differs."""
    training = outline.project.training
    notes = []
    if any(each.kind == "Dropout" for each in outline.parts):
        notes.append("PyTorch's Dropout draws other units than ConvNet Studio, so that losses agree on average only.")
    if training.optimizer == "LBFGS" and (training.l2 or training.l1 or training.max_norm or training.clip_norm):
        notes.append("LBFGS of PyTorch is written without penalties and bounds on weights.")
    if (
        outline.project.data.shift
        or outline.project.data.flip
        or outline.project.data.scale
        or outline.project.data.noise
    ):
        notes.append("The training pictures are not changed by chance here: shift, flip, scale and noise are left out.")
    return notes


def _rates(outline: Outline) -> dict[str, float]:
    """The rate of each module that learns something, as a multiple of the network's, by its name in code."""
    rates = {}
    for part in outline.modules:
        if part.parameter_shapes() and not part.shares:
            how = outline.project.network.module(part.origin).learning
            rates[part.name] = how.rate if how.learns else 0.0
    return rates


def _has_penalties(outline: Outline) -> bool:
    training = outline.project.training
    return training.optimizer != "LBFGS" and bool(training.l1 or training.l2 or training.max_norm)


def _has_groups(outline: Outline, learning: Mapping[str, float]) -> bool:
    """Whether the parameters are treated differently."""
    has_rates = any(rate != 1 for rate in learning.values())
    return outline.project.training.optimizer != "LBFGS" and (has_rates or _has_penalties(outline))


def _clips(outline: Outline) -> bool:
    return outline.project.training.optimizer != "LBFGS" and bool(outline.project.training.clip_norm)


def _constants(outline: Outline, learning: Mapping[str, float]) -> str:
    training = outline.project.training
    lines = [
        f"RATE = {training.rate!r}",
        f"EPOCHS = {training.epochs}",
        f"BATCH_SIZE = {training.batch_size}",
        f"SEED = {training.seed}",
    ]
    if _has_penalties(outline):
        lines += [f"L1, L2, MAX_NORM = {training.l1!r}, {training.l2!r}, {training.max_norm!r}"]
        lines += [f"PENALTIES_FROM = {training.penalties_from}  # epoch"]
    if _clips(outline):
        lines += [f"CLIP_NORM = {training.clip_norm!r}"]
    own = {name: rate for name, rate in learning.items() if rate != 1}
    if own:
        lines += [f"RATES = {own!r}  # multiples of RATE; 0: it does not learn"]
    return "\n".join(lines).replace("'", '"')


def _make_optimizer(outline: Outline, learning: Mapping[str, float]) -> str:
    rule = OPTIMIZERS[outline.project.training.optimizer](build_optimizer(outline.project.training))
    head = "def make_optimizer(net: Net) -> torch.optim.Optimizer:\n"
    has_rates = any(rate != 1 for rate in learning.values())
    if outline.project.training.optimizer == "LBFGS":
        chosen = '[p for name, p in net.named_parameters() if RATES.get(name.rpartition(".")[0], 1.0)]'
        rule = rule.format(parameters=chosen if has_rates else "net.parameters()")
        return f'{head}    """The rule by which the network learns."""\n    return torch.optim.{rule}'
    if not _has_groups(outline, learning):
        return (
            f'{head}    """The rule by which the network learns."""\n'
            f"    return torch.optim.{rule.format(parameters='net.parameters()')}"
        )
    factor = 'RATES.get(name.rpartition(".")[0], 1.0)' if has_rates else "1.0"
    return f'''{head}    """The rule by which the network learns; penalties are for weights alone."""
    groups = [
        {{
            "params": [parameter],
            "factor": {factor},
            "is_weight": parameter.ndim > 1 and not name.endswith("bias"),
        }}
        for name, parameter in net.named_parameters()
    ]
    learning = [group for group in groups if group["factor"] > 0]
    return torch.optim.{rule.format(parameters="learning")}'''


def _rate(outline: Outline, learning: Mapping[str, float]) -> str:
    factor = SCHEDULES[outline.project.training.schedule](build_schedule(outline.project.training))
    own = ' * group["factor"]' if _has_groups(outline, learning) else ""
    penalties = ""
    if _has_penalties(outline):
        penalties = """
        is_held_back = group["is_weight"] and epochs >= PENALTIES_FROM
        group["l1"], group["weight_decay"] = (L1, L2) if is_held_back else (0.0, 0.0)"""
    progress = "\n    progress = min(epochs / EPOCHS, 1.0)" if "progress" in factor else ""
    return f'''def set_rate(optimizer: torch.optim.Optimizer, epochs: float, step: int) -> None:
    """The learning rate of step number `step`, after so many passes over the data."""{progress}
    for group in optimizer.param_groups:
        group["lr"] = RATE * {factor}{own}{penalties}'''


def _step(outline: Outline) -> str:
    inputs = ", ".join(f"{name}: Tensor" for name in (*input_names(outline), *loss_arguments(outline)))
    call = f"loss_of(net({', '.join(input_names(outline))}), {', '.join(loss_arguments(outline))})"
    head = f"def training_step(net: Net, optimizer: torch.optim.Optimizer, {inputs}) -> float:"
    if len(head) > 120:
        head = f"def training_step(\n    net: Net, optimizer: torch.optim.Optimizer, {inputs}\n) -> float:"
    if outline.project.training.optimizer == "LBFGS":
        return f'''{head}
    """One step of learning on a mini-batch; the mean loss before it."""

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = {call}
        loss.backward()
        return loss

    return optimizer.step(closure).item()'''
    about = '    """One step of learning on a mini-batch; the mean loss before it."""'
    lines = [head, about, "    optimizer.zero_grad()", f"    loss = {call}", "    loss.backward()"]
    if _clips(outline):
        learning = '[each for group in optimizer.param_groups for each in group["params"]]'
        lines += [f"    nn.utils.clip_grad_norm_({learning}, CLIP_NORM)"]
    lines += ["    optimizer.step()"]
    training = outline.project.training
    if _has_penalties(outline) and (training.l1 or training.max_norm):
        lines += ["    with torch.no_grad():", "        for group in optimizer.param_groups:",
                  '            for weight in group["params"] if group["is_weight"] else ():']  # fmt: skip
        if training.l1:
            lines += ['                shrink_weights(weight, group["lr"] * group["l1"])']
        if training.max_norm:
            lines += ["                bound_norms(weight, MAX_NORM)"]
    return "\n".join([*lines, "    return loss.item()"])


def _train(outline: Outline) -> str:
    shuffled = outline.project.training.shuffle
    order = "np.random.default_rng([SEED, epoch]).permutation(samples)" if shuffled else "np.arange(samples)"
    pairs, further = "", ""
    given = ["pictures[batch]"]
    if outline.shows_partner or compares_pairs(outline):
        pairs = "\n        partners = draw_partners(labels.numpy(), np.random.default_rng([SEED, 2006, epoch]))"
        further = "\n            paired = torch.from_numpy(partners[order[start : start + BATCH_SIZE]])"
    if outline.shows_partner:
        given += ["pictures[paired]"]
    given += ["labels[batch]"]
    if compares_pairs(outline):
        given += ["labels[batch] == labels[paired]"]
    return f'''def train(net: Net, pictures: Tensor, labels: Tensor) -> Iterator[float]:
    """Train as planned; yields the loss of each step.

    pictures: float32 {tuple_text(("samples", *outline.input_shape))}, as ConvNet Studio hands them to the network:
    {data_text(outline)}
    """
    net.train()
    optimizer = make_optimizer(net)
    samples, step = len(pictures), 0
    for epoch in range(EPOCHS):
        order = {order}{pairs}
        for start in range(0, samples, BATCH_SIZE):
            batch = torch.from_numpy(order[start : start + BATCH_SIZE]){further}
            set_rate(optimizer, epoch + start / samples, step)
            yield training_step(net, optimizer, {", ".join(given)})
            step += 1'''


def input_names(outline: Outline) -> tuple[str, ...]:
    """What the network is called with."""
    return ("picture", "partner") if outline.shows_partner else ("picture",)


def loss_arguments(outline: Outline) -> tuple[str, ...]:
    """What the loss is told beside the outputs."""
    return ("labels", "same") if compares_pairs(outline) else ("labels",)


def compares_pairs(outline: Outline) -> bool:
    """Whether some loss wants to know which pairs are of one class."""
    return any(_compares(each) for each in outline.losses)


def _compares(part: Part) -> bool:
    return bool(getattr(part.module, "compares_pairs", False))


def tuple_text(sizes: tuple[object, ...]) -> str:
    """A shape as people write it in code."""
    return f"({', '.join(map(str, sizes))}{',' if len(sizes) == 1 else ''})"


def data_text(outline: Outline) -> str:
    """What the pictures are."""
    data = outline.project.data
    scaled = "" if data.normalization == "none" else f", normalised {data.normalization!r}"
    return f"the data set {data.dataset}, pixels from 0 to 1{scaled}."

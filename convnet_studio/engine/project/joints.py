"""Joints: at which wires a drawing does not fit together, so that a problem can be told where two modules meet."""

from __future__ import annotations

from convnet_studio.engine.project.spec import Link, NetworkSpec
from convnet_studio.engine.project.summary import Summary
from convnet_studio.engine.project.validate import Problem


def joint_problems(network: NetworkSpec, summary: Summary) -> dict[Link, Problem]:
    """The problem of each wire at whose end what arrives does not fit, with its mend.

    These are the wires into a module that has a problem and does not compute though all that reaches it does. Of
    several wires that should be alike, those that differ from the first are at fault.
    """
    found: dict[Link, Problem] = {}
    for module_id, facts in summary.modules.items():
        wires = sorted((each for each in network.links if each.target == module_id), key=lambda each: each.port)
        known = [summary.modules[each.source].shape if each.source in summary.modules else None for each in wires]
        if facts.shape is not None or not facts.problems or not wires or None in known:
            continue
        others = [wire for wire, shape in zip(wires, known, strict=True) if shape != known[0]]
        found |= dict.fromkeys(others or wires, facts.problems[0])
    return found

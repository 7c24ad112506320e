"""Cost report: what a network costs for one picture, module by module, for the command line.

The conventions of all counts are those of `engine.nn.cost` and `engine.nn.receptive_field`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from convnet_studio.engine.data.dataset import load_dataset
from convnet_studio.engine.nn.cost import Cost, stored_count
from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.nn.module import Family, Shape
from convnet_studio.engine.nn.receptive_field import Field
from convnet_studio.engine.project.build import resolve_project
from convnet_studio.engine.project.kinds import find_kind
from convnet_studio.engine.project.memory import estimate, parameters_in_slots
from convnet_studio.engine.project.spec import Project
from convnet_studio.engine.project.summary import ModuleSummary, Summary, summarize
from convnet_studio.engine.project.wiring import title

Report = dict[str, Any]

COLUMNS = ("parameters", "connections", "macs_forward", "macs_backward", "bytes_moved", "receptive_field", "jump")
HEADS = ("parameters", "connections", "MACs forward", "MACs backward", "bytes moved", "receptive field", "jump")


def cost_report(project: Project, input_shape: Shape | None = None) -> Report:
    """All counts of `project`, as JSON takes them.

    Args:
        project: whose network to count; modules that do not compute count nothing and are told under ``problems``.
        input_shape: of the picture, ``(channel, height, width)``; None: that of the project's data set.
    """
    dataset = load_dataset(project.data.dataset)
    shape = input_shape or dataset.input_shape
    summary = summarize(project, shape, dataset.classes)
    modules = [_module(project, each.id, summary.modules[each.id]) for each in project.network.modules]
    filters = sum(row["macs_forward"] for row in modules if row["family"] == Family.FILTER_BANK.value)
    return {
        "project": project.name,
        "input": list(shape),
        **_counts(summary.cost, summary.receptive_field),
        "macs_forward_of_filter_banks": filters,
        "training_memory": _memory(project, summary, resolve_project(project, shape, dataset.classes).nodes),
        "modules": modules,
        "problems": [*(f"{each.what}." for each in summary.problems), *_problems(project, summary)],
    }


def report_text(report: Report) -> str:
    """The report as a table for people."""
    rows: list[tuple[str, ...]] = [("module", "output", *HEADS)]
    rows += [_row(each["name"], "×".join(map(str, each["output"])), each) for each in report["modules"]]
    rows.append(_row("whole network", "", report))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip() for row in rows]
    lines.insert(1, "-" * max(map(len, lines)))
    lines.insert(-1, lines[1])
    return "\n".join(
        [
            f"{report['project']}, for one picture of {'×'.join(map(str, report['input']))}",
            *lines,
            f"Multiply-accumulates (MACs) of the filter banks alone: {report['macs_forward_of_filter_banks']:,}. "
            f"Memory to train it: about {report['training_memory'] / 1e6:,.1f} MB.",
        ]
    )


def _module(project: Project, module_id: str, known: ModuleSummary) -> Report:
    spec = project.network.module(module_id)
    kind = find_kind(spec.kind)
    return {
        "id": module_id,
        "name": title(spec),
        "kind": spec.kind,
        "family": kind.family.value if kind else "",
        "output": list(known.shape or ()),
        **_counts(known.cost, known.receptive_field),
    }


def _counts(cost: Cost, field: Field) -> Report:
    """The receptive field is its longer side in pixels; ``receptive_fields`` has both sides, ``jumps`` likewise."""
    sizes, jumps = [span.size for span in field], [_plain(float(span.jump)) for span in field]
    return {
        "parameters": cost.parameters,
        "connections": cost.connections,
        "macs_forward": cost.multiply_accumulates,
        "macs_backward": cost.backward_multiply_accumulates,
        "bytes_moved": cost.bytes_moved,
        "receptive_field": max(sizes, default=0),
        "jump": max(jumps, default=0),
        "receptive_fields": sizes,
        "jumps": jumps,
    }


def _plain(number: float) -> float:
    return int(number) if number.is_integer() else number


def _memory(project: Project, summary: Summary, nodes: Sequence[Node]) -> int:
    values = sum(math.prod(each.shape) for each in summary.modules.values() if each.shape)
    in_slots = sum(parameters_in_slots(node, project.training) for node in nodes)
    return estimate(sum(map(stored_count, nodes)), values, project.training, in_slots).total


def _problems(project: Project, summary: Summary) -> list[str]:
    found = []
    for spec in project.network.modules:
        for each in summary.modules[spec.id].problems:
            fix = f" ({each.fix})" if each.fix else ""
            found.append(f"{title(spec)}: {each.what}{fix}.")
    return found


def _row(name: str, output: str, counts: Report) -> tuple[str, ...]:
    return (name, output, *(_cell(column, counts) for column in COLUMNS))


def _cell(column: str, counts: Report) -> str:
    if column == "receptive_field":
        return "×".join(map(str, counts["receptive_fields"]))
    return f"{counts[column]:,}"

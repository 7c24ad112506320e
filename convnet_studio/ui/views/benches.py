"""A view for every bench that has none of its own: one file in engine/analysis/benches is all that a bench takes."""

from types import new_class

import convnet_studio.engine.analysis.benches  # noqa: F401  (importing the folder registers what it holds)
from convnet_studio.engine.analysis.bench import Bench
from convnet_studio.ui.bench_view import BenchView


def view_of(kind: type[Bench]) -> type[BenchView]:
    """The common panel for one bench; making it registers it."""
    told = {"__doc__": kind.__doc__, "kind": kind, "name": kind.name, "title": kind.title, "summary": kind.summary}
    return new_class(f"{kind.__name__}View", (BenchView,), exec_body=lambda body: body.update(told))


SHARED_PANELS = tuple(view_of(kind) for kind in Bench.registry.values() if not kind.has_own_view)
"""Kept here, so that the classes live as long as the program."""

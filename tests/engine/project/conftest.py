"""Projects that these tests start from."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from convnet_studio.engine.project.spec import Link, ModuleSpec, NetworkSpec, Project

MakeChain = Callable[..., Project]


@pytest.fixture
def make_chain() -> MakeChain:
    """``make_chain("Input", "Flatten", ...)``: modules m1, m2, ... in a row, each wired to the next."""

    def make(*kinds: str, **settings: dict[str, object]) -> Project:
        modules = tuple(
            ModuleSpec(f"m{i}", kind, settings.get(f"m{i}", {}), position=(200.0 * i, 40.0))  # type: ignore[arg-type]
            for i, kind in enumerate(kinds, start=1)
        )
        links = tuple(Link(f"m{i}", f"m{i + 1}") for i in range(1, len(kinds)))
        return Project("chain", NetworkSpec(modules, links), next_id=len(kinds) + 1)

    return make


@pytest.fixture
def chain(make_chain: MakeChain) -> Project:
    """Input, Flatten, Linear, LogSoftmax, NLLLoss."""
    return make_chain("Input", "Flatten", "Linear", "LogSoftmax", "NLLLoss")

"""The engines that the trainer's tests run on."""

from __future__ import annotations

import pytest
import trainer_bench

from convnet_studio.engine.program import compile_set


@pytest.fixture(params=["reference", "compiled"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the test by the numpy reference, and again by the compiled engine."""
    if request.param == "compiled":
        compile_set()
    monkeypatch.setattr(trainer_bench, "compiled", request.param == "compiled")

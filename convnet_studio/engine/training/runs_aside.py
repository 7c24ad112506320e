"""RunsAside: runs that an edit ended (new weights, other data), kept whole so that undo brings them back."""

from __future__ import annotations

from convnet_studio.engine.project.spec import DataSpec, Project
from convnet_studio.engine.training.run import Run

Key = tuple[DataSpec, int]
"""(data, seed that the first weights were drawn from): what of a project a run can't follow without ending."""

MOST_RUNS = 4


class RunsAside:
    """The last few runs laid aside, by data and seed. They keep weights, optimizer state and place in the data."""

    def __init__(self) -> None:
        self._runs: dict[Key, Run] = {}

    def put(self, run: Run) -> None:
        """Lay `run` aside, in place of an earlier one with the same data and seed."""
        run.lay_aside()
        key = run.project.data, run.seed
        self._runs.pop(key, None)
        self._runs[key] = run
        if len(self._runs) > MOST_RUNS:
            del self._runs[next(iter(self._runs))]

    def take(self, project: Project, now: Run) -> Run | None:
        """The run that an undo or redo to `project` leads back to, if it leads away from the run of `now`."""
        key = project.data, project.training.seed
        if key == (now.project.data, now.project.training.seed) or key == (now.project.data, now.seed):
            return None
        return self._runs.pop(key, None)

    def clear(self) -> None:
        """Forget all."""
        self._runs.clear()

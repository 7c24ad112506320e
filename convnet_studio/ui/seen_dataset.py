"""SeenDataset: the data of a project as its network sees it."""

from __future__ import annotations

from convnet_studio.engine.data.dataset import Dataset, load_dataset
from convnet_studio.engine.data.preparation import prepare
from convnet_studio.engine.project.data_settings import preparation_of
from convnet_studio.engine.project.spec import Project


def seen_dataset(project: Project) -> Dataset:
    """The data set of `project` with its pictures prepared; made once for as long as it is the same."""
    return prepare(load_dataset(project.data.dataset), preparation_of(project.data)).dataset

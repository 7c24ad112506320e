"""Suiting data: the data set whose pictures and classes a network takes, for networks that come without data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import convnet_studio.engine.data.datasets  # noqa: F401  (importing the folder registers what it holds)
from convnet_studio.assets import asset_path
from convnet_studio.engine.data.dataset import DatasetFile, load_dataset
from convnet_studio.engine.export.outline import Outline, outline_of
from convnet_studio.engine.project.spec import DataSpec, Project


def with_suiting_data(project: Project, suits: Callable[[Outline], bool]) -> Project | None:
    """`project` on the first data set on which it is whole and `suits` its outline; None where there is none."""
    for name in _names():
        tried = replace(project, data=replace(project.data, dataset=name))
        dataset = load_dataset(name)
        outline = outline_of(tried, None, (dataset.input_shape, dataset.classes))
        if not outline.left_out and len(outline.parts) == len(project.network.modules) and suits(outline):
            return tried
    return None


def _names() -> Iterator[str]:
    """The usual data set, then the others that have pictures, small files first, since each must be opened."""
    first = DataSpec().dataset
    yield first
    sizes = {
        name: asset_path(f"datasets/{kind.file or name}.npz").stat().st_size
        for name, kind in DatasetFile.registry.items()
        if name != first and not kind.is_signed
    }
    yield from sorted(sizes, key=lambda name: sizes[name])

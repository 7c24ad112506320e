"""Assets: nothing is missing, nothing lies there unused, and all that is bundled says whose it is."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from convnet_studio.assets import asset_path

ROOT = Path(__file__).parents[1]
SOURCES = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "convnet_studio").rglob("*.py"))


@pytest.mark.parametrize("path", sorted((ROOT / "assets" / "icons").glob("*.svg")), ids=lambda path: path.stem)
def test_every_icon_is_used(path: Path) -> None:
    assert re.search(rf"[\"'/]{re.escape(path.stem)}[\"'.]", SOURCES)


@pytest.mark.parametrize("path", sorted((ROOT / "assets" / "datasets").glob("*.npz")), ids=lambda path: path.stem)
def test_every_data_set_tells_source_and_licence(path: Path) -> None:
    with np.load(path, allow_pickle=False) as file:
        assert str(file["source"])
        assert str(file["licence"])
    assert path.name in (ROOT / "CREDITS.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["Inter", "JetBrainsMono", "DejaVuSans"])
def test_every_font_has_its_licence(name: str) -> None:
    assert asset_path(f"fonts/{name}-LICENSE.txt").stat().st_size > 1000
    assert list((ROOT / "assets" / "fonts").glob(f"{name}*.[ot]tf"))


def test_missing_asset_is_one_sentence() -> None:
    with pytest.raises(FileNotFoundError, match=r"assets/icons/nothing\.svg is missing"):
        asset_path("icons/nothing.svg")

"""Project files: what is saved comes back, and saving never loses what was there."""

from __future__ import annotations

import json
import os
import stat
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from convnet_studio.engine.project import edits
from convnet_studio.engine.project.file import ProjectFileError, load_project, save_project
from convnet_studio.engine.project.presets import load_preset, preset_names
from convnet_studio.engine.project.spec import Link, ModuleSpec, NetworkSpec, Project, TrainingSpec

WEIGHTS = {"m3": {"weight": np.full((10, 784), 0.25, np.float32), "bias": np.arange(10, dtype=np.float32)}}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "drawing.cvstudio"


@pytest.mark.parametrize("name", preset_names())
def test_presets_come_back(path: Path, name: str) -> None:
    project = load_preset(name)
    save_project(path, project)
    loaded = load_project(path)
    assert loaded.project == project
    assert loaded.project.next_id == project.next_id
    assert (loaded.weights, loaded.extra, loaded.warnings) == ({}, {}, ())


def test_weights_and_extra_come_back_exactly(path: Path, chain: Project) -> None:
    extra = {"epoch": 2.5, "was": ["é", None]}
    save_project(path, chain, WEIGHTS, extra)
    loaded = load_project(path)
    assert loaded.extra == extra
    assert loaded.warnings == ()
    for name, array in WEIGHTS["m3"].items():
        back = loaded.weights["m3"][name]
        np.testing.assert_array_equal(back, array)
        assert back.dtype == np.float32
        assert back.flags.writeable


def test_the_order_of_numbers_in_memory_is_no_matter(path: Path, chain: Project) -> None:
    weight = np.asfortranarray(np.arange(7840, dtype=np.float64).reshape(10, 784))
    save_project(path, chain, {"m3": WEIGHTS["m3"] | {"weight": weight}})
    np.testing.assert_array_equal(load_project(path).weights["m3"]["weight"], weight)


def test_the_same_project_gives_the_same_bytes(tmp_path: Path, chain: Project) -> None:
    save_project(tmp_path / "a", chain, WEIGHTS)
    save_project(tmp_path / "b", chain, WEIGHTS)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_project_json_can_be_read_by_people(path: Path, chain: Project) -> None:
    save_project(path, chain)
    with zipfile.ZipFile(path) as archive:
        text = archive.read("project.json").decode()
    assert json.loads(text)["format_version"] == 1
    assert '{"id": "m3", "kind": "Linear", "settings": {}, "position": [600, 40]}' in text


def test_weights_of_modules_that_are_gone_are_not_saved(path: Path, chain: Project) -> None:
    save_project(path, edits.delete_modules(chain, ["m3"]), WEIGHTS)
    assert load_project(path).weights == {}


def test_weights_that_fit_no_more_are_left_out_and_told(path: Path, chain: Project) -> None:
    save_project(path, edits.set_setting(chain, "m3", "out_features", 20), WEIGHTS)
    loaded = load_project(path)
    assert loaded.weights == {}
    assert loaded.warnings == (
        "The weights of Linear (m3) have other shapes than its settings ask for: it starts with new ones.",
    )


def test_weights_that_are_not_finite_are_left_out_and_told(path: Path, chain: Project) -> None:
    diverged = {"m3": WEIGHTS["m3"] | {"bias": np.full(10, np.nan, np.float32)}}
    save_project(path, chain, diverged)
    loaded = load_project(path)
    assert loaded.weights == {}
    assert "not finite" in loaded.warnings[0]


def test_an_unknown_module_is_kept_with_its_settings_wires_and_weights(path: Path, chain: Project) -> None:
    fancy = ModuleSpec("m6", "FancyNorm", {"depth": 2.5, "border": "soft"}, "mine", (1.5, 2.0))
    network = NetworkSpec((*chain.network.modules, fancy), (*chain.network.links, Link("m1", "m6", 2)))
    project = replace(chain, network=network, next_id=7)
    save_project(path, project, WEIGHTS | {"m6": {"gain": np.ones(3)}})
    for _ in range(2):  # and saving it again loses nothing
        loaded = load_project(path)
        assert loaded.project == project
        assert loaded.warnings == ("This version does not know the module FancyNorm: it is kept, but can't compute.",)
        assert set(loaded.weights) == {"m3", "m6"}
        save_project(path, loaded.project, loaded.weights)


def test_renamed_kinds_are_known_by_their_new_names(path: Path, chain: Project) -> None:
    modules = tuple(
        replace(each, kind="SpatialFlatten") if each.kind == "Flatten" else each for each in chain.network.modules
    )
    save_project(path, replace(chain, network=NetworkSpec(modules, chain.network.links)))
    loaded = load_project(path, renames={"SpatialFlatten": "Flatten"})
    assert loaded.project == chain
    assert loaded.warnings == ()


def test_the_users_choices_come_back(path: Path, chain: Project) -> None:
    training = TrainingSpec("SGD", {"momentum": 0.5}, 0.125, "constant", 7, 3, False, 2**32 - 1)
    project = replace(chain, name="Ziffern · 数字 ½", training=training, description="mine")
    project = edits.move_modules(project, {"m2": (-0.1, 1e-7)})
    save_project(path, project)
    assert load_project(path).project == project


def test_saving_over_a_file_keeps_its_rights_and_leaves_nothing_beside(path: Path, chain: Project) -> None:
    save_project(path, chain)
    path.chmod(0o640)
    save_project(path, edits.rename_project(chain, "second"))
    assert load_project(path).project.name == "second"
    assert sorted(path.parent.iterdir()) == [path]
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_save_that_fails_leaves_the_file_as_it_was(
    path: Path, chain: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_project(path, chain)
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    for failing in ("fsync", "replace"):
        with monkeypatch.context() as patch:
            patch.setattr(os if failing == "fsync" else Path, failing, full)
            with pytest.raises(
                ProjectFileError, match=r"^drawing\.cvstudio can't be saved: No space left on device\.$"
            ):
                save_project(path, edits.rename_project(chain, "second"))
        assert path.read_bytes() == before
        assert sorted(path.parent.iterdir()) == [path]


def test_saving_where_there_is_no_folder_is_one_sentence(tmp_path: Path, chain: Project) -> None:
    with pytest.raises(ProjectFileError, match=r"^a\.cvstudio can't be saved: there is no such file or folder\.$"):
        save_project(tmp_path / "nowhere" / "a.cvstudio", chain)


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_saving_through_a_link_keeps_the_link(tmp_path: Path, chain: Project) -> None:
    (tmp_path / "folder").mkdir()
    target, link = tmp_path / "folder" / "target.cvstudio", tmp_path / "link.cvstudio"
    link.symlink_to(target)
    save_project(link, chain)
    assert link.is_symlink()
    assert load_project(target).project == chain


def test_a_project_that_breaks_its_promises_is_not_saved(path: Path, chain: Project) -> None:
    with pytest.raises(ValueError, match="ends nowhere"):
        save_project(path, replace(chain, network=replace(chain.network, links=(Link("m1", "m9"),))))
    assert not path.exists()

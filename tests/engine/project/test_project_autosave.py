"""Autosave: a crash leaves the work behind for the next start, and for one window only."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convnet_studio.engine.project.autosave import Autosave
from convnet_studio.engine.project.edits import rename_project
from convnet_studio.engine.project.file import ProjectFileError, save_project
from convnet_studio.engine.project.presets import load_preset
from convnet_studio.engine.project.spec import Project

CRASH = """
import os, sys
from pathlib import Path
from convnet_studio.engine.project.autosave import Autosave
from convnet_studio.engine.project.presets import load_preset
autosave = Autosave(Path(sys.argv[1]))
autosave.write(load_preset("tiny-digits"), None, Path("mine.cvstudio"))
print("written", flush=True)
sys.stdin.readline()
os._exit(1)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "autosave"


def crash(folder: Path, project: Project, original_path: Path | None = None) -> None:
    """Write and end without a word, as far as others can see."""
    autosave = Autosave(folder)
    autosave.write(project, {"m3": {"weight": np.ones((10, 784)), "bias": np.zeros(10)}}, original_path)
    autosave.release()


def test_nothing_is_pending_at_first(folder: Path) -> None:
    assert Autosave(folder).pending() == ()
    assert not folder.exists(), "looking makes nothing"


def test_a_crash_leaves_project_weights_and_path(folder: Path, chain: Project) -> None:
    crash(folder, chain, Path("homework.cvstudio"))
    (left,) = Autosave(folder).pending()
    assert left.loaded.project == chain
    assert left.loaded.weights["m3"]["weight"].shape == (10, 784)
    assert left.original_path == Path("homework.cvstudio")
    assert abs(left.saved_at - time.time()) < 60


def test_a_crash_of_a_real_process(folder: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", CRASH, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "written\n"
    assert Autosave(folder).pending() == (), "its process lives"
    process.communicate("die\n", timeout=30)
    (left,) = Autosave(folder).pending()
    assert left.loaded.project == load_preset("tiny-digits")


def test_a_window_is_not_offered_its_own_work_nor_that_of_a_living_one(folder: Path, chain: Project) -> None:
    first, second = Autosave(folder), Autosave(folder)
    first.write(chain, None, None)
    assert first.pending() == ()
    assert second.pending() == ()


def test_only_one_window_is_offered_it(folder: Path, chain: Project) -> None:
    crash(folder, chain)
    first, second = Autosave(folder), Autosave(folder)
    assert len(first.pending()) == 1
    assert len(first.pending()) == 1, "asking again gives the same answer"
    assert second.pending() == ()
    first.release()
    assert len(second.pending()) == 1, "it had not been decided upon"


def test_forget_deletes_it(folder: Path, chain: Project) -> None:
    crash(folder, chain)
    autosave = Autosave(folder)
    autosave.forget(*autosave.pending())
    assert autosave.pending() == ()
    assert list(folder.iterdir()) == []


def test_newest_first_and_each_slot_by_itself(folder: Path, chain: Project) -> None:
    for age, name in [(300, "old"), (100, "new"), (200, "middle")]:
        crash(folder, rename_project(chain, name))
        slot = max(folder.glob("*.cvstudio"), key=lambda each: each.stat().st_mtime)
        os.utime(slot, (time.time() - age, time.time() - age))
    pending = Autosave(folder).pending()
    assert [each.loaded.project.name for each in pending] == ["new", "middle", "old"]


def test_discard_leaves_nothing_and_writing_goes_on_after_it(folder: Path, chain: Project) -> None:
    autosave = Autosave(folder)
    autosave.write(chain, None, None)
    autosave.discard()
    autosave.discard()
    assert list(folder.iterdir()) == []
    autosave.write(chain, None, None)
    autosave.release()
    assert len(Autosave(folder).pending()) == 1


def test_writing_again_replaces(folder: Path, chain: Project) -> None:
    autosave = Autosave(folder)
    autosave.write(chain, None, None)
    autosave.write(rename_project(chain, "later"), None, None)
    autosave.release()
    (left,) = Autosave(folder).pending()
    assert left.loaded.project.name == "later"


def test_a_broken_slot_does_not_hide_the_others(folder: Path, chain: Project) -> None:
    crash(folder, chain)
    (folder / "autosave-0000.cvstudio").write_bytes(b"no zip")
    assert len(Autosave(folder).pending()) == 1


def test_half_written_files_are_swept_once_they_are_old(folder: Path) -> None:
    folder.mkdir()
    old, young = folder / ".1.cvstudio-part", folder / ".2.cvstudio-part"
    for each in (old, young):
        each.touch()
    os.utime(old, (0, 0))
    Autosave(folder).pending()
    assert sorted(folder.iterdir()) == [young]


def test_a_folder_that_can_not_be_is_one_sentence(tmp_path: Path, chain: Project) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ProjectFileError, match=r"^Unsaved work can't be kept in .*\.$"):
        Autosave(tmp_path / "file" / "autosave").write(chain, None, None)


def test_discard_waits_for_a_write_of_another_thread(
    folder: Path, chain: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, done = threading.Event(), threading.Event()

    def slowly(*arguments: Any) -> None:
        begun.set()
        time.sleep(0.1)
        save_project(*arguments)
        done.set()

    monkeypatch.setattr("convnet_studio.engine.project.autosave.save_project", slowly)
    autosave = Autosave(folder)
    writer = threading.Thread(target=autosave.write, args=(chain, None, None))
    writer.start()
    assert begun.wait(10)
    autosave.discard()
    assert done.is_set()
    writer.join()
    assert list(folder.iterdir()) == [], "the write did not come after the discard"

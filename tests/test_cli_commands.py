"""The command line in this process: what each command prints and does, and that every error is one sentence."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from convnet_studio import cli, doctor, headless
from convnet_studio.engine.data.dataset import DatasetFile
from convnet_studio.engine.nn.module import Module
from convnet_studio.engine.project.file import load_project, save_project
from convnet_studio.engine.project.presets import load_preset, preset_names
from convnet_studio.progress import ProgressLine


@pytest.fixture(autouse=True)
def _no_compiling(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the compiled set is not there yet, the reference serves these tests."""
    monkeypatch.setattr(headless, "wait_for_compiled_set", lambda: None)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = cli.main(arguments)
    out, err = capsys.readouterr()
    return code, out, err


def train(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    code, out, _ = run(capsys, "train", *arguments, "--json")
    assert code == 0
    result: dict[str, Any] = json.loads(out.splitlines()[-1])
    return result


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "--version")
    assert code == 0
    assert out.startswith("convnet-studio 0.")


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "--help")
    assert code == 0
    assert all(f"convnet-studio {name}" in out for name in ("train", "cost", "render", "doctor", "list"))


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("modules", ["Conv2d", "LocalContrastNorm", "NLLLoss"]),
        ("presets", list(preset_names())),
        ("datasets", list(DatasetFile.registry)),
        ("views", ["main", "canvas", "maps", "filters", "learning_curves"]),
    ],
)
def test_list_prints_one_a_line_with_its_name_first(
    capsys: pytest.CaptureFixture[str], kind: str, names: list[str]
) -> None:
    code, out, _ = run(capsys, "list", kind)
    assert code == 0
    first_words = [line.split()[0] for line in out.splitlines()]
    assert set(names) <= set(first_words)
    assert all(len(line.split()) > 1 for line in out.splitlines())
    if kind == "modules":
        assert set(Module.registry) <= set(first_words)


def test_train_tells_what_came_of_it_and_the_same_seed_repeats_it(capsys: pytest.CaptureFixture[str]) -> None:
    first, again = (train(capsys, "tiny-digits", "--epochs", "2", "--seed", "3") for _ in range(2))
    assert set(first) == {
        "test_error", "train_loss", "samples_per_s", "seconds", "seed",
        "test_loss", "test_top5_error", "test_class_errors", "test_confusion",
    }  # fmt: skip
    assert 0 <= first["test_top5_error"] < first["test_error"]
    wrong = sum(sum(row) - row[label] for label, row in enumerate(first["test_confusion"]))
    assert wrong == round(first["test_error"] * sum(map(sum, first["test_confusion"])))
    assert first["seed"] == 3
    assert 0 < first["test_error"] < 0.5
    assert first["samples_per_s"] > 100
    assert first["seconds"] > 0
    assert (first["test_error"], first["train_loss"]) == (again["test_error"], again["train_loss"])
    other = train(capsys, "tiny-digits", "--epochs", "2", "--seed", "4")
    assert other["train_loss"] != first["train_loss"]


def test_train_prints_a_sentence_and_progress(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "train", "tiny-digits", "--epochs", "1")
    assert code == 0
    assert out.startswith("Test error ")
    assert len(out.splitlines()) == 1
    assert "100%" in err
    assert "samples/s" in err
    assert "\r" not in err  # no terminal, so nothing is drawn over


def test_saved_weights_go_on(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "trained.cvstudio"
    first = train(capsys, "tiny-digits", "--epochs", "2", "--save", str(path))
    loaded = load_project(path)
    assert loaded.project.training.epochs == 2
    assert set(loaded.weights) == {"m2", "m6"}
    second = train(capsys, str(path), "--epochs", "1")
    assert second["train_loss"] < first["train_loss"]


def test_other_data(capsys: pytest.CaptureFixture[str]) -> None:
    path_free = run(capsys, "train", "tiny-digits", "--data", "digits_8x8", "--epochs", "1")
    assert path_free[0] == 0


def diverging_project(folder: Path) -> Path:
    tiny = load_preset("tiny-digits")
    modules = tuple(
        replace(each, kind="MSELoss") if each.kind == "NLLLoss" else each
        for each in tiny.network.modules
        if each.kind not in ("LogSoftmax", "Tanh")
    )
    names = [each.id for each in modules]
    links = tuple(type(tiny.network.links[0])(a, b) for a, b in pairwise(names))
    network = replace(tiny.network, modules=modules, links=links, stages=())
    path = folder / "wild.cvstudio"
    save_project(path, replace(tiny, network=network, training=replace(tiny.training, rate=50.0)))
    return path


def test_divergence_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, err = run(capsys, "train", str(diverging_project(tmp_path)))
    assert code == 2
    assert out == ""
    assert "Training diverged at step" in err
    assert "lower learning rate" in err.splitlines()[-1]


def test_a_network_that_cannot_train_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    tiny = load_preset("tiny-digits")
    path = tmp_path / "cut.cvstudio"
    save_project(path, replace(tiny, network=replace(tiny.network, links=tiny.network.links[:-1])))
    code, _, err = run(capsys, "train", str(path))
    assert code == 2
    assert "can't train yet" in err


BROKEN = "broken.cvstudio"


@pytest.mark.parametrize(
    "arguments",
    [
        ["nothing"],
        ["--wrong"],
        ["two-layer", "tiny-digits"],
        ["train"],
        ["train", "nothing"],
        ["train", "nothing.cvstudio"],
        ["train", BROKEN],
        ["train", "README"],
        ["train", "tiny-digits", "--data", "nothing"],
        ["train", "tiny-digits", "--epochs", "0"],
        ["train", "tiny-digits", "--epochs", "many"],
        ["train", "tiny-digits", "--seed", "-1"],
        ["train", "tiny-digits", "--threads", "0"],
        ["train", "tiny-digits", "--save", "here.zip"],
        ["train", "tiny-digits", "--save", "nowhere/here.cvstudio"],
        ["train", "tiny-digits", "--wrong"],
        ["render"],
        ["render", "main"],
        ["render", "main", "--preset", "nothing", "-o", "x.png"],
        ["render", "nothing", "-o", "x.png"],
        ["render", "main", "--size", "big", "-o", "x.png"],
        ["render", "maps", "--size", "20x20", "-o", "x.png"],
        ["render", "main", "--size", "800x600", "-o", "x.png"],
        ["render", "main", "--scale", "0", "-o", "x.png"],
        ["render", "main", "--scale", "nan", "-o", "x.png"],
        ["render", "main", "--train-seconds", "-1", "-o", "x.png"],
        ["render", "main", "--train-seconds", "1", "--epochs", "1", "-o", "x.png"],
        ["render", "main", "--theme", "pink", "-o", "x.png"],
        ["render", "main", "-o", "nowhere/x.png"],
        ["render", "main", "-o", "x.gif"],
        ["list"],
        ["list", "everything"],
        ["doctor", "now"],
    ],
)
def test_every_error_is_at_most_three_lines_and_code_2(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(BROKEN).write_bytes(b"PK not really")
    Path("README").write_text("a text")
    code, out, err = run(capsys, *arguments)
    assert code == 2
    assert out == ""
    assert 1 <= len(err.splitlines()) <= 3
    assert "Traceback" not in err
    assert err.startswith("convnet-studio: ")
    assert "Error" not in err  # a sentence, not a class of Python
    assert "invalid int" not in err


def test_an_unexpected_error_is_one_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: object) -> None:
        raise TypeError("odd\nthings")

    monkeypatch.setattr(headless.HeadlessTraining, "run", fail)
    code, _, err = run(capsys, "train", "tiny-digits")
    assert code == 2
    assert err == "convnet-studio: TypeError: odd things (CONVNET_STUDIO_TRACEBACK=1 shows where)\n"
    monkeypatch.setenv("CONVNET_STUDIO_TRACEBACK", "1")
    with pytest.raises(TypeError):
        cli.main(["train", "tiny-digits"])


def test_ctrl_c_ends_with_130_and_a_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(self: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(headless.HeadlessTraining, "run", interrupt)
    code, _, err = run(capsys, "train", "tiny-digits")
    assert code == 130
    assert err.strip() == "Interrupted."


def test_a_project_opens_in_the_window(monkeypatch: pytest.MonkeyPatch) -> None:
    from convnet_studio.ui import app

    opened: list[str | None] = []

    def fake_run(project: str | None) -> int:
        opened.append(project)
        return 0

    monkeypatch.setattr(app, "run", fake_run)
    monkeypatch.setenv("DISPLAY", ":99")
    assert cli.main([]) == 0
    assert cli.main(["two-layer"]) == 0
    assert opened == [None, "two-layer"]


def test_without_a_display_it_trains_and_draws(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from convnet_studio.ui import render

    drawn: list[render.RenderRequest] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cli, "has_display", lambda: False)
    monkeypatch.setattr(render, "render_all", drawn.extend)
    code, out, err = run(capsys, "tiny-digits")
    assert code == 0
    assert err.startswith("There is no display")
    assert [(each.view, each.theme) for each in drawn] == [
        ("main", "light"),
        ("canvas", "light"),
        ("maps", "light"),
        ("filters", "light"),
        ("learning_curves", "light"),
        ("main", "dark"),
    ]
    assert [each.output for each in drawn] == out.splitlines()[1:]
    assert all(each.epochs == 20 for each in drawn)


@pytest.mark.parametrize(
    ("platform", "names", "expected"),
    [
        ("linux", [], False),
        ("linux", ["DISPLAY"], True),
        ("linux", ["WAYLAND_DISPLAY"], True),
        ("linux", ["QT_QPA_PLATFORM"], True),
        ("darwin", [], True),
        ("win32", [], True),
    ],
)
def test_has_display(monkeypatch: pytest.MonkeyPatch, platform: str, names: list[str], expected: bool) -> None:
    monkeypatch.setattr(cli.sys, "platform", platform)
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    for name in names:
        monkeypatch.setenv(name, "x")
    assert cli.has_display() == expected


def test_render_passes_its_arguments_on(monkeypatch: pytest.MonkeyPatch) -> None:
    from convnet_studio.ui import render

    drawn: list[render.RenderRequest] = []
    monkeypatch.setattr(render, "render", drawn.append)
    arguments = "render maps --preset lenet-5 --train-seconds 2.5 --size 800x600 --scale 2 --theme dark -o a.png"
    assert cli.main(arguments.split()) == 0
    assert cli.main(["render", "main", "--epochs", "3", "-o", "b.png"]) == 0
    assert drawn == [
        render.RenderRequest("maps", "lenet-5", "a.png", 2.5, 0, 800, 600, 2.0, "dark"),
        render.RenderRequest("main", "two-stage-digits", "b.png", 0.0, 3, 0, 0, 1.0, "light"),
    ]


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_progress_is_drawn_over_on_a_terminal_and_sparse_elsewhere() -> None:
    for stream in (Terminal(), io.StringIO()):
        with ProgressLine("Working", stream) as line:
            for done in range(1001):
                line.show(done / 1000, "details")
        text = stream.getvalue()
        if stream.isatty():
            assert text.count("\n") == 1
            assert text.count("\r") >= 2
        else:
            assert len(text.splitlines()) == 2
        assert "100%  details" in text


def test_doctor_names_what_is_missing_in_one_apt_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "LIBRARIES", {"numpy": "numpy", "nothing": "no_such_library"})
    monkeypatch.setattr(doctor, "OFFSCREEN_LIBRARIES", {"libnothing.so.9": "libnothing9"})
    monkeypatch.setattr(doctor, "WINDOW_LIBRARIES", {"libvoid.so.9": "libvoid9", "libc.so.6": "libc6"})
    monkeypatch.setattr(doctor.sys, "platform", "linux")
    code, out, _ = run(capsys, "doctor")
    assert code == 1
    assert "ok      numpy" in out
    assert "MISSING nothing: ModuleNotFoundError: No module named 'no_such_library'" in out
    assert "To install what is missing:  sudo apt install libnothing9 libvoid9\n" in out


def test_doctor_tells_a_cache_that_cannot_be_written(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(doctor, "LIBRARIES", {})
    blocked = tmp_path / "a file"
    blocked.write_text("")
    monkeypatch.setenv("CONVNET_STUDIO_CACHE", str(blocked / "cache"))
    code, out, _ = run(capsys, "doctor")
    assert code == 1
    assert "can't be written" in out


# Exports and listings


def test_a_listing_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "export", "torch7-three-stage", "--form", "torch7")
    assert code == 0
    assert "model:add(nn.SpatialConvolutionMM(3, 64, 5, 5))" in out.splitlines()
    assert err == ""


def test_where_a_form_differs_is_told_beside_it(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "export", "two-stage-digits", "--form", "torch7")
    assert code == 0
    assert "nn.SpatialContrastiveNormalization(1, image.gaussian1D(9, 2/9))" in out
    assert err.startswith("LocalContrastNorm (m2) differs in Torch7: ")


def test_pytorch_code_is_written_with_its_weights(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, _ = run(capsys, "export", "tiny-digits", "-o", str(tmp_path / "net.py"))
    assert code == 0
    assert out.splitlines() == [str(tmp_path / "net.py"), str(tmp_path / "net.npz")]
    compile((tmp_path / "net.py").read_text(), "net.py", "exec")
    _, out, err = run(capsys, "export", "tiny-digits", "--form", "pytorch")
    assert out == (tmp_path / "net.py").read_text()
    assert "The weights are not printed" in err


def test_weights_of_another_are_not_overwritten(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path, beside = tmp_path / "net.py", tmp_path / "net.npz"
    beside.write_bytes(b"mine")
    for is_there in (False, True):
        if is_there:
            path.write_text("print('mine too')")
        code, out, err = run(capsys, "export", "tiny-digits", "-o", str(path))
        assert (code, out) == (2, "")
        assert f"{beside} is there already and belongs to no exported net.py: choose another name.\n" in err
        assert (beside.read_bytes(), path.exists()) == (b"mine", is_there)
    beside.unlink()
    for _ in range(2):  # the second time both are there, and belong together
        assert run(capsys, "export", "tiny-digits", "-o", str(path))[0] == 0


def test_trained_weights_are_exported(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    import numpy as np

    project = load_preset("tiny-digits")
    weights = {"m2": {"weight": np.full((8, 1, 3, 3), 0.5, np.float32), "bias": np.zeros(8, np.float32)}}
    save_project(tmp_path / "trained.cvstudio", project, weights)
    assert run(capsys, "export", str(tmp_path / "trained.cvstudio"), "-o", str(tmp_path / "net.py"))[0] == 0
    with np.load(tmp_path / "net.npz", allow_pickle=False) as arrays:
        assert (arrays["conv1.weight"] == 0.5).all()
        assert arrays["linear1.weight"].shape == (10, 72)


def test_a_listing_becomes_a_project(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    listing, output = tmp_path / "net.lua", tmp_path / "net.cvstudio"
    assert run(capsys, "export", "tiny-digits", "-o", str(listing))[0] == 0
    code, out, err = run(capsys, "import", str(listing), "-o", str(output))
    assert (code, out.strip()) == (0, str(output))
    assert err == "The data set digits_8x8 suits its sizes.\n"
    kinds = [each.kind for each in load_project(output).project.network.modules]
    assert kinds == [each.kind for each in load_preset("tiny-digits").network.modules]
    assert load_project(output).project.name == "net"


def test_a_listing_is_a_project_for_every_command(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    listing = tmp_path / "net.lua"
    run(capsys, "export", "tiny-digits", "-o", str(listing))
    code, out, _ = run(capsys, "cost", str(listing), "--json")
    assert code == 0
    assert json.loads(out)["parameters"] == json.loads(run(capsys, "cost", "tiny-digits", "--json")[1])["parameters"]
    assert train(capsys, str(listing), "--epochs", "1")["train_loss"] > 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["export", "tiny-digits"], "neither --form nor -o says in which form"),
        (["export", "tiny-digits", "-o", "net.txt"], "net.txt does not end in .onnx, .py, .lua"),
        (["export", "tiny-digits", "--form", "pytorch", "-o", "net.lua"], "the name of PyTorch code ends in .py."),
        (["export", "tiny-digits", "--form", "onnx"], "The form onnx is no text to be printed"),
        (["export", "photos-of-cats", "--form", "torch7"], "There is no preset named 'photos-of-cats'"),
        (["export", "tiny-digits", "-o", "no/such/folder/net.lua"], "net.lua can't be written: No such file"),
        (["import", "net.txt", "-o", "net.cvstudio"], "net.txt can't be read: the name of a listing ends in .lua."),
        (["import", "nowhere.lua", "-o", "net.cvstudio"], "nowhere.lua can't be read: No such file or directory."),
        (["import", "net.lua", "-o", "net.zip"], "net.zip can't be written: the name of a project file ends in"),
    ],
    ids=str,
)
def test_slips_of_exports_are_told(capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str) -> None:
    code, _, err = run(capsys, *arguments)
    assert code == 2
    assert sentence in err
    assert len(err.strip().splitlines()) == 1


def test_slips_in_a_listing_are_told_with_file_and_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "net.lua"
    path.write_text("model = nn.Sequential()\nmodel:add(nn.Tahn())\n")
    code, _, err = run(capsys, "import", str(path), "-o", str(tmp_path / "net.cvstudio"))
    assert (code, (tmp_path / "net.cvstudio").exists()) == (2, False)
    assert err == f"convnet-studio: {path}: Line 2: nn.Tahn is not known here: write nn.Tanh, if you mean that.\n"
    path.write_bytes(b"\xff\xfe\x00")
    assert "is no text in UTF-8" in run(capsys, "import", str(path), "-o", str(tmp_path / "net.cvstudio"))[2]


@pytest.mark.parametrize("command", ["export", "import"])
def test_help_of_exports_tells_the_forms(capsys: pytest.CaptureFixture[str], command: str) -> None:
    code, out, _ = run(capsys, command, "--help")
    assert code == 0
    assert ".lua" in out


def test_forms_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert [line.split()[0] for line in run(capsys, "list", "forms")[1].splitlines()] == ["onnx", "pytorch", "torch7"]

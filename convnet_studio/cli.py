"""The command line. Each command imports what it needs, so that none but those that draw loads Qt.

Errors are one sentence on standard error and exit code 2; Ctrl+C ends with 130.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from convnet_studio import __version__
from convnet_studio.ui.pictures import ENDINGS

if TYPE_CHECKING:
    from convnet_studio.headless import HeadlessTraining, Result

PROGRAM = "convnet-studio"
SMALLEST_PICTURE = (320, 200)
OUTPUT_FOLDER = Path("out")

PROJECT_HELP = "a preset's name, or a path ending in .cvstudio or .lua"

COMMANDS = """commands:
  convnet-studio [PROJECT]               open the window
  convnet-studio train PROJECT           train without a window
  convnet-studio cost PROJECT            count parameters, connections and arithmetic
  convnet-studio render VIEW             draw the window or a view into a picture
  convnet-studio doctor                  find out what is missing on this computer
  convnet-studio export PROJECT          write a network as a Torch7 listing, PyTorch code or an ONNX model
  convnet-studio import LISTING          make a project of a Torch7 listing
  convnet-studio list KIND               list modules, presets, datasets, views, forms or lessons
  convnet-studio check-lessons [NAME]    play lessons without a window and prove that they hold
  convnet-studio new-lesson NAME         write a lesson to begin with

PROJECT is the name of a preset, or a path ending in .cvstudio or, for a Torch7 listing, in .lua.
`convnet-studio COMMAND --help` tells more."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out a command line (that of this process if None); returns the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        parsed = _parser(given).parse_args(given)
        command: Callable[[argparse.Namespace], int] = parsed.command
        return command(parsed)
    except SystemExit as end:  # argparse has said what there is to say
        return end.code if isinstance(end.code, int) else 2
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
        return 130
    except BrokenPipeError:  # whoever read the output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if os.environ.get("CONVNET_STUDIO_TRACEBACK"):
            raise
        print(f"{PROGRAM}: {_sentence(error)}", file=sys.stderr)
        return 2


def _sentence(error: Exception) -> str:
    """An error as one line. The program's own errors are sentences; any other is named, with a way to see more."""
    text = str(error.args[0] if isinstance(error, KeyError) and error.args else error)
    line = " ".join(text.split())
    if line.endswith(".") and not isinstance(error, AssertionError | TypeError | AttributeError):
        return line
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or 'A file'}: {error.strerror}."
    return f"{type(error).__name__}: {line} (CONVNET_STUDIO_TRACEBACK=1 shows where)"


class _Parser(argparse.ArgumentParser):
    """Argparse with errors of two lines."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{PROGRAM}: {message}\nTry '{self.prog} --help'.\n")


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """The parser for this command line: of a command where it begins with one, else that of the window."""
    if arguments and arguments[0] in _COMMAND_PARSERS:
        parser = _Parser(prog=PROGRAM)
        commands = parser.add_subparsers(required=True)
        _COMMAND_PARSERS[arguments[0]](commands)
        return parser
    parser = _Parser(
        prog=PROGRAM,
        description="Build, train and look inside convolutional networks.",
        epilog=COMMANDS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    parser.add_argument("project", metavar="PROJECT", nargs="?", help="what to open in the window")
    parser.set_defaults(command=_open_window)
    return parser


# The commands' arguments

_Commands = argparse._SubParsersAction  # what add_subparsers returns has no public name


def _add_train(commands: _Commands[_Parser]) -> None:
    parser = commands.add_parser("train", description="Train a project without a window and print how well it does.")
    parser.add_argument("project", metavar="PROJECT", help=PROJECT_HELP)
    parser.add_argument("--data", metavar="NAME", help="train on this data set (see: list datasets)")
    parser.add_argument("--epochs", metavar="N", type=_whole_number, help="passes over the training set")
    parser.add_argument(
        "--seed", metavar="S", type=_whole_number, help="draws the initial weights and the order of samples"
    )
    parser.add_argument("--threads", metavar="T", type=_positive, help="of the engine (results are the same)")
    parser.add_argument("--save", metavar="OUT", type=Path, help="write project and weights to this .cvstudio file")
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object on the last line")
    parser.set_defaults(command=_train)


def _add_cost(commands: _Commands[_Parser]) -> None:
    parser = commands.add_parser("cost", description="Count what a network costs for one picture, module by module.")
    parser.add_argument("project", metavar="PROJECT", help=PROJECT_HELP)
    parser.add_argument("--input", metavar="CxHxW", type=_shape, help="of the picture; default: that of its data set")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(command=_cost)


def _add_render(commands: _Commands[_Parser]) -> None:
    size = "default: 1440x900; of the canvas as large as its network"
    parser = commands.add_parser(
        "render", description="Draw the window ('main') or one view into a picture, offscreen."
    )
    parser.add_argument("view", metavar="VIEW", help="what to draw (see: list views)")
    parser.add_argument("--preset", metavar="PROJECT", help="what to draw; default: the first preset")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--train-seconds", metavar="T", type=_positive_number, default=0.0, help="train so long first")
    length.add_argument("--epochs", metavar="N", type=_positive, default=0, help="train so many epochs first")
    parser.add_argument("--size", metavar="WxH", type=_size, default=(0, 0), help=size)
    parser.add_argument(
        "--scale", metavar="F", type=_positive_number, default=1.0, help="pixels per pixel of a PNG; default: 1"
    )
    parser.add_argument("--theme", choices=("light", "dark"), default="light")
    formats = f"in the format of its ending: {' '.join(ENDINGS)}"
    parser.add_argument("-o", "--output", metavar="OUT", type=_picture, required=True, help=formats)
    parser.set_defaults(command=_render)


def _add_export(commands: _Commands[_Parser]) -> None:
    from convnet_studio.engine.export.find import Form

    told = "; ".join(f"{name}: {kind.title} ({kind.ending})" for name, kind in Form.registry.items())
    parser = commands.add_parser(
        "export",
        description="Write a network in a form that other programs read.",
        epilog=f"{told}. Weights that a project does not hold are drawn from its seed. PyTorch code has its weights in"
        " an .npz file beside it; a Torch7 listing has none.",
    )
    parser.add_argument("project", metavar="PROJECT", help=PROJECT_HELP)
    parser.add_argument("--form", choices=tuple(Form.registry), help="default: what the ending of OUT says")
    parser.add_argument("-o", "--output", metavar="OUT", type=Path, help="without it a text is printed")
    parser.set_defaults(command=_export)


def _add_import(commands: _Commands[_Parser]) -> None:
    parser = commands.add_parser(
        "import",
        description="Make a project of a Torch7 listing: model = nn.Sequential(), model:add(nn.Tanh()), ...",
        epilog="It is put on the data set whose pictures suit its sizes. Nothing of the listing but its assignments,"
        " sums, products and constructors is followed.",
    )
    parser.add_argument("listing", metavar="LISTING", type=Path, help="a path ending in .lua")
    parser.add_argument("-o", "--output", metavar="OUT", type=Path, required=True, help="a path ending in .cvstudio")
    parser.set_defaults(command=_import)


def _add_doctor(commands: _Commands[_Parser]) -> None:
    parser = commands.add_parser("doctor", description="Find out what is missing on this computer, and how to get it.")
    parser.add_argument("--packages", action="store_true", help="print the Debian packages that are missing, no more")
    parser.add_argument("--tests", action="store_true", help="count in what the tests need")
    parser.set_defaults(command=_doctor)


def _add_check_lessons(commands: _Commands[_Parser]) -> None:
    parser = commands.add_parser(
        "check-lessons",
        description="Play every lesson without a window: starts fail, solutions pass, keys are what the author froze.",
    )
    parser.add_argument("names", metavar="NAME", nargs="*", help="of lessons, or paths of files; default: all")
    parser.add_argument("--json", action="store_true", help="print one JSON object a lesson")
    parser.set_defaults(command=_check_lessons)


def _add_new_lesson(commands: _Commands[_Parser]) -> None:
    parser = commands.add_parser("new-lesson", description="Write a lesson of one page to begin with.")
    parser.add_argument("name", metavar="NAME", help="small letters, digits, - and _; the file is NAME.toml")
    parser.add_argument("--folder", metavar="DIR", type=Path, help="default: the folder of your own lessons")
    parser.set_defaults(command=_new_lesson)


def _add_list(commands: _Commands[_Parser]) -> None:
    parser = commands.add_parser("list", description="List what there is, one a line, its name first.")
    parser.add_argument("kind", choices=tuple(_LISTS))
    parser.set_defaults(command=_list)


_COMMAND_PARSERS: dict[str, Callable[[_Commands[_Parser]], None]] = {
    "train": _add_train,
    "cost": _add_cost,
    "render": _add_render,
    "export": _add_export,
    "import": _add_import,
    "doctor": _add_doctor,
    "list": _add_list,
    "check-lessons": _add_check_lessons,
    "new-lesson": _add_new_lesson,
}


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number above 0")
    return int(text)


def _positive_number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < 1e6:
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0")
    return number


def _picture(text: str) -> Path:
    path = Path(text)
    if path.suffix.lower() not in ENDINGS:
        raise argparse.ArgumentTypeError(f"{text!r} does not end in {', '.join(ENDINGS)}")
    if not path.resolve().parent.is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {path.parent}")
    return path


def _shape(text: str) -> tuple[int, ...]:
    sizes = text.lower().split("x")
    if len(sizes) != 3 or not all(each.isdecimal() and 0 < int(each) < 100_000 for each in sizes):
        raise argparse.ArgumentTypeError(f"{text!r} is no shape such as 1x28x28 (channels, height, width)")
    return tuple(map(int, sizes))


def _size(text: str) -> tuple[int, int]:
    width, times, height = text.lower().partition("x")
    if not (times and width.isdecimal() and height.isdecimal() and 0 < int(width) < 20_000 > int(height) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is no size such as 1440x900")
    if int(width) < SMALLEST_PICTURE[0] or int(height) < SMALLEST_PICTURE[1]:
        smallest = "x".join(map(str, SMALLEST_PICTURE))
        raise argparse.ArgumentTypeError(f"{text!r} is too small to show anything: at least {smallest}")
    return int(width), int(height)


# The commands


def _open_window(arguments: argparse.Namespace) -> int:
    from convnet_studio.engine.export.find import open_argument
    from convnet_studio.engine.project.find import FIRST_PRESET
    from convnet_studio.engine.project.memory import memory_limit

    open_argument(arguments.project or FIRST_PRESET)  # so that a slip is told before a window opens
    memory_limit()
    if not has_display():
        return _without_display(arguments.project or FIRST_PRESET)
    from convnet_studio.ui.app import run

    return run(arguments.project)


def has_display() -> bool:
    """Whether a window could be shown: always said of Windows and macOS, elsewhere told by the environment."""
    names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return not sys.platform.startswith("linux") or any(os.environ.get(name) for name in names)


def _without_display(project: str) -> int:
    """Train `project` and write pictures of it, where no window can be shown."""
    from convnet_studio.engine.export.find import open_argument
    from convnet_studio.headless import HeadlessTraining, wait_for_compiled_set

    print("There is no display, so no window can open: training without one instead.", file=sys.stderr)
    wait_for_compiled_set()
    loaded = open_argument(project)
    training = HeadlessTraining(loaded.project, loaded.weights, _usable_threads())
    _say_result(training, json=False)
    print("Drawing the pictures of the same run.", file=sys.stderr)
    from convnet_studio.ui.render import MAIN, RenderRequest, render_all

    OUTPUT_FOLDER.mkdir(exist_ok=True)
    names = {f"{view}-light": view for view in (MAIN, "canvas", "maps", "filters", "learning_curves")}
    files = {OUTPUT_FOLDER / f"{name}.png": view for name, view in names.items()}
    epochs = loaded.project.training.epochs
    requests = [RenderRequest(view, project, str(path), epochs=epochs) for path, view in files.items()]
    dark = OUTPUT_FOLDER / f"{MAIN}-dark.png"
    render_all([*requests, RenderRequest(MAIN, project, str(dark), epochs=epochs, theme="dark")])
    print("\n".join(str(path) for path in (*files, dark)))
    return 0


def _train(arguments: argparse.Namespace) -> int:
    from convnet_studio.engine.export.find import open_argument
    from convnet_studio.engine.project.file import ENDING
    from convnet_studio.headless import HeadlessTraining, changed_project, wait_for_compiled_set

    save: Path | None = arguments.save
    if save is not None and save.suffix != ENDING:
        raise ValueError(f"{save} can't be saved: the name of a project file ends in {ENDING}.")
    if save is not None and not save.resolve().parent.is_dir():
        raise ValueError(f"{save} can't be saved: there is no folder {save.parent}.")
    loaded = open_argument(arguments.project)
    project = changed_project(loaded.project, arguments.data, arguments.epochs, arguments.seed)
    training = HeadlessTraining(project, loaded.weights, arguments.threads or _usable_threads())
    for warning in (*loaded.warnings, *training.warnings):
        print(warning, file=sys.stderr)
    wait_for_compiled_set()
    _say_result(training, arguments.json, save)
    return 0


def _say_result(training: HeadlessTraining, json: bool, save: Path | None = None) -> None:
    result = training.run()
    if save is not None:
        training.save(save)
    if json:
        print(result.to_json(), flush=True)
    else:
        print(
            f"{_error_text(result)}training loss {result.train_loss:.4f}, "
            f"{result.samples_per_s:,.0f} samples/s, {result.seconds:.1f} s, seed {result.seed}.",
            flush=True,
        )


def _error_text(result: Result) -> str:
    """The start of the result's sentence; nothing where no loss judges classes."""
    if math.isnan(result.test_error):
        return ""
    top5 = result.test_top5_error
    return f"Test error {result.test_error:.2%}{'' if top5 is None else f' ({top5:.2%} among the first five)'}, "


def _whole_number(text: str) -> int:
    """As argparse wants it: ArgumentTypeError in words of ours."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number") from None


def _usable_threads() -> int:
    """Engine threads that pay: two, where there are two cores."""
    return min(2, os.cpu_count() or 1)


def _cost(arguments: argparse.Namespace) -> int:
    from convnet_studio.cost_report import cost_report, report_text
    from convnet_studio.engine.export.find import open_argument

    report = cost_report(open_argument(arguments.project).project, arguments.input)
    for problem in report["problems"]:
        print(problem, file=sys.stderr)
    print(json.dumps(report) if arguments.json else report_text(report))
    return 0


def _render(arguments: argparse.Namespace) -> int:
    from convnet_studio.engine.export.find import open_argument
    from convnet_studio.engine.project.find import FIRST_PRESET
    from convnet_studio.headless import wait_for_compiled_set

    project = arguments.preset or FIRST_PRESET
    open_argument(project)
    wait_for_compiled_set()
    from convnet_studio.ui.render import RenderRequest, render

    width, height = arguments.size
    request = RenderRequest(
        view=arguments.view,
        project_argument=project,
        output=str(arguments.output),
        train_seconds=arguments.train_seconds,
        epochs=arguments.epochs,
        width=width,
        height=height,
        scale=arguments.scale,
        theme=arguments.theme,
    )
    render(request)
    return 0


def _export(arguments: argparse.Namespace) -> int:
    from convnet_studio.engine.export.find import Form, export, open_argument, save_export

    output: Path | None = arguments.output
    endings = {kind.ending: name for name, kind in Form.registry.items()}
    name = arguments.form or (endings.get(output.suffix) if output else None)
    if name is None:
        what = (
            f"{output} does not end in {', '.join(endings)}" if output else "neither --form nor -o says in which form"
        )
        raise ValueError(f"Nothing was written: {what}; choose --form {'|'.join(Form.registry)}.")
    form = Form.registry[name]
    if output is not None and output.suffix != form.ending:
        raise ValueError(f"{output} can't be written: the name of {form.phrase} ends in {form.ending}.")
    if output is None and not form.is_text:
        raise ValueError(f"The form {name} is no text to be printed: name a file with -o net{form.ending}.")
    loaded = open_argument(arguments.project)
    exported = export(loaded.project, name, loaded.weights)
    for note in (*loaded.warnings, *exported.notes):
        print(note, file=sys.stderr)
    if output is not None:
        print("\n".join(map(str, save_export(exported, output))))
        return 0
    if exported.beside:
        print(f"The weights are not printed: name a file with -o net{form.ending} to have them too.", file=sys.stderr)
    sys.stdout.write(str(exported.content))
    return 0


def _import(arguments: argparse.Namespace) -> int:
    from convnet_studio.engine.export.find import import_file
    from convnet_studio.engine.project.file import ENDING, save_project

    output: Path = arguments.output
    if output.suffix != ENDING:
        raise ValueError(f"{output} can't be written: the name of a project file ends in {ENDING}.")
    imported = import_file(arguments.listing)
    save_project(output, imported.project)
    for note in imported.notes:
        print(note, file=sys.stderr)
    print(output)
    return 0


def _doctor(arguments: argparse.Namespace) -> int:
    from convnet_studio.doctor import examine, missing_packages

    if arguments.packages:
        print(" ".join(missing_packages(arguments.tests)))
        return 0
    return examine(arguments.tests)


def _check_lessons(arguments: argparse.Namespace) -> int:
    from convnet_studio.headless import wait_for_compiled_set
    from convnet_studio.lesson_commands import check_lessons

    wait_for_compiled_set()
    return check_lessons(arguments.names, arguments.json)


def _new_lesson(arguments: argparse.Namespace) -> int:
    from convnet_studio.lesson_commands import new_lesson

    print(new_lesson(arguments.name, arguments.folder))
    return 0


def _list(arguments: argparse.Namespace) -> int:
    rows = _LISTS[arguments.kind]()
    width = max((len(name) for name, _ in rows), default=0)
    print("\n".join(f"{name:{width}}  {text}".rstrip() for name, text in rows))
    return 0


def _modules() -> list[tuple[str, str]]:
    from convnet_studio.engine.nn import losses, modules  # noqa: F401  (importing the folders registers their files)
    from convnet_studio.engine.nn.loss import Loss
    from convnet_studio.engine.nn.module import Module

    kinds: list[type[Module] | type[Loss]] = [*Module.registry.values(), *Loss.registry.values()]
    return [(kind.__name__, f"{kind.family.value}: {kind.word}") for kind in kinds]


def _presets() -> list[tuple[str, str]]:
    from convnet_studio.engine.project.presets import load_preset, preset_names

    return [(name, load_preset(name).description) for name in preset_names()]


def _datasets() -> list[tuple[str, str]]:
    from convnet_studio.engine.data.dataset import DatasetFile

    return [(name, kind.description) for name, kind in DatasetFile.registry.items()]


def _views() -> list[tuple[str, str]]:
    from convnet_studio.ui.render import view_summaries

    return list(view_summaries().items())


def _forms() -> list[tuple[str, str]]:
    from convnet_studio.engine.export.find import Form

    return [
        (name, f"{kind.title} ({kind.ending}){', can be read too' if kind().can_read else ''}")
        for name, kind in Form.registry.items()
    ]


def _lessons() -> list[tuple[str, str]]:
    from convnet_studio.lesson_commands import course_of_now

    return [(each.name, f"{each.number} {each.title}") for each in course_of_now().in_order()]


_LISTS: dict[str, Callable[[], list[tuple[str, str]]]] = {
    "modules": _modules,
    "presets": _presets,
    "datasets": _datasets,
    "views": _views,
    "forms": _forms,
    "lessons": _lessons,
}

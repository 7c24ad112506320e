"""Export of answers: the table for the teacher, written where the user says."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from convnet_studio.lessons.course import Course
from convnet_studio.lessons.progress import Progress
from convnet_studio.lessons.sheet import as_csv, as_html

_FILTERS = {"Table (*.csv)": ".csv", "Page to print (*.html)": ".html"}


def ask_export(course: Course, progress: Progress, window: QWidget) -> str:
    """Ask for a file and write there; a sentence what came of it, empty where nobody wanted it."""
    name, chosen = QFileDialog.getSaveFileName(
        window, "Export the answers", str(Path.home() / "answers.csv"), ";;".join(_FILTERS)
    )
    if not name:
        return ""
    path = Path(name)
    if path.suffix.lower() not in _FILTERS.values():
        path = path.with_name(path.name + _FILTERS.get(chosen, ".csv"))
    return export_to(path, course, progress)


def export_to(path: Path, course: Course, progress: Progress) -> str:
    """Write the answers as CSV or HTML, as the ending says; a sentence what came of it."""
    lessons = course.in_order()
    try:
        if path.suffix.lower() == ".html":
            path.write_text(as_html(lessons, progress), encoding="utf-8")
        else:  # with a mark at the beginning, by which spreadsheets know the encoding
            path.write_text(as_csv(lessons, progress), encoding="utf-8-sig", newline="")
    except OSError as error:
        return f"{path.name} could not be written ({error.strerror}): choose another folder."
    return f"Written: {path.name}."

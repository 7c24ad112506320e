"""Course: all lessons there are, those of the program and those of the user's own folder, in their order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from convnet_studio.lessons.fields import LessonProblem
from convnet_studio.lessons.lesson import CHAPTERS, Lesson
from convnet_studio.lessons.lesson_file import ENDING, read_lesson

CATALOGUE = Path(__file__).parent / "catalogue"
MOST_OWN = 500
"""Files of the user's own folder that are looked at."""


@dataclass(frozen=True)
class Course:
    """Lessons by name, and what kept a file from being one, by its name."""

    lessons: dict[str, Lesson]
    problems: dict[str, str] = field(default_factory=dict)

    def chapters(self) -> Iterator[tuple[int, str, tuple[Lesson, ...]]]:
        """(number, title, lessons in their order) of each chapter that has lessons."""
        for number, title in enumerate(CHAPTERS, 1):
            inside = [each for each in self.lessons.values() if each.chapter == number]
            if inside:
                yield number, title, tuple(sorted(inside, key=lambda each: (each.position, each.own, each.name)))

    def in_order(self) -> tuple[Lesson, ...]:
        """All lessons, from the first chapter to the last."""
        return tuple(lesson for _, _, inside in self.chapters() for lesson in inside)

    def after(self, lesson: Lesson) -> Lesson | None:
        """The lesson that comes next; None after the last."""
        order = self.in_order()
        names = [each.name for each in order]
        place = names.index(lesson.name) + 1 if lesson.name in names else len(order)
        return order[place] if place < len(order) else None


def load_course(own_folder: Path | None = None) -> Course:
    """All lessons of the program, and those in `own_folder` that can be read; of two with one name the program's."""
    lessons: dict[str, Lesson] = {}
    problems: dict[str, str] = {}
    own = sorted(own_folder.glob(f"*{ENDING}"))[:MOST_OWN] if own_folder is not None and own_folder.is_dir() else []
    for path, is_own in [*((each, False) for each in sorted(CATALOGUE.glob(f"*{ENDING}"))), *((p, True) for p in own)]:
        try:
            lesson = read_lesson(path, own=is_own)
            if lesson.name in lessons:
                raise LessonProblem(f"{path.name}: there is a lesson of this name already: rename the file.")
            lessons[lesson.name] = lesson
        except LessonProblem as problem:
            problems[path.name] = str(problem)
    return Course(lessons, problems)

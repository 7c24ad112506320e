"""Sheet: a learner's predictions and answers as a table for the teacher, in CSV or HTML."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Iterable, Iterator

from convnet_studio.lessons.check import Check
from convnet_studio.lessons.lesson import Lesson
from convnet_studio.lessons.progress import PageRecord, Progress
from convnet_studio.lessons.values import Values, filled

COLUMNS = ("lesson", "page", "prediction", "question", "answers", "right", "hints", "complete")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Signs that a spreadsheet takes for the beginning of a formula."""

_NUMBER = re.compile(r"[-+]?[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?")
_NO_VALUES = Values({}, {})
"""What was measured when a question was asked is not kept."""


def rows(lessons: Iterable[Lesson], progress: Progress) -> Iterator[tuple[str, ...]]:
    """One row a page of each lesson that was begun, in the order of `COLUMNS`; last those that the lesson has no more.

    A page goes by its title: one that was renamed has two rows, so that no answer is lost.
    """
    for lesson in lessons:
        record = progress.begun(lesson.name)
        if record is None or not record.pages:
            continue
        named = f"{lesson.number} {lesson.title}"
        for page in lesson.pages:
            done = record.pages.get(page.title, PageRecord())
            yield _row(named, page.title, done, page.check)
        titles = {page.title for page in lesson.pages}
        for title, done in record.pages.items():
            if title not in titles and (done.prediction or done.answers):
                yield _row(named, title, done, None)


def _row(lesson: str, title: str, done: PageRecord, check: Check | None) -> tuple[str, ...]:
    return (
        lesson,
        title,
        done.prediction,
        filled(check.ask, _NO_VALUES) if check else "",
        "\n".join(done.answers),
        _yes(done.is_right) if check or done.answers else "",
        str(done.hints),
        _yes(done.is_complete),
    )


def as_csv(lessons: Iterable[Lesson], progress: Progress) -> str:
    """The table as CSV (RFC 4180) that no spreadsheet takes for formulas."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows([_harmless(each) for each in row] for row in rows(lessons, progress))
    return text.getvalue()


def as_html(lessons: Iterable[Lesson], progress: Progress) -> str:
    """The table as a page that prints well."""
    head = "".join(f"<th>{each}</th>" for each in COLUMNS)
    body = "\n".join(
        "<tr>" + "".join(f"<td>{html.escape(each)}</td>" for each in row) + "</tr>" for row in rows(lessons, progress)
    )
    body = body.replace("\n", "<br>").replace("</tr><br>", "</tr>\n")
    style = (
        "body{font:14px sans-serif;margin:2em}table{border-collapse:collapse}"
        "td,th{border-bottom:1px solid #ccc;padding:4px 8px;text-align:left;vertical-align:top}"
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Answers</title><style>{style}</style>'
        f"<h1>ConvNet Studio: predictions and answers</h1><table><tr>{head}</tr>\n{body}</table></html>\n"
    )


def _yes(fact: bool) -> str:
    return "yes" if fact else "no"


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text) else text

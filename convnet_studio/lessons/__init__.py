"""Lessons: what the program teaches, as data over the engine. No Qt.

`lesson` holds what a lesson is, `lesson_file` reads one; `probe` and `act` are the contracts of what it measures and
does; `rehearsal` plays it without a window, and `lint` proves that it holds.
"""

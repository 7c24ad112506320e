"""Sections of a page: what is predicted, done, seen and asked, each under its caption."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from convnet_studio.lessons.check import NO_KEY, Check, ChoiceCheck, Prediction, Verdict
from convnet_studio.lessons.lesson import Deed
from convnet_studio.lessons.progress import PageRecord
from convnet_studio.lessons.values import Values
from convnet_studio.ui.controls.label import Label
from convnet_studio.ui.lesson_panel.answer_field import AnswerField, NumberField, OptionField, WordsField, field_for
from convnet_studio.ui.lesson_panel.lesson_text import LessonText
from convnet_studio.ui.theme import text_font

_LETTERS = 13


class Section(QWidget):
    """A caption and what stands below it."""

    pointed = Signal(str)
    followed = Signal(str)

    def __init__(self, caption: str) -> None:
        super().__init__()
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(8)
        self.column.addWidget(Label(caption, "second_text", text_font(_LETTERS, QFont.Weight.DemiBold)))
        self.texts: list[LessonText] = []

    def add_text(self, text: str, token: str = "text") -> LessonText:
        """Add a text that follows the values and lights things up."""
        made = LessonText(text, token)
        made.pointed.connect(self.pointed)
        made.followed.connect(self.followed)
        self.texts.append(made)
        self.column.addWidget(made)
        return made

    def show_values(self, values: Values) -> None:
        """Fill in the numbers of now."""
        for each in self.texts:
            each.show_values(values)


class PredictSection(Section):
    """Asks what the learner expects; the first guess stays."""

    predicted = Signal(str)

    def __init__(self, prediction: Prediction, record: PageRecord) -> None:
        super().__init__("Predict")
        self.add_text(prediction.ask)
        self.field: AnswerField = (
            OptionField("Your prediction", prediction.options) if prediction.options else WordsField("Your prediction")
        )
        self.button = QPushButton("Predict")
        self.button.setToolTip("Keep this guess; nobody judges it (Enter)")
        self._said = Label("", "second_text", text_font(_LETTERS))
        self._said.setWordWrap(True)
        row = QHBoxLayout()
        row.addWidget(self.button)
        row.addStretch(1)
        self.column.addWidget(self.field)
        self.column.addLayout(row)
        self.column.addWidget(self._said)
        self._said.hide()
        self.field.changed.connect(self._on_change)
        self.field.confirmed.connect(self.take)
        self.button.clicked.connect(self.take)
        if record.prediction:
            self.close_with(record.prediction)

    @property
    def is_open(self) -> bool:
        """Whether nothing was predicted yet."""
        return self.field.isEnabled()

    def take(self) -> None:
        """Take what is entered as the prediction."""
        if why := self.field.why_not():
            self._say(why)
        elif self.is_open:
            self.predicted.emit(str(self.field.answer))

    def close_with(self, guess: str) -> None:
        """The prediction is made."""
        if isinstance(self.field, OptionField):
            self.field.options.show_chosen([guess])
        else:
            self.field.hide()
        self.field.setEnabled(False)
        self.button.hide()
        self._say(f"You predicted: {guess}")

    def _on_change(self) -> None:
        self._said.hide()

    def _say(self, text: str) -> None:
        self._said.setText(text)
        self._said.show()


class ActSection(Section):
    """What to do, and a button that does it."""

    show_me = Signal()
    stopped = Signal()

    def __init__(self, deed: Deed) -> None:
        super().__init__("Do it")
        self.ask = self.add_text(deed.ask)
        self.is_reminding = False
        """Whether the learner was told that this comes first."""
        self.button = QPushButton("Show me")
        self.button.setToolTip("Let the program do it (S)")
        self.stop = QPushButton("Stop")
        self.stop.setToolTip("Let training rest now")
        self.stop.hide()
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._progress.setRange(0, 1000)
        self._progress.setAccessibleName("Progress of training")
        self._progress.hide()
        self._said = Label("", "second_text", text_font(_LETTERS))
        self._said.setWordWrap(True)
        self._row = QHBoxLayout()
        self._row.addWidget(self.button)
        self._row.addWidget(self.stop)
        self._row.addWidget(self._said, 1)
        self.column.addLayout(self._row)
        self.column.addWidget(self._progress)
        self.button.clicked.connect(self.show_me)
        self.stop.clicked.connect(self.stopped)

    def show_state(self, may_act: bool, is_done: bool, is_busy: bool) -> None:
        """Offer what can be done now."""
        self.ask.setEnabled(may_act)
        self.ask.use_token("text" if may_act else "second_text")
        self.button.setEnabled(may_act and not is_busy)
        self.button.setText("Show me again" if is_done else "Show me")
        self.stop.setVisible(is_busy)
        self._progress.setVisible(is_busy)
        self.is_reminding = self.is_reminding and not is_done
        told = "" if may_act else "Predict first."
        if self.is_reminding and not is_busy:
            told = f"{told or 'Do this first, or press Show me.'} Next again skips it."
        self._said.setText("Done." if is_done and not is_busy else told)
        self._said.use_token("good" if is_done else "second_text")

    @property
    def said(self) -> str:
        """What stands beside the button."""
        return self._said.text()

    def remind(self) -> None:
        """Say that this is to be done before the page goes on; `show_state` writes it."""
        self.is_reminding = True

    def show_progress(self, share: float, seconds: float) -> None:
        """How far training has come; `seconds`: that it takes about, 0 where nobody said."""
        self._progress.setValue(round(1000 * share))
        self._said.use_token("second_text")
        self._said.setText(f"Training, about {seconds:g} s" if seconds else "Training")


class ObserveSection(Section):
    """What is to be seen, next to what was predicted."""

    def __init__(self, text: str) -> None:
        super().__init__("What you see")
        self._guess = Label("", "second_text", text_font(_LETTERS))
        self._guess.setWordWrap(True)
        self.column.addWidget(self._guess)
        self._came = Label("What came:", "second_text", text_font(_LETTERS))
        self.column.addWidget(self._came)
        self.add_text(text)

    def show_guess(self, guess: str) -> None:
        """What the learner had predicted."""
        self._guess.setText(f"You predicted: {guess}")
        self._guess.setVisible(bool(guess))
        self._came.setVisible(bool(guess))


class CheckSection(Section):
    """A question, its answer, hints, and why it is right or wrong."""

    answered = Signal(object)
    hint_wanted = Signal()
    grew = Signal(object)
    """The text that says something new."""

    def __init__(self, check: Check, record: PageRecord) -> None:
        super().__init__("Check yourself")
        self._check, self._record = check, record
        self.add_text(check.ask)
        self.field = field_for(check)
        self.button = QPushButton("Check")
        self.button.setProperty("primary", True)
        self.button.setToolTip("Judge the answer (Enter)")
        self.hint = QPushButton("Hint")
        self.hint.setToolTip("Help on the way (H)")
        self.hint.setVisible(bool(check.hints))
        row = QHBoxLayout()
        if isinstance(self.field, NumberField):
            row.addWidget(self.field)
        else:
            self.column.addWidget(self.field)
        row.addWidget(self.button)
        row.addWidget(self.hint)
        row.addStretch(1)
        self.column.addLayout(row)
        self._hints = self.add_text("", "second_text")
        self._hints.hide()
        self._verdict = self.add_text("")
        self._verdict.hide()
        self._is_right: bool | None = None
        self._is_what_was_predicted = False
        self.button.clicked.connect(self.take)
        self.field.confirmed.connect(self.take)
        self.hint.clicked.connect(self.hint_wanted)
        self.show_hints(check.hints[: record.hints])
        if record.is_right and check.judges_scene:
            self.show_verdict(Verdict(True, ""))

    def take(self) -> None:
        """Hand the answer on to be judged."""
        if why := self.field.why_not():
            self.say(why)
        else:
            self.answered.emit(self.field.answer)

    def show_verdict(self, verdict: Verdict) -> None:
        """Say right or wrong, and why; to a first wrong answer only that; or that there is no telling."""
        if verdict.key == NO_KEY:
            self.say(NO_KEY)
            return
        self._is_right = verdict.is_right
        said = self._check.right if verdict.is_right else self._check.wrong
        if not verdict.is_right and self._check.judges_scene and verdict.key:
            said = f"{verdict.key}\n\n{said}" if not verdict.key[:1].isdigit() else said
        if not verdict.is_right and not self._check.judges_scene and len(self._record.answers) <= 1:
            said = "Try again, or take a hint (H)." if self.hint.isVisibleTo(self) else "Try again."
        if verdict.is_right and self._is_what_was_predicted and self._record.prediction:
            said = f"You predicted: {self._record.prediction}. What came: {verdict.key}.\n\n{said}"
        head = "**Right.** " if verdict.is_right else "**Not yet.** "
        self._verdict.show_text(head + said)
        self._verdict.show()
        self._recolor()
        self.grew.emit(self._verdict)

    def compare(self, prediction: Prediction) -> None:
        """Let a right answer stand beside what was predicted, where both are chosen from the same texts."""
        options = {each.text for each in self._check.options} if isinstance(self._check, ChoiceCheck) else set()
        self._is_what_was_predicted = bool(options) and options == set(prediction.options)

    def say(self, sentence: str) -> None:
        """Say what is amiss with what was entered."""
        self._is_right = None
        self._verdict.show_text(sentence)
        self._verdict.show()
        self._recolor()
        self.grew.emit(self._verdict)

    @property
    def verdict_text(self) -> str:
        """What was said of the last answer."""
        return self._verdict.text if not self._verdict.isHidden() else ""

    def show_hints(self, hints: tuple[str, ...]) -> None:
        """Show the hints that were taken."""
        self._hints.show_text("\n".join(f"{number}. {hint}" for number, hint in enumerate(hints, 1)))
        self._hints.setVisible(bool(hints))
        if hints:
            self.grew.emit(self._hints)
        left = len(self._check.hints) - len(hints)
        self.hint.setEnabled(left > 0)
        self.hint.setText("Another hint" if hints and left else "Hint")

    def _recolor(self) -> None:
        token = {True: "good", False: "warn_text", None: "second_text"}[self._is_right]
        self._verdict.use_token(token)

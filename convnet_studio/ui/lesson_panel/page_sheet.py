"""PageSheet: one page of a lesson, revealed chunk by chunk: text, prediction, act, observation, check."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QVBoxLayout, QWidget

from convnet_studio.lessons.check import Verdict
from convnet_studio.lessons.player import Player
from convnet_studio.lessons.values import Values
from convnet_studio.ui.controls.label import Label
from convnet_studio.ui.lesson_panel.answer_field import AnswerField, NumberField, WordsField
from convnet_studio.ui.lesson_panel.goal_row import GoalRow
from convnet_studio.ui.lesson_panel.lesson_text import BODY, LessonText
from convnet_studio.ui.lesson_panel.sections import ActSection, CheckSection, ObserveSection, PredictSection, Section
from convnet_studio.ui.theme import text_font


class PageSheet(QWidget):
    """What `player` has open. It tells what the learner wants and shows what came of it; it decides nothing."""

    predicted = Signal(str)
    show_me = Signal()
    stopped = Signal()
    answered = Signal(object)
    hint_wanted = Signal()
    pointed = Signal(str)
    """The target of words under the pointer or the focus; empty: none any more."""
    followed = Signal(str)
    """The target of words that were clicked."""
    grew = Signal(object)
    """The widget that says something new, to be brought into sight."""

    def __init__(self, player: Player, reveals_all: bool = False, pixels: int = BODY) -> None:
        super().__init__()
        page, record = player.page, player.page_record
        self._player = player
        self.title = Label(page.title, "text", text_font(round(1.4 * pixels), QFont.Weight.DemiBold))
        self.title.setWordWrap(True)
        self.goals = GoalRow()
        self.text = LessonText(page.text, pixels=pixels)
        self.text.pointed.connect(self.pointed)
        self.text.followed.connect(self.followed)
        self.predict = PredictSection(page.predict, record) if page.predict else None
        self.act = ActSection(page.deed) if page.deed else None
        self.observe = ObserveSection(page.observe) if page.observe else None
        self.check = CheckSection(page.check, record) if page.check else None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(14)
        for widget in (self.title, self.goals, self.text):
            self._column.addWidget(widget)
        for section in self._sections:
            self._column.addWidget(section)
            section.pointed.connect(self.pointed)
            section.followed.connect(self.followed)
        self._connect()
        for text in (text for section in self._sections for text in section.texts):
            text.use_size(pixels)
        self._has_just_predicted = False
        """Whether the next wish to go on comes with the prediction, not from the learner."""
        self._revealed: set[Section] = set()
        if reveals_all or record.is_complete:
            self._revealed.update(self._sections)
        self.show_state(is_busy=False)

    def _connect(self) -> None:
        if self.predict:
            self.predict.predicted.connect(self.predicted)
        if self.act:
            self.act.show_me.connect(self.show_me)
            self.act.stopped.connect(self.stopped)
        if self.check:
            self.check.answered.connect(self.answered)
            self.check.hint_wanted.connect(self.hint_wanted)
            self.check.grew.connect(self.grew)
            if prediction := self._player.page.predict:
                self.check.compare(prediction)

    @property
    def _sections(self) -> list[Section]:
        return [each for each in (self.predict, self.act, self.observe, self.check) if each is not None]

    @property
    def texts(self) -> list[LessonText]:
        """All texts that can be seen."""
        return [self.text, *(text for section in self._revealed for text in section.texts if section.isVisible())]

    # ---------------------------------------------------------------- chunk by chunk

    def reveal(self) -> bool:
        """Show the next chunk, or say once what is to be done before it; False where there is nothing left to show."""
        following = next((each for each in self._sections if each not in self._revealed), None)
        has_just_predicted, self._has_just_predicted = self._has_just_predicted, False
        if following is None or (has_just_predicted and self._waits(following)):
            return False
        if not self._waits(following):
            self._revealed.add(following)
        elif self.act is None or self.act.is_reminding:
            return False
        else:
            self.act.remind()
        self._show_revealed()
        return True

    def _waits(self, section: Section) -> bool:
        """Whether a chunk speaks of what the act brings about, which is still to be done."""
        is_judging_scene = self._player.page.check is not None and self._player.page.check.judges_scene
        speaks_of_it = section is self.observe or (section is self.check and not is_judging_scene)
        return speaks_of_it and not self._player.is_acted

    @property
    def newest(self) -> Section | None:
        """The last chunk that is shown."""
        shown = [each for each in self._sections if each in self._revealed and not each.isHidden()]
        return shown[-1] if shown else None

    @property
    def hides_something(self) -> bool:
        """Whether there is a chunk that the next key would show."""
        left = [each for each in self._sections if each not in self._revealed]
        return bool(left) and (not self._waits(left[0]) or not (self.act and self.act.is_reminding))

    def _show_revealed(self) -> None:
        for section in self._sections:
            is_due = section is not self.observe or self._player.is_acted
            section.setVisible(section in self._revealed and is_due)

    # ---------------------------------------------------------------- what came of it

    def show_state(self, is_busy: bool) -> None:
        """Bring everything in line with what the player knows."""
        player = self._player
        if self.predict and player.page_record.prediction and self.predict.is_open:
            self.predict.close_with(player.page_record.prediction)
            self._has_just_predicted = True
            if self.act:
                self.act.is_reminding = False
        if self.act:
            self.act.show_state(player.may_act, player.is_acted, is_busy)
        if self.observe:
            self.observe.show_guess(player.page_record.prediction)
            if player.is_acted and self.act is not None and self.observe not in self._revealed:
                self._revealed.add(self.observe)
                self.grew.emit(self.observe)
        self.goals.show_goals(player.goals())
        self._show_revealed()

    def show_values(self, values: Values) -> None:
        """Fill in the numbers of now."""
        self.text.show_values(values)
        for section in self._sections:
            section.show_values(values)

    def show_verdict(self, verdict: Verdict) -> None:
        """Say whether the answer is right, and why."""
        if self.check:
            self._revealed.add(self.check)
            self._show_revealed()
            self.check.show_verdict(verdict)

    def field_in_use(self) -> AnswerField | None:
        """What number keys choose in: the prediction while it is open, else the check."""
        if self.predict and self.predict in self._revealed and self.predict.is_open:
            return self.predict.field
        return self.check.field if self.check and self.check in self._revealed else None

    def light(self, target: str) -> None:
        """Light up all words that lead to `target`."""
        for text in self.texts:
            text.light(target)

    def focus_newest(self) -> None:
        """Bring the keys to what has just been revealed, where they are typed; numbers choose from anywhere."""
        section = self.newest
        field = section.field if isinstance(section, PredictSection | CheckSection) else None
        if isinstance(field, NumberField | WordsField) and field.isEnabled():
            field.setFocus(Qt.FocusReason.OtherFocusReason)

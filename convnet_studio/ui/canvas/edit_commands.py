"""EditCommands: the edits of the canvas that ask for something, by keys alone: from lists, with reasons why not."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QPointF, QRectF, Signal

from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Module
from convnet_studio.engine.project import edits
from convnet_studio.engine.project.kinds import find_kind, is_loss, port_count
from convnet_studio.engine.project.spec import Link, ModuleSpec, Project
from convnet_studio.engine.project.wiring import can_swap, title
from convnet_studio.ui.canvas.card_layout import CARD_GAP
from convnet_studio.ui.canvas.editor import NEW_CARD
from convnet_studio.ui.canvas.gestures.keyboard import walk_order
from convnet_studio.ui.canvas.numbers import shape_text
from convnet_studio.ui.canvas.placement import free_place, is_one_row
from convnet_studio.ui.commands.choice import Choice
from convnet_studio.ui.commands.picker import Picker
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.palette.entries import kind_entries
from convnet_studio.ui.views.canvas import CanvasView

FITS, FITS_NOT = "Fits", "Does not fit"
_ONE_MODULE = "Select one module first."


class EditCommands(QObject):
    """Works on what is selected: modules, a wire, or an input without a wire (which only the outline can select)."""

    input_changed = Signal()
    """Another input without a wire is selected, or none."""

    def __init__(self, open_project: OpenProject, canvas: CanvasView, picker: Picker) -> None:
        super().__init__(canvas)
        self._open = open_project
        self._canvas = canvas
        self._picker = picker
        self._input: tuple[str, int] | None = None
        open_project.selection_changed.connect(self._leave_input)
        open_project.replaced.connect(self._leave_input)

    # ---------------------------------------------------------------- what is selected

    @property
    def open_input(self) -> tuple[str, int] | None:
        """Module and port of the input without a wire that is selected."""
        return self._input if self._input and self._input[0] in self._project.network else None

    def select_input(self, module_id: str, port: int) -> None:
        """Select an input that has no wire; nothing else is selected then."""
        self._open.select(frozenset())
        self._canvas.scene.select_links(frozenset())
        self._input = (module_id, port)
        self.input_changed.emit()

    def _leave_input(self) -> None:
        if self._input is not None:
            self._input = None
            self.input_changed.emit()

    @property
    def _project(self) -> Project:
        return self._open.project

    def _module(self) -> ModuleSpec | None:
        ids = self._open.selection
        return self._project.network.module(next(iter(ids))) if len(ids) == 1 else None

    def _link(self) -> Link | None:
        links = self._canvas.scene.selected_links
        return next(iter(links)) if len(links) == 1 and not self._open.selection else None

    def refusals(self) -> dict[str, str]:
        """Why each of these actions can't be carried out now, by its name; empty where it can."""
        module, link = self._module(), self._link()
        replaceable = module is not None and bool(self._replacements(module))
        alone = f"{title(module)} is alone in its family." if module else _ONE_MODULE
        has_end = module or link or self.open_input
        return {
            "connect": "" if has_end else "Select one module, a wire, or an open input first.",
            "replace": "" if replaceable else alone,
            "move_earlier": self._why_not_move(False),
            "move_later": self._why_not_move(True),
            "recurrent": self._why_not_recurrent(link),
        }

    # ---------------------------------------------------------------- add, replace

    def ask_to_add(self) -> None:
        """Ask what to add: behind the selected module, into the selected wire, or before the open input."""
        link, open_input, module = self._link(), self.open_input, self._module()
        names = {each.id: title(each) for each in self._project.network.modules}
        if link:
            question = f"Add between {names[link.source]} and {names[link.target]}…"
        elif open_input:
            question = f"Add before {names[open_input[0]]}…"
        else:
            question = f"Add behind {title(module)}…" if module else "Add a module…"
        self._picker.ask(question, self._kind_choices(link, open_input))

    def _kind_choices(self, link: Link | None, open_input: tuple[str, int] | None) -> list[Choice]:
        editor = self._canvas.editor
        kinds = [*Module.registry, *Loss.registry]
        fitting = frozenset(kinds)
        if open_input:
            fitting = frozenset(editor.fitting_kinds(kinds, target=open_input[0], port=open_input[1]))
        choices = []
        for entry in kind_entries(kinds):
            refusal = editor.why_not_insert(link, entry.name) if link else None
            if entry.name not in fitting:
                refusal = f"{entry.name} gives its number to nothing."
            choices.append(
                Choice(
                    f"kind:{entry.name}",
                    entry.name,
                    entry.word,
                    section=entry.section,
                    further=entry.help,
                    family=entry.family,
                    why_not=refusal or "",
                    act=self._adding(entry.name, link, open_input),
                )
            )
        return choices

    def _adding(self, kind: str, link: Link | None, open_input: tuple[str, int] | None) -> Callable[[], object]:
        if link:
            return lambda: self._add_on_link(kind, link)
        if open_input:
            return lambda: self._add_before(kind, *open_input)
        return lambda: self._canvas.add_kind(kind)

    def _add_on_link(self, kind: str, link: Link) -> None:
        items = self._canvas.scene.modules
        middle = (items[link.source].rect.center() + items[link.target].rect.center()) / 2
        self._canvas.show_module(self._canvas.editor.add_on_link(kind, link, middle))

    def _add_before(self, kind: str, module_id: str, port: int) -> None:
        card = self._canvas.scene.modules[module_id].rect
        wanted = QRectF(card.topLeft() - QPointF(NEW_CARD.width() + CARD_GAP, 0), NEW_CARD)
        place = free_place(wanted, self._canvas.scene.stages.taken_rects())
        self._canvas.show_module(self._canvas.editor.add_wired(kind, place, target=module_id, port=port))

    def ask_to_replace(self) -> None:
        """Ask what to put in the place of the selected module."""
        module = self._module()
        if module is None:
            return
        choices = [
            Choice(
                f"kind:{entry.name}",
                entry.name,
                entry.word,
                section=entry.section,
                further=entry.help,
                family=entry.family,
                act=lambda kind=entry.name, module_id=module.id: self._canvas.editor.replace(module_id, kind),  # type: ignore[misc]
            )
            for entry in kind_entries(self._replacements(module))
        ]
        self._picker.ask(f"Replace {title(module)} by…", choices)

    def _replacements(self, module: ModuleSpec) -> list[str]:
        kinds = [*Module.registry, *Loss.registry]
        return [kind for kind in kinds if self._canvas.editor.can_replace(module.id, kind)]

    # ---------------------------------------------------------------- wires

    def ask_to_connect(self) -> None:
        """Ask where the selected module's output goes; of a selected wire or open input, where it comes from."""
        module, link = self._module(), self._link()
        if module is not None and not is_loss(module.kind):
            self._picker.ask(f"Connect {title(module)} to…", self._target_choices(module))
            return
        ends = self.open_input or ((link.target, link.port) if link else (module.id, 0) if module else None)
        if ends is not None:
            name = self._input_name(*ends)
            self._picker.ask(f"Feed {name} from…", self._source_choices(*ends))

    def _target_choices(self, source: ModuleSpec) -> list[Choice]:
        network, editor = self._project.network, self._canvas.editor
        fed = {(link.target, link.port): link.source for link in network.links}
        choices = []
        for module_id in walk_order(self._project):
            module = network.module(module_id)
            for port in range(max(1, port_count(module.kind, module.settings))):
                feeding = fed.get((module_id, port))
                refusal = editor.why_not(source.id, module_id, port)
                if feeding == source.id:
                    refusal = "The wire is there already."
                note = f"instead of {title(network.module(feeding))}" if feeding else "free"
                if shape := self._shape(module_id):
                    note = f"{shape}, {note}"
                if editor.becomes_recurrent(source.id, module_id):
                    note += ", recurrent"
                choices.append(
                    self._end_choice(
                        module, self._input_name(module_id, port), note, refusal,
                        lambda module_id=module_id, port=port: editor.connect(source.id, module_id, port),  # type: ignore[misc]
                    )
                )  # fmt: skip
            if editor.can_grow(module_id) and editor.why_not(source.id, module_id, 0) is None:
                act = lambda module_id=module_id: editor.connect_one_more(source.id, module_id)  # noqa: E731
                choices.append(self._end_choice(module, f"{title(module)}, one more input", "new", None, act))
        return _fitting_first(choices)

    def _source_choices(self, target: str, port: int) -> list[Choice]:
        network, editor = self._project.network, self._canvas.editor
        fed = {(link.target, link.port): link.source for link in network.links}
        choices = []
        for module_id in walk_order(self._project):
            module = network.module(module_id)
            refusal = editor.why_not(module_id, target, port)
            if fed.get((target, port)) == module_id:
                refusal = "The wire is there already."
            note = ", ".join([self._shape(module_id), *["recurrent"] * editor.becomes_recurrent(module_id, target)])
            act = lambda module_id=module_id: editor.connect(module_id, target, port)  # noqa: E731
            choices.append(self._end_choice(module, title(module), note, refusal, act))
        return _fitting_first(choices)

    def _end_choice(
        self, module: ModuleSpec, text: str, note: str, refusal: str | None, act: Callable[[], object]
    ) -> Choice:
        kind = find_kind(module.kind)
        return Choice(
            f"end:{text}",
            text,
            note,
            section=FITS_NOT if refusal else FITS,
            further=module.kind,
            icon="circle-alert",
            family=kind.family if kind else None,
            why_not=refusal or "",
            act=act,
        )

    def _shape(self, module_id: str) -> str:
        """What a module puts out: it tells modules of the same name apart."""
        shape = self._canvas.scene.modules[module_id].card.shape
        return shape_text(shape) if shape else ""

    def _input_name(self, module_id: str, port: int) -> str:
        module = self._project.network.module(module_id)
        several = port_count(module.kind, module.settings) > 1
        return f"{title(module)}, input {port + 1}" if several else title(module)

    def set_recurrent(self) -> None:
        """Make the selected wire bring what was a step of time before, or what is now."""
        link = self._link()
        if link and not self._why_not_recurrent(link):
            self._canvas.editor.set_recurrent(link, not link.is_recurrent)
            self._canvas.scene.select_links(
                frozenset(
                    each for each in self._project.network.links if (each.target, each.port) == (link.target, link.port)
                )
            )

    def _why_not_recurrent(self, link: Link | None) -> str:
        if link is None:
            return "Select a wire first."
        return self._canvas.editor.why_not_recurrent(link, not link.is_recurrent) or ""

    # ---------------------------------------------------------------- move, freeze

    def move(self, later: bool) -> None:
        """Let the selected module change places with its neighbour in the chain."""
        link = self._neighbour_link(later)
        module = self._module()
        if link is None or module is None or self._why_not_move(later):
            return
        after = self._with_cards_in_line(edits.swap(self._project, link), link)
        self._open.edit(f"Move {title(module)} {'down' if later else 'up'} the chain", after)
        self._canvas.show_module(module.id)

    def _with_cards_in_line(self, after: Project, link: Link) -> Project:
        """Cards of different width: in a row the gap between them stays, and so do the outer edges."""
        first, second = (self._canvas.scene.modules[each].rect for each in (link.source, link.target))
        before = self._project.network
        if not is_one_row(before.module(link.source).position, before.module(link.target).position):
            return after
        left, y = before.module(link.source).position
        behind = left + second.width() + (second.left() - first.right())
        return edits.move_modules(after, {link.target: (left, y), link.source: (behind, y)})

    def _neighbour_link(self, later: bool) -> Link | None:
        """The wire to the next module of the chain, or from the one before."""
        module = self._module()
        if module is None:
            return None
        links = [each for each in self._project.network.links if module.id == (each.source if later else each.target)]
        return links[0] if links else None

    def _why_not_move(self, later: bool) -> str:
        module, link = self._module(), self._neighbour_link(later)
        if module is None:
            return _ONE_MODULE
        if link is None:
            return f"{title(module)} is the {'last' if later else 'first'} of its chain."
        return can_swap(self._project, link) or ""


def _fitting_first(choices: list[Choice]) -> list[Choice]:
    return sorted(choices, key=lambda each: bool(each.why_not))

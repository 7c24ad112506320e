"""Settings and session: two small files. Settings are decisions; the session is where the windows stood.

Both are JSON in the user's configuration folder (``$CONVNET_STUDIO_HOME`` overrides it). A file that cannot be read is
treated as empty: no start ever fails over it.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

import platformdirs

Record = TypeVar("Record", "Settings", "Session")

RECENT_FILES = 8


@dataclass
class Settings:
    """What the user decided.

    Attributes:
        theme: ``light``, ``dark`` or ``system``. `threads`: of the engine.
        wires: what they tell, ``off``, ``activation`` or ``gradient``. `cost_bars`, `minimap`: whether there
            are any.
    """

    theme: str = "system"
    threads: int = 1
    marks_seen: bool = False
    minimap: bool = True
    wires: str = "off"
    cost_bars: bool = True


@dataclass
class Session:
    """Where things stood: window geometry, docks (base64), open views, files opened lately, uses of each command.

    May be deleted without harm.
    """

    geometry: str = ""
    docks: str = ""
    views: list[str] = field(default_factory=list)
    recent: list[str] = field(default_factory=list)
    uses: dict[str, int] = field(default_factory=dict)

    def remember(self, path: Path) -> None:
        """Put `path` first among the recent files."""
        name = str(path.resolve())
        self.recent = [name, *(each for each in self.recent if each != name)][:RECENT_FILES]


def config_folder() -> Path:
    """Where settings and session lie; made if need be."""
    home = os.environ.get("CONVNET_STUDIO_HOME")
    folder = Path(home) if home else platformdirs.user_config_path("convnet-studio", appauthor=False)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def load(kind: type[Record]) -> Record:
    """Read a Settings or Session; defaults for whatever is missing or of the wrong type."""
    record = kind()
    try:
        stored: Any = json.loads(_file_of(kind).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return record
    for each in fields(kind):
        value = stored.get(each.name) if isinstance(stored, dict) else None
        if type(value) is type(getattr(record, each.name)):
            setattr(record, each.name, value)
    if isinstance(record, Session):
        record.uses = {name: count for name, count in record.uses.items() if type(count) is int and count > 0}
    if isinstance(record, Settings):
        record.threads = min(max(record.threads, 1), 2)
    return record


def store(record: Settings | Session) -> None:
    """Write a Settings or Session; a disk that refuses is no reason to stop."""
    path = _file_of(type(record))
    beside = path.with_suffix(".new")
    try:
        beside.write_text(json.dumps(asdict(record), indent=2), encoding="utf-8")
        beside.replace(path)
    except OSError:
        return


def _file_of(kind: type) -> Path:
    return config_folder() / f"{kind.__name__.lower()}.json"

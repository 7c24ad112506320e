"""Assets: fonts, icons, themes, data sets. The one place that knows where they lie."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_INSTALLED = _PACKAGE / "assets"
_ROOT = _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent / "assets"


def asset_path(name: str) -> Path:
    """The file ``assets/<name>``, in a checkout as in an installed wheel.

    Raises:
        FileNotFoundError: if the program was installed without it.
    """
    path = _ROOT / name
    if not path.exists():
        raise FileNotFoundError(f"The program's own file assets/{name} is missing: install ConvNet Studio again.")
    return path

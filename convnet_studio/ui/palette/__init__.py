"""The palette: everything that can be put onto the canvas, by family, and the presets to start from."""

from convnet_studio.ui.palette.palette import Palette

__all__ = ["Palette"]

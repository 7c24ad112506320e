"""The canvas: cards of modules with live feature maps, wires between them, and the gestures that edit the drawing.

`card` says what a card shows, `card_layout` where, `bodies` paint the live part and `card_painter` the rest. `scene`
keeps the items in step with the project; `gestures` turn mouse and keys into calls of `editor`, the one place that
edits the project.
"""

"""Pictures: the canvas, any view or the whole window as SVG, PDF or PNG."""

ENDINGS = (".svg", ".pdf", ".png")
"""Of the names of pictures; the command line knows them without loading Qt."""

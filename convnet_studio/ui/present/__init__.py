"""Presenting: the page or the canvas full screen, scaled for the back row, in the hands of a clicker."""

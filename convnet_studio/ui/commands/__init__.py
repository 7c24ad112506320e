"""Commands by their names and keys: the command palette, the shortcut sheet, and lists to choose from."""

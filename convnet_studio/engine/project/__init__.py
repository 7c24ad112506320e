"""What the user edits, as values: a Project is immutable, and every edit is a pure function from one to the next."""

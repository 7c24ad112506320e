"""The Learn workspace: the course, the pages of a lesson, and the live scene that they speak of."""

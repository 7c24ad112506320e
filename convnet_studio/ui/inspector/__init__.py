"""The inspector: everything about what is selected, and the project's own settings while nothing is.

`inspector` chooses among `module_page`, `selection_page` and `project_page`; forms follow from the settings that
modules, optimizers and the training spec declare.
"""

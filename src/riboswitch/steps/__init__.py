"""The verbs, one file each: a Python function, and a `command` that reads files, calls it and saves files.

The head of a file says what the package needs to know about a verb. `verbs.py` reads it without an import:

- the docstring: the help text;
- ``__all__``: the names that ``riboswitch`` offers in Python;
- ``__verb__``: the panel of ``riboswitch --help``, and a number that sorts the verbs by their order of use.
"""

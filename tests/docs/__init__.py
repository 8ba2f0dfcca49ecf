"""The documentation: pages made from the code, and tests that the others are true.

`python -m tests.docs` writes the pages that are made: after a change of a setting or a command.
"""

"""What is wrong with a file that came or is to be sent."""

from __future__ import annotations

from mi_core.errors import MiError

__all__ = ["BadFile", "BadInputFile"]


class BadFile(MiError):
    """A file that cannot be read, is not what its interface describes, or looks like an attack. Nothing of it was used."""

    code = "bad_file"


class BadInputFile(BadFile):
    """The same of a file of the hospital's own, a table for instance: it was looked at before anything was sent."""

    code = "bad_input_file"

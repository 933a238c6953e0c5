"""What is wrong with a file that came or is to be sent."""

from __future__ import annotations

from mi_core.errors import MiError

__all__ = ["BadFile"]


class BadFile(MiError):
    """A file that cannot be read, is not what its interface describes, or looks like an attack. Nothing of it was used."""

    code = "bad_file"

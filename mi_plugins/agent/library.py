"""The vendor's library through ctypes. Only the worker process comes here."""

from __future__ import annotations

import ctypes
from typing import Any, Final

from mi_plugins.agent.messages import Done, Part
from mi_plugins.agent.settings import LibrarySettings
from mi_plugins.agent.texts import decoded, encoded

__all__ = ["Library", "Unusable"]

_GUARD: Final = b"\xa5" * 64
"""Stands behind the buffer: a library that writes there has damaged memory, and nothing it says is believed."""


class Unusable(Exception):
    """The library cannot be used: which part of it, and what the system said."""

    def __init__(self, part: Part, said: object) -> None:
        super().__init__(str(said))
        self.part = part


class Library:
    """Loaded and initialised, its functions looked up. Raises :class:`Unusable`."""

    def __init__(self, settings: LibrarySettings) -> None:
        self._settings = settings
        loader: Any = getattr(ctypes, "WinDLL", ctypes.CDLL) if settings.stdcall else ctypes.CDLL
        try:
            library = loader(settings.path)
        except OSError as error:
            raise Unusable("library", error) from error
        self._function = _function(library, settings.function, "function")
        if settings.init:
            code = _function(library, settings.init, "init")()
            if code not in settings.ok:
                raise Unusable("init", f"{settings.init} returned {code}")

    def call(self, infno: str, message: str) -> Done:
        """Give it one message; everything that happened in the answer, nothing raised."""
        settings = self._settings
        try:
            texts = {
                name: encoded(text, settings.encoding)
                for name, text in (("infno", infno), ("input", message))
            }
        except ValueError as error:
            return Done(called=False, reason=str(error))
        width = 2 if settings.encoding == "utf-16" and settings.unit == "characters" else 1
        room = settings.buffer * width
        output = ctypes.create_string_buffer(bytes(room) + _GUARD, room + len(_GUARD))
        size = ctypes.c_int(settings.buffer)
        values: dict[str, Any] = {
            **{name: ctypes.create_string_buffer(text, len(text)) for name, text in texts.items()},
            "output": output,
            "size": size,
            "size*": ctypes.byref(size),
        }
        code = int(self._function(*(values[name] for name in settings.arguments)))
        data = output.raw
        if data[room:] != _GUARD:
            return Done(
                called=True, return_code=code, reason="the library wrote beyond its buffer", broken=True
            )
        if size.value > settings.buffer:
            return Done(called=True, return_code=code, reason="the buffer is too small for the reply")
        return self._read(code, data[:room])

    def _read(self, code: int, data: bytes) -> Done:
        try:
            text = decoded(data, self._settings.encoding)
        except UnicodeDecodeError:
            return Done(called=True, return_code=code, reason="the reply is not in the library's encoding")
        if text is None:
            return Done(called=True, return_code=code, reason="the reply fills the buffer without an end")
        return Done(called=True, return_code=code, message=text, failed=code not in self._settings.ok)


def _function(library: Any, name: str, part: Part) -> Any:
    try:
        function = getattr(library, name)
    except AttributeError as error:
        raise Unusable(part, error) from error
    function.restype = ctypes.c_int
    return function

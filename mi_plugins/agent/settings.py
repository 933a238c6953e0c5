"""What the agent must know of the library and of itself."""

from __future__ import annotations

from typing import Final, Literal

import attrs

from mi_core.errors import ConfigError

__all__ = ["ARGUMENTS", "ENCODINGS", "AgentSettings", "LibrarySettings"]

ENCODINGS: Final = ("gbk", "gb18030", "utf-16", "utf-8")
ARGUMENTS: Final = ("infno", "input", "output", "size", "size*")
Unit = Literal["bytes", "characters"]


@attrs.frozen(kw_only=True)
class LibrarySettings:
    """The vendor's function: ``int function(…)`` with texts that end in a zero."""

    path: str
    function: str = "call"
    arguments: tuple[str, ...] = ("infno", "input", "output", "size")
    """In order: ``infno`` and ``input`` (texts), ``output`` (buffer), ``size`` (its room, an int) or ``size*`` (a pointer to
    it, into which the library may write the length)."""
    encoding: str = "gbk"
    """``gbk``: characters that GBK lacks (rare names) travel as JSON escapes, replies are read as GB 18030; ``gb18030``;
    ``utf-16`` (little endian); ``utf-8``."""
    buffer: int = 4 * 1024 * 1024
    """Room for the reply, in ``unit``, the terminating zero included."""
    unit: Unit = "bytes"
    """What ``size`` counts."""
    ok: tuple[int, ...] = (0,)
    """Return codes after which the output is the bureau's reply; with any other the call is *failed*."""
    init: str = ""
    """A function without arguments, called once when the library was loaded; it must return one of ``ok``."""
    stdcall: bool = False
    """Windows: the library's calling convention."""

    def __attrs_post_init__(self) -> None:
        wrong = [a for a in self.arguments if a not in ARGUMENTS]
        if wrong or not {"input", "output"} <= set(self.arguments):
            raise ConfigError(
                f"参数表须含 input 与 output，可用 {'、'.join(ARGUMENTS)}",
                f"arguments need input and output; known: {', '.join(ARGUMENTS)}",
                hint_zh="按厂商文档中函数参数的次序填写", hint_en="in the order of the vendor's function",
            )  # fmt: skip
        if self.encoding not in ENCODINGS:
            raise ConfigError(
                f"编码应为 {'、'.join(ENCODINGS)} 之一", f"the encoding is one of {', '.join(ENCODINGS)}"
            )


@attrs.frozen(kw_only=True)
class AgentSettings:
    """How the agent serves."""

    library: LibrarySettings
    token: str = attrs.field(repr=False)
    timeout: float = 110.0
    """Seconds for one call of the library; then its process is ended and the call is told as unknown."""
    patience: float = 20.0
    """Seconds that a call waits for its turn; then it is told as not called."""
    waiting: int = 50
    """Calls that may wait for their turn; more are told as not called at once."""
    hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")
    """Names under which the agent may be addressed (``Host``), without port."""

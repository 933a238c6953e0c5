"""The allow-list alone, for tools that look at plugins even where the rest of the configuration has mistakes."""

from __future__ import annotations

from pathlib import Path

from mi_core.config import keys
from mi_core.config.load import ConfigMistakes, Reader, source_of
from mi_core.config.sources import Mistake, Tree, environment_values, file_values

__all__ = ["allowed_plugins"]


def allowed_plugins(path: str | Path | None = None) -> tuple[str, ...]:
    """``[plugins] allow`` of the file and variables that :func:`mi_core.config.load_config` reads; empty without any.

    Raises ``ConfigError`` for a file that cannot be read and for a wrong ``[plugins]``.
    """
    tree, ignored, mistakes = Tree(), list[Mistake](), list[Mistake]()
    source = source_of(path)
    if source is not None:
        file_values(tree, source)
    environment_values(tree, ignored)
    allow: tuple[str, ...] = (
        Reader(tree, mistakes, source).section(("plugins",), keys.PLUGINS).get("allow", ())
    )
    if mistakes:
        raise ConfigMistakes(mistakes)
    return allow

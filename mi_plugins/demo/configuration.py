"""The sandbox's configuration and nothing else: the operator's ``MI_*`` variables may name a real gateway."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mi_core.config import Config

__all__ = ["sandbox_config"]


def sandbox_config(text: str, path: Path) -> Config:
    """Write ``text`` to ``path`` and read it. Raises ``ConfigError`` unless it is a test configuration."""
    from mi_core.config import load_config, require_test_environment

    path.write_text(text, encoding="utf-8")
    hidden = {name: os.environ.pop(name) for name in list(os.environ) if name.upper().startswith("MI_")}
    try:
        config = load_config(path)
    finally:
        os.environ.update(hidden)
    require_test_environment(config, "mi demo")
    return config

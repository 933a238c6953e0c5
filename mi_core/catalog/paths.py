"""Where the catalogue's data lies: beside the packages in a checkout, inside ``mi_core/_data`` in a wheel."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from mi_core.errors import ConfigError

__all__ = ["data_root", "schema_root"]


def _find(name: str) -> Path:
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "_data" / name, package.parent / name):
        if folder.is_dir():
            return folder
    raise ConfigError(
        f"找不到数据目录 {name}",
        f"the data folder {name} is missing",
        hint_zh="安装不完整：请重新安装 mi-core",
        hint_en="the installation is incomplete: install mi-core again",
    )


@cache
def data_root() -> Path:
    """The folder ``interface_catalog``; raises :class:`~mi_core.errors.ConfigError` when the installation lacks it."""
    return _find("interface_catalog")


@cache
def schema_root() -> Path:
    """The folder ``schema`` (JSON Schemas of the documents, database migrations)."""
    return _find("schema")

"""Where values come from: file, environment, keywords — merged into one tree that remembers the origin of each value."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from mi_core.errors import ConfigError

__all__ = ["TABLES", "Mistake", "Tree", "environment_values", "file_values", "keyword_values"]

TABLES = (
    "institutions",
    "transport",
    "store",
    "journal",
    "catalogues",
    "mapping",
    "limits",
    "bridge",
    "serve",
    "plugins",
    "secrets",
)
_SECRET_FORMS = frozenset({"env", "file"})

Path_ = tuple[str, ...]


@attrs.frozen
class Mistake:
    """One thing to correct: where it stands, which key, and what to do."""

    origin: str
    key: str
    zh: str
    en: str

    def message(self, lang: str) -> str:
        """One line."""
        return (
            f"{self.origin}: {self.key}: {self.en}"
            if lang == "en"
            else f"{self.origin}：{self.key}：{self.zh}"
        )


@attrs.define
class Tree:
    """Leaves by path; a later source replaces single leaves of an earlier one, so that a variable can set one key."""

    values: dict[Path_, Any] = attrs.Factory(dict)
    origins: dict[Path_, str] = attrs.Factory(dict)

    def put(self, path: Path_, value: Any, origin: str) -> None:
        """Set one leaf; it replaces everything at and below ``path``."""
        for old in [p for p in self.values if p[: len(path)] == path]:
            del self.values[old], self.origins[old]
        self.values[path], self.origins[path] = value, origin

    def children(self, path: Path_) -> list[str]:
        """Names directly below ``path``, in order of appearance."""
        names = (p[len(path)] for p in self.values if len(p) > len(path) and p[: len(path)] == path)
        return list(dict.fromkeys(names))

    def origin(self, path: Path_) -> str:
        """Where ``path`` or something below it comes from."""
        return next((o for p, o in self.origins.items() if p[: len(path)] == path), "")


def _leaves(value: Any, path: Path_ = ()) -> Iterator[tuple[Path_, Any]]:
    is_table = isinstance(value, Mapping) and not (value and _SECRET_FORMS.issuperset(value))
    if is_table and value:
        for key, inner in value.items():
            yield from _leaves(inner, (*path, str(key)))
    elif not is_table or path:
        yield path, value


def file_values(tree: Tree, path: Path) -> None:
    """Add the content of a TOML file; raises :class:`ConfigError` when it cannot be read at all."""
    try:
        content = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(
            f"无法读取配置文件 {path}：{error.strerror or error}",
            f"cannot read {path}: {error.strerror or error}",
            hint_zh="用 mi new-config 生成一个，或检查路径与权限",
            hint_en="make one with: mi new-config, or check path and permissions",
        ) from None
    except UnicodeDecodeError:
        raise ConfigError(
            f"配置文件 {path} 不是 UTF-8 编码", f"{path} is not UTF-8",
            hint_zh="用编辑器另存为 UTF-8", hint_en="save it as UTF-8",
        ) from None  # fmt: skip
    try:
        document = tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            f"配置文件 {path} 不是有效的 TOML：{error}",
            f"{path} is no valid TOML: {error}",
            hint_zh="文本值要加引号；可用 mi new-config 对照格式",
            hint_en="texts need quotes; compare with: mi new-config",
        ) from None
    for key, value in _leaves(document):
        tree.put(key, value, str(path))


def environment_values(tree: Tree, mistakes: list[Mistake], environ: Mapping[str, str] = os.environ) -> None:
    """Add ``MI_ENVIRONMENT`` and ``MI_<SECTION>__<KEY>`` (``MI_INSTITUTIONS__H43…__GATEWAY__SECRET_KEY``)."""
    for name in sorted(environ):
        upper = name.upper()
        if not upper.startswith("MI_") or (upper != "MI_ENVIRONMENT" and "__" not in upper):
            continue
        raw = name[3:].split("__")
        path = tuple(p.lower() for p in raw)
        if path[0] not in (*TABLES, "environment") or not all(path):
            mistakes.append(
                Mistake(name, "", f"没有此配置项；可用的部分：{', '.join(TABLES)}", f"no such key; sections: {', '.join(TABLES)}")
            )  # fmt: skip
            continue
        if path[0] == "institutions" and len(path) > 1:
            known = {c.lower(): c for c in tree.children(("institutions",))}
            path = (path[0], known.get(path[1], raw[1]), *path[2:])
        tree.put(path, environ[name], f"环境变量 {name}")


def keyword_values(tree: Tree, overrides: Mapping[str, Any]) -> None:
    """Add keyword arguments: nested (``store={"operation_log": …}``) or joined (``store__operation_log=…``)."""
    for name, value in overrides.items():
        start = tuple(name.split("__"))
        for path, leaf in _leaves(value, start):
            tree.put(path, leaf, "关键字参数")

"""Reading one value of the configuration; a wrong one is told, never guessed, and a secret is never repeated."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from mi_core.config.keys import Key
from mi_core.errors import ConfigError
from mi_core.plugin import Secret

__all__ = ["UNREADABLE", "convert"]

UNREADABLE: Final = object()
"""Returned after the mistake was told."""

Tell = Callable[[str, str], None]
_SEALABLE: Final = frozenset({"secret", "sm2-private", "store", "journal", "proxy"})
"""Kinds that may hold a secret; every other one is shown in plain and is not worth sealing."""


def convert(key: Key, value: Any, folder: Path, tell: Tell, unseal: Callable[[str], str]) -> Any:
    """``value`` as the kind that ``key`` says, or :data:`UNREADABLE` after telling what is wrong.

    ``unseal`` opens an ``sm4://…`` value and raises ``ConfigError``.
    """
    if key.kind in ("secret", "sm2-private", "sm2-public"):
        value = _read(value, folder, tell)
    if isinstance(value, str) and value.startswith("sm4://"):
        value = _opened(key, value, tell, unseal)
    if value is UNREADABLE:
        return value
    result = _READERS.get(key.kind, _text)(key, value, folder, tell)
    if result is UNREADABLE or not isinstance(result, str):
        return result
    if key.choices and result not in key.choices:
        choices = "、".join(key.choices)
        tell(f"应为 {choices} 之一", f"must be one of {', '.join(key.choices)}")
        return UNREADABLE
    if key.limit is not None and len(result) > key.limit:
        tell(
            f"最长 {key.limit} 个字符，现为 {len(result)}",
            f"at most {key.limit} characters, has {len(result)}",
        )
        return UNREADABLE
    if key.required and not result.strip():
        tell(f"不能为空：{key.zh}", f"must not be empty: {key.en}")
        return UNREADABLE
    return result


def _text(_key: Key, value: Any, _folder: Path, tell: Tell) -> Any:
    if isinstance(value, str):
        return value
    tell("应为文本，请加引号", "must be a text, put it in quotes")
    return UNREADABLE


def _area(key: Key, value: Any, folder: Path, tell: Tell) -> Any:
    text = _text(key, value, folder, tell)
    if isinstance(text, str) and text and not (text.isascii() and text.isdigit() and len(text) == 6):
        tell("应为 6 位数字的行政区划代码", "must be an area code of 6 digits")
        return UNREADABLE
    return text


def _opened(key: Key, value: str, tell: Tell, unseal: Callable[[str], str]) -> Any:
    if key.kind not in _SEALABLE:
        tell("此项不是机密，不能用 sm4://…", "this is no secret and is not sealed")
        return UNREADABLE
    try:
        return unseal(value)
    except ConfigError as error:
        hint = [f"；{error.hint_zh}" if error.hint_zh else "", f"; {error.hint_en}" if error.hint_en else ""]
        tell(error.zh + hint[0], error.en + hint[1])
        return UNREADABLE


def _read(value: Any, folder: Path, tell: Tell) -> Any:
    """The text of a value that may stand in a variable or a file; ``Secret`` and text pass."""
    if isinstance(value, str | Secret):
        return value
    if isinstance(value, Mapping) and len(value) == 1:
        ((form, name),) = value.items()
        if form == "env" and isinstance(name, str):
            if os.environ.get(name):
                return os.environ[name]
            tell(f"环境变量 {name} 未设置", f"the variable {name} is not set")
            return UNREADABLE
        if form == "file" and isinstance(name, str):
            try:
                return (folder / name).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError):
                tell(f"无法读取文件 {name}", f"cannot read the file {name}")
                return UNREADABLE
    tell('应为文本、{ env = "变量名" } 或 { file = "文件" }', "must be a text, { env = … } or { file = … }")
    return UNREADABLE


def _secret(key: Key, value: Any, _folder: Path, tell: Tell) -> Any:
    secret = value if isinstance(value, Secret) else Secret(value)
    if key.required and not secret.reveal().strip():
        tell(f"不能为空：{key.zh}", f"must not be empty: {key.en}")
        return UNREADABLE
    return secret


def _private_key(key: Key, value: Any, folder: Path, tell: Tell) -> Any:
    from mi_core.crypto import KeyFormatError, read_private_key

    secret = _secret(key, value, folder, tell)
    if secret is not UNREADABLE:
        try:
            read_private_key(secret.reveal())
        except KeyFormatError as error:
            tell(error.zh, error.en)
            return UNREADABLE
    return secret


def _public_key(_key: Key, value: Any, _folder: Path, tell: Tell) -> Any:
    from mi_core.crypto import KeyFormatError, read_public_key

    text = value.reveal() if isinstance(value, Secret) else value
    try:
        read_public_key(text)
    except KeyFormatError as error:
        tell(error.zh, error.en)
        return UNREADABLE
    return text


def _table(_key: Key, value: Any, _folder: Path, tell: Tell) -> Any:
    if isinstance(value, Mapping) and all(
        isinstance(k, str) and isinstance(v, str) for k, v in value.items()
    ):
        return dict(value)
    tell('应为表，如 { 名称 = "值" }', 'must be a table, e.g. { name = "value" }')
    return UNREADABLE


def _interfaces(key: Key, value: Any, folder: Path, tell: Tell) -> Any:
    texts = _texts(key, value, folder, tell)
    if texts is not UNREADABLE and not (texts and all(_is_pattern(text) for text in texts)):
        tell(
            '应为交易编号列表，如 ["6201", "71*"]', 'must be a list of interface codes, e.g. ["6201", "71*"]'
        )
        return UNREADABLE
    return texts


def _is_pattern(text: str) -> bool:
    code = text.removesuffix("*")
    return code.isascii() and code.isalnum()


def _url(key: Key, value: Any, folder: Path, tell: Tell) -> Any:
    text = _text(key, value, folder, tell)
    if text is UNREADABLE:
        return text
    try:
        parts = urlsplit(text)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
        clean = key.kind == "proxy" or (not parts.username and not parts.fragment)
    except ValueError:
        valid = clean = False
    if text and not (valid and clean):
        tell(
            "应为 http:// 或 https:// 开头的完整地址，不含用户名",
            "must be a full http:// or https:// address without a user name",
        )
        return UNREADABLE
    return text


def _number(key: Key, value: Any, _folder: Path, tell: Tell) -> Any:
    try:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise ValueError
        number = int(value) if key.kind == "whole" else float(value)
        if isinstance(value, float) and number != value:
            raise ValueError
    except ValueError:
        tell("应为数字", "must be a number")
        return UNREADABLE
    if not (number > 0 or (key.zero and number == 0)) or number > (key.limit or float("inf")):
        least = ("不小于 0", "at least 0") if key.zero else ("大于 0", "more than 0")
        tell(f"应{least[0]}，且不超过 {key.limit}", f"must be {least[1]} and at most {key.limit}")
        return UNREADABLE
    return number


def _flag(_key: Key, value: Any, _folder: Path, tell: Tell) -> Any:
    if isinstance(value, bool):
        return value
    words = {
        "true": True,
        "1": True,
        "yes": True,
        "on": True,
        "false": False,
        "0": False,
        "no": False,
        "off": False,
    }
    if isinstance(value, str) and value.strip().lower() in words:
        return words[value.strip().lower()]
    tell("应为 true 或 false", "must be true or false")
    return UNREADABLE


def _path(key: Key, value: Any, folder: Path, tell: Tell) -> Any:
    if not isinstance(value, str | Path) or not str(value):
        tell("应为文件路径", "must be a path")
        return UNREADABLE
    path = folder / value
    if key.name != "key_file" and not path.is_file():
        tell(f"文件不存在：{path}", f"no such file: {path}")
        return UNREADABLE
    return path


def _texts(_key: Key, value: Any, _folder: Path, tell: Tell) -> Any:
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    if isinstance(value, list | tuple) and all(isinstance(v, str) for v in value):
        return tuple(value)
    tell('应为文本列表，如 ["甲", "乙"]', 'must be a list of texts, e.g. ["a", "b"]')
    return UNREADABLE


def _store(key: Key, value: Any, folder: Path, tell: Tell) -> Any:
    text = _text(key, value, folder, tell)
    if text is UNREADABLE or text == "memory":
        return text
    scheme, separator, rest = text.partition("://")
    if not separator or not scheme or not rest.lstrip("/"):
        tell("应为 memory 或 sqlite:///文件", "must be memory or sqlite:///file")
        return UNREADABLE
    if scheme != "sqlite":
        return text
    return f"sqlite:///{folder / rest[1:]}" if rest.startswith("/") else text


def _journal(key: Key, value: Any, folder: Path, tell: Tell) -> Any:
    text = str(value) if isinstance(value, Path) else _text(key, value, folder, tell)
    if text is UNREADABLE or text == "memory":
        return text
    scheme, separator, rest = text.partition("://")
    if not separator:
        if text.strip():
            return str(folder / text)
    elif scheme == "sqlite" and rest.startswith("/") and rest.strip("/"):
        return str(folder / rest[1:])
    elif scheme.partition("+")[0] in ("mysql", "mariadb", "postgresql") and rest.strip("/"):
        return text
    tell(
        "应为文件路径、mysql://…、postgresql://… 或 memory",
        "must be a file, mysql://…, postgresql://… or memory",
    )
    return UNREADABLE


def _codes(key: Key, value: Any, folder: Path, tell: Tell) -> Any:
    texts = _texts(key, value, folder, tell)
    if texts is not UNREADABLE and not all(text.isascii() and text.isalnum() for text in texts):
        tell('应为交易编号列表，如 ["2208"]', 'must be a list of interface codes, e.g. ["2208"]')
        return UNREADABLE
    return texts


def _amount(_key: Key, value: Any, _folder: Path, tell: Tell) -> Any:
    try:
        if isinstance(value, bool | float) and not float(value).is_integer():
            raise ValueError
        amount = Decimal(str(value).strip())
        if not amount.is_finite() or amount <= 0:
            raise ValueError
    except (ValueError, ArithmeticError):
        tell(
            '应为大于 0 的金额（元），如 100000 或 "99999.50"',
            'must be an amount above 0 in yuan, e.g. 100000 or "99999.50"',
        )
        return UNREADABLE
    return amount


_READERS: dict[str, Callable[[Key, Any, Path, Tell], Any]] = {
    "area": _area, "secret": _secret, "url": _url, "proxy": _url, "number": _number, "whole": _number,
    "flag": _flag, "path": _path, "texts": _texts, "store": _store, "journal": _journal,
    "codes": _codes, "amount": _amount, "table": _table, "interfaces": _interfaces, "sm2-private": _private_key,
    "sm2-public": _public_key,
}  # fmt: skip

"""Sealing the secrets of a configuration file in place: which values are secrets, how each one stands, and rewriting them.

The file keeps its comments and order: only the values change, and the result is read back and compared before it is
written. A value that stands over several lines is left as it is and told.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import attrs

from mi_core.config import keys
from mi_core.config.profiles import profile_of
from mi_core.config.secrets import SEAL_MARK, SEALED, SecretKeys
from mi_core.config.sources import Tree, file_values
from mi_core.errors import ConfigError

__all__ = ["SecretValue", "missing_keys", "refuse_damaged", "resealed", "sealed_text", "secrets_of"]

_SECRET_KINDS = frozenset({"secret", "sm2-private"})
_ADDRESSES = {("store", "operation_log"), ("journal", "path"), ("bridge", "database"), ("transport", "proxy")}
_STRING = r'("(?:[^"\\]|\\.)*"|\'[^\']*\')'


@attrs.frozen
class SecretValue:
    """One secret of the file and how it stands there."""

    path: tuple[str, ...]
    form: Literal["plain", "sealed", "damaged", "env", "file"]
    """``damaged``: it begins as a sealed value does and is none; only the plain value, written again, helps."""
    key_id: str = ""
    sealed_on: dt.date | None = None

    @property
    def name(self) -> str:
        """The key as errors name it."""
        return ".".join(self.path)


def secrets_of(source: Path, keyring: SecretKeys | None = None) -> list[SecretValue]:
    """Every secret that the file holds or refers to, in order. Raises ``ConfigError`` when the file cannot be read.

    With ``keyring`` a value that its own key does not open is ``damaged`` too.
    """
    tree = Tree()
    file_values(tree, source)
    return [
        _described(path, value, keyring)
        for path, value in tree.values.items()
        if _is_secret(tree, path, value) and value != ""
    ]


def _described(path: tuple[str, ...], value: Any, keyring: SecretKeys | None) -> SecretValue:
    if isinstance(value, Mapping):
        return SecretValue(path, "file" if "file" in value else "env")
    text = str(value).strip()
    if not text.lower().startswith(SEAL_MARK):
        return SecretValue(path, "plain")
    parts = SEALED.fullmatch(text)
    try:
        if parts is None:
            return SecretValue(path, "damaged")
        day = dt.datetime.strptime(parts[2], "%Y%m%d").date()
        if keyring is not None and any(key.id == parts[1] for key in keyring.keys):
            keyring.open(text, ".".join(path))
    except (ConfigError, ValueError):
        return SecretValue(path, "damaged", parts[1] if parts else "")
    return SecretValue(path, "sealed", parts[1], day)


def refuse_damaged(found: Sequence[SecretValue]) -> None:
    """Raise ``ConfigError`` that names every damaged value: sealed as if it were plain it would be lost for good."""
    names = [s.name for s in found if s.form == "damaged"]
    if names:
        raise ConfigError(
            f"封存的值已损坏，未做任何改动：{'、'.join(names)}", f"damaged sealed values, nothing was changed: {', '.join(names)}",
            hint_zh="在配置中重新写入明文值，再运行 mi secrets seal", hint_en="write the plain value again, then run: mi secrets seal",
        )  # fmt: skip


def missing_keys(found: Sequence[SecretValue], keyring: SecretKeys | None) -> dict[str, list[str]]:
    """The keys that sealed values name and ``keyring`` does not hold, with the names of these values."""
    known = {key.id for key in keyring.keys} if keyring is not None else set()
    missing: dict[str, list[str]] = {}
    for one in found:
        if one.form == "sealed" and one.key_id not in known:
            missing.setdefault(one.key_id, []).append(one.name)
    return missing


def _is_secret(tree: Tree, path: tuple[str, ...], value: Any) -> bool:
    if isinstance(value, str) and value.strip().lower().startswith(SEAL_MARK):
        return True
    if path in _ADDRESSES:  # a password may stand in the address
        return re.search(r"://[^/@]*:[^/@]*@", str(value)) is not None
    if path[0] != "institutions" or len(path) < 3:
        return False
    if len(path) == 3:  # the password of 9001
        own = keys.INSTITUTION.get(path[2])
        return own is not None and own.kind in _SECRET_KINDS
    at = 4 if path[2] == "gateways" else 3 if path[2] == "gateway" else 0
    if not at or len(path) != at + 1:
        return False
    profile = tree.values.get((*path[:at], "profile"))
    key: keys.Key | None = profile_of(profile if isinstance(profile, str) else "").section.get(path[at])
    return key is not None and key.kind in _SECRET_KINDS


def sealed_text(source: Path, keyring: SecretKeys) -> tuple[str, list[str], list[str]]:
    """The file's text with its plain secrets sealed; the names of these, and of those that could not be.

    Raises ``ConfigError`` when a value is damaged.
    """
    found = secrets_of(source, keyring)
    refuse_damaged(found)
    plain = {s.path for s in found if s.form == "plain"}
    text = source.read_text(encoding="utf-8-sig")
    table: tuple[str, ...] = ()
    lines, done = [], set[tuple[str, ...]]()
    for line in text.splitlines(keepends=True):
        if line.lstrip().startswith("["):
            table = _table(line) or table
        for path, value in _values(line, table).items():
            if path in plain and isinstance(value, str):
                put = f'"{keyring.seal(value, ".".join(path))}"'
                line, count = _replaced(line, path[-1], put)
                if count:
                    done.add(path)
        lines.append(line)
    written = "".join(lines)
    _same_otherwise(text, written, keyring.open, done)
    return written, [".".join(p) for p in sorted(done)], [".".join(p) for p in sorted(plain - done)]


def resealed(text: str, old: SecretKeys, new: SecretKeys) -> tuple[str, int]:
    """The text with every sealed value sealed anew, for its place, by the first of ``new``; and how many.

    One that stands in a comment has no place: it stays as it is. One that stands in several places stays one for any.
    """
    places: dict[str, str] = {}
    for path, value in _flat(tomllib.loads(text), ()):
        if isinstance(value, str) and SEALED.fullmatch(value.strip()):
            places[value.strip()] = "" if value.strip() in places else ".".join(path)
    done = 0

    def anew(match: re.Match[str]) -> str:
        nonlocal done
        place = places.get(match[0])
        if place is None:
            return match[0]
        done += 1
        return new.seal(old.open(match[0], place), place)

    return SEALED.sub(anew, text), done


def _replaced(line: str, name: str, put: str) -> tuple[str, int]:
    pattern = rf"((?<![\w.-]){re.escape(name)}\s*=\s*){_STRING}"
    return re.subn(pattern, lambda m: m[1] + put, line, count=1)


def _table(line: str) -> tuple[str, ...] | None:
    tree = _parsed(line)
    path: list[str] = []
    while isinstance(tree, dict) and tree:
        name, tree = next(iter(tree.items()))
        path.append(name)
    return tuple(path) or None


def _values(line: str, table: tuple[str, ...]) -> dict[tuple[str, ...], Any]:
    if "=" not in line or line.lstrip().startswith("["):
        return {}
    return dict(_flat(_parsed(line) or {}, table))


def _flat(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every leaf with its path."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _flat(inner, (*path, name))
    else:
        yield path, value


def _parsed(line: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(line)
    except tomllib.TOMLDecodeError:
        return None  # part of a value that stands over several lines


def _same_otherwise(
    before: str, after: str, unseal: Callable[[str, str], str], done: set[tuple[str, ...]]
) -> None:
    """Raise unless ``after`` says what ``before`` says once the new seals are opened."""
    old, new = tomllib.loads(before), tomllib.loads(after)
    for path in done:
        holder: Any = new
        for name in path[:-1]:
            holder = holder[name]
        holder[path[-1]] = unseal(holder[path[-1]], ".".join(path))
    if old != new:
        raise ConfigError(
            "无法在原处封存，文件未改动", "the values cannot be sealed in place, the file was not changed",
            hint_zh="用 mi secrets seal --value 逐个封存后填入", hint_en="seal each one with mi secrets seal --value",
        )  # fmt: skip

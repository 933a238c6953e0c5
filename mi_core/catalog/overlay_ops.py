"""What each overlay operation does to a document.

=========  =============================================================================================
``add``    put ``value`` at ``pointer`` (``after`` a sibling, else last); missing ``x-mi required allOf anyOf`` grow,
           and an open object grows ``properties``; at the empty pointer: a whole document that was not there
``remove`` take the value away; a removed property also leaves the sibling ``required``
``replace`` exchange the value, its place stays
``move``   from ``from`` to ``pointer``; its requirement travels unless the target stands there already
``wrap``   a single-row node becomes a list of such rows; ``unwrap`` the reverse
=========  =============================================================================================
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from mi_core.catalog.nodes import unwrapped, wrapped
from mi_core.catalog.overlay import Entry
from mi_core.catalog.pointer import PointerError, element_index, parse, resolve
from mi_core.catalog.problems import CatalogProblem

__all__ = ["apply"]

_CONTAINERS: Mapping[str, type] = {
    "x-mi": dict,
    "required": list,
    "allOf": list,
    "anyOf": list,
    "properties": dict,
}


class _Misfit(Exception):
    """One entry cannot be applied; the texts say why."""

    def __init__(self, pointer: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.pointer, self.zh, self.en = pointer, zh, en


def apply(document: dict[str, Any], entries: Iterable[Entry], file: str) -> list[CatalogProblem]:
    """Apply ``entries`` to ``document`` in place; returns what did not fit (``file`` is the overlay's)."""
    problems: list[CatalogProblem] = []
    for entry in entries:
        try:
            _HANDLERS[entry.op](document, entry)
        except PointerError as error:
            problems.append(
                CatalogProblem(
                    file, error.pointer, f"{entry.document} 中没有“{error.token}”这一层",
                    f"{entry.document} has no {error.token!r} there", entry.index,
                )
            )  # fmt: skip
        except _Misfit as misfit:
            zh, en = f"{entry.document}：{misfit.zh}", f"{entry.document}: {misfit.en}"
            problems.append(CatalogProblem(file, misfit.pointer, zh, en, entry.index))
    return problems


def _parent(document: Any, pointer: str, *, grow: bool = False) -> tuple[Any, str, list[str]]:
    tokens = parse(pointer)
    if not tokens:
        raise _Misfit(pointer, "不能整体替换文档", "a whole document cannot be changed")
    if grow:
        for depth, key in enumerate(tokens[:-1]):
            above = resolve(document, tokens[:depth])
            if not isinstance(above, dict) or key not in _CONTAINERS or key in above:
                continue
            if key != "properties" or above.get("type") == "object":
                above[key] = _CONTAINERS[key]()
    return resolve(document, tokens[:-1]), tokens[-1], tokens


def _insert(target: dict[str, Any], key: str, value: Any, after: str | None, pointer: str) -> None:
    """Put ``key`` behind ``after`` (else last); keeps the same dict object."""
    if after is not None and after not in target:
        raise _Misfit(pointer, f"after 指向不存在的“{after}”", f"after names {after!r}, which does not exist")
    rest = list(target.items())
    target.clear()
    for k, v in rest:
        target[k] = v
        if k == after:
            target[key] = value
    if after is None:
        target[key] = value


def _siblings(document: Any, tokens: list[str]) -> tuple[dict[str, Any], list[str]] | None:
    """For a pointer to a property: the object that owns ``properties`` and its ``required`` list."""
    if len(tokens) < 2 or tokens[-2] != "properties":
        return None
    owner = resolve(document, tokens[:-2])
    if not isinstance(owner, dict):
        return None
    required = owner.get("required")
    return owner, required if isinstance(required, list) else []


def _set_required(owner: dict[str, Any], key: str, on: bool) -> None:
    required = [k for k in owner.get("required", []) if k != key]
    if on:
        required.append(key)
    if required:
        owner["required"] = required
    else:
        owner.pop("required", None)


def _add_document(document: dict[str, Any], entry: Entry) -> None:
    if document:
        raise _Misfit("", "文档已经存在，只能逐处修订", "the document exists: change it place by place")
    if not isinstance(entry.value, dict):
        raise _Misfit("", "应为完整的文档", "a whole document must stand here")
    document.update(copy.deepcopy(entry.value))


def _add(document: Any, entry: Entry) -> None:
    if entry.whole:
        _add_document(document, entry)
        return
    above, key, _ = _parent(document, entry.pointer, grow=True)
    value = copy.deepcopy(entry.value)
    if isinstance(above, dict):
        if key in above:
            raise _Misfit(
                entry.pointer, "这里已有内容，应使用 replace", "something stands here already: use replace"
            )
        _insert(above, key, value, entry.after, entry.pointer)
        return
    if not isinstance(above, list):
        raise PointerError(entry.pointer, key)
    if key != "-":
        if not key.startswith("@"):
            raise _Misfit(entry.pointer, "列表里只能用 - 或 @值 添加", "add to a list with - or @value only")
        if element_index(above, key) is not None:
            raise _Misfit(
                entry.pointer, "这里已有内容，应使用 replace", "something stands here already: use replace"
            )
        value = key[1:] if entry.value is None else value
    if entry.after is None:
        above.append(value)
        return
    token = entry.after if entry.after.startswith("@") else "@" + entry.after
    place = element_index(above, token)
    if place is None:
        raise _Misfit(
            entry.pointer, f"after 指向不存在的“{token}”", f"after names {token!r}, which does not exist"
        )
    above.insert(place + 1, value)


def _remove(document: Any, entry: Entry) -> None:
    above, key, tokens = _parent(document, entry.pointer)
    resolve(document, tokens)
    if isinstance(above, dict):
        del above[key]
        owner = _siblings(document, tokens)
        if owner:
            _set_required(owner[0], key, False)
        if not above and len(tokens) > 1 and tokens[-2] == "x-mi":
            del resolve(document, tokens[:-2])["x-mi"]
        return
    del above[element_index(above, key)]
    if not above and tokens[-2] in ("required", "allOf", "anyOf"):
        del resolve(document, tokens[:-2])[tokens[-2]]


def _replace(document: Any, entry: Entry) -> None:
    above, key, tokens = _parent(document, entry.pointer)
    resolve(document, tokens)
    place: Any = key if isinstance(above, dict) else element_index(above, key)
    above[place] = copy.deepcopy(entry.value)


def _move(document: Any, entry: Entry) -> None:
    assert entry.source is not None
    start, key, start_tokens = _parent(document, entry.source)
    value = resolve(document, start_tokens)
    tokens = parse(entry.pointer)
    if not isinstance(start, dict) or not tokens:
        raise _Misfit(entry.source, "只能移动对象的成员", "only members of objects can be moved")
    if tokens == start_tokens:
        raise _Misfit(entry.pointer, "起点与终点相同", "from and pointer are the same place")
    if start_tokens[: len(tokens)] == tokens:
        _move_up(document, entry, start, value, tokens)
        return
    if tokens[: len(start_tokens)] == start_tokens:
        if tokens[len(start_tokens) : -1] != ["properties"]:
            raise _Misfit(
                entry.pointer, "只能移入自身的 properties 之下", "a body moves to its own properties only"
            )
        start[key] = {"type": "object", "properties": {}}
        if isinstance(value, dict) and "title" in value:
            start[key] = {"title": value["title"], **start[key]}
        above = resolve(document, tokens[:-1])
        above[tokens[-1]] = value
        return
    origin = _siblings(document, start_tokens)
    needed = origin is not None and key in origin[1]
    above, name, _ = _parent(document, entry.pointer, grow=True)
    if not isinstance(above, dict):
        raise PointerError(entry.pointer, name)
    if above is start and name not in above and entry.after is None:
        items = [(name if k == key else k, v) for k, v in start.items()]
        start.clear()
        start.update(items)
        if origin and "required" in origin[0]:
            origin[0]["required"] = [name if k == key else k for k in origin[0]["required"]]
        return
    exists = name in above
    del start[key]
    if origin:
        _set_required(origin[0], key, False)
    if exists:
        above[name] = value
        return
    _insert(above, name, value, entry.after, entry.pointer)
    target = _siblings(document, tokens)
    if target and needed:
        _set_required(target[0], name, True)


def _move_up(document: Any, entry: Entry, start: dict[str, Any], value: Any, tokens: list[str]) -> None:
    """A child becomes its ancestor's body; it must be the only child, else something would be lost."""
    if len(start) != 1:
        raise _Misfit(
            entry.pointer, "原节点还有其他成员，不能整体替换", "the body has other members that would be lost"
        )
    above = resolve(document, tokens[:-1])
    if not isinstance(above, dict):
        raise PointerError(entry.pointer, tokens[-1])
    above[tokens[-1]] = value


def _wrap(document: Any, entry: Entry) -> None:
    above, key, tokens = _parent(document, entry.pointer)
    node = resolve(document, tokens)
    if not isinstance(above, dict) or not isinstance(node, dict):
        raise PointerError(entry.pointer, key)
    if node.get("type") != "object" or "properties" not in node:
        raise _Misfit(entry.pointer, "不是单行节点", "this is not a single-row node")
    above[key] = wrapped(node)


def _unwrap(document: Any, entry: Entry) -> None:
    above, key, tokens = _parent(document, entry.pointer)
    node = resolve(document, tokens)
    if not isinstance(above, dict) or not isinstance(node, dict):
        raise PointerError(entry.pointer, key)
    if node.get("type") != "array" or "properties" not in node.get("items", {}):
        raise _Misfit(entry.pointer, "不是多行节点", "this is not a node of many rows")
    above[key] = unwrapped(node)


_HANDLERS: Mapping[str, Callable[[Any, Entry], None]] = {
    "add": _add, "remove": _remove, "replace": _replace, "move": _move, "wrap": _wrap, "unwrap": _unwrap,
}  # fmt: skip

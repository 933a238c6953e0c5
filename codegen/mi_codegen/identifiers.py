"""Names: from wire names and Chinese labels to Python identifiers."""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping

from mi_core.model.code import Code
from mi_core.model.message import Request, Response, Row

__all__ = ["attribute_name", "is_class_name", "is_module_name", "member_names", "module_name"]

_IMPORTED = frozenset({"self", "dt", "attrs", "Decimal", "Mapping", "Sequence", "Any", "UNSET", "UnsetType"})
_BUILTIN = frozenset(name for name in dir(builtins) if name.islower())
_OWN = frozenset(name for base in (Request, Response, Row) for name in dir(base) if not name.startswith("_"))
_TAKEN = frozenset(dir(Code))


def attribute_name(wire: str) -> str:
    """``psn_no`` stays; ``in``, ``list``, ``meta`` get a trailing ``_``; ``hcv-ab`` becomes ``hcv_ab``."""
    # attrs strips leading underscores from the names of arguments, so none may begin with one
    name = re.sub(r"[^0-9A-Za-z_]", "_", wire).lstrip("_")
    if not name or name[0].isdigit():
        name = f"x_{name}"
    if keyword.iskeyword(name) or name in _BUILTIN | _IMPORTED | _OWN or (name != wire and name in _TAKEN):
        name += "_"
    return name


def is_class_name(name: str) -> bool:
    """ASCII CamelCase."""
    return re.fullmatch(r"[A-Z][0-9A-Za-z]*", name) is not None


def is_module_name(name: str) -> bool:
    """ASCII, lower case, no leading digit."""
    return re.fullmatch(r"[a-z][0-9a-z_]*", name) is not None


def module_name(class_name: str) -> str:
    """``MedType`` -> ``med_type``: the module of a code table."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", class_name).lower()


def _identifier(label: str) -> str:
    text = unicodedata.normalize("NFKC", label)
    name = "".join(c if f"a{c}".isidentifier() else "_" for c in text) or "_"
    if not name[0].isidentifier():
        name = "_" + name
    if name.startswith("__"):
        name = "_" + name.lstrip("_")  # two leading underscores would be mangled inside a class
    if keyword.iskeyword(name) or name in _TAKEN or name in ("_", "Member"):
        name += "_"
    return name


def member_names(codes: Mapping[str, str]) -> dict[str, str]:
    """Code -> identifier. Labels that repeat (or become equal) carry their code on all of them."""
    plain = {code: _identifier(label) for code, label in codes.items()}
    count = Counter(plain.values())
    names = {
        code: name if count[name] == 1 else _identifier(f"{name.rstrip('_') or ''}_{code}")
        for code, name in plain.items()
    }
    taken = Counter(names.values())
    return {c: n if taken[n] == 1 else f"{n}_{i}" for i, (c, n) in enumerate(names.items())}

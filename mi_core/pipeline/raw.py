"""Requests from plain dicts, and plain values out of replies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mi_core.config import Institution
from mi_core.errors import InvalidInput
from mi_core.model import Problem, Request

__all__ = ["be_request", "find", "request_from"]


def request_from(code: object, data: object, institution: Institution | None = None) -> Request[Any]:
    """The typed request of interface ``code`` from wire names; raises ``InvalidInput`` with all problems.

    At an institution of a region the names are that region's, or else the base's.
    """
    from mi_core.interfaces import by_code

    infno = str(code)
    try:
        interface = by_code(infno) if institution is None else institution.interface(infno)
    except KeyError:
        problem = Problem(path="", field="infno", label="交易编号", rule="unknown",
                          zh=f"没有接口 {infno}；用 mi catalog list 查看", en=f"no interface {infno}; see: mi catalog list")  # fmt: skip
        raise InvalidInput([problem], interface=infno) from None
    if not isinstance(data, Mapping):
        problem = Problem(path="", field="input", label="交易输入", rule="type",
                          zh="应为按字段名的字典", en="a dict by wire names expected")  # fmt: skip
        raise InvalidInput([problem], interface=interface.code, title=interface.title)
    try:
        return interface.request.from_dict(data)
    except InvalidInput as wrong:
        base = _base_request(infno, data) if interface.region and _unknown(wrong) else None
        if base is None:
            raise
        return base


def _unknown(wrong: InvalidInput) -> bool:
    return any(problem.rule == "unknown_field" for problem in wrong.problems)


def _base_request(code: str, data: Mapping[str, Any]) -> Request[Any] | None:
    """The same content under the base specification, where it is right there as it stands."""
    from mi_core.interfaces import by_code

    try:
        return by_code(code).request.from_dict(data)
    except (KeyError, InvalidInput):
        return None


def be_request(request: object) -> None:
    if not isinstance(request, Request):
        raise TypeError(
            f"call takes a request of mi_core.interfaces, not {type(request).__name__}; for dicts use call_raw"
        )


def find(value: Any, name: str) -> Any:
    """The first value under ``name`` anywhere in a plain tree."""
    if isinstance(value, Mapping):
        return value.get(name) or next((f for v in value.values() if (f := find(v, name))), None)
    if isinstance(value, list | tuple):
        return next((f for v in value if (f := find(v, name))), None)
    return None

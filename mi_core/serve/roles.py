"""Who may do what: four roles, one table. A token may have several roles; what no role of it may do is 403."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

__all__ = ["MAY", "ROLES", "ROLE_WORDS", "allowed"]

ROLE_WORDS: Final[dict[str, tuple[str, str]]] = {
    "operator": ("收费、业务程序：调用接口、查看操作", "a program or desk that makes calls"),
    "finance": ("财务：处理结果未定的业务（须两人）", "decides about calls in doubt, two persons together"),
    "auditor": ("审计：只看，不调用", "looks, calls nothing"),
    "administrator": ("管理员：查看运行状态与网关", "looks after the service: state of gateways"),
}
ROLES: Final = tuple(ROLE_WORDS)

MAY: Final[dict[str, frozenset[str]]] = {
    "call": frozenset({"operator"}),
    "flow": frozenset({"operator"}),
    "lookup": frozenset({"operator", "finance", "auditor", "administrator"}),
    "operations": frozenset({"operator", "finance", "auditor"}),
    "content": frozenset({"operator", "finance"}),
    "doubts": frozenset({"operator", "finance", "auditor"}),
    "decide": frozenset({"finance"}),
    "describe": frozenset(ROLES),
    "state": frozenset({"administrator", "auditor"}),
}
"""Right -> the roles that have it. ``content``: the reply of an operation, which is about a person."""


def allowed(roles: Iterable[str], right: str) -> bool:
    """Whether one of the roles has the right."""
    return not MAY[right].isdisjoint(roles)

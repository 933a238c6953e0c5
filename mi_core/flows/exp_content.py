"""``exp_content`` (字段扩展): a JSON object inside a string in most places, something else in some regions.

The specification names four keys, upper case: 2206 and 2207 take ``MDTRT_GRP_TYPE TRUM_FLAG REL_TTP_FLAG
OTP_ER_REFL_FLAG``, 2401 and 2403 take ``MDTRT_GRP_TYPE TRUM_FLAG REL_TTP_FLAG IPT_TYPE`` (notes of their tables).
Elsewhere: an object (Jiangsu 2204) or a list of rows (Chongqing). :func:`extended` writes what the document at hand wants.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import attrs

from mi_core.config import Institution
from mi_core.flows.record import plain_values
from mi_core.model.fields import Anything, Field, Node
from mi_core.regions.plan import places_of

__all__ = ["ExpContent", "extended", "read_exp_content"]


@attrs.frozen(kw_only=True)
class ExpContent:
    """The documented keys, and ``more`` for those that only your bureau knows. ``None`` is left out."""

    mdtrt_grp_type: str | None = None
    """就诊人群类型, codes ``MdtrtGrpType``"""
    trum_flag: str | None = None
    """外伤标志, codes ``TrumFlag``"""
    rel_ttp_flag: str | None = None
    """涉及第三方标志, codes ``RelTtpFlag``"""
    otp_er_refl_flag: str | None = None
    """门诊急诊转诊标志, codes ``OtpErReflFlag`` (2206, 2207)"""
    ipt_type: str | None = None
    """住院类型, codes ``IptType`` (2401, 2403)"""
    more: Mapping[str, Any] = attrs.field(factory=dict)
    """Keys are sent as they are."""

    def values(self, *, upper: bool = True) -> dict[str, Any]:
        """By key: upper case as the specification has them, or lower case as a region's nodes have them."""
        own = {
            name: value
            for name, value in attrs.asdict(self, recurse=False).items()
            if name != "more" and value is not None
        }
        return {
            **{(name.upper() if upper else name): str(value) for name, value in own.items()},
            **plain_values(self.more),
        }

    def text(self) -> str:
        """The JSON text of the string field; ``""`` when there is nothing to say."""
        values = self.values()
        return json.dumps(values, ensure_ascii=False, separators=(",", ":")) if values else ""

    @classmethod
    def read(cls, value: Any) -> ExpContent:
        """From a reply's or a stored value in any of the forms; what is no JSON object gives an empty one."""
        found = read_exp_content(value)
        names = {name.upper(): name for name in attrs.fields_dict(cls) if name != "more"}
        own = {names[k.upper()]: str(v) for k, v in found.items() if k.upper() in names and v is not None}
        return cls(**own, more={k: v for k, v in found.items() if k.upper() not in names})


def extended(institution: Institution, code: str, content: ExpContent, node: str = "") -> Any:
    """``content`` in the form of ``exp_content`` of interface ``code`` at the institution; ``node`` for that of a row.

    ``None`` when there is nothing to say. Raises ``KeyError`` where the document has no such field.
    """
    field = _field(institution, code, node)
    if isinstance(field, Node):
        row = content.values(upper=False)
        return None if not row else [row] if field.many else row
    if isinstance(field, Anything):
        return content.values() or None
    return content.text() or None


def _field(institution: Institution, code: str, node: str) -> Field:
    for place in places_of(institution.interface(code).request.__members__):
        if node and place.wire != node:
            continue
        for member in place.members:
            if isinstance(member, Field) and member.wire in ("exp_content", "expContent"):
                return member
    raise KeyError(f"{code} {node} has no exp_content")


def read_exp_content(value: Any) -> dict[str, Any]:
    """The keys of an ``exp_content`` as it came: JSON text, object, list of rows (merged), empty. Never raises."""
    if isinstance(value, str):
        try:
            value = json.loads(value, parse_float=str, parse_int=str)
        except (ValueError, RecursionError):
            return {}
    if isinstance(value, (list, tuple)):
        return {k: v for row in value for k, v in read_exp_content(row).items()}
    return {str(k): v for k, v in value.items()} if isinstance(value, Mapping) else {}

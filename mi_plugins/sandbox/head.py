"""The head of a message (报文头): what the bureau checks of it, and the head of its replies."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Mapping
from typing import Any, Final

from mi_plugins.sandbox.institutions import INSTITUTIONS, Institution
from mi_plugins.sandbox.refusal import BureauRefusal

__all__ = ["AREA", "MAX_TIME_GAP", "check_head", "reference_number", "stamp17"]

AREA: Final = "990100"
"""Area code of the sandbox bureau."""

MAX_TIME_GAP: Final = dt.timedelta(minutes=10)
"""How far the time within ``msgid`` may lie from ``inf_time``."""

_REQUIRED: Final = {
    "infno": ("交易编号", 6), "msgid": ("发送方报文ID", 30), "mdtrtarea_admvs": ("就医地医保区划", 6),
    "recer_sys_code": ("接收方系统代码", 10), "infver": ("接口版本号", 6), "opter_type": ("经办人类别", 3),
    "opter": ("经办人", 30), "opter_name": ("经办人姓名", 50), "inf_time": ("交易时间", 19),
    "fixmedins_code": ("定点医药机构编号", 12), "fixmedins_name": ("定点医药机构名称", 20),
}  # fmt: skip
_OPTIONAL: Final = {
    "insuplc_admdvs": ("参保地医保区划", 6), "dev_no": ("设备编号", 100), "dev_safe_info": ("设备安全信息", 2000),
    "cainfo": ("数字签名信息", 1024), "signtype": ("签名类型", 10), "sign_no": ("交易签到流水号", 30),
}  # fmt: skip

_sequence = itertools.count(1)


def check_head(
    head: Mapping[str, Any], now: dt.datetime, institutions: Mapping[str, Institution] = INSTITUTIONS
) -> Institution:
    """Raise :class:`BureauRefusal` for the first fault of the head; return the sending institution.

    ``msgid`` is 12 characters of institution, 14 of time, 4 of sequence; its time agrees with ``inf_time``.
    """
    for name, (label, limit) in _REQUIRED.items():
        value = head.get(name)
        if not isinstance(value, str) or not value:
            raise BureauRefusal(f"报文头{label}[{name}]缺失或不是字符型")
        if len(value) > limit:
            raise BureauRefusal(f"报文头{label}[{name}]超过{limit}个字符")
    for name, (label, limit) in _OPTIONAL.items():
        value = head.get(name)
        if value is not None and (not isinstance(value, str) or len(value) > limit):
            raise BureauRefusal(f"报文头{label}[{name}]不是字符型或超过{limit}个字符")
    institution = institutions.get(head["fixmedins_code"])
    if institution is None:
        raise BureauRefusal(f"机构{head['fixmedins_code']}未在本中心备案")
    if head["opter_type"] not in ("1", "2", "3"):
        raise BureauRefusal("报文头经办人类别[opter_type]只能是1、2、3")
    _check_msgid(head["msgid"], institution, head["inf_time"])
    return institution


def _check_msgid(msgid: str, institution: Institution, inf_time: str) -> None:
    if len(msgid) != 30 or msgid[:12] != institution.code.ljust(12) or not msgid[26:].isdigit():
        raise BureauRefusal("发送方报文ID[msgid]须为机构编号12位+时间14位+顺序号4位")
    try:
        said = dt.datetime.strptime(msgid[12:26], "%Y%m%d%H%M%S") if msgid[12:26].isdigit() else None
        sent = dt.datetime.fromisoformat(inf_time) if len(inf_time) == 19 and inf_time[10] == " " else None
    except ValueError:
        said = sent = None
    if said is None or sent is None:
        raise BureauRefusal("发送方报文ID[msgid]或交易时间[inf_time]中的时间无效")
    if abs(said - sent) > MAX_TIME_GAP:
        raise BureauRefusal("发送方报文ID[msgid]的时间与交易时间[inf_time]不一致")


def stamp17(moment: dt.datetime) -> str:
    """``yyyyMMddHHmmssSSS``."""
    return moment.strftime("%Y%m%d%H%M%S") + f"{moment.microsecond // 1000:03d}"


def reference_number(moment: dt.datetime) -> str:
    """``inf_refmsgid``: area (6) + time (14) + sequence (10)."""
    return f"{AREA}{moment:%Y%m%d%H%M%S}{next(_sequence):010d}"

"""The head of a request and how head and ``input`` become one message."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from operator import attrgetter
from typing import Any

import attrs
import msgspec

from mi_core.model import Problem

__all__ = ["HEAD_FIELDS", "HeadForm", "RequestHead", "check_head", "encode_message"]


def _field(label: str, limit: int, **options: Any) -> Any:
    return attrs.field(metadata={"label": label, "limit": limit}, **options)


@attrs.frozen(kw_only=True)
class RequestHead:
    """Wire names in specification order. Optional fields are sent empty (``""``), never left out."""

    infno: str = _field("交易编号", 6)
    msgid: str = _field("发送方报文ID", 30)
    mdtrtarea_admvs: str = _field("就医地医保区划", 6)
    insuplc_admdvs: str = _field("参保地医保区划", 6, default="")
    recer_sys_code: str = _field("接收方系统代码", 10)
    dev_no: str = _field("设备编号", 100, default="")
    dev_safe_info: str = _field("设备安全信息", 2000, default="")
    cainfo: str = _field("数字签名信息", 1024, default="", repr=False)
    signtype: str = _field("签名类型", 10, default="")
    infver: str = _field("接口版本号", 6)
    opter_type: str = _field("经办人类别", 3)
    opter: str = _field("经办人", 30)
    opter_name: str = _field("经办人姓名", 50)
    inf_time: dt.datetime = attrs.field(metadata={"label": "交易时间", "limit": 19})
    fixmedins_code: str = _field("定点医药机构编号", 12)
    fixmedins_name: str = _field("定点医药机构名称", 200)
    sign_no: str = _field("交易签到流水号", 30, default="", repr=False)


HEAD_FIELDS: tuple[attrs.Attribute[Any], ...] = attrs.fields(RequestHead)
"""Metadata: ``label`` (Chinese) and ``limit`` (characters)."""

_encoder = msgspec.json.Encoder()
_NAMES = tuple(a.name for a in HEAD_FIELDS)
_TAKEN = frozenset({*_NAMES, "input"})
_NO_EXTRAS: Mapping[str, str] = {}
_NO_LENGTHS: Mapping[str, int] = {}
_TEXTS = tuple(a for a in HEAD_FIELDS if a.name != "inf_time")
_LIMITS = tuple(a.metadata["limit"] for a in _TEXTS)
_REQUIRED = tuple(a.default is attrs.NOTHING for a in _TEXTS)
_get_texts = attrgetter(*(a.name for a in _TEXTS))
_get_all = attrgetter(*_NAMES)


def check_head(head: RequestHead, lengths: Mapping[str, int] = _NO_LENGTHS) -> list[Problem]:
    """Everything that is missing or too long in ``head``; such a message would be refused by the gateway.

    ``lengths``: a region's limits, by field, where they are others.
    """
    if lengths:
        return [problem for field in _TEXTS if (problem := _check(head, field, lengths))]
    for text, limit, required in zip(_get_texts(head), _LIMITS, _REQUIRED, strict=True):
        if not isinstance(text, str) or len(text) > limit or (required and not text):
            return [problem for field in _TEXTS if (problem := _check(head, field, lengths))]
    return []


def _check(head: RequestHead, field: attrs.Attribute[Any], lengths: Mapping[str, int]) -> Problem | None:
    text, limit = getattr(head, field.name), lengths.get(field.name, field.metadata["limit"])
    if not isinstance(text, str):
        return _problem(field, "type", "应为文本", "must be text")
    if field.default is attrs.NOTHING and not text:
        zh, en = (
            "报文头必填，请在 mi.toml 或调用参数中给出",
            "required in the head: set it in mi.toml or per call",
        )
        return _problem(field, "required", zh, en)
    if len(text) > limit:
        zh, en = f"最长 {limit} 个字符，现为 {len(text)}", f"at most {limit} characters, has {len(text)}"
        return _problem(field, "max_length", zh, en)
    return None


def _problem(field: attrs.Attribute[Any], rule: str, zh: str, en: str) -> Problem:
    label = field.metadata["label"]
    return Problem(path=f"/{field.name}", field=field.name, label=label, rule=rule, zh=zh, en=en)


def _check_extras(extras: Mapping[str, str]) -> list[Problem]:
    """A region's field has a name of its own."""
    zh, en = (
        "规范已有此报文头字段，不能作为附加字段",
        "the specification's head has this field: it is no extra",
    )
    return [
        Problem(path=f"/{name}", field=name, label="附加报文头", rule="head_extras", zh=zh, en=en)
        for name in extras
        if name in _TAKEN or not name.isidentifier()
    ]


def encode_message(head: RequestHead, input_json: bytes) -> bytes:
    """The message as compact UTF-8 JSON: the head in specification order, then ``input`` as it is."""
    message: dict[str, Any] = dict(zip(_NAMES, _get_all(head), strict=True))
    message["inf_time"] = head.inf_time.isoformat(sep=" ", timespec="seconds")
    message["input"] = msgspec.Raw(input_json)
    return _encoder.encode(message)


@attrs.frozen
class HeadForm:
    """A head in which only message id and time change from one message to the next: checked and encoded once."""

    problems: tuple[Problem, ...]
    """What :func:`check_head` found; a form with problems makes no message."""
    _parts: tuple[bytes, bytes, bytes] = attrs.field(repr=False)

    @classmethod
    def of(
        cls,
        head: RequestHead,
        extras: Mapping[str, str] = _NO_EXTRAS,
        lengths: Mapping[str, int] = _NO_LENGTHS,
    ) -> HeadForm:
        """The form of ``head``, whose own id and time are only checked. ``extras``: a region's own fields, sent after it."""
        if problems := check_head(head, lengths) + _check_extras(extras):
            return cls(tuple(problems), (b"", b"", b""))
        texts = dict(zip(_NAMES, _get_all(head), strict=True))
        before = {"infno": texts.pop("infno")}
        del texts["msgid"]
        names = list(texts)
        at = names.index("inf_time")
        between = {name: texts[name] for name in names[:at]}
        after = {name: texts[name] for name in names[at + 1 :]} | dict(extras)
        return cls(
            (),
            (
                _encoder.encode(before)[:-1] + b',"msgid":"',
                b'",' + _encoder.encode(between)[1:-1] + b',"inf_time":"',
                b'",' + _encoder.encode(after)[1:-1] + b',"input":',
            ),
        )

    def message(self, msgid: str, time: dt.datetime, input_json: bytes) -> bytes:
        """As :func:`encode_message`. ``msgid``: 30 ASCII letters and digits."""
        first, second, third = self._parts
        when = time.isoformat(" ", "seconds").encode()
        return b"".join((first, msgid.encode("ascii"), second, when, third, input_json, b"}"))

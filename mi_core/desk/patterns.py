"""From a bureau's text to a pattern: what belongs to the person or the bill becomes ``*``, the reason stays.

Careful on both sides: a person's data must not get into the list, and a pattern that is too wide would turn an executed
settlement into a refusal. So only known values, ids, dates, amounts and labelled names are replaced for sure; short
numbers and names at other places only where several texts differ in nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

__all__ = ["LITERAL", "generalise", "literal", "merge", "without_person"]

LITERAL: Final = 4
"""Chinese characters (or letters, at two to one) that a pattern must have beside its ``*``."""

CODE: Final = 8
"""Digits that an error code may have; ids of persons and phones have more."""

NAMES: Final = 3
"""How many different names must have stood at a place before it is taken for one."""

_SENSITIVE: Final = re.compile(
    r"[0-9]{4}[-/.年][0-9]{1,2}[-/.月][0-9]{1,2}日?(?:[ T][0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)?"  # dates
    r"|[A-Za-z0-9_-]*[0-9]{6,}[A-Za-z0-9_-]*"  # ids, phones, card numbers
    r"|-?[0-9]+(?:,[0-9]{3})*\.[0-9]+"  # amounts
)
_HAN: Final = "㐀-䶿一-鿿·"
_LABELS: Final = "姓名|参保人员|参保人|患者|病人|人员|医师|医生|经办人|操作员|联系人"
_NAMED: Final = re.compile(
    rf"(?P<label>(?:{_LABELS})(?:姓名)?)\s*(?P<open>[:：=【\[（(「“\"'])\s*[{_HAN}A-Za-z .]{{1,20}}"
)
_NUMBER: Final = re.compile(r"[0-9]+")
_CODED: Final = re.compile(
    r"(?:码|代码|编码|错误|异常|类型|code|err|error|no|E)\s*[:：=【\[（(]?\s*[-]?$", re.IGNORECASE
)
_SURNAMES: Final = frozenset(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石"
    "姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文欧"
)
_GAP: Final = re.compile(r"\*(?:[\s*]*\*)?")


def without_person(text: str, values: Iterable[str]) -> str:
    """``text`` without values of the request, ids, dates, amounts and labelled names; ``*`` stands for each."""
    text = text.replace("*", "＊")
    for value in sorted(set(values), key=len, reverse=True):
        if len(value) >= 4 or (len(value) >= 2 and re.search(f"[{_HAN}]", value)):
            text = text.replace(value, "*")
    text = _NAMED.sub(lambda m: f"{m['label']}{m['open']}*", text)
    return _GAP.sub("*", _SENSITIVE.sub(_unless_code, text))


def _unless_code(found: re.Match[str]) -> str:
    """An error code is the reason itself."""
    coded = len(found[0]) <= CODE and found[0].isdigit() and _CODED.search(found.string[: found.start()])
    return found[0] if coded else "*"


def generalise(text: str, values: Iterable[str] = ()) -> str:
    """The pattern of one text: :func:`without_person`, spaces at the ends gone. Short numbers stay as they are."""
    return without_person(text.strip(), values).strip()


def literal(pattern: str) -> int:
    """How much of a pattern is not ``*``: Chinese characters count one, other letters a half."""
    han = len(re.findall(f"[{_HAN}]", pattern))
    return han + sum(1 for c in pattern if c.isascii() and c.isalpha()) // 2


def merge(patterns: Sequence[str]) -> dict[str, str]:
    """Each pattern -> the one that stands for it: several that differ only in short numbers, or in a name, become one."""
    out = {pattern: pattern for pattern in patterns}
    for group in _groups(patterns):
        merged = _vary(group, _NUMBER)
        out.update(dict.fromkeys(group, merged))
    for joined, alike in _named(sorted(set(out.values()))).items():
        out.update({p: joined for p, m in out.items() if m in alike})
    return out


def _groups(patterns: Sequence[str]) -> list[list[str]]:
    found: dict[str, list[str]] = {}
    for pattern in dict.fromkeys(patterns):
        found.setdefault(_skeleton(pattern), []).append(pattern)
    return [group for group in found.values() if len(group) > 1]


def _skeleton(pattern: str) -> str:
    """The text with short numbers taken out, unless a word before one says that it is a code: another code, another reason."""
    return _NUMBER.sub(lambda m: m[0] if _CODED.search(pattern[: m.start()]) else "\0", pattern)


def _vary(group: Sequence[str], token: re.Pattern[str]) -> str:
    """``*`` where the numbers of the group differ."""
    values = [token.findall(text) for text in group]
    differs = [len({row[i] for row in values}) > 1 for i in range(len(values[0]))]
    numbers = iter(range(len(differs)))
    return _GAP.sub("*", token.sub(lambda m: "*" if differs[next(numbers)] else m[0], group[0]))


def _named(patterns: Sequence[str]) -> dict[str, set[str]]:
    """Texts that are the same but for a run of two to four characters which is a name in all of them -> their pattern."""
    found: dict[str, set[str]] = {}
    for text in patterns:
        for start in range(len(text)):
            for end in range(start + 2, min(start + 4, len(text)) + 1):
                rest = text[:start] + "*" + text[end:]
                if _is_name(text[start:end]) and literal(rest) >= LITERAL + 2:
                    found.setdefault(_GAP.sub("*", rest), set()).add(text)
    out: dict[str, set[str]] = {}
    taken: set[str] = set()
    for joined, group in sorted(found.items(), key=lambda item: (-len(item[1]), -literal(item[0]), item[0])):
        if len(group - taken) >= NAMES:
            out[joined] = group - taken
            taken |= group
    return out


def _is_name(text: str) -> bool:
    return 2 <= len(text) <= 4 and text[0] in _SURNAMES and bool(re.fullmatch(f"[{_HAN}]+", text))

"""What a caller may say beside the request: checked before anything else happens, all problems at once."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from mi_core.config import Operator
from mi_core.errors import InvalidInput
from mi_core.model import Problem
from mi_core.pipeline.contexts import CallOptions

__all__ = ["options_of"]

_NO_OPTIONS = CallOptions()
_AREA = re.compile(r"[0-9]{6}")


def options_of(
    insuplc_admdvs: object = None, operator: object = None, operation_key: object = None, deadline: object = None,
    institution: str | None = None, amounts_accepted: bool = False,
) -> CallOptions:  # fmt: skip
    """The options of one call; raises ``InvalidInput`` naming every one that is wrong.

    The values are what a caller gave, whatever its type checker said; :meth:`mi_core.AsyncClient.call` has the types.
    """
    if not amounts_accepted and all(
        option is None for option in (insuplc_admdvs, operator, operation_key, deadline, institution)
    ):
        return _NO_OPTIONS
    found: list[Problem] = []

    def wrong(field: str, label: str, zh: str, en: str) -> None:
        found.append(Problem(path="", field=field, label=label, rule="option", zh=zh, en=en))

    area = insuplc_admdvs if isinstance(insuplc_admdvs, str) and _AREA.fullmatch(insuplc_admdvs) else None
    if insuplc_admdvs is not None and area is None:
        wrong(
            "insuplc_admdvs",
            "参保地医保区划",
            "应为 6 位数字，取自 1101 所选参保行",
            "six digits, from the chosen row of 1101",
        )
    who = _operator(operator)
    if operator is not None and who is None:
        wrong(
            "operator", "经办人", "应给出 id 和 name（可加 type）", "give id and name (and type, if you like)"
        )
    key = operation_key.strip() if isinstance(operation_key, str) and _encodes(operation_key) else None
    key = key or None
    if operation_key is not None and key is None:
        wrong("operation_key", "操作键", "应为非空文本", "a text that is not empty")
    seconds = _seconds(deadline)
    if deadline is not None and seconds is None:
        wrong("deadline", "时限", "应为秒数（有限的数值）", "a finite number of seconds expected")
    if found:
        raise InvalidInput(found)
    return CallOptions(
        insuplc_admdvs=area,
        operator=who,
        operation_key=key,
        deadline=seconds,
        institution=institution,
        amounts_accepted=amounts_accepted is True,
    )


def _operator(given: object) -> Operator | None:
    if isinstance(given, Operator):
        return given
    if not isinstance(given, Mapping) or not {"id", "name"} <= set(given) <= {"type", "id", "name"}:
        return None
    return Operator(**given) if all(isinstance(v, str) and _encodes(v) for v in given.values()) else None


def _encodes(text: str) -> bool:
    """Half a character (a lone surrogate) can be neither sent nor stored."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _seconds(given: object) -> float | None:
    if not isinstance(given, int | float) or isinstance(given, bool) or not math.isfinite(given):
        return None
    return float(given)

"""What a call says that was not sent because its sign-in (9001) failed."""

from __future__ import annotations

from typing import Final

from mi_core.errors import InvalidInput, MiError, NotSent
from mi_core.model import Problem
from mi_core.pipeline.contexts import InputCtx

__all__ = ["sign_in_failed"]

_KEYS: Final = {
    "userid": "sign_in_userid", "password": "sign_in_password", "mac": "sign_in_mac", "ip": "sign_in_ip",
    "opter_no": "operator.id",
}  # fmt: skip
"""Fields of 9001 and the keys of ``[institutions.X]`` that they are filled from."""


def sign_in_failed(asked: InputCtx, error: MiError | TimeoutError) -> NotSent:
    """The error of the call that needed the number; what is wrong with the sign-in stands in its text."""
    zh = error.zh if isinstance(error, MiError) else "超时"
    en = error.en if isinstance(error, MiError) else "timeout"
    hint_zh = "排除原因后重新调用；本地区不用签到时在 mi.toml 设 sign_in = false"
    hint_en = "call again when it works; where sign-in is not used set sign_in = false in mi.toml"
    if isinstance(error, InvalidInput):
        wrong = [p for p in error.problems if p.severity == "error"]
        place = f"[institutions.{asked.institution.code}]"
        zh = f"签到请求有 {len(wrong)} 处错误" + "".join(_line(p, place, "zh") for p in wrong)
        en = f"its request has {len(wrong)} problem(s)" + "".join(_line(p, place, "en") for p in wrong)
        hint_zh, hint_en = (
            f"在 mi.toml 中补正上述配置项；{hint_zh}",
            f"set the keys named in mi.toml; {hint_en}",
        )
    return NotSent(
        f"签到（9001）未成功，本次调用未发送：{zh}", f"sign-in (9001) failed, this call was not sent: {en}",
        hint_zh=hint_zh, hint_en=hint_en, **asked.where(),
    )  # fmt: skip


def _line(problem: Problem, place: str, lang: str) -> str:
    key = _KEYS.get(problem.field)
    return f"\n  - {problem.message(lang)}" + (f" → {place} {key}" if key else "")

"""What this program itself answers with a failure; errors of calls come from :mod:`mi_core.errors`."""

from __future__ import annotations

from mi_core.errors import MiError

__all__ = [
    "NoSuchThing", "NotAllowed", "NotAuthorised", "Refusal", "TooMuch", "bad_request", "no_such_operation", "no_such_thing", "not_json",
]  # fmt: skip


class Refusal(MiError):
    """A request that is answered with an HTTP status of its own. ``field``: what it is about, where that is one field."""

    status = 400

    def __init__(
        self, code: str, zh: str, en: str, *, hint_zh: str = "", hint_en: str = "", field: str = "", operation: str = "",
        status: int | None = None, retry_after: float | None = None,
    ) -> None:  # fmt: skip
        super().__init__(zh, en, hint_zh=hint_zh, hint_en=hint_en)
        self.code, self.field, self.operation, self.retry_after = code, field, operation, retry_after
        if status is not None:
            self.status = status


class NotAuthorised(Refusal):
    """No token, or one that is not known any more."""

    status = 401

    def __init__(self) -> None:
        super().__init__(
            "unauthorised", "缺少令牌或令牌无效", "the token is missing or not valid",
            hint_zh="请求头 Authorization: Bearer 令牌；令牌用 mi serve token new 生成",
            hint_en="send Authorization: Bearer TOKEN; make one with: mi serve token new", field="Authorization",
        )  # fmt: skip


class NotAllowed(Refusal):
    """The token's roles do not include this, or the request came by a name or a page that is not allowed."""

    status = 403


class NoSuchThing(Refusal):
    """Unknown here, or somebody else's: nobody learns which."""

    status = 404


class TooMuch(Refusal):
    """More than is taken."""

    status = 429


def no_such_thing() -> NoSuchThing:
    """One answer for everything that is not there and everything that is not the caller's."""
    return NoSuchThing(
        "not_found", "没有此内容", "there is no such thing",
        hint_zh="核对地址中的机构编号、交易编号与操作号", hint_en="compare institution, interface and operation in the address",
    )  # fmt: skip


def no_such_operation() -> NoSuchThing:
    """No record here; that says nothing of the bureau, so it must not read like it."""
    return NoSuchThing(
        "operation_unknown", "本服务没有此操作的记录；这不说明该业务是否已办理",
        "this service has no record of such an operation; that does not say whether the business was done", field="operation",
        hint_zh="变更类业务：用同一 Idempotency-Key、同样内容再提交一次，已办理的返回原结果，不会重办；"
        "查询、上传的结果只短暂保留，重新查询即可",
        hint_en="for a changing call: submit the same content under the same Idempotency-Key, what was done is told and not done"
        " again; results of queries and uploads are kept for a short time only, ask anew",
    )  # fmt: skip


def bad_request(zh: str, en: str, *, field: str = "", hint_zh: str = "", hint_en: str = "") -> Refusal:
    """HTTP 400 for what is wrong with a request itself, not with its content."""
    return Refusal("bad_request", zh, en, field=field, hint_zh=hint_zh, hint_en=hint_en)


def not_json(reason: str) -> Refusal:
    """HTTP 400 for a body that is no acceptable JSON; ``reason`` in English, it holds nothing of the content."""
    return Refusal(
        "bad_json", f"请求体不是可接受的 JSON：{reason}", f"the body is no acceptable JSON: {reason}",
        hint_zh='应为 JSON 对象，如 {"input": {…}}；键不得重复，数字写成普通十进制',
        hint_en='send a JSON object such as {"input": {…}}; no key twice, plain decimal numbers',
    )  # fmt: skip

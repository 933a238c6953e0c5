"""From the reply's bytes to a typed reply or to the error that tells the truth about the call."""

from __future__ import annotations

import logging
from typing import Any

import attrs

from mi_core.errors import (
    BureauRefused,
    CallError,
    GatewayRefused,
    GatewayUnreachable,
    MiError,
    ReplyUnreadable,
)
from mi_core.masking import scrub
from mi_core.model import Discrepancy, Interface, Problem, ReplyMeta, Response
from mi_core.pipeline.contexts import InputCtx, OutputCtx, ResponseCtx
from mi_core.pipeline.dialects import typed_reply
from mi_core.pipeline.outcome_texts import unknown_outcome
from mi_core.regions import Lossy, class_name
from mi_core.types import Effect, Outcome
from mi_core.wire import MissingProof, ReplyEnvelope, read_reply

__all__ = ["decode", "parse", "raise_unless_confirmed", "undecoded"]

_log = logging.getLogger("mi_core.call")


def parse(interface: Interface[Any], body: bytes) -> ReplyEnvelope:
    """The reply's head and raw ``output``; exact effects by the strict parser. Raises ``ReplyMalformed``."""
    behaviour = interface.behaviour
    reply = read_reply(body, strict=behaviour.exact, interface=interface)
    if behaviour.envelope != "none" or reply.infcode is not None:
        return reply
    return _bare_reply(reply, body)


def _bare_reply(reply: ReplyEnvelope, body: bytes) -> ReplyEnvelope:
    """4261–4263 answer ``{code, type, message, data}`` instead of the national head; ``code`` 0 is success."""
    given = reply.gateway or reply.fields
    code = given.get("code")
    if code is None or str(code) == "401":
        return reply
    return attrs.evolve(reply, infcode=str(code), err_msg=_optional(given.get("message")), output_raw=body)


def _optional(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def raise_unless_confirmed(got: ResponseCtx) -> None:
    """Turn a verdict into the error of its kind; returns for a confirmed call. A plugin's failure is its cause."""
    if got.verdict.outcome is not Outcome.CONFIRMED:
        cause = got.fault.cause if got.fault is not None else None
        raise _error_of(got) from cause


def _error_of(got: ResponseCtx) -> CallError:
    verdict, asked = got.verdict, got.sent.asked
    where, said = got.where(), scrub(verdict.reason)
    if verdict.outcome is Outcome.IN_DOUBT:
        return unknown_outcome(got) if asked.effect.exact else unreadable(got, verdict.evidence)
    if verdict.outcome is Outcome.NOT_SENT:
        why_zh, why_en = (got.fault.zh, got.fault.en) if got.fault else (verdict.evidence, verdict.evidence)
        return GatewayUnreachable(
            f"无法连接网关（{why_zh}），未发送", f"the gateway cannot be reached ({why_en}), nothing was sent",
            hint_zh="检查网络、网关地址与代理，运行 mi doctor；可以重新调用",
            hint_en="check network, address and proxy, run: mi doctor; calling again is safe", **where,
        )  # fmt: skip
    if verdict.by_gateway and verdict.evidence.startswith("http "):
        status = verdict.evidence.removeprefix("http ")
        return GatewayRefused(
            f"网关拒绝（HTTP {status}）：{said or '（无说明）'}", f"the gateway refused (HTTP {status}): {said or '(no text)'}",
            hint_zh="检查 [gateway] 中的密钥与账号，运行 mi doctor", hint_en="check the keys in [gateway], run: mi doctor",
            reason=verdict.reason, **where,
        )  # fmt: skip
    if verdict.by_gateway:
        return GatewayRefused(
            f"网关拒绝：{said}", f"the gateway refused: {said}",
            hint_zh="检查密钥与本机时间（相差不得超过 30 分钟），运行 mi doctor",
            hint_en="check the keys and this machine's clock (30 minutes at most), run: mi doctor", reason=verdict.reason, **where,
        )  # fmt: skip
    return BureauRefused(
        f"医保中心拒绝：{said or '（无说明）'}", f"the bureau refused: {said or '(no text)'}",
        hint_zh="按拒绝原因处理后重新调用；未发生任何变更" if asked.effect.exact else "按拒绝原因处理后重新调用",
        hint_en="act on the reason, then call again", reason=verdict.reason, infcode=verdict.infcode or "-1", **where,
    )  # fmt: skip


def unreadable(got: ResponseCtx, evidence: str) -> ReplyUnreadable:
    """The error of a read or upload without a usable answer."""
    query = got.sent.asked.effect is Effect.QUERY
    why_zh, why_en = (got.fault.zh, got.fault.en) if got.fault else (evidence, evidence)
    return ReplyUnreadable(
        f"没有可用的回应（{why_zh}）", f"no usable answer ({why_en})",
        hint_zh="可以重新调用" if query else "不确定是否已上传：先查询或清除后再上传",
        hint_en="calling again is safe" if query else "it may have been stored: query or clear before uploading again",
        **got.where(),
    )  # fmt: skip


def decode(got: ResponseCtx, *, logged: bool, journalled: bool = True) -> OutputCtx:
    """The typed reply of a confirmed call. For exact effects nothing raises any more: what is wrong rides on the reply."""
    asked, reply = got.sent.asked, got.reply
    assert reply is not None
    exact = asked.effect.exact
    problems: list[Problem] = []
    try:
        response, problems = typed_reply(asked, reply, strict=exact)
    except MissingProof as error:
        if not exact:
            raise unreadable(got, f"missing: {error}") from error
        response, problems = undecoded(asked.reply_class, error)
    except Exception as error:
        _log.exception("%s: the reply could not be decoded", asked.interface.code)
        if not exact:
            if isinstance(error, MiError):
                raise
            raise unreadable(got, _why(asked, error)) from error
        response, problems = undecoded(asked.reply_class, error)
    return OutputCtx(got=got, response=response.with_meta(_meta(got, reply, problems, logged, journalled)))


def _why(asked: InputCtx, error: Exception) -> str:
    if isinstance(error, Lossy):
        return f"{error} for one, use {class_name(asked.interface.request)}"
    return type(error).__name__


def undecoded(kind: type[Response], error: Exception) -> tuple[Response, list[Problem]]:
    """A confirmed reply that our classes cannot hold: every field ``None``, the content in ``meta.raw``."""
    response = object.__new__(kind)
    for name in attrs.fields_dict(kind):  # type: ignore[arg-type]  # generated responses are attrs classes
        object.__setattr__(response, name, None)
    text = f"{type(error).__name__}: {error}"
    problem = Problem(
        path="", field="output", label="交易输出", rule="decode",
        zh=f"已执行，但回参无法解析（{text}）；原文在 meta.raw", en=f"executed, but the reply cannot be decoded ({text}); see meta.raw",
    )  # fmt: skip
    return response, [problem]


def _meta(
    got: ResponseCtx, reply: ReplyEnvelope, problems: list[Problem], logged: bool, journalled: bool
) -> ReplyMeta:
    discrepancies = got.verdict.discrepancies
    if not logged:
        discrepancies += (
            Discrepancy(
                "log",
                "已执行，但操作日志未能补记完成",
                "executed, but the row of the operation log was not completed",
            ),
        )
    if not journalled:
        discrepancies += (
            Discrepancy(
                "journal",
                "已执行，但交易日志未能记下结果；下次启动时会自动查证",
                "executed, but the journal did not take the outcome; it is asked about at the next start",
            ),
        )
    return ReplyMeta(
        raw=got.raw or b"",
        msgid=got.sent.msgid.value,
        inf_refmsgid=reply.inf_refmsgid,
        infcode=reply.infcode or "0",
        err_msg=reply.err_msg,
        refmsg_time=reply.refmsg_time,
        respond_time=reply.respond_time,
        operation_id=got.where()["operation_id"],
        elapsed=got.elapsed,
        discrepancies=discrepancies,
        problems=tuple(problems),
        warnings=got.sent.asked.warnings,
    )

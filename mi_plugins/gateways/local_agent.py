"""``local-agent``: sites whose vendor gives a library (DLL) instead of an address. An agent beside the library speaks
this small contract over HTTP; ``mi agent`` is one, a vendor or a hospital may write another.

Request: ``POST <url>``, ``Authorization: Bearer <token>``, JSON::

    {"version": 1, "infno": "2207", "message": "{\\"infno\\":\\"2207\\",…}"}

``message`` is the whole message as text. The agent gives interface code and message to the library, once, and answers
with HTTP 200 whatever became of it (``not_called`` may have another status)::

    {"version": 1, "status": "answered",   "return_code": 0,  "message": "{\\"infcode\\":0,…}"}
    {"version": 1, "status": "failed",     "return_code": -5, "message": "…"}      the library said it failed
    {"version": 1, "status": "not_called", "reason": "busy"}                       the library was not called at all
    {"version": 1, "status": "unknown",    "reason": "timeout"}                    it was called, and nobody knows

Only ``answered`` is read as the bureau's reply. ``not_called`` is a certain refusal (nothing was done); ``failed``,
``unknown`` and everything else leave a changing call in doubt. An agent must never call the library twice for one request.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

import attrs
import msgspec

from mi_core.plugin import (
    GatewayFactory,
    GatewaySettings,
    HttpReply,
    HttpRequest,
    Registry,
    Secret,
    TransportFailure,
    hookimpl,
    setting,
)

__all__ = ["LocalAgentGateway", "LocalAgentSettings"]

VERSION: Final = 1
_encode = msgspec.json.Encoder().encode


@attrs.frozen(kw_only=True)
class LocalAgentSettings(GatewaySettings):
    """Keys of ``local-agent``."""

    url: str = setting(
        "url", "本地代理地址（mi agent）", "address of the agent (mi agent)", required=True, example="http://127.0.0.1:8791/call"
    )  # fmt: skip
    agent_token: Secret = setting(
        "secret", "本地代理的令牌，与其令牌文件内容相同", "the agent's token, the content of its token file",
        required=True, example={"file": "agent.token"},
    )  # fmt: skip


class _Answer(msgspec.Struct, gc=False):
    status: str
    version: int
    message: str = ""
    return_code: int | None = None
    reason: str = ""


@attrs.frozen
class LocalAgentGateway:
    """Wraps messages for the agent and reads what it says."""

    settings_class: ClassVar = LocalAgentSettings
    certain_401: ClassVar[bool] = True
    settings: LocalAgentSettings

    def seal(self, infno: str, body: bytes, now_ms: int) -> HttpRequest:
        """The POST to the agent; it has no use for the time."""
        content = {"version": VERSION, "infno": infno, "message": body.decode("utf-8")}
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Authorization": f"Bearer {self.settings.agent_token.reveal()}",
        }
        return HttpRequest(self.settings.url, headers, _encode(content))

    def open(self, reply: HttpReply) -> bytes:
        """The library's answer; raises ``TransportFailure`` unless the agent has one."""
        try:
            answer = msgspec.json.decode(reply.body, type=_Answer)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            answer = None
        if (
            answer is None
            or answer.version != VERSION
            or (reply.status != 200 and answer.status != "not_called")
        ):
            raise TransportFailure("no agent's answer", f"HTTP {reply.status}", status=reply.status)
        match answer.status:
            case "answered":
                return _passed_on(answer.message, reply)
            case "not_called":
                return _encode({"code": 401, "message": f"local agent: {_short(answer.reason)}"})
            case "failed":
                raise TransportFailure(f"agent: return code {answer.return_code}", _short(answer.message))
            case _:
                raise TransportFailure(f"agent: {_short(answer.reason) or 'unknown'}")


def _passed_on(message: str, reply: HttpReply) -> bytes:
    """What the library said. Raises for ``{"code":401,…}``: only the agent's own is known to mean that nothing was passed on."""
    body = message.encode("utf-8", "surrogatepass")
    try:
        said = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return body  # no message; the classifier tells what it is
    if isinstance(said, dict) and str(said.get("code")) == "401" and "infcode" not in said:
        raise TransportFailure("unproven 401", "said by the library", status=reply.status, raw=body)
    return body


def _short(text: Any) -> str:
    """A reason for logs and evidence: no line breaks, not long."""
    return "".join(c for c in str(text)[:80] if c.isprintable())


@hookimpl
def mi_register_gateways(registry: Registry[GatewayFactory]) -> None:
    """The profile's name in the configuration is ``local-agent``."""
    registry.add("local-agent", LocalAgentGateway)

"""How commands reach a sandbox that runs: which one is meant, and one call of its control endpoints."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import click

from mi_core.cli.text import t
from mi_core.errors import MiError

__all__ = ["Command", "ask", "reach"]

Command = Callable[..., None]


def reach(command: Command) -> Command:
    """The options that say which sandbox is meant."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help=t("输出 JSON", "print JSON")),
        click.option(
            "--port", type=int, help=t("本机有几个沙箱时指明端口", "which one, when several run here")
        ),
        click.option("--token", help=t("控制令牌（MI_SANDBOX_TOKEN）", "control token (MI_SANDBOX_TOKEN)")),
        click.option(
            "--url", help=t("沙箱地址（MI_SANDBOX_URL）", "address of the sandbox (MI_SANDBOX_URL)")
        ),
    ):
        command = option(command)
    return command


def ask(
    method: str, path: str, content: object = None, *, url: str | None, token: str | None, port: int | None
) -> Any:
    """One call of a control endpoint; its answer. Raises :class:`MiError`."""
    import urllib.error
    import urllib.request

    from mi_plugins.sandbox.control import TOKEN_HEADER
    from mi_plugins.sandbox.running import find_running

    there = find_running(url, token, port)
    body = None if content is None else json.dumps(content).encode()
    asked = urllib.request.Request(  # noqa: S310  # the address of a sandbox, never a file
        f"{there.url}/_control/{path}", data=body, method=method, headers={TOKEN_HEADER: there.token}
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(asked, timeout=120) as reply:
            return json.loads(reply.read())
    except urllib.error.HTTPError as error:
        zh, en = _reason(error.read())
        raise MiError(f"沙箱拒绝：{zh}", f"the sandbox refuses: {en}") from error
    except (OSError, ValueError) as error:
        raise MiError(
            f"无法连接沙箱 {there.url}：{error}", f"cannot reach the sandbox {there.url}: {error}",
            hint_zh="确认它还在运行，--url、--port 无误", hint_en="is it running, are --url and --port right?",
        ) from error  # fmt: skip


def _reason(body: bytes) -> tuple[str, str]:
    """In Chinese and English."""
    try:
        said = json.loads(body)
        return str(said.get("error_zh", said["error"])), str(said["error"])
    except (ValueError, KeyError, TypeError, AttributeError):
        text = body[:200].decode(errors="replace")
        return text, text

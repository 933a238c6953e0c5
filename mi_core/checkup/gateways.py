"""``mi doctor`` at the gateways: made, addressed, reached, given a token, their clock compared."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import Literal

from mi_core.checkup.findings import Finding, failed
from mi_core.config import Config, Institution
from mi_core.errors import ConfigError, MiError
from mi_core.pipeline.faults import provided
from mi_core.pipeline.serving import Served
from mi_core.pipeline.tokens import why_no_token
from mi_core.plugin import GatewaySettings, Transport, TransportFailure
from mi_core.plugin.manager import Plugins

__all__ = ["gateways"]

CLOCK_NOTICE, CLOCK_LIMIT = 60.0, 15 * 60.0
"""Seconds this clock may differ from the gateway's: told above the first, wrong above the second (the window is 30 min)."""


async def gateways(config: Config, plugins: Plugins, seconds: float) -> AsyncIterator[Finding]:
    """Whether each gateway can be made, addressed and reached, gives its token, and has our time."""
    try:
        transport = provided(plugins, plugins.transports, config.transport.kind, config.transport)
    except MiError as error:
        yield failed("传输", "transport", error)
        return
    try:
        for name, settings, serves in _addresses(config):
            try:
                served = Served.made(name, settings, plugins)
            except MiError as error:
                yield failed(f"网关 {name}", f"gateway {name}", error)
                continue
            nowhere = _addressed(served, serves)
            if nowhere is not None:
                yield Finding(
                    f"路径 {name}", f"paths {name}", "error",
                    f"没有一个交易有地址：{nowhere.zh}", f"no interface has an address: {nowhere.en}",
                    nowhere.hint_zh, nowhere.hint_en,
                )  # fmt: skip
            try:
                url = served.auth.seal("9001", b"{}", 0).url
            except (
                Exception
            ):  # a gateway that does not serve sign-ins, or cannot wrap this: its address is enough
                url = settings.url
            for finding in await _gateway(transport, name, url, seconds):
                yield finding
            if served.tokens is not None:
                yield await _token(transport, name, served, seconds)
    finally:
        await transport.close()


def _addresses(config: Config) -> Iterator[tuple[str, GatewaySettings, Callable[[str], bool]]]:
    """Every gateway with its name, and which interfaces it serves."""
    for institution in config.institutions.values():
        yield institution.code, institution.gateway, partial(_by_main, institution)
        for name, route in institution.gateways.items():
            yield f"{institution.code}/{name}", route.gateway, route.serves


def _by_main(institution: Institution, code: str) -> bool:
    return not any(route.serves(code) for route in institution.gateways.values())


def _addressed(served: Served, serves: Callable[[str], bool]) -> ConfigError | None:
    """Why not a single interface has an address at this gateway; ``None`` when one has."""
    from mi_core.interfaces import ALL_CODES

    why: ConfigError | None = None
    for code in filter(serves, ALL_CODES):
        try:
            served.auth.seal(code, b"{}", 0)
        except ConfigError as error:
            why = why or error
        except Exception:  # it does not wrap an empty message: the address is no matter of that
            return None
        else:
            return None
    return why


async def _token(transport: Transport, code: str, served: Served, seconds: float) -> Finding:
    """Whether the gateway gives a token; it changes nothing there."""
    name = (f"令牌 {code}", f"token {code}")
    assert served.tokens is not None
    try:
        async with asyncio.timeout(seconds):
            await served.tokens.headers(transport)
    except Exception as failure:  # also what a faulty plugin raises
        zh, en = why_no_token(served, failure)
        return Finding(
            *name, "error", f"未取得令牌：{zh}", f"no token: {en}",
            "检查令牌地址、客户端编号与口令", "check the token's address, client id and passwords",
        )  # fmt: skip
    return Finding(*name, "ok", "可取得令牌", "the gateway gives one")


async def _gateway(transport: Transport, code: str, url: str, seconds: float) -> list[Finding]:
    name = (f"网关 {code}", f"gateway {code}")
    try:
        alive = await transport.probe(url, timeout=seconds)
    except TransportFailure as failure:
        return [
            Finding(
                *name, "error", f"{url} 无法连接：{failure}", f"{url} cannot be reached: {failure}",
                "检查地址、网络专线、防火墙、代理与证书", "check address, network, firewall, proxy and certificates",
            )
        ]  # fmt: skip
    zh, en = f"{url} 可达（HTTP {alive.status}）", f"{url} answers (HTTP {alive.status})"
    reached = Finding(*name, "ok", zh, en)
    if alive.status >= 500:
        reached = Finding(
            *name, "warning", zh, en, "网关自身故障，联系网关维护方", "the gateway itself is failing: tell its operator"
        )  # fmt: skip
    return [reached, _clock(code, alive.date)]


def _clock(code: str, theirs: dt.datetime | None) -> Finding:
    name = (f"时钟 {code}", f"clock {code}")
    if theirs is None:
        return Finding(*name, "skipped", "网关没有给出时间", "the gateway told no time")
    if theirs.tzinfo is None:
        theirs = theirs.replace(tzinfo=dt.UTC)
    off = (dt.datetime.now(dt.UTC) - theirs).total_seconds()
    zh, en = f"与网关相差 {off:+.0f} 秒", f"{off:+.0f} s against the gateway"
    if abs(off) <= CLOCK_NOTICE:
        return Finding(*name, "ok", zh, en)
    status: Literal["warning", "error"] = "error" if abs(off) > CLOCK_LIMIT else "warning"
    return Finding(
        *name, status, zh, en,
        "校准本机时间（启用 NTP）；相差过大时网关会拒绝签名",
        "set this clock (NTP); the gateway refuses old signatures",
    )  # fmt: skip

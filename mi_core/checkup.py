"""The examination behind ``mi doctor``: values in, findings out; changes nothing but the log database it may create."""

from __future__ import annotations

import asyncio
import datetime as dt
import platform
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Literal

import attrs

from mi_core.config import Config, load_config
from mi_core.errors import MiError
from mi_core.journal import AttemptState, Journal
from mi_core.journal.opening import MEMORY, journal_path, key_path, open_journal
from mi_core.pipeline.serving import Served
from mi_core.plugin import GatewaySettings, Transport, TransportFailure
from mi_core.plugin.manager import Plugins, load_plugins

__all__ = ["Finding", "examine"]

CLOCK_NOTICE, CLOCK_LIMIT = 60.0, 15 * 60.0
"""Seconds this clock may differ from the gateway's: told above the first, wrong above the second (the window is 30 min)."""


@attrs.frozen
class Finding:
    """One thing that was looked at."""

    name_zh: str
    name_en: str
    status: Literal["ok", "warning", "error", "skipped"]
    zh: str
    en: str
    do_zh: str = ""
    do_en: str = ""


async def examine(path: str | None = None, *, seconds: float = 5.0) -> list[Finding]:
    """Look at everything; the first finding is the configuration, and without it the only one."""
    try:
        config = load_config(path)
    except MiError as error:
        return [_failed("配置", "configuration", error)]
    findings = [_configuration(config), _key_protection(config)]
    try:
        plugins = load_plugins(allow=config.plugins.allow, strict=config.plugins.strict)
    except MiError as error:
        return [*findings, _failed("插件", "plugins", error)]
    findings.append(_plugins(plugins))
    findings += [finding async for finding in _gateways(config, plugins, seconds)]
    findings += [finding async for finding in _log(config, plugins)]
    findings += await asyncio.to_thread(_journal, config)
    return findings


def _failed(zh: str, en: str, error: MiError) -> Finding:
    """A framework error as a finding: what happened, and what to do."""
    details_zh, details_en = error.message("zh"), error.message("en")
    return Finding(
        zh, en, "error", error.zh + _rest(details_zh, error.hint_zh), error.en + _rest(details_en, error.hint_en),
        error.hint_zh, error.hint_en,
    )  # fmt: skip


def _rest(message: str, hint: str) -> str:
    """What a message lists below its hint (single mistakes)."""
    return message.partition(hint)[2] if hint else ""


def _configuration(config: Config) -> Finding:
    names = ", ".join(config.institutions)
    where = config.source or "MI_*"
    zh, en = (
        f"{where}：{config.environment}，机构 {names}",
        f"{where}: {config.environment}, institutions {names}",
    )
    unmanned = [code for code, i in config.institutions.items() if i.operator is None]
    if unmanned:
        return Finding(
            "配置", "configuration", "warning",
            f"{zh}；{', '.join(unmanned)} 没有默认经办人", f"{en}; no default operator: {', '.join(unmanned)}",
            "添加 [institutions.X.operator]，或每次调用给出 operator", "add [institutions.X.operator] or pass operator with each call",
        )  # fmt: skip
    return Finding("配置", "configuration", "ok", zh, en)


def _key_protection(config: Config) -> Finding:
    name = ("密钥保护", "key protection")
    if platform.system() == "Windows":
        return Finding(
            *name, "skipped", "Windows 下不检查文件权限", "file permissions are not checked on Windows"
        )
    candidates: list[Path | None] = [
        config.source, config.transport.client_key, config.store.key_file, config.secrets_key_file,
    ]  # fmt: skip
    if config.store.operation_log.startswith("sqlite:///"):
        candidates.append(Path(config.store.operation_log.removeprefix("sqlite:///") + ".key"))
    journal = journal_path(config)
    if config.journal.key_file is not None or (journal != MEMORY and "://" not in journal):
        candidates.append(key_path(config))
    loose = [str(p) for p in candidates if p is not None and p.exists() and p.stat().st_mode & 0o077]
    if loose:
        files = " ".join(loose)
        return Finding(
            *name,
            "warning",
            f"他人可读：{files}",
            f"readable by others: {files}",
            f"chmod 600 {files}",
            f"chmod 600 {files}",
        )
    return Finding(*name, "ok", "密钥文件仅本人可读", "files with keys are readable by their owner only")


def _plugins(plugins: Plugins) -> Finding:
    broken = [r for r in plugins.reports if r.status == "left out"]
    barred = [r for r in plugins.reports if r.status == "not allowed"]
    loaded = len(plugins.reports) - len(broken) - len(barred)
    if broken:
        zh = "; ".join(f"{r.distribution} {r.version} ({r.name}): {r.reason}" for r in broken)
        en = "; ".join(f"{r.distribution} {r.version} ({r.name}): {r.reason_en}" for r in broken)
        return Finding(
            "插件", "plugins", "warning", f"已跳过损坏的插件：{zh}", f"broken, left out: {en}",
            "升级或卸载这些软件包；详情 mi plugins list", "upgrade or uninstall these distributions; details: mi plugins list",
        )  # fmt: skip
    extra = f"，未允许 {len(barred)} 个" if barred else ""
    return Finding(
        "插件", "plugins", "ok", f"已加载 {loaded} 个{extra}", f"{loaded} loaded, {len(barred)} not allowed"
    )


async def _gateways(config: Config, plugins: Plugins, seconds: float) -> AsyncIterator[Finding]:
    try:
        transport = plugins.transports[config.transport.kind](config.transport)
    except MiError as error:
        yield _failed("传输", "transport", error)
        return
    try:
        for name, settings in _addresses(config):
            try:
                gateway = plugins.gateways[settings.profile](settings)
            except MiError as error:
                yield _failed(f"网关 {name}", f"gateway {name}", error)
                continue
            try:
                url = gateway.seal("9001", b"{}", 0).url
            except (
                Exception
            ):  # a gateway that does not serve sign-ins, or cannot wrap this: its address is enough
                url = settings.url
            for finding in await _gateway(transport, name, url, seconds):
                yield finding
            if hasattr(gateway, "token_request"):
                yield await _token(transport, name, Served.of(name, settings, gateway), seconds)
    finally:
        await transport.close()


def _addresses(config: Config) -> Iterator[tuple[str, GatewaySettings]]:
    """Every gateway with its name."""
    for institution in config.institutions.values():
        yield institution.code, institution.gateway
        for name, route in institution.gateways.items():
            yield f"{institution.code}/{name}", route.gateway


async def _token(transport: Transport, code: str, served: Served, seconds: float) -> Finding:
    """Whether the gateway gives a token; it changes nothing there."""
    name = (f"令牌 {code}", f"token {code}")
    assert served.tokens is not None
    try:
        async with asyncio.timeout(seconds):
            await served.tokens.headers(transport)
    except (TransportFailure, TimeoutError) as failure:
        why = failure.evidence if isinstance(failure, TransportFailure) else "timeout"
        return Finding(
            *name, "error", f"未取得令牌：{why}", f"no token: {why}",
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


async def _log(config: Config, plugins: Plugins) -> AsyncIterator[Finding]:
    name = ("操作日志", "operation log")
    target = config.store.operation_log
    try:
        store = plugins.stores[target.partition("://")[0]](config.store)
        await store.open()
    except MiError as error:
        yield _failed(*name, error)
        return
    try:
        await store.find(limit=1)
        if target == "memory":
            yield Finding(*name, "warning", "memory：不保留记录", "memory: nothing is kept",
                          '正式使用时设 operation_log = "sqlite:///mi.db"', 'set operation_log = "sqlite:///mi.db"')  # fmt: skip
        else:
            yield Finding(*name, "ok", f"{target} 可用，密钥相符", f"{target} works, its key fits")
    except MiError as error:
        yield _failed(*name, error)
    finally:
        await store.close()


def _journal(config: Config) -> list[Finding]:
    """Whether changing calls can be journalled, and what of them waits for an answer or for people."""
    name = ("交易日志", "journal")
    try:
        journal = open_journal(config)
    except MiError as error:
        return [_failed(*name, error)]
    try:
        where = journal_path(config).rpartition("@")[2]
        if where == MEMORY:
            found = Finding(
                *name, "warning", "memory：程序结束后无法查证未决业务", "memory: nothing is known after the program's end",
                '正式使用时设 [journal] path = "mi.journal.db"', 'set [journal] path = "mi.journal.db"',
            )  # fmt: skip
        else:
            found = Finding(*name, "ok", f"{where} 可用，密钥相符", f"{where} works, its keys fit")
        return [found, *_older(journal), *_unresolved(journal)]
    finally:
        journal.close()


def _older(journal: Journal) -> list[Finding]:
    """An older copy was put in the journal's place: no money leaves before two persons have looked."""
    hole = journal.hole
    if hole is None:
        return []
    first, last = hole.days[0], hole.days[-1]
    return [
        Finding(
            "交易日志完整性", "journal completeness", "error",
            f"是旧副本，缺少 {first} 至 {last} 之间的记录，已暂停结算",
            f"an older copy without what was done between {first} and {last}; intake is closed",
            f"对 {first} 至 {last} 逐日 mi reconcile，处理差异后由两人 mi audit reopen",
            f"mi reconcile each day from {first} to {last}, act on the differences, then two persons: mi audit reopen",
        )
    ]  # fmt: skip


def _unresolved(journal: Journal) -> list[Finding]:
    open_attempts = journal.read.unresolved(limit=1000)
    if not open_attempts:
        return []
    manual = [a for a in open_attempts if a.state is AttemptState.MANUAL]
    amount = sum((a.at_risk for a in open_attempts), Decimal(0))
    ids = ", ".join(a.operation_id for a in open_attempts[:5]) + (" …" if len(open_attempts) > 5 else "")
    return [
        Finding(
            "未决操作", "unresolved operations", "warning",
            f"{len(open_attempts)} 笔变更业务结果未定（{amount:.2f} 元，其中 {len(manual)} 笔须人工处理）：{ids}",
            f"{len(open_attempts)} changing calls without a known outcome ({amount:.2f} yuan, {len(manual)} wait for people): {ids}",
            "运行 mi recover 查证；mi doubt list 查看并处理", "run mi recover; see and settle them with mi doubt list",
        )
    ]  # fmt: skip

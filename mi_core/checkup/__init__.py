"""The examination behind ``mi doctor``: values in, findings out; changes nothing but the log database it may create."""

from __future__ import annotations

import asyncio
import platform
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

from mi_core.checkup.findings import Finding, failed
from mi_core.checkup.gateways import gateways
from mi_core.checkup.inbound import shared_signatures
from mi_core.config import Config, load_config
from mi_core.errors import MiError
from mi_core.journal import AttemptState, Journal
from mi_core.journal.opening import MEMORY, journal_path, key_path, open_journal
from mi_core.pipeline.faults import provided
from mi_core.plugin.manager import Plugins, load_plugins

__all__ = ["Finding", "examine"]


async def examine(path: str | None = None, *, seconds: float = 5.0) -> list[Finding]:
    """Look at everything; the first finding is the configuration, and without it the only one."""
    try:
        config = load_config(path)
    except MiError as error:
        return [failed("配置", "configuration", error)]
    findings = [_configuration(config), _key_protection(config)]
    try:
        plugins = load_plugins(allow=config.plugins.allow, strict=config.plugins.strict)
    except MiError as error:
        return [*findings, failed("插件", "plugins", error)]
    findings.append(_plugins(plugins))
    findings += [finding async for finding in gateways(config, plugins, seconds)]
    findings += shared_signatures(config, plugins)
    findings += [finding async for finding in _log(config, plugins)]
    findings += await asyncio.to_thread(_journal, config)
    return findings


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


async def _log(config: Config, plugins: Plugins) -> AsyncIterator[Finding]:
    name = ("操作日志", "operation log")
    target = config.store.operation_log
    try:
        store = provided(plugins, plugins.stores, target.partition("://")[0], config.store)
        await store.open()
    except MiError as error:
        yield failed(*name, error)
        return
    try:
        await store.find(limit=1)
        if target == "memory":
            yield Finding(*name, "warning", "memory：不保留记录", "memory: nothing is kept",
                          '正式使用时设 operation_log = "sqlite:///mi.db"', 'set operation_log = "sqlite:///mi.db"')  # fmt: skip
        else:
            yield Finding(*name, "ok", f"{target} 可用，密钥相符", f"{target} works, its key fits")
    except MiError as error:
        yield failed(*name, error)
    finally:
        await store.close()


def _journal(config: Config) -> list[Finding]:
    """Whether changing calls can be journalled, and what of them waits for an answer or for people."""
    name = ("交易日志", "journal")
    try:
        journal = open_journal(config)
    except MiError as error:
        return [failed(*name, error)]
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

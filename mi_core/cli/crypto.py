"""``mi crypto``: which implementation serves which national algorithm, and whether it is right."""

from __future__ import annotations

from typing import Any

import click

from mi_core.cli.text import print_json, print_table, t

__all__ = ["crypto"]


@click.group(short_help="国密算法 / national algorithms (SM2, SM3, SM4)")
def crypto() -> None:
    """国密算法（SM2、SM3、SM4）。

    National algorithms (SM2, SM3, SM4).
    """


@crypto.command(short_help="逐项自检，并列出由谁提供 / known answers, and what serves what")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON / print JSON.")
def selftest(as_json: bool) -> None:  # a command's option
    """以国家标准的示例逐项自检，列出各算法由哪个实现提供。退出码：0 全部通过，1 有未通过。

    Try the known answers of the standards and list which implementation serves what. Exit codes: 0 all right, 1 not.
    """
    from mi_core.crypto import CryptoError, selftest, software

    provider = software()
    checks = selftest(provider)
    rows: list[dict[str, Any]] = []
    for service in provider.services():
        own = [c for c in checks if c.algorithm == service.algorithm]
        rows.append(
            {
                "algorithm": service.algorithm,
                "backend": service.backend,
                "version": service.version,
                "passed": sum(c.passed for c in own),
                "checks": len(own),
                "failed": [{"name": c.name, "error": c.error} for c in own if not c.passed],
                "note": t(service.note_zh, service.note_en),
            }
        )
    if as_json:
        print_json({"provider": provider.name, "services": rows})
    else:
        columns = [
            t("算法", "algorithm"), t("实现", "served by"), t("版本", "version"), t("自检", "self-test"), t("说明", "note"),
        ]  # fmt: skip
        print_table(t("国密自检", "National algorithms"), columns, (_cells(row) for row in rows))
    failed = [f"{row['algorithm']} {check['name']}" for row in rows for check in row["failed"]]
    if failed:
        listed = "; ".join(failed)
        raise CryptoError(
            f"国密自检未通过：{listed}", f"the self-test failed: {listed}",
            hint_zh="在此之前不要签名或加密；重新安装 cryptography、gmssl 或 OpenSSL 3",
            hint_en="sign and encrypt nothing until then; reinstall cryptography, gmssl or OpenSSL 3",
        )  # fmt: skip


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    mark = "✗" if row["failed"] else "✓"
    return (
        row["algorithm"],
        row["backend"],
        row["version"],
        f"{mark} {row['passed']}/{row['checks']}",
        row["note"],
    )

"""``mi doctor``: is this machine ready to call? Each finding says what to do."""

from __future__ import annotations

import asyncio
from typing import Any

import click

from mi_core.cli.text import print_json, print_table, t

__all__ = ["doctor"]

_MARK = {"ok": "✓", "warning": "!", "error": "✗", "skipped": "-"}


@click.command(short_help="检查配置、网关、时钟、数据库、密钥 / check everything a call needs")
@click.option(
    "--config", type=click.Path(dir_okay=False), help="配置文件，默认 mi.toml / configuration file."
)
@click.option("--timeout", default=5.0, show_default=True, help="每个网关的时限（秒） / seconds per gateway.")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON / print JSON.")
def doctor(config: str | None, timeout: float, as_json: bool) -> None:  # a command's option
    """检查配置、插件、网关可达性、时钟、数据库与密钥，并说明如何处理。退出码：0 可用，2 配置有误，1 其他错误。

    Check configuration, plugins, gateways, clock, database and keys. Exit codes: 0 ready, 2 configuration, 1 other errors.
    """
    from mi_core.checkup import examine

    findings = asyncio.run(examine(config, seconds=timeout))
    rows: list[dict[str, Any]] = [
        {
            "check": t(f.name_zh, f.name_en),
            "status": f.status,
            "found": t(f.zh, f.en),
            "do": t(f.do_zh, f.do_en),
        }
        for f in findings
    ]
    if as_json:
        print_json({"ready": all(f.status != "error" for f in findings), "findings": rows})
    else:
        print_table(
            "mi doctor",
            [
                "",
                t("检查项", "check"),
                (t("结果", "result"), {"overflow": "fold"}),
                (t("处理", "what to do"), {"overflow": "fold"}),
            ],
            [(_MARK[r["status"]], r["check"], r["found"], r["do"]) for r in rows],
        )
    if any(f.status == "error" for f in findings):
        raise SystemExit(2 if findings[0].status == "error" else 1)

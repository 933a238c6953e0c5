"""``mi secrets``: seal the secrets of the configuration, list how they stand, change the key."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import Any

import click

from mi_core.cli.text import print_json, print_table, t

__all__ = ["secrets"]

_FORMS = {
    "plain": ("明文", "plain"), "sealed": ("已封存", "sealed"), "damaged": ("已损坏", "damaged"),
    "env": ("环境变量", "variable"), "file": ("文件", "file"),
}  # fmt: skip
_config = click.option(
    "--config", type=click.Path(dir_okay=False), help="配置文件，默认 mi.toml / configuration file."
)


@click.group(short_help="配置中的机密：封存、列出、换密钥 / secrets of the configuration")
def secrets() -> None:
    """封存配置中的机密（SM4-GCM），列出其状态与时间，更换密钥。

    Seal the secrets of the configuration (SM4-GCM), list how they stand, change the key.
    """


@secrets.command(short_help="封存配置中的明文机密 / seal the plain secrets of the file")
@_config
@click.option(
    "--value",
    is_flag=True,
    help="只封存一个值（提示输入或从标准输入读取）并显示 / seal one value and print it.",
)
def seal(config: str | None, value: bool) -> None:
    """把配置文件中的明文机密改写为 sm4://…；没有密钥文件时新建（仅本人可读，须另行备份）。退出码：0 全部已封存，1 有未能封存或缺密钥的。

    Rewrite the plain secrets of the file as sm4://…; makes the key file when there is none (back it up apart).
    Exit codes: 0 all sealed, 1 some could not be or their key is missing.
    """
    from mi_core.config.sealing import missing_keys, refuse_damaged, sealed_text, secrets_of
    from mi_core.config.secrets import SecretKey, SecretKeys, read_keys, replace_file, write_keys

    source, key_file, given = _places(config, needs_file=not value)
    found = secrets_of(source) if source is not None and source.exists() else []
    if not value:
        refuse_damaged(found)
    if given or key_file.exists():
        keyring = read_keys(key_file)
    else:
        _refuse_lost(missing_keys(found, None), key_file)
        keyring = SecretKeys((SecretKey.fresh(),))
        write_keys(key_file, keyring, new=True)
        click.echo(
            t(f"已建立密钥文件 {key_file}，请另行备份", f"made the key file {key_file}: back it up apart"),
            err=True,
        )
    if value:
        click.echo(keyring.seal(_asked()))
        return
    assert source is not None
    text, done, left = sealed_text(source, keyring)
    if done:
        replace_file(source, text)
    for name in done:
        click.echo(t(f"已封存 {name}", f"sealed {name}"))
    if not done and not left:
        click.echo(t("没有明文机密", "there is no plain secret"))
    lost = missing_keys(found, keyring)
    for key, names in lost.items():
        click.echo(
            t(f"封存密钥 {key} 不在 {key_file} 中，无法打开：{'、'.join(names)}",
              f"the key {key} is not in {key_file}; it is needed to open {', '.join(names)}"), err=True,
        )  # fmt: skip
    for name in left:
        click.echo(
            t(f"未能在原处封存 {name}：用 mi secrets seal --value 封存后填入",
              f"not sealed: {name}; seal it with mi secrets seal --value and put it there"), err=True,
        )  # fmt: skip
    if left or lost:
        raise SystemExit(1)


@secrets.command("list", short_help="机密的状态与封存时间 / how secrets stand, and since when")
@_config
@click.option("--json", "as_json", is_flag=True, help="输出 JSON / print JSON.")
def list_(config: str | None, as_json: bool) -> None:
    """列出配置中的机密：明文、已封存、已损坏、环境变量或文件，封存的密钥与天数。不显示任何值。

    List the secrets of the configuration: plain, sealed, damaged, variable or file, by which key and for how many days. No value is shown.
    """
    from mi_core.config.sealing import secrets_of
    from mi_core.config.secrets import SecretKeys, read_keys
    from mi_core.errors import ConfigError

    source, key_file, given = _places(config)
    assert source is not None
    today = dt.datetime.now(dt.UTC).date()
    try:
        active = read_keys(key_file).keys if given or key_file.exists() else ()
    except ConfigError as error:
        click.echo(error.message(), err=True)
        active = ()
    found = secrets_of(source, SecretKeys(active))
    made = {key.id: key.made for key in active}
    rows: list[dict[str, Any]] = [
        {
            "name": s.name, "form": s.form, "key": s.key_id, "sealed_on": s.sealed_on,
            "age_days": (today - s.sealed_on).days if s.sealed_on else None, "key_known": not s.key_id or s.key_id in made,
        }
        for s in found
    ]  # fmt: skip
    keys = [
        {"key": k.id, "made": k.made, "age_days": (today - k.made).days, "seals": i == 0}
        for i, k in enumerate(active)
    ]
    if as_json:
        print_json({"key_file": str(key_file), "keys": keys, "secrets": rows})
        return
    columns = [
        t("机密", "secret"),
        t("形式", "form"),
        t("密钥", "key"),
        t("封存日期", "sealed on"),
        t("天数", "days"),
    ]
    missing = t("（缺失）", " (missing)")
    print_table(
        t("配置中的机密", "secrets of the configuration"), columns,
        [
            (r["name"], t(*_FORMS[r["form"]]), r["key"] + ("" if r["key_known"] else missing), r["sealed_on"], r["age_days"])
            for r in rows
        ],
        caption=t("；", "; ").join(f"{k['key']}: {k['made']} ({k['age_days']} {t('天', 'days')})" for k in keys) or None,
    )  # fmt: skip


@secrets.command(short_help="换一把密钥并重新封存 / make a new key and seal everything anew")
@_config
def rotate(config: str | None) -> None:
    """生成新密钥，用它重新封存配置文件中的全部 sm4:// 值。旧密钥保留一次更换的时间，以便其他进程与副本过渡。

    Make a new key and seal every sm4:// value of the file with it. The old key stays for one change, so that other
    processes and copies of the file go on; the one before it is dropped.
    """
    from mi_core.config.sealing import refuse_damaged, resealed, secrets_of
    from mi_core.config.secrets import SecretKey, SecretKeys, read_keys, replace_file, write_keys
    from mi_core.errors import ConfigError

    source, key_file, given = _places(config)
    assert source is not None
    old = read_keys(key_file)
    if given:
        raise ConfigError(
            "密钥来自环境变量，无法由此更换", "the key comes from a variable and cannot be changed here",
            hint_zh="在密钥管理处生成新密钥，放在变量中的第一行，再用 mi secrets seal --value 重新封存",
            hint_en="make a new key where it is kept, put it first in the variable, then seal again with mi secrets seal --value",
        )  # fmt: skip
    refuse_damaged(secrets_of(source, old))
    new = SecretKeys((SecretKey.fresh(), old.keys[0]))
    text, count = resealed(source.read_text(encoding="utf-8-sig"), old, new)
    write_keys(key_file, new, new=False)  # first the key: whatever the file holds can be opened at any moment
    if count:
        replace_file(source, text)
    click.echo(
        t(f"新密钥 {new.keys[0].id}；重新封存 {count} 个值。请备份 {key_file}",
          f"new key {new.keys[0].id}; {count} value(s) sealed anew. Back up {key_file}")
    )  # fmt: skip


def _places(config: str | None, *, needs_file: bool = True) -> tuple[Path | None, Path, bool]:
    """The configuration file, the key file, and whether the key is given by a variable instead."""
    import os

    from mi_core.config.load import source_of
    from mi_core.config.secrets import KEY_VARIABLE, key_file_of
    from mi_core.config.sources import Tree, environment_values, file_values
    from mi_core.errors import ConfigError

    source, tree = source_of(config), Tree()
    if source is not None and (needs_file or source.exists()):
        file_values(tree, source)
    elif needs_file:
        raise ConfigError(
            "没有配置文件", "there is no configuration file",
            hint_zh="用 --config 指明，或用 mi new-config 生成", hint_en="name it with --config, or make one: mi new-config",
        )  # fmt: skip
    environment_values(tree, [])
    named = tree.values.get(("secrets", "key_file"))
    folder = source.resolve().parent if source else Path.cwd()
    path = key_file_of(folder / named if isinstance(named, str) else None, source)
    return source, path, bool(os.environ.get(KEY_VARIABLE))


def _refuse_lost(lost: dict[str, list[str]], key_file: Path) -> None:
    """A new key file in the place of a lost one would open nothing and look as if all were well."""
    from mi_core.errors import ConfigError

    if lost:
        keys, names = ", ".join(lost), [name for found in lost.values() for name in found]
        raise ConfigError(
            f"缺少封存密钥 {keys}（没有 {key_file}），未新建密钥；用它封存的：{'、'.join(names)}",
            f"the key {keys} is missing (there is no {key_file}); no new one was made. It sealed {', '.join(names)}",
            hint_zh="从备份恢复密钥文件；找不回时先把这些值都改写为明文，再运行 mi secrets seal",
            hint_en="restore the key file; if it is lost write all of these values in plain again, then run: mi secrets seal",
        )  # fmt: skip


def _asked() -> str:
    if sys.stdin.isatty():
        return str(click.prompt(t("值", "value"), hide_input=True, err=True))
    return sys.stdin.read().rstrip("\r\n")

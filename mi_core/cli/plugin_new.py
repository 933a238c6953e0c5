"""``mi plugin new``: a complete project of a plugin, rendered from ``mi_plugins/_template``, its classes generated."""

from __future__ import annotations

import keyword
import re
import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from importlib.metadata import distributions, entry_points
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from typing import Any

import click

from mi_core._version import __version__
from mi_core.cli.text import t
from mi_core.errors import ConfigError
from mi_core.plugin import Registry

__all__ = ["new", "render"]

LONGEST = 40
TEMPLATE = Path(__file__).resolve().parents[2] / "mi_plugins" / "_template"
SUFFIX = ".jinja"
TAKEN = frozenset({"mi-core", "mi-plugins", "mi-codegen", "test", "tests", "noxfile"})


@click.command(short_help="生成一个完整的插件项目 / write a complete plugin project")
@click.argument("name")
@click.option(
    "--dir", "folder", type=click.Path(file_okay=False, path_type=Path), help="目标文件夹，默认 ./NAME / target folder.",
)  # fmt: skip
def new(name: str, folder: Path | None) -> None:
    """生成名为 NAME 的插件项目：地区差异、网关签名、观察接口、生成的类型、测试、中英文说明。

    Write a plugin project NAME: a region's overlay, a gateway that signs, a hook, generated classes, tests, READMEs.
    """
    _check_name(name)
    _check_free(name)
    target = folder or Path(name)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise ConfigError(
            f"{target} 已存在且不是空文件夹", f"{target} exists and is no empty folder",
            hint_zh="换一个名称，或用 --dir 指定空文件夹", hint_en="choose another name, or an empty folder with --dir",
        )  # fmt: skip
    files = render(name)
    try:
        for path, text in files.items():
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            (target / path).write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise ConfigError(
            f"无法写入 {target}：{error.strerror}", f"cannot write to {target}: {error.strerror}"
        ) from None
    _generate(target / _module(name))
    click.echo(t(f"已生成 {target}。接下来：", f"written: {target}. Next:"))
    click.echo(f"  cd {target}\n  pip install -e . pytest\n  pytest")


def render(name: str) -> Mapping[str, str]:
    """Every file of the project by path, rendered and not written."""
    try:
        from jinja2 import Environment, StrictUndefined
    except ImportError:
        raise _extra_missing("jinja2") from None
    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True)  # noqa: S701  # Python and TOML, no HTML
    values = _values(name)
    files: dict[str, str] = {}
    for path in sorted(TEMPLATE.rglob(f"*{SUFFIX}")):
        parts = [values["module"] if part == "module" else part for part in path.relative_to(TEMPLATE).parts]
        text = path.read_text(encoding="utf-8")
        files["/".join(parts).removesuffix(SUFFIX)] = environment.from_string(text).render(values)
    return files


def _values(name: str) -> dict[str, Any]:
    from mi_core.crypto import software
    from mi_core.plugin import HOOK_API

    return {
        "name": name,
        "module": _module(name),
        "cls": "".join(part.capitalize() for part in name.split("-")),
        "version": __version__,
        "hook_api": HOOK_API,
        "example_signature": software().hmac_sm3(b"secret", b"1700000000000{}").hex(),
    }


def _module(name: str) -> str:
    return name.replace("-", "_")


def _check_name(name: str) -> None:
    """A name that works as a distribution, a module, a region and a gateway profile."""
    zh = en = ""
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        zh, en = (
            "只用小写字母、数字和单个连字符，以字母开头",
            "use lower-case letters, digits and single hyphens, a letter first",
        )
    elif len(name) > LONGEST:
        zh, en = f"最多 {LONGEST} 个字符", f"at most {LONGEST} characters"
    elif name in TAKEN or _module(name) in sys.stdlib_module_names or keyword.iskeyword(_module(name)):
        zh, en = "与已有的模块重名", "a module has that name already"
    if zh:
        raise ConfigError(
            f"插件名 {name!r} 无效：{zh}", f"{name!r} is no name for a plugin: {en}",
            hint_zh="例如 hospital-rules", hint_en="for example hospital-rules",
        )  # fmt: skip


def _check_free(name: str) -> None:
    """Its distribution, module, region and gateway profile must not have the name of something that is installed."""
    from mi_core.plugin.manager import load_plugins
    from mi_core.plugin.reports import canonical

    zh = en = ""
    own, module = canonical(name), find_spec(_module(name))
    found = load_plugins(quiet=True)
    distribution = next((d for d in distributions() if canonical(d.name or "") == own), None)
    kinds: dict[str, Registry[Any]] = {
        "网关方式 / gateway profile": found.gateways, "地区 / region": found.regions, "传输方式 / transport": found.transports,
        "操作日志 / operation log": found.stores,
    }  # fmt: skip
    provided = next((k for k, registry in kinds.items() if {name, _module(name)} & set(registry)), "")
    if distribution is not None:
        zh = f"已安装同名软件包 {distribution.name} {distribution.version}"
        en = f"the distribution {distribution.name} {distribution.version} is installed"
    elif provided:
        zh, en = (
            f"{said}已有此名称" if i == 0 else f"a {said} has that name"
            for i, said in enumerate(provided.split(" / "))
        )
    elif module is not None and module.origin is not None:
        zh, en = (
            f"模块 {module.name} 已存在：{module.origin}",
            f"the module {module.name} exists: {module.origin}",
        )
    if zh:
        raise ConfigError(
            f"插件名 {name} 已被占用：{zh}", f"the name {name} is taken: {en}",
            hint_zh="换一个名称，例如加上机构名；mi plugins list --all 列出已安装的",
            hint_en="choose another name, with the institution's in it for example; mi plugins list --all shows what is there",
        )  # fmt: skip


def _generate(folder: Path) -> None:
    """``mi codegen --plugin``, reached by its entry point: the runtime does not import the generator."""
    points = [point for point in entry_points(group="mi.commands") if point.name == "codegen"]
    try:
        command = points[0].load()
    except (ImportError, IndexError):
        raise _extra_missing("codegen") from None
    try:
        with redirect_stdout(StringIO()):  # which files it wrote interests nobody here
            command.main(args=["--plugin", str(folder)], prog_name="mi codegen", standalone_mode=False)
    except SystemExit as done:
        if done.code:
            raise ConfigError(
                f"{folder} 的类型未能生成", f"the classes of {folder} were not generated",
                hint_zh=f"改正后运行 mi codegen --plugin {folder}", hint_en=f"correct it and run mi codegen --plugin {folder}",
            ) from None  # fmt: skip


def _extra_missing(what: str) -> ConfigError:
    return ConfigError(
        f"生成插件项目需要组件 {what}", f"writing a plugin project needs {what}",
        hint_zh="pip install 'mi-core[codegen]'", hint_en="pip install 'mi-core[codegen]'",
    )  # fmt: skip

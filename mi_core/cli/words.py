"""One language at a time: click's own words in Chinese, and bilingual help texts cut to the operator's language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import import_module
from typing import Final

import click

from mi_core.errors import language

__all__ = ["in_one_language", "localise", "translate_click"]

_CHINESE: Final = re.compile(r"[㐀-鿿]")
_HALVES: Final = re.compile(r"(.*?)\s+/\s+([^㐀-鿿]*)", re.S)
_FIRST_SENTENCE: Final = re.compile(r"[。：\n]|[.:](?:\s|$)")

_CLICK: Final[Mapping[str, str]] = {
    "Usage:": "用法:",
    "Options": "选项",
    "Commands": "命令",
    "Positional arguments": "参数",
    "Error: {message}": "错误：{message}",
    "Aborted!": "已取消",
    "Missing command.": "缺少命令。",
    "Missing argument": "缺少参数",
    "Missing option": "缺少选项",
    "Missing parameter": "缺少参数",
    "Missing parameter: {param_name}": "缺少参数：{param_name}",
    "Invalid value: {message}": "值无效：{message}",
    "Invalid value for {param_hint}: {message}": "{param_hint} 的值无效：{message}",
    "No such option {name!r}.": "没有选项 {name!r}。",
    "No such option: {name}": "没有选项 {name}",
    "No such command {name!r}.": "没有命令 {name!r}。",
    "Did you mean {possibility}?": "是否应为 {possibility}？",
    "(Did you mean one of: {possibilities}?)": "（是否应为其中之一：{possibilities}？）",
    "(Possible options: {possibilities})": "（可能是：{possibilities}）",
    "Try '{command} {option}' for help.": "用 '{command} {option}' 查看帮助。",
    "Got unexpected extra argument ({args})": "多余的参数（{args}）",
    "Got unexpected extra arguments ({args})": "多余的参数（{args}）",
    "Option {name!r} does not take a value.": "选项 {name!r} 不带值。",
    "Option {name!r} requires an argument.": "选项 {name!r} 需要一个值。",
    "Option {name!r} requires {nargs} arguments.": "选项 {name!r} 需要 {nargs} 个值。",
    "Argument {name!r} takes {nargs} values.": "参数 {name!r} 需要 {nargs} 个值。",
    "Show this message and exit.": "显示本说明。",
    "Show the version and exit.": "显示版本。",
    "default: {default}": "默认：{default}",
    "required": "必填",
    "deprecated": "已弃用",
    "(dynamic)": "（动态）",
    "Choose from:\n\t{choices}": "可选：\n\t{choices}",
    "{value!r} is not {choice}.": "{value!r} 应为 {choice}。",
    "{value!r} is not one of {choices}.": "{value!r} 不在可选值 {choices} 中。",
    "{value!r} is not a valid {number_type}.": "{value!r} 不是有效的数（{number_type}）。",
    "{value} is not in the range {range}.": "{value} 不在范围 {range} 内。",
    "{value!r} is not a valid boolean. Recognized values: {states}": "{value!r} 不是有效的真假值，可用：{states}",
    "{value!r} does not match the format {format}.": "{value!r} 不符合格式 {format}。",
    "{value!r} does not match the formats {formats}.": "{value!r} 不符合格式 {formats}。",
    "{name} {filename!r} does not exist.": "{filename!r} 不存在。",
    "{name} {filename!r} is a file.": "{filename!r} 是文件。",
    "{name} {filename!r} is a directory.": "{filename!r} 是目录。",
    "{name} {filename!r} is not readable.": "{filename!r} 不可读。",
    "{name} {filename!r} is not writable.": "{filename!r} 不可写。",
    "Could not open file {filename!r}: {message}": "无法打开文件 {filename!r}：{message}",
    "Error: invalid input": "错误：输入无效",
    "unknown error": "未知错误",
}
"""click's messages (8.1 to 8.5) as they stand in its calls of gettext."""


def translate_click() -> None:
    """Let click's modules ask us where they would ask gettext, which would need a compiled catalogue and a locale."""

    def one(message: str) -> str:
        return message if language() == "en" else _CLICK.get(message, message)

    def many(singular: str, plural: str, number: int) -> str:
        return one(singular if number == 1 else plural)

    for name in ("core", "decorators", "exceptions", "formatting", "parser", "termui", "types", "utils"):
        module = import_module(f"click.{name}")
        for attribute, ours in (("_", one), ("ngettext", many)):
            if hasattr(module, attribute):
                setattr(module, attribute, ours)


def in_one_language(text: str) -> str:
    """``中文 / English``, or paragraphs of which some are Chinese and some are not, cut to the operator's language."""
    english = language() == "en"
    parts = [_half(part, english) for part in re.split(r"\n\s*\n", text.strip())]
    chosen = [part for part in parts if bool(_CHINESE.search(part)) != english]
    return "\n\n".join(chosen or parts)


def _half(text: str, english: bool) -> str:
    halves = _HALVES.fullmatch(text)
    if halves is None or not _CHINESE.search(halves[1]):
        return text
    return halves[2] if english else halves[1]


def localise(command: click.Command) -> None:
    """Cut the help texts of a command, its options and its subcommands; give each a short text for the list above it."""
    if command.help:
        command.help = in_one_language(command.help)
    if command.epilog:
        command.epilog = in_one_language(command.epilog)
    if command.short_help:
        command.short_help = in_one_language(command.short_help)
    elif command.help:
        command.short_help = _FIRST_SENTENCE.split(command.help, maxsplit=1)[0]
    for parameter in command.params:
        if isinstance(parameter, click.Option) and parameter.help:
            parameter.help = in_one_language(parameter.help)
    if isinstance(command, click.Group):
        for child in command.commands.values():
            localise(child)

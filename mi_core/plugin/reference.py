"""The hook reference: the specifications with what people need to know of each hook, in both languages.

``mi plugins hooks`` prints it; ``docs/hooks.md`` and ``docs/hooks.zh-CN.md`` are written from it. Names, arguments and
types are those of :class:`mi_core.plugin.specs.MiHooks`; a test refuses a hook that lacks its description here.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Final, Literal

import attrs

from mi_core.plugin import providers
from mi_core.plugin.specs import HOOK_API, OLDEST_HOOK_API, MiHooks

__all__ = ["HOOKS", "Hook", "Text", "hook_names", "page", "signature"]

Language = Literal["zh", "en"]


@attrs.frozen
class Text:
    """One text in both languages."""

    zh: str
    en: str

    def __getitem__(self, language: Language) -> str:
        return self.zh if language == "zh" else self.en


@attrs.frozen
class Hook:
    """What is known of one hook beside its signature."""

    since: int
    """The HOOK_API in which it appeared."""
    when: Text
    arguments: Mapping[str, Text]
    exception: Text
    provides: tuple[str, ...] = ()
    """The shapes in :mod:`mi_core.plugin.providers` of what it registers."""


_AT_LOADING = Text(
    "加载插件时，每个进程每次打开客户端一次", "when plugins are loaded: once for every client that opens"
)
_LEFT_OUT = Text(
    "整个插件被跳过并注明软件包（[plugins] strict = true 时为错误）；它注册的内容全部撤回",
    "the whole plugin is left out and named by its distribution ([plugins] strict = true: an error); all it registered is taken back",
)
_LOGGED = Text(
    "写入日志 mi_core.plugin，对业务没有影响", "logged to mi_core.plugin; the call is not affected"
)
_CALL = Text(
    "业务的名称与编号（没有金额、个人信息、密钥），不可修改",
    "names and ids of the call (no amounts, persons or keys), frozen",
)


def _registry(kind: Text) -> Mapping[str, Text]:
    return {
        "registry": Text(
            f"registry.add(名称, 工厂)：{kind.zh}；名称先到先得",
            f"registry.add(name, factory): {kind.en}; a name belongs to whoever takes it first",
        )
    }


HOOKS: Final[Mapping[str, Hook]] = {
    "mi_register_gateways": Hook(
        1, _AT_LOADING,
        _registry(Text("网关认证方式，配置中 profile 的取值", "a gateway profile, chosen by `profile` of the configuration")),
        _LEFT_OUT, ("GatewayAuth", "TokenGateway", "InboundGateway"),
    ),
    "mi_register_transports": Hook(
        1, _AT_LOADING, _registry(Text("传输方式，[transport] kind 的取值", "a transport, chosen by `[transport] kind`")), _LEFT_OUT,
        ("Transport",),
    ),
    "mi_register_stores": Hook(
        1, _AT_LOADING,
        _registry(Text("操作日志，operation_log 地址的前缀", "an operation log, chosen by the scheme of `operation_log`")),
        _LEFT_OUT, ("OperationLogStore",),
    ),
    "mi_register_validators": Hook(
        1, _AT_LOADING,
        _registry(Text("发送前的校验；全部执行，结果合并", "a check before anything is sent; all run, findings are joined")),
        _LEFT_OUT, ("Validator",),
    ),
    "mi_register_regions": Hook(
        1, _AT_LOADING,
        _registry(Text("地区规范，机构 region 的取值；机构用到时才读取", "a regional dialect, chosen by `region`")),
        _LEFT_OUT,
    ),
    "mi_observe_before_send": Hook(
        1, Text("报文已签名、已记入交易日志，第一个字节即将发出", "the message is signed and journalled, its first byte is about to leave"),
        {"call": _CALL}, _LOGGED,
    ),
    "mi_observe_after_call": Hook(
        1, Text("一次发送结束（结果未定时也会调用）", "a send ended, also when its outcome is unknown"),
        {
            "call": _CALL,
            "outcome": Text("确认、拒绝、未发送或未定", "confirmed, rejected, not sent or in doubt"),
            "evidence": Text("凭什么这样认定（简短、稳定的英文）", "what that rests on: a short, stable name"),
            "elapsed": Text("交付报文到读完回应的秒数", "seconds between handing the request over and the last byte read"),
        },
        _LOGGED,
    ),
    "mi_observe_discrepancy": Hook(
        1, Text("已确认的回应自相矛盾（如金额不平），须人工核对", "a confirmed reply contradicts itself (sums differ): a person must look"),
        {"call": _CALL, "discrepancy": Text("哪条规则、应为多少、实为多少", "the rule, what was expected, what came")}, _LOGGED,
    ),
    "mi_observe_alarm": Hook(
        1,
        Text("交易日志或网关出现须人工关注的情况；在日志自己的线程中调用，须尽快返回",
             "journal or gateway show what a person must look at; called from the journal's own thread: return soon"),
        {
            "kind": Text("contradiction、discrepancy、executed_in_doubt、gateway_down、gateway_back 等",
                         "contradiction, discrepancy, executed_in_doubt, gateway_down, gateway_back …"),
            "msgid": Text("报文编号；与某一报文无关时为 None", "the message, or None"),
            "operation_id": Text("操作编号；与某一操作无关时为 None", "the operation, or None"),
            "detail": Text("一行说明", "one line"),
        },
        _LOGGED,
    ),
    "mi_modify_http_headers": Hook(
        1,
        Text("每次发送之前，依加载次序逐个调用，后者看到前者的结果",
             "before every send, one plugin after the other, each seeing what was added before"),
        {
            "call": _CALL,
            "headers": Text("目前的 HTTP 头；网关方式自己的只显示名称（值为 ******），不能改也不能去掉",
                            "the headers so far; those of the profile with ****** for a value, they can be neither changed nor dropped"),
        },
        Text("写入日志，忽略该插件的结果", "logged, what this plugin wanted to add is left out"),
    ),
}  # fmt: skip
"""Every hook by name, in the order of the specifications."""


def hook_names() -> tuple[str, ...]:
    """The hooks of the specifications."""
    return tuple(name for name in vars(MiHooks) if name.startswith("mi_"))


def signature(name: str) -> str:
    """The hook as a plugin writes it, with types."""
    found = inspect.signature(getattr(MiHooks, name))
    shown = ", ".join(str(p) for n, p in found.parameters.items() if n != "self").replace("'", "")
    return f"{name}({shown}) -> {str(found.return_annotation).strip(chr(39))}"


def _shape(name: str, language: Language) -> list[str]:
    """A provider's methods: their signatures, and the first sentence that their author wrote."""
    protocol = getattr(providers, name)
    head = f"**`{name}`** — {_first(protocol)}"
    lines = [head, ""]
    for method, function in vars(protocol).items():
        if inspect.isfunction(function) and not method.startswith("_"):
            found = inspect.signature(function)
            shown = ", ".join(str(p) for n, p in found.parameters.items() if n != "self").replace("'", "")
            kind = "async " if inspect.iscoroutinefunction(function) else ""
            lines.append(f"- `{kind}{method}({shown})` — {_first(function)}")
    return [*lines, ""]


def _first(documented: object) -> str:
    return (inspect.getdoc(documented) or "").split("\n\n")[0].replace("\n", " ").strip()


def page(language: Language) -> str:
    """The whole reference as Markdown."""
    t = Text
    title = t("插件接口参考", "Hook reference")[language]
    intro = t(
        f"由 `mi_core/plugin/specs.py` 与 `reference.py` 生成，请勿手改：`mi plugins hooks --write docs`。"
        f"当前 HOOK_API 为 {HOOK_API}（支持 {OLDEST_HOOK_API}–{HOOK_API}）；插件用 `MI_HOOK_API = {HOOK_API}` 声明所依据的版本。"
        "所有接口都是同步函数；只写用得到的参数即可。",
        f"Written from `mi_core/plugin/specs.py` and `reference.py`, do not edit: `mi plugins hooks --write docs`. "
        f"HOOK_API is {HOOK_API} ({OLDEST_HOOK_API} to {HOOK_API} are supported); a plugin states what it was written for as "
        f"`MI_HOOK_API = {HOOK_API}`. All hooks are synchronous functions; write only the arguments you need.",
    )[language]
    words = {
        key: value[language]
        for key, value in {
            "when": t("何时调用", "Called"), "gets": t("参数", "Gets"), "raises": t("抛出异常时", "When it raises"),
            "since": t("自 HOOK_API", "Since HOOK_API"), "shapes": t("所提供对象的形状", "Shape of what it provides"),
        }.items()
    }  # fmt: skip
    lines = [f"# {title}", "", intro, ""]
    for name, hook in HOOKS.items():
        lines += [f"## `{name}`", "", "```python", f"@hookimpl\ndef {signature(name)}: ...", "```", ""]
        lines += [f"- {words['when']}: {hook.when[language]}", f"- {words['gets']}:"]
        lines += [f"    - `{argument}`: {text[language]}" for argument, text in hook.arguments.items()]
        lines += [f"- {words['raises']}: {hook.exception[language]}", f"- {words['since']}: {hook.since}", ""]
        if hook.provides:
            lines += [f"### {words['shapes']}", ""]
            for shape in hook.provides:
                lines += _shape(shape, language)
    return "\n".join(lines).rstrip() + "\n"

"""Plugins: loaded through one door, a broken one is named and left out as a whole."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mi_core.errors import PluginError
from mi_core.plugin import CallSeen, GatewaySettings, HttpReply, HttpRequest, Registry, hookimpl
from mi_core.plugin.manager import built_in_gateways, load_plugins
from mi_core.types import Effect, Outcome

SEEN = CallSeen("2207", "门诊结算", Effect.MONEY, "H43000000001", "m", "o")


def install(site: Path, name: str, body: str, *, version: str = "1.2") -> None:
    """A distribution with one plugin module and its metadata, as pip would leave it."""
    (site / f"{name}.py").write_text(textwrap.dedent(body), encoding="utf-8")
    info = site / f"{name.replace('_', '-')}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: {version}\n"
    )
    (info / "entry_points.txt").write_text(f"[mi_core]\n{name} = {name}\n")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


GOOD = """
    from mi_core.plugin import hookimpl
    MI_HOOK_API = 1
    @hookimpl
    def mi_register_gateways(registry):
        registry.add("mine", lambda settings: None)
"""
HOOK = "from mi_core.plugin import hookimpl\n@hookimpl\n"
BROKEN = {
    "raises_at_import": "raise RuntimeError('boom')",
    "exits_at_import": "import sys; sys.exit(3)",
    "unknown_hook": HOOK + "def mi_no_such_hook(): ...",
    "wrong_argument": HOOK + "def mi_register_gateways(registri): ...",
    "async_hook": HOOK + "async def mi_register_gateways(registry): ...",
    "raises_in_hook": HOOK + "def mi_register_gateways(registry):\n    registry.add('half', print)\n    1/0",
    "takes_a_built_in_name": HOOK + "def mi_register_gateways(registry): registry.add('csb', print)",
    "not_callable": HOOK + "def mi_register_stores(registry):\n    registry.add('x', 5)",
    "bad_name": HOOK + "def mi_register_stores(registry):\n    registry.add('Bad Name', print)",
    "needs_newer_api": "MI_HOOK_API = 99",
    "needs_nonsense": "MI_HOOK_API = 'one'",
    "syntax_error": "def (",
}


def test_built_in_plugins() -> None:
    plugins = load_plugins()
    assert set(plugins.gateways) >= {"csb", "none"}
    assert set(plugins.transports) >= {"aiohttp"}
    assert set(plugins.stores) >= {"memory", "sqlite"}
    assert set(plugins.validators) >= {"catalogue"}
    assert all(r.status == "loaded" for r in plugins.reports if r.distribution == "mi-core")


def test_loading_is_light() -> None:
    import subprocess

    code = "import sys; from mi_core.plugin.manager import load_plugins; load_plugins(); print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"aiohttp", "sqlalchemy", "alembic", "cryptography", "stamina", "jinja2"} & set(loaded)


def test_an_installed_plugin(site: Path) -> None:
    install(site, "good_gateway", GOOD)
    plugins = load_plugins()
    assert "mine" in plugins.gateways
    assert plugins.gateways.owners()["mine"] == "good_gateway"
    report = next(r for r in plugins.reports if r.name == "good_gateway")
    assert (report.distribution, report.version, report.status) == ("good-gateway", "1.2", "loaded")


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_plugin_is_named_and_left_out(
    site: Path, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    install(site, kind, BROKEN[kind])
    install(site, "zz_good", GOOD)
    plugins = load_plugins()
    report = next(r for r in plugins.reports if r.name == kind)
    assert report.status == "left out" and report.reason
    assert report.distribution == kind.replace("_", "-")
    assert kind.replace("_", "-") in caplog.text
    assert set(plugins.gateways) == {*built_in_gateways(), "mine"}
    assert "x" not in plugins.stores
    with pytest.raises(PluginError, match=kind.replace("_", "-")) as caught:
        load_plugins(strict=True)
    assert caught.value.hint_zh


ALLOWED = [
    "good-gateway", "Good_Gateway", "good.gateway", "good-gateway==1.2", "good-gateway == 1.2.0", "good-gateway>=1",
    "good-gateway>=1.2",
]  # fmt: skip
BARRED = [
    "other",
    "good",
    "good-gateway==1.3",
    "good-gateway==1.2.1",
    "good-gateway>=1.2.1",
    "good-gateway>=2",
]


@pytest.mark.parametrize("rule", ALLOWED)
def test_what_the_allow_list_names_is_loaded(site: Path, rule: str) -> None:
    install(site, "good_gateway", GOOD)
    assert "mine" in load_plugins(allow=[rule]).gateways
    assert "mine" in load_plugins(allow=["other", rule]).gateways


@pytest.mark.parametrize("rule", BARRED)
def test_what_it_does_not_name_is_not_even_imported(site: Path, rule: str) -> None:
    install(site, "good_gateway", GOOD)
    plugins = load_plugins(allow=[rule])
    assert "mine" not in plugins.gateways and "csb" in plugins.gateways
    report = next(r for r in plugins.reports if r.name == "good_gateway")
    assert report.status == "not allowed"
    assert "good-gateway" in report.reason and "good-gateway==1.2" in report.hint
    assert "good_gateway" not in sys.modules


def test_a_pre_release_is_older_than_its_release(site: Path) -> None:
    install(site, "good_gateway", GOOD, version="1.2rc1")
    assert "mine" not in load_plugins(allow=["good-gateway>=1.2"]).gateways
    assert "mine" not in load_plugins(allow=["good-gateway==1.2"]).gateways
    assert "mine" in load_plugins(allow=["good-gateway==1.2rc1"]).gateways


def test_the_name_of_an_entry_point_allows_nothing(site: Path) -> None:
    """Any distribution may call its entry point like one that is trusted."""
    install(site, "evil", GOOD)
    points = next(site.glob("evil-*.dist-info")) / "entry_points.txt"
    points.write_text("[mi_core]\ntrusted-plugin = evil\n")
    assert "mine" not in load_plugins(allow=["trusted-plugin"]).gateways
    assert "evil" not in sys.modules


@pytest.mark.parametrize("rule", ["", "good gateway", "good>1", "good==", "==1.2", "good~=1.2", "*"])
def test_an_allow_list_that_cannot_be_read_allows_nothing(rule: str, tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="allow"):
        load_plugins(allow=["fine", rule])
    from mi_core.config import load_config
    from mi_core.errors import ConfigError

    (tmp_path / "mi.toml").write_text(f'environment = "test"\n[plugins]\nallow = ["{rule}"]\n')
    with pytest.raises(ConfigError) as caught:
        load_config(tmp_path / "mi.toml")
    assert "plugins.allow" in str(caught.value) and "hospital-rules" in str(caught.value)


def test_provenance_is_kept(site: Path) -> None:
    install(site, "good_gateway", GOOD)
    report = next(r for r in load_plugins().reports if r.name == "good_gateway")
    assert (report.entry_point, report.file) == ("good_gateway", str(site / "good_gateway.py"))


def test_a_conflict_names_both(site: Path) -> None:
    install(site, "aa_first", GOOD)
    install(site, "bb_second", GOOD, version="3.4")
    report = next(r for r in load_plugins().reports if r.name == "bb_second")
    assert report.status == "left out"
    assert report.conflict == "aa_first (aa-first 1.2)"
    assert "aa_first" in report.reason and "mine" in report.reason_en and report.hint


def test_not_allowed_means_not_even_imported(site: Path) -> None:
    install(site, "nosy", "raise SystemError('imported')")
    assert (
        next(r for r in load_plugins(allow=["other"], strict=True).reports if r.name == "nosy").status
        == "not allowed"
    )


def test_a_name_cannot_be_taken_twice() -> None:
    plugins = load_plugins(extra=[("twice", SimpleNamespace()), ("twice", SimpleNamespace())])
    assert [r.status for r in plugins.reports if r.name == "twice"] == ["loaded", "left out"]


def test_unknown_provider_says_what_there_is() -> None:
    with pytest.raises(PluginError, match=r"可用：csb, .*none"):
        load_plugins().gateways["nothing"]


class Observer:
    def __init__(self) -> None:
        self.seen: list[tuple[str, Outcome]] = []

    @hookimpl
    def mi_observe_after_call(self, call: CallSeen, outcome: Outcome) -> None:
        self.seen.append((call.interface, outcome))


class Angry:
    @hookimpl
    def mi_observe_after_call(self) -> None:
        raise RuntimeError("angry")

    @hookimpl
    def mi_modify_http_headers(self, headers: Mapping[str, str]) -> Mapping[str, str]:
        raise RuntimeError("angry")


class Adding:
    def __init__(self, **headers: Any) -> None:
        self.headers = headers

    @hookimpl
    def mi_modify_http_headers(self, headers: Mapping[str, str]) -> Any:
        return {**headers, **self.headers}


def test_observers_cannot_harm(caplog: pytest.LogCaptureFixture) -> None:
    observer = Observer()
    plugins = load_plugins(extra=[("angry", Angry()), ("observer", observer)])
    plugins.observe("after_call", call=SEEN, outcome=Outcome.CONFIRMED, evidence="", elapsed=0.1)
    assert observer.seen == [("2207", Outcome.CONFIRMED)]
    assert "angry" in caplog.text


def test_headers_are_chained_and_signed_ones_are_safe() -> None:
    extra = [
        ("a", Adding(**{"X-A": "1", "_API_Name": "9999", "Content-Length": "3"})),
        ("angry", Angry()),
        ("b", Adding(**{"X-B": "2"})),
    ]
    plugins = load_plugins(extra=extra)
    assert dict(plugins.headers(SEEN, {"_api_name": "2207"})) == {"X-A": "1", "X-B": "2", "_api_name": "2207"}


@pytest.mark.parametrize("value", [5, "a\r\nX-Evil: 1", None])
def test_a_wrong_header_is_left_out(value: Any) -> None:
    plugins = load_plugins(extra=[("a", Adding(**{"X-A": value}))])
    assert dict(plugins.headers(SEEN, {"k": "v"})) == {"k": "v"}


def test_call_seen_is_frozen() -> None:
    with pytest.raises(AttributeError):
        SEEN.msgid = "other"  # type: ignore[misc]  # the test is that this fails


class Third:
    """A third party's gateway through the public names only."""

    @hookimpl
    def mi_register_gateways(self, registry: Registry[Any]) -> None:
        registry.add("third", self.make)

    def make(self, settings: GatewaySettings) -> Any:
        return SimpleNamespace(
            seal=lambda infno, body, now_ms: HttpRequest(settings.url, {}, body),
            open=lambda reply: reply.body,
        )


def test_third_party_gateway() -> None:
    gateway = load_plugins(extra=[("third", Third())]).gateways["third"](GatewaySettings("third", "http://x"))
    assert gateway.seal("1101", b"{}", 0).body == b"{}"
    assert gateway.open(HttpReply(200, {}, b"x")) == b"x"

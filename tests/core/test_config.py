"""Configuration: three sources, all mistakes at once, secrets never shown."""

from __future__ import annotations

import copy
import pickle
import re
import tomllib
import traceback
from pathlib import Path
from typing import Any

import pytest

from mi_core.config import ConfigMistakes, Operator, commented_file, load_config, require_test_environment
from mi_core.errors import ConfigError
from mi_core.journal.fences import terms_of
from mi_core.plugin import Secret

GOOD = """
environment = "test"
[institutions.H43000000001]
name = "示例医院"
mdtrtarea_admvs = "439900"
operator = { id = "001", name = "收费员" }
[institutions.H43000000001.gateway]
profile = "csb"
url = "http://127.0.0.1:1/csb"
access_key = "ak"
secret_key = "TOP-SECRET"
"""


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in list(os.environ):
        if name.startswith("MI_"):
            monkeypatch.delenv(name)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mi.toml"
    path.write_text(GOOD, encoding="utf-8")
    return path


def mistakes(call: Any, *args: Any, **kw: Any) -> dict[str, str]:
    with pytest.raises(ConfigMistakes) as caught:
        call(*args, **kw)
    assert all(m.zh and m.en and m.origin for m in caught.value.mistakes)
    for lang in ("zh", "en"):
        text = caught.value.message(lang)
        assert all(m.key in text for m in caught.value.mistakes)
    return {m.key: m.zh for m in caught.value.mistakes}


def test_defaults(file: Path) -> None:
    config = load_config(file)
    institution = config.institution()
    assert config.environment == "test" and config.source == file
    assert institution.code == "H43000000001" and institution.region == "hunan" and institution.sign_in
    assert institution.operator == Operator("001", "收费员") and institution.timeouts.settlement == 120
    assert institution.gateway.secret_key.reveal() == "TOP-SECRET"
    assert config.store.operation_log == "memory" and config.transport.pool == 100


def test_a_bureau_whose_queries_never_lag(file: Path) -> None:
    file.write_text(GOOD + "\n[institutions.H43000000001.recovery]\nreplica_lag = 0\n", encoding="utf-8")
    known = load_config(file).institution().recovery
    assert known.replica_lag == 0 and known.processing is None, "0 is known, nothing is not"
    assert terms_of(known).lag == 0
    file.write_text(
        GOOD + "\n[institutions.H43000000001.recovery]\nreplica_lag = -1\nprocessing = 0\n", encoding="utf-8"
    )
    told = mistakes(load_config, file)
    assert sorted(text.split("，")[0] for text in told.values()) == ["应不小于 0", "应大于 0"]


def test_windows_editor_writes_a_byte_order_mark(file: Path) -> None:
    file.write_text(GOOD, encoding="utf-8-sig")
    assert load_config(file).environment == "test"


def test_environment_then_keywords_win(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MI_INSTITUTIONS__H43000000001__GATEWAY__SECRET_KEY", "from-env")
    monkeypatch.setenv("MI_INSTITUTIONS__h43000000001__TIMEOUTS__QUERY", "7.5")
    monkeypatch.setenv("MI_INSTITUTIONS__H43000000001__SIGN_IN", "no")
    monkeypatch.setenv("MI_PLUGINS__ALLOW", "one, two")
    monkeypatch.setenv("MI_TRANSPORT__POOL", "5")
    config = load_config(file, transport={"pool": 6}, store__operation_log="sqlite:///log.db")
    institution = config.institution()
    assert institution.gateway.secret_key.reveal() == "from-env"
    assert institution.timeouts.query == 7.5 and not institution.sign_in
    assert config.plugins.allow == ("one", "two")
    assert config.transport.pool == 6
    assert config.store.operation_log == f"sqlite:///{Path.cwd() / 'log.db'}"


def test_paths_in_the_file_are_relative_to_it(file: Path) -> None:
    file.write_text(GOOD + '[store]\noperation_log = "sqlite:///data/mi.db"\n', encoding="utf-8")
    assert load_config(file).store.operation_log == f"sqlite:///{file.resolve().parent / 'data/mi.db'}"


def test_without_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for own in ({}, {"journal__recover": False}, {"journal": {"recover": False}}):
        with pytest.raises(ConfigError, match=r"没有配置(.|\n)*mi new-config") as caught:
            load_config(**own)
        assert not isinstance(caught.value, ConfigMistakes)
    tree = tomllib.loads(GOOD)
    assert load_config(**tree).institution().name == "示例医院"
    monkeypatch.setenv("MI_CONFIG", str(tmp_path / "absent.toml"))
    with pytest.raises(ConfigError, match=r"absent\.toml"):
        load_config()


def test_secret_from_variable_or_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = GOOD.replace('"TOP-SECRET"', '{ env = "HIS_SK" }').replace('"ak"', '{ file = "ak.txt" }')
    file.write_text(text, encoding="utf-8")
    found = mistakes(load_config, file)
    assert "HIS_SK" in found["institutions.H43000000001.gateway.secret_key"]
    assert "ak.txt" in found["institutions.H43000000001.gateway.access_key"]
    monkeypatch.setenv("HIS_SK", "s")
    (file.parent / "ak.txt").write_text("a\n")
    gateway = load_config(file).institution().gateway
    assert (gateway.access_key.reveal(), gateway.secret_key.reveal()) == ("a", "s")


def test_every_mistake_at_once(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text(
        """
        environment = "prod"
        colour = "red"
        [institutions.H43000000001]
        name = "{LONG}"
        mdtrtarea_admvs = 439900
        nmae = "x"
        [institutions.H43000000001.gateway]
        profile = "csb"
        url = "ftp://x"
        [institutions."H 1"]
        gateway = 5
        [institutions.H43000000001.timeouts]
        query = -1
        [transport]
        pool = "many"
        client_cert = "missing.pem"
        [store]
        operation_log = "sqlite"
        [plugins]
        strict = "maybe"
        allow = [1]
        """.replace("{LONG}", "院" * 201),
        encoding="utf-8",
    )
    monkeypatch.setenv("MI_STOER__X", "1")
    here = "institutions.H43000000001"
    found = mistakes(load_config, file)
    assert set(found) >= {
        "environment", "colour", f"{here}.name", f"{here}.mdtrtarea_admvs", f"{here}.nmae", f"{here}.gateway.url",
        f"{here}.gateway.access_key", f"{here}.gateway.secret_key", f"{here}.timeouts.query", "institutions.H 1",
        "institutions.H 1.name", "institutions.H 1.gateway", "transport.pool", "transport.client_cert",
        "store.operation_log", "plugins.strict", "plugins.allow", "",
    }  # fmt: skip
    assert "name" in found[f"{here}.nmae"]
    assert "引号" in found[f"{here}.mdtrtarea_admvs"]


def test_origin_of_a_mistake(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MI_TRANSPORT__POOL", "x")
    with pytest.raises(ConfigMistakes) as caught:
        load_config(file, environment="nowhere")
    origins = {m.key: m.origin for m in caught.value.mistakes}
    assert "MI_TRANSPORT__POOL" in origins["transport.pool"]
    assert origins["environment"] == "关键字参数"


@pytest.mark.parametrize("content", [b"environment = test", b"\xff\xfe", b"x = 'a'\nx = 'b'"])
def test_unreadable_files(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load_config(file)
    assert caught.value.hint_zh and caught.value.hint_en


def test_secrets_are_never_shown(file: Path) -> None:
    config = load_config(file, transport__proxy="http://user:PROXY-PW@proxy:3128")
    shown = repr(config) + str(config) + f"{config.institution().gateway.secret_key}"
    assert "TOP-SECRET" not in shown and "PROXY-PW" not in shown
    file.write_text(GOOD.replace('"csb"', '"csb"\nbad = 1').replace("439900", "4399"), encoding="utf-8")
    try:
        load_config(file)
    except ConfigError as error:
        text = "".join(traceback.format_exception(error)) + str(error) + error.message("en")
    assert "TOP-SECRET" not in text


def test_secret_value() -> None:
    secret = Secret("x")
    assert repr(secret) == str(secret) == f"{secret}" == "Secret(******)"
    assert secret == Secret("x") and secret != Secret("y") and secret != "x" and not Secret("")
    assert copy.deepcopy(secret) is secret and copy.copy(secret) is secret
    assert len({secret, Secret("x")}) == 1
    with pytest.raises(TypeError):
        pickle.dumps(secret)


def test_several_institutions(file: Path) -> None:
    second = GOOD.split("\n", 2)[2].replace("H43000000001", "P43000000002")
    file.write_text(GOOD + second, encoding="utf-8")
    config = load_config(file)
    assert config.institution("P43000000002").code == "P43000000002"
    for code in (None, "H0"):
        with pytest.raises(ConfigError, match="H43000000001, P43000000002"):
            config.institution(code)


def test_test_tools_refuse_production(file: Path) -> None:
    require_test_environment(load_config(file))
    with pytest.raises(ConfigError, match="mi sandbox"):
        require_test_environment(load_config(file, environment="production"), "mi sandbox")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_commented_file_is_a_valid_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    monkeypatch.setenv("HIS_AK", "a")
    monkeypatch.setenv("HIS_SK", "s")
    path = tmp_path / "mi.toml"
    path.write_text(commented_file(lang), encoding="utf-8")
    assert load_config(path).environment == "test"
    opened = re.sub(r"(?m)^# (\w+ = )", r"\1", commented_file(lang))
    for name in ("ca.pem", "client.pem", "client.key", "serve.pem", "serve.key"):
        (tmp_path / name).touch()
    path.write_text(opened, encoding="utf-8")
    config = load_config(path)
    assert config.transport.proxy and config.transport.client_key == tmp_path / "client.key"
    assert config.store.key_file == tmp_path / "mi.db.key"

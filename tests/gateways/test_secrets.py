"""Sealed values of the configuration: opened only with their key, never shown, resealed without a gap."""

from __future__ import annotations

import datetime as dt
import json
import os
import tomllib
import traceback
from pathlib import Path
from typing import NamedTuple

import pytest

from mi_core.config import ConfigMistakes, load_config
from mi_core.config.sealing import sealed_text, secrets_of
from mi_core.config.secrets import KEY_VARIABLE, SecretKey, SecretKeys, key_file_of, read_keys, write_keys
from mi_core.errors import ConfigError
from tests.cli.shell import mi
from tests.gateways.keys import PRIVATE

FILE = f'''# 医院的配置
environment = "test"

[institutions.H43000000001] # one
name = "示例医院"
mdtrtarea_admvs = "439900"

[institutions.H43000000001.gateway]
profile = "csb"
url = "http://127.0.0.1:1/csb"
access_key = "AK-SECRET" # access_key = "not this"
secret_key = 'SK "SECRET" #'

[institutions.H43000000001.gateways.pay]
profile = "oauth-sm"
url = "http://127.0.0.1:1"
client_id = "0123456789abcdef"
client_secret = {{ env = "HIS_CS" }}
user = "u"
password = ""
private_key = "{PRIVATE}"
interfaces = ["6*"]

[store]
operation_log = "postgresql://mi:DB-SECRET@db/mi"
key_file = "k"
[journal]
path = "memory"
'''


class Done(NamedTuple):
    code: int
    out: str
    err: str


def shell(*arguments: str, stdin: str | None = None) -> Done:
    """``mi`` in the current folder, with the key variable of this process."""
    given = None if stdin is None else stdin.encode()
    key = os.environ.get(KEY_VARIABLE)
    return Done(*mi(*arguments, place=Path.cwd(), given=given, variables={KEY_VARIABLE: key} if key else {}))


SECRET = ("AK-SECRET", 'SK "SECRET" #', PRIVATE, "DB-SECRET")


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    monkeypatch.setenv("HIS_CS", "x")
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "mi.toml"
    path.write_text(FILE.replace('password = ""', 'password = "PW-SECRET"'), encoding="utf-8")
    return path


def ring(*days_old: int) -> SecretKeys:
    today = dt.datetime.now(dt.UTC).date()
    return SecretKeys(
        tuple(
            SecretKey(f"{i:08x}", today - dt.timedelta(d), bytes([i]) * 16) for i, d in enumerate(days_old, 1)
        )
    )


def test_a_value_is_opened_with_its_key_only() -> None:
    keys = ring(0)
    sealed = keys.seal("价值 🔑")
    assert keys.open(sealed) == "价值 🔑" and keys.open(f" {sealed}\n") == "价值 🔑"
    assert keys.seal("价值 🔑") != sealed
    assert ring(0, 0).open(sealed) == "价值 🔑"
    other = SecretKeys((SecretKey("00000001", dt.date(2026, 1, 1), bytes(16)),))
    for keyring, damaged in (
        (other, sealed), (keys, sealed[:-1] + ("A" if sealed[-1] != "A" else "B")), (keys, sealed.replace("00000001", "00000002")),
        (keys, sealed.replace(sealed.split("/")[3], "20000101")), (keys, "sm4://"), (keys, sealed[:40]),
    ):  # fmt: skip
        with pytest.raises(ConfigError) as caught:
            keyring.open(damaged)
        assert "价值" not in "".join(traceback.format_exception(caught.value))


def test_key_files(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    keys = ring(3, 5)
    write_keys(path, keys, new=True)
    assert read_keys(path, {}) == keys and path.stat().st_mode & 0o077 == 0
    with pytest.raises(ConfigError):
        write_keys(path, keys, new=True)
    assert read_keys(tmp_path / "absent", {KEY_VARIABLE: keys.text().replace("\n", ";")}) == keys
    path.chmod(0o640)
    with pytest.raises(ConfigError, match="600"):
        read_keys(path, {})
    for text in (
        "",
        "x",
        keys.text() + ring(1, 1, 1).text(),
        keys.text().splitlines()[0] + "\n" + keys.text(),
    ):
        path.write_text(text)
        path.chmod(0o600)
        with pytest.raises(ConfigError):
            read_keys(path, {})
    assert "AQEB" not in repr(keys) and key_file_of(None, tmp_path / "mi.toml") == tmp_path / "mi.secrets.key"


def test_sealing_changes_nothing_else(file: Path) -> None:
    before = load_config(file)
    done = shell("secrets", "seal")
    assert done.code == 0 and "secret_key" in done.out
    text = file.read_text(encoding="utf-8")
    assert not any(secret in text for secret in (*SECRET, "PW-SECRET"))
    assert '# access_key = "not this"' in text and text.startswith("# 医院的配置\n")
    after = load_config(file)
    assert after.institution() == before.institution() and after.store == before.store
    assert file.stat().st_mode & 0o077 == 0 and (file.parent / "mi.secrets.key").stat().st_mode & 0o077 == 0
    assert not any(secret in repr(after) + done.out + done.err for secret in (*SECRET, "PW-SECRET"))
    assert shell("secrets", "seal").code == 0 and file.read_text(encoding="utf-8") == text


def test_what_stands_over_several_lines_is_told(file: Path) -> None:
    lines = FILE.replace(f'"{PRIVATE}"', f'"""\n{PRIVATE}"""')
    file.write_text(lines, encoding="utf-8")
    done = shell("secrets", "seal")
    assert done.code == 1 and "private_key" in done.err
    assert PRIVATE in file.read_text(encoding="utf-8") and "AK-SECRET" not in file.read_text(encoding="utf-8")


def test_inline_tables(file: Path) -> None:
    file.write_text(
        'institutions.H1 = { gateway = { profile = "csb", access_key = "A", secret_key = "B" } }\n'
    )
    text, done, left = sealed_text(file, ring(0))
    assert done == ["institutions.H1.gateway.access_key", "institutions.H1.gateway.secret_key"] and not left
    gateway = tomllib.loads(text)["institutions"]["H1"]["gateway"]
    for (name, value), place in zip((("access_key", "A"), ("secret_key", "B")), done, strict=True):
        assert ring(0).open(gateway[name], place) == value


def test_list_and_rotate(file: Path) -> None:
    forms = {s.path[-1]: s.form for s in secrets_of(file)}
    assert forms == {
        "access_key": "plain", "secret_key": "plain", "client_secret": "env", "password": "plain", "private_key": "plain",
        "operation_log": "plain",
    }  # fmt: skip
    shell("secrets", "seal")
    first = json.loads(shell("secrets", "list", "--json").out)
    assert {s["form"] for s in first["secrets"]} == {"sealed", "env"} and first["keys"][0]["age_days"] == 0
    old_text = file.read_text(encoding="utf-8")
    assert shell("secrets", "rotate").code == 0
    second = json.loads(shell("secrets", "list", "--json").out)
    assert [k["key"] for k in second["keys"]][1] == first["keys"][0]["key"] and len(second["keys"]) == 2
    assert {s["key"] for s in second["secrets"] if s["key"]} == {second["keys"][0]["key"]}
    assert load_config(file).institution().gateway.secret_key.reveal() == 'SK "SECRET" #'
    copy = file.with_name("copy.toml")
    copy.write_text(old_text, encoding="utf-8")
    assert (
        load_config(copy).institution().gateway.access_key.reveal() == "AK-SECRET"
    )  # the old key still opens
    assert (
        shell("secrets", "rotate").code == 0 and len(read_keys(file.parent / "mi.secrets.key", {}).keys) == 2
    )
    with pytest.raises(ConfigMistakes):
        load_config(copy)  # the key before the last one is gone


HERE, THERE = "institutions.H1.gateway.secret_key", "institutions.H2.gateway.secret_key"
EARLIER = "sm4://00000001/20260102/lsz8lqf9dy0F1wi7RfBz1u7OryQOZfsSedrY_NSfdr-d8XYoqA"


def test_a_value_belongs_to_its_place() -> None:
    keys = ring(0)
    sealed, anywhere = keys.seal("V", HERE), keys.seal("V")
    assert "/at/" in sealed and "/at/" not in anywhere
    assert keys.open(sealed, HERE) == keys.open(anywhere, HERE) == keys.open(anywhere, THERE) == "V"
    for moved, place in (
        (sealed, THERE),
        (sealed, ""),
        (sealed.replace("/at/", "/"), HERE),
        (sealed.replace("/at/", "/"), ""),
    ):
        with pytest.raises(ConfigError, match="原属另一配置项"):
            keys.open(moved, place)


def test_a_sealed_value_that_was_moved_to_another_key_is_refused(file: Path) -> None:
    shell("secrets", "seal")
    text = file.read_text(encoding="utf-8")
    found = {
        line.split(" = ")[0]: line.split('"')[1] for line in text.splitlines() if 'key = "sm4://' in line
    }
    file.write_text(text.replace(found["secret_key"], found["access_key"]), encoding="utf-8")
    with pytest.raises(ConfigMistakes, match="secret_key"):
        load_config(file)
    listed = json.loads(shell("secrets", "list", "--json").out)["secrets"]
    assert {s["name"].rpartition(".")[2]: s["form"] for s in listed}["secret_key"] == "damaged"


def test_what_an_earlier_version_sealed_is_read_and_bound_by_the_next_rotation(file: Path) -> None:
    """Such a value fits anywhere; one that stands in two places goes on to do so."""
    plain = file.read_text(encoding="utf-8")
    key = SecretKey("00000001", dt.date(2026, 1, 1), bytes(range(16)))
    write_keys(file.parent / "mi.secrets.key", SecretKeys((key,)), new=True)
    once = plain.replace('"AK-SECRET"', f'"{EARLIER}"')
    for text, bound in ((once, 1), (once.replace("'SK \"SECRET\" #'", f'"{EARLIER}"'), 0)):
        file.write_text(text, encoding="utf-8")
        assert load_config(file).institution().gateway.access_key.reveal() == "AK-SECRET"
        assert shell("secrets", "rotate").code == 0
        text = file.read_text(encoding="utf-8")
        assert text.count("/at/") == bound and EARLIER not in text
        gateway = load_config(file).institution().gateway
        assert gateway.access_key.reveal() == "AK-SECRET"
        assert gateway.secret_key.reveal() == ('SK "SECRET" #' if bound else "AK-SECRET")


def test_one_value(file: Path) -> None:
    done = shell("secrets", "seal", "--value", stdin="VALUE-SECRET\n")
    assert done.code == 0 and "VALUE-SECRET" not in done.out
    assert read_keys(file.parent / "mi.secrets.key", {}).open(done.out.strip()) == "VALUE-SECRET"
    (file.parent / "sealed.txt").write_text(done.out)
    text = FILE.replace('password = ""', 'password = "P"')
    file.write_text(text.replace('"AK-SECRET"', '{ file = "sealed.txt" }'), encoding="utf-8")
    assert load_config(file).institution().gateway.access_key.reveal() == "VALUE-SECRET"


def test_a_key_from_a_variable(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, ring(0).text())
    assert shell("secrets", "seal").code == 0 and not (file.parent / "mi.secrets.key").exists()
    assert load_config(file).institution().gateway.access_key.reveal() == "AK-SECRET"
    assert shell("secrets", "rotate").code == 2
    monkeypatch.delenv(KEY_VARIABLE)
    with pytest.raises(ConfigMistakes) as caught:
        load_config(file)
    keys = {m.key.rpartition(".")[2] for m in caught.value.mistakes}
    assert keys == {"access_key", "secret_key", "private_key", "password", "operation_log"}
    assert all("mi.secrets.key" in m.en for m in caught.value.mistakes)


def test_only_secrets_are_sealed(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, ring(0).text())
    file.write_text(FILE.replace('"示例医院"', f'"{ring(0).seal("name")}"'), encoding="utf-8")
    with pytest.raises(ConfigMistakes) as caught:
        load_config(file)
    assert [m.key for m in caught.value.mistakes if "sealed" in m.en] == ["institutions.H43000000001.name"]
    assert os.environ[KEY_VARIABLE]


@pytest.mark.parametrize("harm", ["cut", "changed", "day", "mark"])
def test_a_damaged_value_is_told_and_never_sealed_as_if_plain(file: Path, harm: str) -> None:
    assert shell("secrets", "seal").code == 0
    text = file.read_text(encoding="utf-8")
    sealed = tomllib.loads(text)["institutions"]["H43000000001"]["gateway"]["access_key"]
    other = "A" if sealed[30] != "A" else "B"
    broken = {
        "cut": sealed[:30], "changed": sealed[:30] + other + sealed[31:], "mark": "SM4" + sealed[3:],
        "day": sealed.replace(sealed.split("/")[3], "99999999"),
    }[harm]  # fmt: skip
    file.write_text(text.replace(sealed, broken), encoding="utf-8")
    before, keys = file.read_bytes(), (file.parent / "mi.secrets.key").read_bytes()
    forms = {
        s["name"].rpartition(".")[2]: s["form"]
        for s in json.loads(shell("secrets", "list", "--json").out)["secrets"]
    }
    assert forms["access_key"] == "damaged" and forms["secret_key"] == "sealed"
    for command in ("seal", "rotate"):
        done = shell("secrets", command)
        assert done.code == 2 and "gateway.access_key" in done.err and "明文" in done.err
        assert (file.read_bytes(), (file.parent / "mi.secrets.key").read_bytes()) == (before, keys)
    assert shell("secrets", "seal", "--value", stdin=broken).code == 2


def test_a_lost_key_is_named_and_not_replaced(file: Path) -> None:
    assert shell("secrets", "seal").code == 0
    key_file = file.parent / "mi.secrets.key"
    key, text = read_keys(key_file, {}).keys[0].id, file.read_bytes()
    key_file.unlink()
    for arguments in (("seal",), ("seal", "--value")):
        done = shell("secrets", *arguments, stdin="x")
        assert done.code == 2 and key in done.err and "gateway.access_key" in done.err
        assert not key_file.exists() and file.read_bytes() == text
    write_keys(key_file, ring(0), new=True)
    done = shell("secrets", "seal")
    assert done.code == 1 and key in done.err and file.read_bytes() == text


def test_the_password_of_the_sign_in_is_sealed_too(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    file.write_text(
        text.replace('name = "示例医院"', 'sign_in_password = "PW-9001"\nname = "示例医院"'), encoding="utf-8"
    )
    assert shell("secrets", "seal").code == 0 and "PW-9001" not in file.read_text(encoding="utf-8")
    assert load_config(file).institution().sign_in_password.reveal() == "PW-9001"

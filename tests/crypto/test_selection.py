"""Which SM2 implementation serves: only one that passes its self-test; and ``mi crypto selftest`` says so."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

import attrs
import pytest
from click.testing import CliRunner, Result

from mi_core.cli.crypto import crypto
from mi_core.crypto import CryptoError, CryptoProvider, SignatureForm, SoftwareProvider, sm2_backend, software
from mi_core.crypto import software as make_software
from mi_core.crypto.keys import Sm2PrivateKey, Sm2PublicKey
from mi_core.crypto.known_answers import selftest, sm2_failure
from mi_core.crypto.libcrypto import Libcrypto, library_candidates, load_libcrypto
from mi_core.crypto.sm2_backend import Sm2Backend, choose_sm2
from mi_core.crypto.sm2_forms import Sm2Ciphertext
from mi_core.crypto.sm2_gmssl import GmsslSm2
from mi_core.crypto.sm2_libcrypto import LibcryptoSm2
from mi_core.crypto.software import _chosen
from tests.crypto.kit import KEYS, PUBLIC


@pytest.fixture
def unchosen() -> Iterator[None]:
    """The choice is made once per process; these tests change what there is to choose from."""
    _chosen.cache_clear()
    yield
    _chosen.cache_clear()


class Lazy(GmsslSm2):
    """A backend with one fault."""

    name = "lazy"

    def __init__(self, fault: str) -> None:
        super().__init__()
        self.fault = fault

    def verify(self, key: Sm2PublicKey, data: bytes, rs: bytes, user_id: bytes) -> bool:
        if self.fault == "accepts":
            return True
        if self.fault == "refuses":
            return False
        return super().verify(key, data, rs, b"1234567812345678" if self.fault == "one id" else user_id)

    def sign(self, key: Sm2PrivateKey, data: bytes, user_id: bytes) -> bytes:
        rs = super().sign(key, data, user_id)
        return b"\1" * 64 if self.fault == "signs nonsense" else rs

    def decrypt(self, key: Sm2PrivateKey, parts: Sm2Ciphertext) -> bytes | None:
        if self.fault == "no C3":
            good = super().decrypt(key, attrs.evolve(parts))
            return good or b"something"
        return super().decrypt(key, parts)

    def public_key(self, key: Sm2PrivateKey) -> Sm2PublicKey:
        return PUBLIC[0] if self.fault == "wrong key" else super().public_key(key)


@pytest.mark.parametrize(
    ("fault", "found"),
    [
        ("accepts", "verify"), ("refuses", "verify"), ("one id", "user id"), ("signs nonsense", "sign"),
        ("no C3", "decrypt"), ("wrong key", "public key"), ("none", ""),
    ],
)  # fmt: skip
def test_the_self_test_finds(fault: str, found: str) -> None:
    told = sm2_failure(Lazy(fault))
    assert found in told
    assert bool(told) == bool(found)


def test_a_fixed_nonce_is_found() -> None:
    assert sm2_failure(GmsslSm2(nonce=lambda: 5)) == "self-test: sign"


def test_libcrypto_is_first() -> None:
    choice = choose_sm2()
    assert (choice.backend.name, choice.passed_over) == ("libcrypto", ())
    assert choice.backend.version.startswith("OpenSSL ")


def _raising() -> Sm2Backend:
    raise OSError("no library")


@pytest.mark.parametrize("make", [_raising, lambda: Lazy("accepts")])
def test_gmssl_serves_when_libcrypto_does_not(
    make: object, monkeypatch: pytest.MonkeyPatch, unchosen: None
) -> None:
    monkeypatch.setitem(sm2_backend._MAKERS, "libcrypto", make)
    provider = SoftwareProvider()
    service = provider.services()[0]
    assert service.backend == "gmssl"
    assert "libcrypto" in service.note_zh
    assert "constant in time" in service.note_en
    signature = provider.sm2_sign(KEYS[0], b"text", form=SignatureForm.RS)
    assert provider.sm2_verify(PUBLIC[0], b"text", signature, form=SignatureForm.RS)
    shown = run("--json")
    assert shown.exit_code == 0
    assert json.loads(shown.output)["services"][0]["backend"] == "gmssl"


def test_nothing_is_signed_when_none_passes(monkeypatch: pytest.MonkeyPatch, unchosen: None) -> None:
    monkeypatch.setitem(sm2_backend._MAKERS, "libcrypto", _raising)
    monkeypatch.setitem(sm2_backend._MAKERS, "gmssl", lambda: Lazy("signs nonsense"))
    with pytest.raises(CryptoError, match="没有可用的 SM2"):
        SoftwareProvider().sm2_sign(KEYS[0], b"text", form=SignatureForm.RS)
    shown = run()
    assert isinstance(shown.exception, CryptoError)
    assert "✗ 0/7" in shown.output
    assert "✓ 4/4" in shown.output
    assert "SM2" in shown.exception.zh


def test_libraries_that_do_not_fit() -> None:
    with pytest.raises(CryptoError, match="OpenSSL 3"):
        load_libcrypto(["no-such-library.so.9", sys.executable])
    with pytest.raises(CryptoError, match="OpenSSL 3"):
        load_libcrypto([])
    names = library_candidates()
    assert names
    assert not {"libcrypto.so", "libcrypto.dylib", "libcrypto"} & set(names)


def test_an_old_library_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mi_core.crypto.libcrypto._OLDEST", 0x7FFFFFFF)
    with pytest.raises(CryptoError, match="低于"):
        Libcrypto(load_path())


def load_path() -> str:
    for path in library_candidates():
        try:
            Libcrypto(path)
        except CryptoError:
            return path
        except OSError:
            continue
    raise AssertionError("no libcrypto")


def test_keys_are_freed_with_their_owner() -> None:
    side = LibcryptoSm2(load_libcrypto())
    for _ in range(50):
        key = Sm2PrivateKey.generate()
        side.verify(side.public_key(key), b"", side.sign(key, b"", b"id"), b"id")
    del key
    assert len(side._pairs) == 0
    assert len(side._points) == 0


def test_a_foreign_provider_that_raises_fails_its_checks() -> None:
    class Broken(SoftwareProvider):
        def sm3(self, data: bytes) -> bytes:
            raise RuntimeError("device lost")

    broken: CryptoProvider = Broken()
    failed = [c for c in selftest(broken) if not c.passed]
    assert [(c.algorithm, c.error) for c in failed] == [("SM3", "RuntimeError")] * 2


def run(*arguments: str, lang: str = "zh") -> Result:
    return CliRunner().invoke(crypto, ["selftest", *arguments], env={"COLUMNS": "160", "MI_LANG": lang})


def test_the_command_in_both_languages() -> None:
    zh, en = run(), run(lang="en")
    assert zh.exit_code == en.exit_code == 0
    assert "国密自检" in zh.output
    assert "served by" in en.output
    for output in (zh.output, en.output):
        assert all(word in output for word in ("SM2", "SM3", "HMAC-SM3", "SM4", "libcrypto", "cryptography"))


def test_the_command_as_json() -> None:
    shown = json.loads(run("--json").output)
    assert shown["provider"] == make_software().name == "software"
    assert {row["algorithm"]: row["failed"] for row in shown["services"]} == {
        "SM2": [], "SM3": [], "HMAC-SM3": [], "SM4": [],
    }  # fmt: skip
    assert all(row["passed"] == row["checks"] > 0 for row in shown["services"])


def test_importing_loads_no_backend() -> None:
    """The core import stays quick: cryptography, gmssl and ssl come when they are used."""
    code = "import sys, mi_core.crypto; print([m for m in ('cryptography', 'gmssl', 'ssl', 'ctypes') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_one_provider_per_process() -> None:
    assert software() is software()

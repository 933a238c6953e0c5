"""SM3, SM4 and SM2 as ratios to ``openssl speed`` on this machine: ``python tests/bench/crypto_rate.py [--json FILE] [--check]``.

``openssl speed`` divides by processor time of its process, so ours is measured by processor time too; the two take turns
and the best of the rounds counts for each, so that another program's load does not fall on one side only. GCM has no
``openssl speed`` in OpenSSL 3.0 and is shown against CTR, without a target. ``--check`` ends with 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import attrs

from mi_core.crypto import (
    Cbc,
    CiphertextForm,
    Ctr,
    Ecb,
    Gcm,
    SignatureForm,
    Sm2PrivateKey,
    Sm4Mode,
    SoftwareProvider,
    software,
)
from tests.bench import harness

MEGABYTE = 1 << 20
SECONDS = 1


@attrs.frozen
class Row:
    """One measurement: ours and OpenSSL's rate (``unit``), their ratio, the ratio to reach (None: for information)."""

    name: str
    unit: str
    ours: float
    openssl: float
    target: float | None

    @property
    def ratio(self) -> float:
        return self.ours / self.openssl if self.openssl else 0.0

    @property
    def reached(self) -> bool:
        return self.target is None or self.ratio >= self.target


def rate(work: Callable[[], object], seconds: float = SECONDS) -> float:
    """Calls per second of processor time."""
    work()
    count, start = 0, time.process_time()
    while (spent := time.process_time() - start) < seconds:
        work()
        count += 1
    return count / spent


def openssl(*arguments: str) -> str:
    """What ``openssl speed`` prints."""
    program = shutil.which("openssl")
    if program is None:
        raise SystemExit("openssl is not installed: nothing to compare with")
    command = [program, "speed", "-seconds", str(SECONDS), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def openssl_megabytes(name: str) -> float:
    """MiB per second at 1 MiB."""
    found = re.findall(r"([\d.]+)k\s*$", openssl("-bytes", str(MEGABYTE), "-evp", name))
    return float(found[-1]) * 1000 / MEGABYTE


def openssl_sm2() -> tuple[float, float]:
    """Signatures and verifications per second."""
    found = re.findall(r"SM2.*?([\d.]+)\s+([\d.]+)\s*$", openssl("sm2"))
    return float(found[-1][0]), float(found[-1][1])


def measure() -> list[harness.Row]:
    """The rates as rows of the table: seconds of one operation, or of one MiB."""
    return [
        harness.Row(
            row.name, row.unit, {"ours": 1 / row.ours, "openssl": 1 / row.openssl},
            {} if row.target is None else {"openssl": row.target},
        )
        for row in rates()
    ]  # fmt: skip


def rates(rounds: int = 3) -> list[Row]:
    """All rows; about ``14 * rounds`` seconds."""
    data, key, provider = os.urandom(MEGABYTE), os.urandom(16), software()
    modes: dict[str, tuple[Sm4Mode, str, float | None]] = {
        "SM4-ECB": (Ecb(), "sm4-ecb", 0.8),
        "SM4-CBC": (Cbc.fresh(), "sm4-cbc", 0.8),
        "SM4-CTR": (Ctr.fresh(), "sm4-ctr", 0.8),
        "SM4-GCM (against CTR)": (Gcm.fresh(), "sm4-ctr", None),
    }
    best: dict[str, tuple[float, float]] = {}

    def note(name: str, ours: float, other: float) -> None:
        old = best.get(name, (0.0, 0.0))
        best[name] = max(old[0], ours), max(old[1], other)

    for _ in range(rounds):
        note("SM3", rate(lambda: provider.sm3(data)), openssl_megabytes("sm3"))
        for name, (mode, theirs, _target) in modes.items():
            ours = rate(lambda mode=mode: provider.sm4_encrypt(key, data, mode))  # type: ignore[misc]  # bound default
            note(name, ours, openssl_megabytes(theirs))
        sign, verify = _sm2_rates(provider)
        openssl_sign, openssl_verify = openssl_sm2()
        note("SM2 sign", sign, openssl_sign)
        note("SM2 verify", verify, openssl_verify)
    targets = {
        "SM3": 0.8,
        "SM2 sign": 0.6,
        "SM2 verify": 0.6,
        **{name: mode[2] for name, mode in modes.items()},
    }
    return [
        Row(name, "1/s" if name.startswith("SM2") else "MiB/s", ours, other, targets[name])
        for name, (ours, other) in best.items()
    ]


def _sm2_rates(provider: SoftwareProvider) -> tuple[float, float]:
    secret, text, form = Sm2PrivateKey.generate(), os.urandom(20), SignatureForm.RS
    public = provider.sm2_public_key(secret)
    signature = provider.sm2_sign(secret, text, form=form)
    sealed = provider.sm2_encrypt(public, text, form=CiphertextForm.C1C3C2)
    assert provider.sm2_decrypt(secret, sealed, form=CiphertextForm.C1C3C2) == text
    return (
        rate(lambda: provider.sm2_sign(secret, text, form=form)),
        rate(lambda: provider.sm2_verify(public, text, signature, form=form)),
    )


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write the rows to this file")
    parser.add_argument("--check", action="store_true", help="exit code 1 when a target is missed")
    options = parser.parse_args()
    rows = rates(options.rounds)
    backend = software().services()[0]
    print(f"SM2 by {backend.backend} ({backend.version})")
    print(f"{'':24}{'ours':>10}{'openssl':>10}{'unit':>7}{'ratio':>8}{'target':>8}")
    for row in rows:
        target = "-" if row.target is None else f"{row.target:.2f}"
        mark = "" if row.reached else "  MISSED"
        print(
            f"{row.name:24}{row.ours:10.1f}{row.openssl:10.1f}{row.unit:>7}{row.ratio:8.2f}{target:>8}{mark}"
        )
    if options.json:
        written = [{**attrs.asdict(row), "ratio": row.ratio, "reached": row.reached} for row in rows]
        options.json.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")
    return 1 if options.check and not all(row.reached for row in rows) else 0


if __name__ == "__main__":
    raise SystemExit(main())

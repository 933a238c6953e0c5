"""``mi`` as a shell runs it, and the gateways and files the tests of the commands need."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-W", "error", "-m", "mi_core"]
HOSPITAL = "H43000000001"


def environment(**more: str) -> dict[str, str]:
    """This process's variables without ``MI_*``, and the checkout's packages."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith("MI_") and name != "COLUMNS"
    }
    path = os.pathsep.join((str(ROOT), str(ROOT / "codegen")))
    return {**kept, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8", **more}


def mi(
    *arguments: str, place: Path | None = None, given: bytes | None = None, variables: Mapping[str, str] | None = None
) -> tuple[int, str, str]:  # fmt: skip
    """Exit code, standard output and standard error; a traceback fails the test."""
    done = subprocess.run(
        [*COMMAND, *arguments], capture_output=True, input=given, cwd=place, env=environment(**(variables or {})), timeout=120
    )  # fmt: skip
    out, err = done.stdout.decode(), done.stderr.decode()
    assert "Traceback" not in err, err
    return done.returncode, out, err


def configure(place: Path, url: str, **settings: str) -> None:
    """A ``mi.toml`` for a gateway without signature; ``settings`` are root keys."""
    root = {"environment": "test", **settings}
    (place / "mi.toml").write_text(
        "".join(f'{key} = "{value}"\n' for key, value in root.items())
        + f"""
        [institutions.{HOSPITAL}]
        name = "示例医院"
        mdtrtarea_admvs = "439900"
        sign_in = false
        operator = {{ id = "001", name = "收费员" }}
        gateway = {{ profile = "none", url = "{url}" }}
        [store]
        operation_log = "sqlite:///mi.db"
        """,
        encoding="utf-8",
    )
    (place / "mi.toml").chmod(0o600)

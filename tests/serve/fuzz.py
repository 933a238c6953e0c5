"""``nox -s api``: schemathesis against a live ``mi serve`` and the sandbox, by the documents that the service itself tells.

One interface of each kind (query, upload, registration, money with and without a natural key, files, nested nodes), a
flow and the index. A failure is a reply that the document does not describe: an unexpected status (500 is never described), another
body, wrong data taken, a route open without a token.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from mi_plugins.demo.sandbox_process import running_sandbox
from tests.serve.kit import FIRST, Served, configuration, proven, start

INTERFACES = (
    "1101",
    "2001",
    "2201",
    "2204",
    "2207",
    "2304",
    "2401",
    "3501",
    "4101",
    "5203",
    "6201",
    "9001",
    "9102",
    "outpatient",
)
CHECKS = (
    "status_code_conformance,content_type_conformance,response_schema_conformance,negative_data_rejection,ignored_auth,"
    "unsupported_method"
)
EXAMPLES = "8"


def main() -> int:
    """The exit code: 0 when every document holds."""
    program = shutil.which("st", path=str(Path(sys.executable).parent)) or shutil.which("st")
    if program is None:
        print("schemathesis is missing: nox -s api installs it", file=sys.stderr)
        return 2
    with running_sandbox(1) as sandbox, tempfile.TemporaryDirectory(prefix="mi-fuzz-") as name:
        folder = Path(name)
        text = proven(configuration(sandbox, "\n[serve]\nrate = 100000\n", [FIRST]))
        (folder / "mi.toml").write_text(text, encoding="utf-8")
        served = start(folder, sandbox)
        try:
            found = [code for code in (*INTERFACES, "") if not _holds(program, served, code)]
        finally:
            served.stop()
        broken = [line for line in served.log.splitlines() if " ERROR " in line]
    for line in broken:
        print(line, file=sys.stderr)
    print(f"documents={len(INTERFACES) + 1} failed={found or 0} errors={len(broken)}")
    return 1 if found or broken else 0


def _holds(program: str, served: Served, code: str) -> bool:
    """Whether the service keeps to one document."""
    place = f"{served.url}/v1/institutions/{FIRST}/"
    schema = place + (f"openapi/{code}.json" if code else "openapi.json")
    command = [
        program, "run", schema, "--url", place.rstrip("/"), "--header", f"Authorization: Bearer {served.tokens['both']}",
        "--checks", CHECKS, "--max-examples", EXAMPLES, "--phases", "examples,coverage,fuzzing", "--seed", "1",
        "--request-timeout", "60", "--no-color", "--suppress-health-check", "all",
    ]  # fmt: skip
    done = subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", timeout=1800, check=False
    )
    if done.returncode:
        print(f"--- {code or 'index'}\n{done.stdout}\n{done.stderr}", file=sys.stderr)
    return done.returncode == 0


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        raise SystemExit(main())

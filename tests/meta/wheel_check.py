"""Try the built wheel as a stranger would: its content, then an empty environment and ``mi demo`` in it.

Run by ``nox -s build`` after the wheel stands in ``dist/``; exits non-zero with the reason when something is wrong.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOP_LEVEL = {"mi_core", "mi_plugins", "mi_codegen"}
MUST_HAVE = (
    "mi_core/py.typed",
    "mi_plugins/py.typed",
    "mi_core/interfaces/__init__.pyi",
    "mi_core/_data/interface_catalog/catalog.lock",
    "mi_core/_data/interface_catalog/overlays/errata.json",
    "mi_core/_data/schema/catalog/interface.schema.json",
    "mi_core/_data/schema/catalog/region.schema.json",
    "mi_plugins/regions/hunan/region.json",
    "mi_plugins/regions/guangzhou/region.lock",
    "mi_plugins/regions/guangzhou/overlay/2207.json",
    "mi_plugins/regions/guangzhou/interfaces/__init__.pyi",
    "mi_codegen/templates/interface.py.jinja",
    "mi_codegen/templates/region_interfaces.py.jinja",
)


def check_content(wheel: Path) -> list[str]:
    """What is missing in the wheel or has no business there."""
    names = set(zipfile.ZipFile(wheel).namelist())
    tops = {name.split("/")[0] for name in names if ".dist-info" not in name.split("/")[0]}
    found = [f"not expected at the top level: {name}" for name in sorted(tops - TOP_LEVEL)]
    found += [f"missing: {name}" for name in MUST_HAVE if name not in names]
    interfaces = sum(1 for name in names if name.startswith("mi_core/interfaces/i") and name.endswith(".py"))
    documents = sum(
        1
        for n in names
        if n.startswith("mi_core/_data/interface_catalog/interfaces/") and n.endswith(".json")
    )
    if interfaces != documents or interfaces < 212:
        found.append(f"{interfaces} generated modules for {documents} documents")
    return found


def check_installed(wheel: Path) -> list[str]:
    """Install into an empty environment, outside the checkout, and run the demo there."""
    with tempfile.TemporaryDirectory(prefix="mi-wheel-") as folder:
        home = Path(folder) / "env"
        venv.create(home, with_pip=True)
        scripts = home / ("Scripts" if os.name == "nt" else "bin")
        python = scripts / ("python.exe" if os.name == "nt" else "python")
        subprocess.run(
            [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", str(wheel)], check=True
        )
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "MI_", "VIRTUAL_ENV"))}
        probe = "import importlib.util as u, json; print(json.dumps([n for n in ('codegen','schema','tests') if u.find_spec(n)]))"
        shadow = subprocess.run(
            [python, "-c", probe], cwd=folder, env=clean, check=True, capture_output=True, text=True
        )
        found = [f"importable but must not be: {name}" for name in json.loads(shadow.stdout)]
        demo = subprocess.run(
            [scripts / "mi", "demo", "--json"],
            cwd=folder,
            env=clean,
            capture_output=True,
            text=True,
            encoding="utf-8",
        )
        if demo.returncode:
            return [*found, f"mi demo failed with {demo.returncode}:\n{demo.stdout}\n{demo.stderr}"]
        report = json.loads(demo.stdout)
        if not report["identities"] or not all(item["holds"] for item in report["identities"]):
            found.append(f"the demo's balances are not proven: {report['identities']}")
        stats = subprocess.run(
            [scripts / "mi", "catalog", "stats", "--json"],
            cwd=folder, env=clean, check=True, capture_output=True, text=True, encoding="utf-8",
        )  # fmt: skip
        if json.loads(stats.stdout)["interfaces"] != 212:
            found.append("the installed catalogue does not hold 212 interfaces")
        return found + check_plugin(wheel, Path(folder), scripts, clean)


def check_plugin(wheel: Path, folder: Path, scripts: Path, clean: dict[str, str]) -> list[str]:
    """A third party's plugin: written, installed, its classes generated anew and compared, its tests and contract run."""
    python, project = scripts / ("python.exe" if os.name == "nt" else "python"), folder / "trial-plugin"
    pip: list[str | Path] = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    subprocess.run([*pip, f"{wheel}[codegen]", "pytest>=9.0", "hatchling>=1.26", "editables"], check=True)
    subprocess.run([scripts / "mi", "plugin", "new", "trial-plugin"], cwd=folder, env=clean, check=True)
    subprocess.run([*pip, "--no-deps", "--no-build-isolation", "-e", str(project)], check=True)
    steps: list[list[str | Path]] = [
        [scripts / "mi", "plugins", "why", "trial-plugin"],
        [scripts / "mi", "codegen", "--plugin", "trial_plugin", "--check"],
        [python, "-m", "pytest", "-q"],
    ]
    for step in steps:
        done = subprocess.run(
            step, cwd=project, env=clean, capture_output=True, text=True, encoding="utf-8", check=False
        )
        if done.returncode:
            command = " ".join(str(word) for word in step[1:])
            return [
                f"trial-plugin: {command} failed with {done.returncode}:\n{done.stdout[-3000:]}\n{done.stderr[-2000:]}"
            ]
    return []


def main() -> int:
    """Check the only wheel in ``dist/``."""
    wheels = list((ROOT / "dist").glob("mi_core-*.whl"))
    if len(wheels) != 1:
        print(f"one wheel expected in dist/, found {len(wheels)}", file=sys.stderr)
        return 1
    found = check_content(wheels[0]) or check_installed(wheels[0])
    for line in found:
        print(line, file=sys.stderr)
    print(f"{wheels[0].name}: {'FAILED' if found else 'ok'}")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())

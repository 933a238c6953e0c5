"""Everything a developer does, one command each.

``python3 noxfile.py demo`` and ``python3 noxfile.py tests`` work on a machine with nothing but Python and git: run as a
program, this file builds a small private environment with nox (in ``.bootstrap/``) and starts itself again in it.
With nox at hand, ``nox -s NAME`` does the same.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def _bootstrap() -> int:
    """Run the named sessions with nox from a private environment, making it first when it is missing."""
    if sys.version_info < (3, 11):  # noqa: UP036  # this file starts on whatever Python the machine has
        print(
            f"需要 Python 3.11 或更高版本，当前为 {sys.version.split()[0]}。\n"
            f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}.",
            file=sys.stderr,
        )
        return 2
    home = HERE / ".bootstrap" / f"py{sys.version_info[0]}{sys.version_info[1]}"
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    ready = home / "ready"
    if not ready.exists():
        code = _make_environment(home, python)
        if code:
            return code
        ready.write_text("ok\n", encoding="ascii")
    sessions, rest = [], []
    for i, word in enumerate(sys.argv[1:]):
        if word == "--" or word.startswith("-"):
            rest = sys.argv[1 + i :]
            break
        sessions.append(word)
    command = [str(python), "-m", "nox", "-f", str(HERE / "noxfile.py")]
    command += [*(["-s", *sessions] if sessions else ["--list"]), *rest]
    if os.name == "nt":
        return subprocess.call(command, cwd=HERE)
    os.chdir(HERE)
    return os.execv(command[0], command)


def _make_environment(home: Path, python: Path) -> int:
    try:
        import ensurepip  # noqa: F401  # only asked whether it is there: Debian splits it off
        import venv
    except ImportError:
        line = f"sudo apt install python{sys.version_info[0]}.{sys.version_info[1]}-venv"
        print(
            f"这台机器的 Python 缺少 venv。请先运行：\n    {line}\n"
            f"This machine's Python lacks venv. Please run first:\n    {line}",
            file=sys.stderr,
        )
        return 2
    shutil.rmtree(home, ignore_errors=True)
    print(
        "首次运行：准备开发环境（约一分钟）… / First run: preparing the environment (about a minute) …",
        flush=True,
    )
    try:
        venv.create(home, with_pip=True)
        quiet = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*quiet, "nox>=2024.10.9", "uv>=0.5"], check=True)
    except BaseException as error:  # also Ctrl-C: whatever happened, nothing is left half made
        shutil.rmtree(home, ignore_errors=True)
        with contextlib.suppress(OSError):
            home.parent.rmdir()
        if isinstance(error, KeyboardInterrupt):
            print("\n已中断 / interrupted", file=sys.stderr)
            return 130
        print(
            f"无法准备环境：{error}\n请检查网络或软件源（pip）设置后重试。\n"
            f"The environment could not be made: {error}\nCheck the network or pip's index and try again.",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(_bootstrap())

import nox  # noqa: E402  # only importable inside the private environment, see _bootstrap

nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_existing_virtualenvs = True
nox.options.error_on_missing_interpreters = True
nox.options.sessions = ["lint", "typing", "layers", "codegen", "tests"]

GENERATED = ("mi_core/interfaces", "mi_core/codes")


def _groups(*names: str) -> list[str]:
    """The requirement strings of dependency groups in pyproject.toml."""
    table = nox.project.load_toml("pyproject.toml")["dependency-groups"]
    return [requirement for name in names for requirement in table[name]]


@nox.session
def demo(session: nox.Session) -> None:
    """A whole outpatient visit against the sandbox: settled, queried, refunded, balances proven equal."""
    session.install("-e", ".", silent=True)
    session.run("mi", "demo", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """All tests. Arguments go to pytest: ``nox -s tests -- -k msgid``."""
    session.install("-e", ".[all]", *_groups("test", "typing", "bench"), silent=True)
    arguments = session.posargs or ["-n", "auto", "--dist", "loadgroup"]
    session.run("pytest", *arguments)


@nox.session
def tests_lowest(session: nox.Session) -> None:
    """What runs at users' sites, tested with every direct dependency at its lowest allowed version."""
    session.install(
        "--resolution", "lowest-direct", "-e", ".[all]", *_groups("test", "typing", "bench"), silent=True
    )
    parts = (  # where a dependency is at work; the rest is our own code on top of these
        "core", "plugins", "wire", "generated", "crypto", "catalog", "e2e", "stores", "gateways", "batch",
        "journal/shared", "mapping/test_matching.py", "sandbox/test_everything_typed.py",
    )  # fmt: skip
    arguments = session.posargs or ["-n", "auto", "--dist", "loadgroup", *(f"tests/{part}" for part in parts)]
    session.run("pytest", *arguments)


@nox.session
def codegen(session: nox.Session) -> None:
    """Write the classes of mi_core and of every region from the catalogue; ``-- --check`` only compares."""
    session.install("-e", ".[codegen]", silent=True)
    session.run("mi", "codegen", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """ruff: rules and format (``-- --fix`` mends what it can)."""
    session.install(*_groups("lint"), silent=True)
    fix = "--fix" in session.posargs
    session.run("ruff", "check", *(["--fix"] if fix else []), ".")
    session.run("ruff", "format", *([] if fix else ["--check"]), ".")


@nox.session
def typing(session: nox.Session) -> None:
    """mypy --strict on everything, pyright on what users see."""
    session.install("-e", ".[all]", *_groups("test", "typing"), silent=True)
    session.run("mypy")
    session.run("pyright", *session.posargs)


@nox.session
def layers(session: nox.Session) -> None:
    """Imports go downwards only (import-linter)."""
    session.install("-e", ".[all]", *_groups("lint"), silent=True)
    session.run("lint-imports")


@nox.session
def bench(session: nox.Session) -> None:
    """The table of numbers: ratios in one run, printed and written to bench-results/."""
    session.install("-e", ".[all]", *_groups("bench"), silent=True)
    session.run("python", "-m", "tests.bench", *session.posargs)


@nox.session
def chaos(session: nox.Session) -> None:
    """Clients killed at random against a bureau that misbehaves; every mutant must be caught. ``-- --ops 10000 --kills 500``."""
    session.install("-e", ".[all]", *_groups("test"), silent=True)
    session.run("python", "-m", "tests.chaos", *session.posargs)


@nox.session
def api(session: nox.Session) -> None:
    """schemathesis against a live ``mi serve`` and the sandbox: every reply is one that the documents describe."""
    session.install("-e", ".", *_groups("test", "api"), silent=True)
    session.run("python", "-m", "tests.serve.fuzz", *session.posargs)


@nox.session
def build(session: nox.Session) -> None:
    """Build sdist and wheel, install the wheel in an empty environment and try it there."""
    session.install("build", "hatchling", silent=True)
    shutil.rmtree(HERE / "dist", ignore_errors=True)
    session.run("python", "-m", "build", "--no-isolation", silent=True)
    session.run("python", "tests/meta/wheel_check.py", *session.posargs)

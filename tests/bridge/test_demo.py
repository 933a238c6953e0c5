"""``mi demo --flow bridge``: a HIS in SQL against the sandbox, sums proven, on a server of its own or on a given one."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.cli.shell import COMMAND, environment
from tests.stores import servers
from tests.stores.servers import Server


def demo(*arguments: str, **variables: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*COMMAND, "demo", "--flow", "bridge", *arguments], capture_output=True, timeout=300, check=False,
        env=environment(MI_LANG="zh", **variables),
    )  # fmt: skip


@pytest.mark.service
def test_with_a_server_of_its_own() -> None:
    servers.need("mysql")
    done = demo("--json")
    assert done.returncode == 0, done.stderr.decode()
    report = json.loads(done.stdout)
    assert report["proven"] is True and len(report["identities"]) >= 8
    assert any("IN_DOUBT → SUCCESS" in str(step["notes"]) for step in report["steps"])


def test_with_a_given_database(server: Server) -> None:
    done = demo("--json", "--database", server.create("shown"))
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout)["proven"] is True


def test_without_any_database_it_says_what_is_missing(tmp_path: Path) -> None:
    if any((Path(folder) / "mariadbd").exists() for folder in ("/usr/sbin", "/usr/local/sbin")):
        from mi_core.errors import ConfigError
        from mi_plugins.demo import private_server

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(private_server.shutil, "which", lambda *_a, **_k: None)
            with pytest.raises(ConfigError, match="--database"), private_server.running_mariadb(tmp_path):
                pass
        return
    done = demo(PATH=os.fspath(tmp_path))
    assert done.returncode == 2 and "--database" in done.stderr.decode()

"""The documentation page: vendored, offline, readable by Chrome 80, and alive in a real browser."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

import mi_core.serve
from mi_core.serve.pages import ASSETS
from tests.serve.kit import FIRST, Served

STATIC = Path(mi_core.serve.__file__).with_name("static")
BROWSER = next((path for name in ("chromium", "google-chrome") if (path := shutil.which(name))), None)


def test_every_file_is_served_and_none_comes_from_elsewhere(served: Served) -> None:
    page = served.ask("GET", "/docs", token=None)
    assert page.status == 200 and page.headers["content-type"].startswith("text/html")
    assert "default-src 'self'" in page.headers["content-security-policy"]
    linked = re.findall(r'(?:src|href)="([^"]+)"', page.body.decode())
    assert linked and all(link.startswith("/docs/") or link == "data:," for link in linked)
    for name in ASSETS:
        answer = served.ask("GET", f"/docs/{name}", token=None)
        assert answer.status == 200 and answer.body == (STATIC / name).read_bytes()
    own = "".join(
        (STATIC / name).read_text(encoding="utf-8")
        for name in ("docs.html", "docs.js", "docs.css", "compat.js")
    )
    assert "http" not in own.replace("http-equiv", "")
    assert served.ask("GET", "/docs/swagger-ui.LICENSE", token=None).status == 404
    assert served.ask("GET", "/docs/..%2fapp.py", token=None).status == 404


def test_the_licence_came_with_it() -> None:
    assert "Apache License" in (STATIC / "swagger-ui.LICENSE").read_text(encoding="utf-8")
    assert "SmartBear" in (STATIC / "swagger-ui.NOTICE").read_text(encoding="utf-8")
    assert "5.35.0" in (STATIC / "README.md").read_text(encoding="utf-8")


def test_nothing_that_chrome_80_cannot_read() -> None:
    """Logical assignment, private methods and static blocks came later; missing functions are in compat.js."""
    for name in ("swagger-ui-bundle.js", "docs.js", "compat.js"):
        text = (STATIC / name).read_text(encoding="utf-8")
        assert not re.search(r"\?\?=|\|\|=(?!=)|&&=", text), name
        assert not re.search(r"[;{}]static\{|[;{}]#\w+\([^)]*\)\{", text), name
        assert "sourceMappingURL" not in text
    compat = (STATIC / "compat.js").read_text(encoding="utf-8")
    for needed in ("at", "hasOwn", "findLast", "replaceAll"):
        assert f'"{needed}"' in compat


@asynccontextmanager
async def browser(folder: Path) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """A page of a headless Chromium, spoken to by its debugging protocol."""
    assert BROWSER is not None
    process = await asyncio.create_subprocess_exec(
        BROWSER, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-port=0",
        "--no-first-run", "--disable-background-networking", f"--user-data-dir={folder}", "about:blank",
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        told = folder / "DevToolsActivePort"
        async with asyncio.timeout(120):
            while not (told.exists() and "\n" in told.read_text()):
                await asyncio.sleep(0.1)
        port = told.read_text().split()[0]
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{port}/json/list") as reply:
                pages = await reply.json(content_type=None)
            address = next(page["webSocketDebuggerUrl"] for page in pages if page["type"] == "page")
            async with session.ws_connect(address, max_msg_size=0) as line:
                yield line
    finally:
        process.kill()
        await process.wait()


class Page:
    """One tab."""

    def __init__(self, line: aiohttp.ClientWebSocketResponse) -> None:
        self.line, self.number = line, 0
        self.said: list[str] = []

    async def do(self, method: str, **params: Any) -> Any:
        """One command and its answer; what the page says meanwhile is kept."""
        self.number += 1
        await self.line.send_json({"id": self.number, "method": method, "params": params})
        while True:
            message = json.loads((await self.line.receive(timeout=120)).data)
            if message.get("id") == self.number:
                return message.get("result", {})
            if message.get("method") in ("Runtime.exceptionThrown", "Log.entryAdded"):
                self.said.append(json.dumps(message["params"], ensure_ascii=False))

    async def value(self, script: str) -> Any:
        """What an expression is in the page."""
        found = await self.do("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        return found.get("result", {}).get("value")

    async def until(self, script: str) -> Any:
        """Wait until an expression is true."""
        async with asyncio.timeout(120):
            while not (value := await self.value(script)):
                await asyncio.sleep(0.2)
        return value


@pytest.mark.service
async def test_a_browser_shows_an_interface_and_tries_it(served: Served, tmp_path: Path) -> None:
    if BROWSER is None:
        if os.environ.get("MI_REQUIRE_SERVICES") == "1":
            pytest.fail("no chromium on this machine")
        pytest.skip("no chromium on this machine")
    async with browser(tmp_path) as line:
        page = Page(line)
        for domain in ("Runtime", "Log", "Page"):
            await page.do(f"{domain}.enable")
        await page.do("Page.navigate", url=f"{served.url}/docs#5203")
        await page.until("document.readyState === 'complete' && !!window.SwaggerUIBundle")
        await page.value(
            "document.getElementById('token').value = 'wrong'; document.querySelector('form').requestSubmit()"
        )
        assert "令牌" in await page.until("document.getElementById('message').textContent")
        secret = json.dumps(served.tokens["operator"])
        await page.value(
            f"document.getElementById('token').value = {secret}; document.querySelector('form').requestSubmit()"
        )
        await page.until("document.querySelectorAll('#list a').length > 200")
        assert await page.value("document.getElementById('institution').value") == FIRST
        shown = await page.until("(document.querySelector('#document .opblock')||{}).innerText")
        assert "/calls/5203" in shown
        await page.value(
            "const s = document.getElementById('search'); s.value = '门诊结算'; s.dispatchEvent(new Event('input'))"
        )
        visible = await page.value(
            "[...document.querySelectorAll('#list a')].filter(a => !a.hidden).map(a => a.textContent)"
        )
        assert "2207 门诊结算" in visible and len(visible) < 10
        await page.value("document.querySelector('#list a[href=\"#2207\"]').click()")
        await page.until("(document.querySelector('#document')||{}).innerText.includes('/calls/2207')")
        await page.until("(document.querySelector('#document')||{}).innerText.includes('记入交易日志')")
        await page.value("document.querySelector('.try-out__btn').click()")
        await page.until("!!document.querySelector('.execute')")
        await page.value("document.querySelector('.execute').click()")
        status = await page.until(
            "(document.querySelector('.live-responses-table .response .response-col_status')||{}).innerText"
        )
        assert status.split()[0] in ("422", "504", "409", "200")
        other = await page.value(
            "performance.getEntriesByType('resource').map(e => new URL(e.name).origin).filter(o => o !== location.origin && o !== 'null')"
        )
        assert other == []
        assert [
            line for line in page.said if "exceptionThrown" in line or "Content Security Policy" in line
        ] == []

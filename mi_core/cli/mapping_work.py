"""What the commands of ``mi mapping`` share: the book opened for one piece of work, and an upload told as ``mi upload`` does."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from mi_core.cli.call import confirm_change
from mi_core.cli.text import print_json, t

if TYPE_CHECKING:
    from mi_core.catalogues import Catalogue
    from mi_core.config import Config
    from mi_core.mapping import Book
    from mi_core.uploads import UploadReport

__all__ = ["run", "through"]

T = TypeVar("T")


def run(
    config: str | None, institution: str | None, work: Callable[[Config, Book, Catalogue], Awaitable[T]]
) -> T:
    """Do ``work`` with the configuration, the institution's book and its catalogues."""
    from mi_core.catalogues import Catalogue
    from mi_core.config import load_config
    from mi_core.mapping import open_book

    settings = load_config(config, journal__recover=False)

    async def inside() -> T:
        async with open_book(settings, institution) as book:
            return await work(settings, book, Catalogue(book.database, book.institution))

    return asyncio.run(inside())


def through(
    code: str, work: Callable[[Any, Book, Path, Any], Awaitable[UploadReport]], ready: Callable[[Book], Awaitable[None]],
    result: Path | None, yes: bool, institution: str | None, config: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Upload by ``work(client, book, result, progress)``, show what came of it, exit as ``mi upload``.

    ``ready`` is asked before anything is opened, and raises where there is nothing to do.
    """
    from mi_core.cli.progress import bar
    from mi_core.cli.upload import exit_of, report_dict, show_report
    from mi_core.client import AsyncClient
    from mi_core.types import CHINA_TIME

    path = result or Path(f"mapping.{code}.{dt.datetime.now(CHINA_TIME):%Y%m%d-%H%M%S}.csv")

    async def inside(settings: Config, book: Book, _: Catalogue) -> UploadReport:
        await ready(book)
        if settings.environment == "production" and not yes:
            confirm_change(t(f"{code} 对照", f"{code} mappings"))
        async with AsyncClient(settings) as client:
            with bar(code) as progress:
                return await work(client, book, path, progress)

    report = run(config, institution, inside)
    if as_json:
        print_json(report_dict(report))
    else:
        show_report(report)
    if status := exit_of(report):
        raise SystemExit(status)

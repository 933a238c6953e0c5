"""What can be wrong with the catalogue's files, told with file, place and language; always all at once."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from mi_core.errors import MiError, language

__all__ = ["CatalogError", "CatalogProblem"]


@attrs.frozen(order=True)
class CatalogProblem:
    """One finding. ``file`` is relative to the catalogue's folder, ``pointer`` a JSON pointer in it."""

    file: str
    pointer: str
    zh: str
    en: str
    entry: int | None = None
    """Index of the overlay entry, from 0, where the file is an overlay."""

    def message(self, lang: str | None = None) -> str:
        """One line: ``overlays/errata.json [12] /properties/…: what is wrong``."""
        english = (lang or language()) == "en"
        entry = "" if self.entry is None else f" [{self.entry}]"
        pointer = f" {self.pointer}" if self.pointer else ""
        return f"{self.file}{entry}{pointer}" + (f": {self.en}" if english else f"：{self.zh}")

    def __str__(self) -> str:
        return self.message()


class CatalogError(MiError):
    """The catalogue cannot be used; ``problems`` lists everything that is wrong, not only the first."""

    code = "catalog"

    def __init__(self, problems: Iterable[CatalogProblem]) -> None:
        self.problems: tuple[CatalogProblem, ...] = tuple(problems)
        n = len(self.problems)
        super().__init__(
            f"接口目录有 {n} 处错误",
            f"the interface catalogue has {n} problem(s)",
            hint_zh="按下面各条改正文件，再运行 mi catalog check",
            hint_en="correct the files as listed, then run: mi catalog check",
        )

    def message(self, lang: str | None = None) -> str:
        lang = lang or language()
        return super().message(lang) + "".join(f"\n  - {p.message(lang)}" for p in self.problems)

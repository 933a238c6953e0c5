"""The allow-list of the configuration: distributions, and optionally their versions.

``hospital-rules`` allows any version, ``hospital-rules==1.2`` one, ``hospital-rules>=1.2`` that one and later ones.
Names are compared as package indexes do (case, ``-``, ``_`` and ``.`` are the same). The name of an entry point allows
nothing: any distribution may choose it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, TypeAlias

import attrs

from mi_core.errors import PluginError

__all__ = ["NOTHING", "AllowList", "Verdict", "read_allow_list"]

NOTHING = "nothing-at-all"
"""Stands for a list that cannot be read: it allows no distribution but one of that name."""
_ENTRY = re.compile(
    r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:(==|>=)\s*([0-9][0-9A-Za-z.!+_-]*)\s*)?"
)
_RELEASE = re.compile(r"([0-9]+(?:\.[0-9]+)*)(.*)")
Verdict: TypeAlias = Literal["allowed", "not listed", "other version"]


@attrs.frozen
class _Entry:
    name: str
    operator: str
    version: str

    def takes(self, version: str) -> bool:
        """Whether that version is meant; one that cannot be read is not."""
        if not self.operator:
            return True
        theirs, ours = _release(version), _release(self.version)
        if theirs is None or ours is None:
            return False
        if self.operator == "==":
            return version == self.version or (theirs[0] == ours[0] and theirs[2] == ours[2] == "")
        return (theirs[0], theirs[1]) >= (ours[0], ours[1])


@attrs.frozen
class AllowList:
    """What may load. Empty: everything that is installed."""

    entries: tuple[_Entry, ...] = ()

    def verdict(self, distribution: str, version: str) -> Verdict:
        """Whether a distribution may load, or why not."""
        if not self.entries:
            return "allowed"
        named = [entry for entry in self.entries if entry.name == _normal(distribution)]
        if not named:
            return "not listed"
        return "allowed" if any(entry.takes(version) for entry in named) else "other version"


def read_allow_list(texts: Sequence[str]) -> AllowList:
    """Raises :class:`PluginError` that names every entry that cannot be read: nothing may load by a misspelt rule."""
    entries, wrong = [], []
    for text in texts:
        found = _ENTRY.fullmatch(text)
        if found is None:
            wrong.append(text)
        else:
            entries.append(_Entry(_normal(found[1]), found[2] or "", found[3] or ""))
    if wrong:
        listed = ", ".join(repr(text) for text in wrong)
        raise PluginError(
            f"[plugins] allow 中无法识别：{listed}", f"[plugins] allow cannot be read: {listed}",
            hint_zh='写软件包名，可加版本："hospital-rules"、"hospital-rules==1.2"、"hospital-rules>=1.2"',
            hint_en='write the distribution, optionally with a version: "hospital-rules", "hospital-rules==1.2", "hospital-rules>=1.2"',
        )  # fmt: skip
    return AllowList(tuple(entries))


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _release(version: str) -> tuple[tuple[int, ...], bool, str] | None:
    """The numbers without zeros at the end, whether it is no pre-release, and what follows the numbers."""
    found = _RELEASE.fullmatch(version.strip())
    if found is None:
        return None
    numbers = [int(part) for part in found[1].split(".")]
    while len(numbers) > 1 and not numbers[-1]:
        numbers.pop()
    rest = found[2].lower().lstrip("._-")
    return tuple(numbers), not re.match(r"a|b|c|rc|alpha|beta|pre|dev", rest), rest

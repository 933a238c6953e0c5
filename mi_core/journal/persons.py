"""Who decides: a person's name as given, and the login of the operating system that stood beside it."""

from __future__ import annotations

import unicodedata
from typing import Final

import attrs

from mi_core.errors import NotSent

__all__ = ["LONGEST", "Person", "PersonRefused", "fold"]

LONGEST: Final = 50
"""Characters of a name."""


class PersonRefused(NotSent):
    """The name names nobody, or the same person was given twice where two are needed; nothing was changed."""

    code = "person_refused"


def fold(name: str) -> str:
    """What is compared: width, case, spaces and invisible characters make no other person of one."""
    text = unicodedata.normalize("NFKC", name).casefold()
    return "".join(c for c in text if not c.isspace() and unicodedata.category(c) not in ("Cf", "Cc", "Mn"))


@attrs.frozen
class Person:
    """One who decides. ``login`` is recorded, not trusted: cash desks share theirs."""

    name: str
    login: str = ""

    @classmethod
    def named(cls, name: str, login: str = "") -> Person:
        """Check the name; raises :class:`PersonRefused`."""
        text = unicodedata.normalize("NFC", name).strip()
        if not any(c.isalnum() for c in fold(text)) or len(text) > LONGEST or not text.isprintable():
            raise PersonRefused(
                "--by 应为处理人的姓名或工号", "--by takes the name or number of the person who decides",
                hint_zh=f"不超过 {LONGEST} 个字符", hint_en=f"at most {LONGEST} characters",
            )  # fmt: skip
        return cls(text, login)

    def is_same(self, other: Person) -> bool:
        """One and the same person by name."""
        return fold(self.name) == fold(other.name)

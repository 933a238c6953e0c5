"""One thing that is wrong with a value, told so that a cashier can correct it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import attrs

Severity = Literal["error", "warning"]


@attrs.frozen
class Problem:
    """A finding of validation.

    ``path`` is a JSON pointer below ``input`` (``/diseinfo/0/diag_code``); ``field`` and ``label`` are the wire
    name and the Chinese label of the specification; ``rule`` is a stable name (``required``, ``max_length`` …);
    ``zh`` and ``en`` say what is wrong and what to do. ``value`` is masked by the field's sensitivity.
    """

    path: str
    field: str
    label: str
    rule: str
    zh: str
    en: str
    value: str | None = None
    severity: Severity = "error"

    def message(self, lang: str = "zh") -> str:
        """One line, e.g. ``card_sn（卡识别码）：就诊凭证类型为 03 时必填``."""
        text = self.en if lang == "en" else self.zh
        if lang == "en":
            head = f"{self.field} ({self.label})" if self.label else self.field
            return f"{head}: {text}" + (f" [{self.value}]" if self.value is not None else "")
        head = f"{self.field}（{self.label}）" if self.label else self.field
        return f"{head}：{text}" + (f"【{self.value}】" if self.value is not None else "")

    def to_dict(self) -> Mapping[str, str | None]:
        """The same as plain data, for ``--json`` and HTTP answers."""
        return attrs.asdict(self)

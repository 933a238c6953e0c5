"""The steps and sums of a flow's demo for people."""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING

from mi_core.cli.text import console, t

if TYPE_CHECKING:
    from mi_plugins.demo.flows.stage import FlowStep

__all__ = ["FlowTable"]


class FlowTable:
    """The steps as they happen, one row each; amounts in yuan."""

    def __init__(self, title: str) -> None:
        from rich.live import Live
        from rich.table import Table

        self.table = Table(title=f"{title}{t('（金额：元）', ' (yuan)')}", title_justify="left")
        self.table.add_column(t("步骤", "step"), overflow="fold")
        self.table.add_column(t("金额", "amounts"), overflow="fold")
        self.table.add_column(t("说明", "notes"), overflow="fold")
        self.console = console()
        self.live = Live(self.table, console=self.console, refresh_per_second=8)

    def __enter__(self) -> FlowTable:
        self.live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.live.stop()
        if (
            not self.console.is_terminal
        ):  # rich ends the table without a line break when it is written to a file
            self.console.print()

    def add(self, step: FlowStep) -> None:
        """One more step."""
        from rich.markup import escape

        amounts = [
            f"{t(*label)} {amount:,.2f}" for label, amount in step.amounts.items() if amount is not None
        ]
        notes = [f"{t(*label)} {note}" for label, note in step.notes.items()]
        self.table.add_row(
            f"{escape(t(*step.title))}\n[dim]{escape(step.step)}[/dim]", _lines(amounts), _lines(notes)
        )


def _lines(parts: Iterable[str]) -> str:
    from rich.markup import escape

    return "\n".join(map(escape, parts))

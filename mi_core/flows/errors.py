"""The one error of all flows: where it stopped, what stands at the bureau, how to go on or back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mi_core.errors import MiError

if TYPE_CHECKING:
    from mi_core.flows.standing import Standing

__all__ = ["FlowStopped"]


class FlowStopped(MiError):
    """A flow could not go on. The cause, where a call had one, is chained (``__cause__``).

    Nothing is repeated by calling the same step again: what was done answers with its stored result.
    """

    code = "flow_stopped"

    def __init__(
        self, zh: str, en: str, *, flow: str, key: str, step: str, standing: Standing, interface: str = "",
        operation_id: str | None = None, in_doubt: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(zh, en, hint_zh=standing.message("zh"), hint_en=standing.message("en"))
        self.flow, self.key = flow, key
        """Kind of the flow (``outpatient`` …) and the caller's key."""
        self.step = step
        """The method that stopped, e.g. ``settle``."""
        self.interface = interface
        """The interface that was being called; ``""`` when none was."""
        self.operation_id = operation_id
        """For ``wait_for`` and ``mi doubt``, when an outcome is unknown or another operation holds the visit."""
        self.in_doubt = in_doubt
        """The step may have been done although its cause says that nothing was sent: resume, do nothing else instead."""
        self.standing = standing
        """What stands at the bureau, and the calls that continue (``next_step``) or take back (``undo_step``)."""

    @property
    def continue_with(self) -> str:
        """The method that goes on."""
        return self.standing.next_step

    @property
    def undo_with(self) -> str:
        """The method that takes back what stands; ``""`` when nothing does."""
        return self.standing.undo_step

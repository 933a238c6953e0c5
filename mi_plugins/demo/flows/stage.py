"""Where a flow's demo plays: the sandbox, clients for its institutions, and what is shown."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs

from mi_core import AsyncClient
from mi_core.types import CHINA_TIME
from mi_plugins.demo.configuration import sandbox_config
from mi_plugins.demo.identities import Identity

__all__ = ["FlowReport", "FlowStep", "Stage"]


@attrs.frozen
class FlowStep:
    """One step as it is shown: ``amounts`` (yuan) and ``notes`` by label, which is ``(zh, en)``."""

    step: str
    """Method or interface, e.g. ``settle``."""
    title: tuple[str, str]
    amounts: Mapping[tuple[str, str], Decimal | None] = attrs.field(factory=dict)
    notes: Mapping[tuple[str, str], str] = attrs.field(factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """For ``--json``: amounts as decimal text, labels in Chinese."""
        return {
            "step": self.step, "title": self.title[0], "title_en": self.title[1],
            "amounts": {label[0]: str(amount) for label, amount in self.amounts.items() if amount is not None},
            "notes": {label[0]: note for label, note in self.notes.items()},
        }  # fmt: skip


@attrs.frozen
class FlowReport:
    """What was done, and the equations that were checked."""

    steps: tuple[FlowStep, ...]
    identities: tuple[Identity, ...]

    @property
    def proven(self) -> bool:
        """Whether there are equations and every one holds to the cent."""
        return bool(self.identities) and all(item.holds for item in self.identities)


@attrs.define
class Stage:
    """A running sandbox. A demo tells its steps with :meth:`tell` and returns :meth:`report`."""

    sandbox: Mapping[str, Any]
    """What the sandbox announced: ``url control_url control_header control_token institution …``."""
    folder: Path
    """For journals and files; deleted afterwards."""
    shown: Callable[[FlowStep], None] = lambda _step: None
    database: str | None = None
    """Of a HIS, for the bridge; ``None``: the demo starts one of its own."""
    now: dt.datetime = attrs.Factory(lambda: dt.datetime.now(CHINA_TIME).replace(tzinfo=None, microsecond=0))
    """Naive, UTC+8."""
    steps: list[FlowStep] = attrs.Factory(list)

    def client(self, institution: str | None = None, more: str = "", *, at_once: bool = False) -> AsyncClient:
        """A client of one of the sandbox's institutions, with a journal on disk; ``more``: further lines of ``mi.toml``.

        ``at_once``: it knows that this sandbox's queries show what was done without delay, so nobody waits a minute for that.
        """
        chosen = institution or str(self.sandbox["institution"])
        text = str(self.sandbox["config_toml"]).replace(str(self.sandbox["institution"]), chosen)
        if at_once:
            text = re.sub(r"(?m)^replica_lag = .*$", "replica_lag = 0.0", text)
        journal = f'\n[journal]\npath = "{chosen}.journal.db"\n'
        return AsyncClient(sandbox_config(text + journal + more, self.folder / f"{chosen}.toml"))

    def tell(
        self, step: str, zh: str, en: str, amounts: Mapping[tuple[str, str], Decimal | None] | None = None, **notes: str
    ) -> None:  # fmt: skip
        """Keep and show a step; ``notes`` with labels ``zh__en`` are shown as they are."""
        labelled = {
            (name.partition("__")[0], name.partition("__")[2] or name): text for name, text in notes.items()
        }
        told = FlowStep(step, (zh, en), amounts or {}, labelled)
        self.steps.append(told)
        self.shown(told)

    def report(self, *identities: Identity) -> FlowReport:
        """The end."""
        return FlowReport(tuple(self.steps), identities)

    async def control(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Ask the sandbox's control desk: POST with ``body``, else GET; e.g. ``control("faults", {...})``."""
        import aiohttp

        header = {str(self.sandbox["control_header"]): str(self.sandbox["control_token"])}
        url = f"{self.sandbox['control_url']}/{path}"
        async with aiohttp.ClientSession(headers=header) as session:
            asked = session.get(url) if body is None else session.post(url, json=body)
            async with asked as reply:
                reply.raise_for_status()
                return await reply.json(content_type=None)

    async def fault(self, infno: str, fault: str, **more: Any) -> None:
        """The next call of ``infno`` goes wrong, e.g. ``drop_after``: executed, and the answer is lost."""
        await self.control("faults", {"infno": infno, "fault": fault, **more})

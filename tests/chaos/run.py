"""One run: simulator, hospital, storm with kills, calm, judgement."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import attrs

from mi_core.journal.keyfile import read_ring
from tests.chaos import ledgers, policies
from tests.chaos.bureau import Bureau
from tests.chaos.checker import Figures, check
from tests.chaos.home import Home, journal_home
from tests.chaos.killer import Crew
from tests.chaos.people import INSTITUTIONS, Patient, Story, stories
from tests.chaos.weather import TRUE_FENCE, Timing
from tests.chaos.worker import Shift
from tests.chaos.worker import main as work

__all__ = ["Options", "Outcome", "run"]

PER_STORY: Final = {False: 2.1, True: 1.05}
"""Operations of a story (whole stories, simple ones)."""
STALL: Final = 120.0
RECOVERING: Final = 12
"""Questions of recovery at the same time: more than a worker puts, for with a patience of half a second who waits is late.
Five failures in a row come often enough when every fifth call fails and all time out after a SIGSTOP; the breaker
would keep the storm from recovery. It still opens when the simulator is away.
"""
LOOK: Final = 0.4
"""Seconds between two looks into the journal."""
LONGEST_PEACE: Final = 4.0
"""Seconds between two kills at most, while there are some left."""


@attrs.frozen(kw_only=True)
class Options:
    """What is asked for on the command line. ``policy`` ``journal`` is the project; the others are the controls."""

    ops: int = 200
    kills: int = 10
    seed: int = 1
    p: float = 0.2
    workers: int = 2
    journal: str = "sqlite"
    mutant: str | None = None
    policy: str = "journal"
    simple: bool = False
    until: frozenset[str] = frozenset()
    """Stop as soon as one of these figures is not 0 (mutants). Only for simple stories, in which no figure is wrong for
    a moment: what the centre has done is read before what the journal knows of it."""
    calm: float = 60.0
    """Seconds after the last story in which everything must be resolved."""
    timing: Timing = TRUE_FENCE
    only: frozenset[str] = frozenset()
    """Faults of these kinds; all if empty."""
    outages: int = 1
    """How often the simulator itself is killed and comes back."""


@attrs.frozen
class Outcome:
    """What came of it."""

    figures: Figures
    seconds: float
    stops: int
    crashes: int
    """Workers that ended by themselves."""
    hits: int
    """Calls that were hit by a fault."""
    gave_up: int
    """Stories that were left."""
    server_deaths: int
    """How often the journal's server died by itself and was started again."""

    def line(self) -> str:
        """The one line."""
        return self.figures.line(
            seconds=round(self.seconds, 1),
            stops=self.stops,
            crashes=self.crashes,
            faults=self.hits,
            gave_up=self.gave_up,
            **({"server_deaths": self.server_deaths} if self.server_deaths else {}),
        )


def run(options: Options, folder: Path) -> Outcome:
    """Everything of the run stays in ``folder``."""
    began = time.monotonic()
    told = stories(max(1, round(options.ops / PER_STORY[options.simple])), options.seed, options.simple)
    bureau = Bureau(folder, options.seed, options.timing)
    try:
        bureau.register(_known(told, folder, bureau))
        with journal_home(options.journal, folder) as home:
            place = home.place
            read_ring(folder / "journal.key", create=True)
            (folder / "mi.toml").write_text(_config(bureau, options, place), encoding="utf-8")
            (folder / "run.json").write_text(
                json.dumps({"place": place, "since": bureau.since, "url": bureau.url})
            )
            shifts = [
                Shift(folder, number, options.workers, len(told), options.seed, options.simple, options.timing.patience,
                      options.mutant) for number in range(options.workers)
            ]  # fmt: skip
            crew, hits = _storm(options, shifts, bureau, home)
            bureau.stop()
            figures = check(bureau.path, place, folder, since=bureau.since, kills=crew.kills)
    finally:
        bureau.stop()
    return Outcome(
        figures, time.monotonic() - began, crew.stops, crew.crashes, hits, _given_up(folder), home.deaths
    )


def _known(told: list[Story], folder: Path, bureau: Bureau) -> list[Patient]:
    """Visits that are there before; their ids are filled in for the workers by a second look (after registering)."""
    return [Patient(story) for story in told if story.known and not story.inpatient]


def _storm(options: Options, shifts: list[Shift], bureau: Bureau, home: Home) -> tuple[Crew, int]:
    folder, place = shifts[0].folder, home.place
    with sqlite3.connect(bureau.path) as books:
        found = books.execute("SELECT ipt_otp_no, mdtrt_id FROM visit").fetchall()
    (folder / "visits.json").write_text(
        json.dumps({str(int(number[3:])): mdtrt_id for number, mdtrt_id in found})
    )
    bureau.storm(options.p, options.only)
    crew = Crew(shifts, options.seed, work if options.policy == "journal" else policies.MAIN[options.policy])
    seen = False
    try:
        seen = _torment(options, crew, bureau, home)
        hits = bureau.calm()
        crew.look_after(all_=True)
        if not seen:
            _until(lambda: crew.idle(folder) and not _open(place), options.calm, crew, home)
    finally:
        crew.home(10.0 if not seen else 0.0)
    return crew, hits


def _torment(options: Options, crew: Crew, bureau: Bureau, home: Home) -> bool:
    """Kills spread over the operations; a stop for every third kill. Ends when the stories and the kills are done, or
    (then true) when a figure is seen that was waited for.
    """
    folder, place, every = bureau.path.parent, home.place, options.ops / max(1, options.kills)
    slower = options.timing.patience / TRUE_FENCE.patience
    peace = (
        LONGEST_PEACE * slower
    )  # longer when nothing was done: a worker must come to work between two kills
    outages = [(number + 0.4) * options.ops / options.outages for number in range(options.outages)]
    now = time.monotonic
    done, last, then, progress, killed, looked = 0, 0, 0, now(), now(), now()
    while not (crew.idle(folder) and crew.kills >= options.kills):
        time.sleep(0.03)
        crew.look_after()
        home.look_after()
        if now() > looked + LOOK:
            looked, done = now(), _count(place, "SELECT count(*) FROM operation")
            if options.until and options.until.intersection(_look(bureau, place)):
                return True
        if done > last:
            last, progress = done, now()
        elif now() > progress + STALL * slower:
            return False
        calm = now() - killed > (peace if done > then else 5 * peace)
        if crew.kills < options.kills and (done >= every * (crew.kills + 0.5) or calm):
            killed, then = now(), done
            if crew.kills % 3 == 2:
                crew.stop_one()
            crew.kill_one()
        if outages and done >= outages[0]:
            del outages[0]
            bureau.outage()
    return False


def _look(bureau: Bureau, place: str) -> tuple[str, ...]:
    try:
        return check(bureau.path, place, bureau.path.parent, since=bureau.since).bad
    except Exception:  # as in _count
        return ()


def _until(ready: Callable[[], bool], seconds: float, crew: Crew, home: Home) -> None:
    until = time.monotonic() + seconds
    while not ready() and time.monotonic() < until:
        time.sleep(0.1)
        crew.look_after()
        home.look_after()


def _count(place: str, sql: str) -> int:
    try:
        return ledgers.count(place, sql)
    except Exception:  # the tables are not there yet, or the file is busy: asked again soon
        return 0


def _open(place: str) -> bool:
    try:
        return bool(ledgers.open_attempts(place))
    except Exception:  # as above
        return True


def _given_up(folder: Path) -> int:
    return sum(path.read_text(errors="replace").count('"gave up') for path in folder.glob("told-*.jsonl"))


def _config(bureau: Bureau, options: Options, place: str) -> str:
    timing = options.timing
    text = f"""environment = "test"
[store]
operation_log = "memory"
[journal]
path = "{place}"
key_file = "{bureau.path.with_name("journal.key")}"
max_in_doubt = 200
slots = {max(10, options.workers + 4)}
[limits]
failures = 20
recovery = {RECOVERING}
recovery_queue = 50
"""
    for number, code in enumerate(INSTITUTIONS):
        text += f"""
[institutions.{code}]
name = "chaos"
mdtrtarea_admvs = "990100"
sign_in = false
operator = {{ type = "1", id = "chaos", name = "混沌" }}
refusals = ["本次就诊下没有结算*", "结算*此前已作废*", "本机构下查无就诊*", "就诊*已取消", "该就诊已结算*"]
[institutions.{code}.gateway]
profile = "csb"
url = "{bureau.url}/csb"
access_key = "sandbox-access-key"
secret_key = "sandbox-secret-key"
[institutions.{code}.timeouts]
settlement = {timing.patience}
query = {timing.patience}
upload = {timing.patience}
download = {timing.patience}
[institutions.{code}.recovery]
acceptance = {timing.acceptance}
processing = {timing.processing}
replica_lag = {timing.lag}
likely_refused = 0.2
query_without_setl_id = {"true" if number == 0 else "false"}
reverse_unknown = true
absent = ["没有与所给条件对应的结算记录", "未检索到与原报文对应的业务，无可冲正内容"]
"""
    return text

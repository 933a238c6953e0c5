"""Learning refusal texts: which texts always meant "nothing was done", proposed to a person and accepted by one.

A text on the list turns a call in doubt into a refusal, so one that was ever seen with an executed call is never taken.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import attrs

from mi_core.classify import Refusals
from mi_core.config import Config
from mi_core.desk.patterns import LITERAL, generalise, literal, merge
from mi_core.desk.showing import values_of
from mi_core.interfaces import by_code
from mi_core.journal import Journal, Reader
from mi_core.journal.learned import RefusalText, Said, TextRefused, judge, judged, remove, said
from mi_core.journal.persons import Person
from mi_core.journal.states import AttemptState
from mi_core.masking import scrub
from mi_core.pipeline.reading import parse
from mi_core.wire import ReplyMalformed

__all__ = ["Counts", "Listed", "Suggestion", "accept", "counts_of", "forget", "learn", "listed", "reject"]

FEWEST: Final = 3
"""How often a text must have been resolved as not executed before it is proposed."""
_LONGEST: Final = 200


@attrs.frozen
class Counts:
    """What became of the calls that were answered with a text."""

    not_executed: int = 0
    executed: int = 0
    """Executed, taken back, or seen alive afterwards."""
    unresolved: int = 0


@attrs.frozen
class Suggestion:
    """A text that may be accepted; ``operations`` are examples to look at."""

    institution: str
    text: str
    counts: Counts
    interfaces: tuple[str, ...]
    operations: tuple[str, ...]


@attrs.frozen
class Listed:
    """A text that is in force or was judged. ``origin``: ``mi.toml`` or ``people``."""

    institution: str
    text: str
    judged: str
    origin: str
    by: str = ""
    at: int | None = None
    counts: Counts = Counts()


@attrs.frozen
class _Heard:
    """One answer: its text, its pattern, and what became of the call."""

    text: str
    pattern: str
    said: Said


def _heard(reader: Reader, institution: str) -> list[_Heard]:
    return reader.ask(
        lambda rows, ring: [h for s in said(rows, ring, institution) if (h := _hear(s)) is not None]
    )


def _hear(answer: Said) -> _Heard | None:
    try:
        reply = parse(by_code(answer.interface), answer.response)
    except (ReplyMalformed, KeyError):
        return None
    message = reply.field("message")
    text = reply.err_msg or (message if isinstance(message, str) else "")
    if not text.strip() or reply.infcode == "0":
        return None
    return _Heard(text.strip(), generalise(text, values_of(answer.request)), answer)


def _count(heard: Iterable[_Heard]) -> Counts:
    """Each call counts once, and as executed if anything of it says so."""
    done, executed, open_ = set(), set(), set()
    for h in heard:
        if h.said.executed:
            executed.add(h.said.msgid)
        elif h.said.state is AttemptState.NOT_EXECUTED:
            done.add(h.said.msgid)
        elif h.said.state is not AttemptState.REJECTED:
            open_.add(h.said.msgid)
    return Counts(len(done - executed), len(executed), len(open_))


def counts_of(reader: Reader, institution: str, text: str) -> Counts:
    """What became of all calls that a text (with ``*``) fits."""
    fits = Refusals([text])
    return _count(h for h in _heard(reader, institution) if h.text in fits or h.pattern == text)


def learn(reader: Reader, config: Config, institution: str, *, fewest: int = FEWEST) -> list[Suggestion]:
    """Texts to propose, the most frequent first: always resolved as not executed, never executed, not judged yet."""
    heard = _heard(reader, institution)
    known = {t.text for t in reader.ask(lambda rows, ring: judged(rows, ring, institution))}
    found = config.institutions.get(institution)
    in_force = Refusals([*known, *(found.refusals if found is not None else ())])
    standing = merge([h.pattern for h in heard if h.said.state is AttemptState.NOT_EXECUTED])
    out = []
    for pattern in dict.fromkeys(standing.values()):
        fits = Refusals([pattern])
        mine = [h for h in heard if h.text in fits or standing.get(h.pattern) == pattern]
        counts = _count(mine)
        if counts.executed or counts.not_executed < fewest or fault(pattern) or pattern in known:
            continue
        if all(h.text in in_force for h in mine):
            continue
        out.append(
            Suggestion(
                institution, pattern, counts, tuple(sorted({h.said.interface for h in mine})),
                tuple(dict.fromkeys(h.said.operation_id for h in mine))[:3],
            )
        )  # fmt: skip
    return sorted(out, key=lambda s: (-s.counts.not_executed, s.text))


def fault(text: str) -> tuple[str, str] | None:
    """Why a text cannot be on the list whatever its history: too wide, too long, or somebody's data in it."""
    if not text.isprintable() or len(text) > _LONGEST:
        return (
            f"文本应为一行，不超过 {_LONGEST} 个字符",
            f"a text is one line of at most {_LONGEST} characters",
        )
    if literal(text) < LITERAL:
        return (
            f"文本太宽：除 * 外至少 {LITERAL} 个汉字",
            f"too wide: at least {LITERAL} Chinese characters beside *",
        )
    if scrub(text) != text:
        return "文本含有证件号或手机号，用 * 代替", "an id number or phone stands in it, write * instead"
    return None


def accept(journal: Journal, institution: str, text: str, who: Person) -> tuple[RefusalText, Counts]:
    """Put a text on the list. Raises :class:`TextRefused` when it is too wide, without evidence, or against evidence."""
    text = text.strip()
    if (wrong := fault(text)) is not None:
        raise TextRefused(*wrong, hint_zh="用 mi refusals learn 查看建议", hint_en="see: mi refusals learn")
    counts = counts_of(journal.read, institution, text)
    if counts.executed:
        raise TextRefused(
            f"不接受：回应该文本的业务中有 {counts.executed} 笔实际已执行（或可能已执行）。列入后会造成漏结算、重复结算",
            f"refused: {counts.executed} call(s) answered with this text were executed, or may have been",
            hint_zh="该文本不能证明未执行；如文本中带 *，请改得更具体",
            hint_en="the text proves nothing; make it more specific if it has a *",
        )  # fmt: skip
    if not counts.not_executed:
        raise TextRefused(
            "没有证据：没有一笔回应该文本的业务被查明未执行", "no evidence: no call with this text was found not executed",
            hint_zh="医保部门书面确认的文本写入 mi.toml 的 refusals",
            hint_en="what the bureau has confirmed in writing belongs to refusals in mi.toml",
        )  # fmt: skip
    ring = journal.read.ring
    evidence = {"not_executed": counts.not_executed, "unresolved": counts.unresolved}
    return journal.wait(lambda tx: judge(tx, ring, institution, text, "accepted", who, evidence)), counts


def reject(journal: Journal, institution: str, text: str, who: Person) -> RefusalText:
    """Do not propose a text again (and take it off the list if it was accepted)."""
    if (wrong := fault(text.strip())) is not None:
        raise TextRefused(*wrong)
    ring = journal.read.ring
    return journal.wait(lambda tx: judge(tx, ring, institution, text.strip(), "rejected", who, {}))


def forget(journal: Journal, institution: str, text: str, who: Person) -> None:
    """Forget a judgement; an accepted text is off the list."""
    ring = journal.read.ring
    journal.wait(lambda tx: remove(tx, ring, institution, text.strip(), who))


def listed(reader: Reader, config: Config, institution: str) -> list[Listed]:
    """Configured and judged texts with what became of the calls they fit: an accepted one that was executed since must go."""
    heard = _heard(reader, institution)

    def counted(text: str) -> Counts:
        fits = Refusals([text])
        return _count(h for h in heard if h.text in fits)

    found = config.institutions.get(institution)
    out = [
        Listed(institution, text, "accepted", "mi.toml", counts=counted(text))
        for text in (found.refusals if found is not None else ())
    ]
    for text in reader.ask(lambda rows, ring: judged(rows, ring, institution)):
        out.append(
            Listed(institution, text.text, text.judged, "people", text.by, text.at, counted(text.text))
        )
    return out

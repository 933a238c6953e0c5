"""msgid: 12 + 14 + 4, unique across threads, never backwards, ``inf_time`` agrees."""

from __future__ import annotations

import datetime as dt
import os
import threading

import pytest

from mi_core.msgid import LENGTH, MsgIdAllocator, allocator_for

NOON = dt.datetime(2024, 3, 1, 4, 0, 0, tzinfo=dt.UTC).timestamp()


def test_parts() -> None:
    made = MsgIdAllocator("H43000000001", lambda: NOON).next()
    assert len(made.value) == LENGTH
    assert made.value[:12] == "H43000000001"
    assert made.value[12:26] == "20240301120000"
    assert made.value[26:].isdigit()
    assert made.time == dt.datetime(2024, 3, 1, 12, 0, 0)


def test_beijing_time_whatever_the_host_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    import time

    time.tzset()
    try:
        assert MsgIdAllocator("H1", lambda: NOON).next().value[12:26] == "20240301120000"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_short_code_is_padded_on_the_right() -> None:
    assert MsgIdAllocator("P430", lambda: NOON).next().value.startswith("P43000000000" + "2024")


@pytest.mark.parametrize("code", ["", "H430000000012", "H43 00000001", "医院"])
def test_impossible_codes(code: str) -> None:
    with pytest.raises(ValueError, match="institution code"):
        MsgIdAllocator(code)


def test_time_never_goes_back() -> None:
    times = iter([NOON, NOON - 3600, NOON - 1, NOON + 1, NOON])
    allocator = MsgIdAllocator("H43000000001", lambda: next(times))
    made = [allocator.next() for _ in range(5)]
    assert [m.value[24:26] for m in made] == ["00", "00", "00", "01", "01"]
    assert len({m.value for m in made}) == 5


def test_more_than_ten_thousand_in_one_second() -> None:
    allocator = MsgIdAllocator("H43000000001", lambda: NOON)
    made = [allocator.next() for _ in range(25_000)]
    assert len({m.value for m in made}) == 25_000
    assert (
        made[0].value[24:26] == "00" and made[10_000].value[24:26] == "01" and made[-1].value[24:26] == "02"
    )
    assert all(m.value[12:26] == f"{m.time:%Y%m%d%H%M%S}" for m in made)


def test_threads_share_one_sequence() -> None:
    made: list[str] = []

    def work() -> None:
        made.extend(allocator_for("H43000000099").next().value for _ in range(2_000))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == len(set(made)) == 16_000


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_starts_anew() -> None:
    parent = allocator_for("H43000000098")
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        fresh = allocator_for("H43000000098")
        os.write(write, b"other" if fresh is not parent else b"same")
        os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    assert os.read(read, 10) == b"other"
    os.close(read)

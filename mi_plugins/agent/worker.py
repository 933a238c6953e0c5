"""The process that holds the library: one job after the other from standard input. Ended by its parent when it hangs."""

from __future__ import annotations

import os
import signal
import sys
from typing import BinaryIO

import msgspec

from mi_plugins.agent.library import Library, Unusable
from mi_plugins.agent.messages import HEAD, Job, Ready, frame, unframed
from mi_plugins.agent.settings import LibrarySettings

__all__ = ["main"]


def main() -> None:
    """Load, say so, work until the input ends."""
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # Ctrl+C in a terminal goes to the agent, which lets a call end
    settings = msgspec.json.decode(sys.argv[1], type=dict[str, object])
    jobs, answers = sys.stdin.buffer, _own_output()
    try:
        library = Library(msgspec.convert(settings, LibrarySettings))
    except Unusable as error:
        answers.write(frame(Ready(error.part, str(error))))
        answers.flush()
        return
    answers.write(frame(Ready()))
    answers.flush()
    while head := jobs.read(HEAD.size):
        job = unframed(jobs.read(HEAD.unpack(head)[0]), Job)
        done = library.call(job.infno, job.message)
        answers.write(frame(done))
        answers.flush()
        if done.broken:
            return


def _own_output() -> BinaryIO:
    """Standard output for ourselves; what the library prints goes to standard error."""
    sys.stdout.flush()
    own = os.dup(1)
    os.dup2(2, 1)
    return os.fdopen(own, "wb")


if __name__ == "__main__":
    main()

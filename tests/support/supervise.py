"""Runs one command and ends it, with everything it started, when standard input closes.

A killed test cannot clean up. The supervisor's standard input is a pipe from the test, which the kernel closes
however the test ends:

    python supervise.py COMMAND [ARGUMENT...]
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
GRACE_SECONDS = 1.0


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def adopt_orphans() -> None:
    """Makes orphaned descendants our children from now on, so that `end_children` finds them."""
    _prctl(PR_SET_CHILD_SUBREAPER, 1)


def start(command: list[str], **options) -> subprocess.Popen:
    """Starts `command` in its own process group. It is killed when we end, however we end."""
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=lambda: _prctl(PR_SET_PDEATHSIG, signal.SIGKILL),
        **options,
    )


def _descendants() -> list[int]:
    parents, zombies = {}, set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # pid (name) state ppid …; the name may contain anything, even brackets
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        parents[int(stat.parent.name)] = int(parent)
        if state == "Z":
            # it may have died after we read who its children are, so it still leads to them
            zombies.add(int(stat.parent.name))
    found, seen = [], {os.getpid()}
    while fresh := [pid for pid, parent in parents.items() if parent in seen and pid not in seen]:
        found += fresh
        seen.update(fresh)
    return [pid for pid in found if pid not in zombies]


def end_children(grace_seconds: float = GRACE_SECONDS) -> None:
    """Terminates every descendant, and kills those that remain after the grace period."""
    deadline = time.monotonic() + grace_seconds
    sig = signal.SIGTERM if grace_seconds else signal.SIGKILL
    while pids := _descendants():
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, sig)
        time.sleep(0.02)
        sig = signal.SIGKILL if time.monotonic() > deadline else 0


def when_stdin_closes(action) -> None:
    """Calls `action` from another thread once standard input has ended."""

    def wait() -> None:
        while os.read(0, 4096):
            pass
        action()

    threading.Thread(target=wait, daemon=True).start()


def main() -> None:
    adopt_orphans()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        child = start(sys.argv[1:])
        when_stdin_closes(lambda: os.kill(os.getpid(), signal.SIGTERM))
        code = child.wait()
    finally:
        end_children()
    sys.exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    main()

"""Measures a run: its time beside the bound that the quotas set, its memory, its sockets, its throttled calls."""

import os
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from accounts import filter_of
from emulator.faults import THROTTLES
from emulator.rules.quota import CALLS_PER_SECOND_MAX

CONCURRENCY = 32
"""The default of `--concurrency`, which counts an account once in each Region."""


THROTTLED = {refusal.code for refusal in THROTTLES.values()} - {"LimitExceededException"}


@dataclass
class Figures:
    """What a run took."""

    code: int
    seconds: float
    bound: float
    """Seconds, if each account and Region is used up to its quotas, and as many at a time as `--concurrency` allows."""
    bound_of_one: float
    """Seconds, if all accounts were used at once: those of the busiest."""
    plain: float
    """Seconds that the emulator takes for the same calls from a plain client."""
    own_cpu: float
    """Seconds of processor time that the program took itself."""
    emulator_cpu: float
    memory_mib: int
    sockets: int
    calls: int
    throttled: float
    output: str

    def __str__(self) -> str:
        return (
            f"{self.seconds:.1f} s; by the quotas {self.bound:.1f} s ({self.seconds / self.bound:.2f} ×), or {self.bound_of_one:.1f} s"
            f" for all accounts at once; on this emulator {self.plain:.1f} s ({self.seconds / self.plain:.2f} ×);"
            f" processor {self.own_cpu:.1f} s, the emulator's {self.emulator_cpu:.1f} s;"
            f" {self.memory_mib} MiB, {self.sockets} sockets, {self.calls} calls, {self.throttled:.2%} throttled"
        )


def measure(here, line: str, fleet: int) -> Figures:
    """Runs the program on a fleet and watches it."""
    here.control("clear_calls", {})
    memory = sockets = own_cpu = 0
    with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
        began, emulator_began = time.monotonic(), here.emulator_cpu()
        process = here.start(f"{line} --fleet fleet-{fleet}.toml", output)
        while process.poll() is None:
            memory, sockets = max(memory, _memory_mib(process.pid)), max(sockets, _sockets(process.pid))
            own_cpu = cpu(process.pid) or own_cpu
            time.sleep(0.05)
        seconds, emulator_cpu = time.monotonic() - began, here.emulator_cpu() - emulator_began
        output.seek(0)
        text = output.read()
    calls = here.control("calls", {})
    places = Counter()
    for call in calls:
        if most := CALLS_PER_SECOND_MAX.get((call["service"], call["operation"])):
            places[call["account"], call["region"]] += 1 / most
    throttled = sum(call["code"] in THROTTLED for call in calls)
    return Figures(
        code=process.returncode,
        seconds=seconds,
        bound=max(sum(places.values()) / CONCURRENCY, max(places.values(), default=0)),
        bound_of_one=max(places.values(), default=0),
        plain=here.repeat(calls, *filter_of(fleet), CONCURRENCY),
        own_cpu=own_cpu,
        emulator_cpu=emulator_cpu,
        memory_mib=memory,
        sockets=sockets,
        calls=len(calls),
        throttled=throttled / max(1, len(calls)),
        output=text,
    )


def cpu(process: int) -> float:
    """Seconds of processor time that a process took so far."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return 0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory_mib(process: int) -> int:
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    except OSError:
        return 0
    return next((int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0)


def _sockets(process: int) -> int:
    count = 0
    try:
        for descriptor in Path(f"/proc/{process}/fd").iterdir():
            count += descriptor.readlink().name.startswith("socket:")
    except OSError:
        pass
    return count

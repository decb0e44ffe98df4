"""`make fleet`: sets up a fleet of a thousand accounts, and measures it against what AWS's quotas allow.

    python tests/fleet [--members 1000] [--in-one-fleet 250] [--broken | --assumed] [--verify]

A destination policy names about 320 accounts, so the members are in several fleets, each with a `logs::Destination` of its own.
"""

import argparse
import os
import re
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import machine
from accounts import Accounts
from measure import CONCURRENCY, Figures, measure

SOCKETS_MAX = 300
MEMORY_MIB_MAX = 300
THROTTLED_MAX = 0.01
OVER_BOUND_MAX = 1.3
SUMMARY_LINES_MAX = 50
TIMEOUT_SECONDS = 20
PROGRESS = re.compile(r"[a-z ]+: \d+ of \d+$")
VERIFY_SECONDS = 300
VERIFY_OVER_PLAIN_MAX = 2.0
"""An event is only proven once it was read, which a client that only sends does not wait for."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="make fleet", description=__doc__.partition("\n")[0])
    parser.add_argument("--members", type=int, default=1000)
    parser.add_argument("--in-one-fleet", type=int, default=250)
    parser.add_argument("--profiles", type=int, default=2000, help="profiles in AWS's configuration files")
    parser.add_argument("--broken", action="store_true", help="break one member in fifty, in six ways")
    parser.add_argument(
        "--assumed", action="store_true", help="members without profiles, entered by a role; their flow logs are selected by a pattern"
    )
    parser.add_argument("--verify", action="store_true", help="prove that events of every log group arrive, and press Ctrl-C half-way")
    parser.add_argument("--catchment", type=Path, default=machine.ROOT / "target/release/catchment")
    options = parser.parse_args()
    with machine.Machine(options.catchment, options.verify) as here:
        accounts = Accounts(options.members, options.in_one_fleet, options.profiles, options.broken, options.assumed)
        accounts.set_up(here)
        faults = []
        for number, members in enumerate(accounts.fleets):
            print(f"fleet {number}: {len(members)} members, 2 Regions, 3 log groups each", flush=True)
            if options.broken:
                faults += check_broken(here, accounts, number)
            else:
                faults += check(here, number, members)
            if options.verify:
                faults += check_verify(here, number)
    for fault in faults:
        print(f"over the limit: {fault}")
    return 1 if faults else 0


def check(here: machine.Machine, number: int, members: list[int]) -> list[str]:
    """Applies and plans one fleet; returns what is over its limit."""
    faults = []
    for line in ("apply --yes", "plan --exit-code"):
        figures = measure(here, line, number)
        print(f"  {line}: {figures}", flush=True)
        if figures.code != 0:
            print(figures.output[-3000:], file=sys.stderr)
            faults.append(f"{line}: exit code {figures.code}")
        faults += [f"{line}: {fault}" for fault in over(figures)]
    return faults


def check_verify(here: machine.Machine, number: int) -> list[str]:
    """Verifies one fleet, then stops that half-way; returns what is wrong."""
    line = f"verify --wait {VERIFY_SECONDS} --timeout {VERIFY_SECONDS}"
    figures = measure(here, line, number)
    calls = here.control("calls", {})
    print(f"  {line}: {figures}", flush=True)
    faults = [f"{line}: {fault}" for fault in over(figures, VERIFY_OVER_PLAIN_MAX)]
    if figures.code != 0:
        print(figures.output[-3000:], file=sys.stderr)
        faults.append(f"{line}: exit code {figures.code}")
    readings = Counter(call["region"] for call in calls if call["operation"] == "ListShards")
    notes = [one for one in figures.output.splitlines() if PROGRESS.match(one)]
    print(f"    notes of progress: {notes}; readings of streams: {dict(readings)}")
    if any(count != 1 for count in readings.values()):
        faults.append(f"{line}: not one reading of each stream")
    for what, left in (("", left_behind(calls)), (" after Ctrl-C", left_behind(interrupted(here, number, made(calls) // 2)))):
        if left:
            faults.append(f"{line}: {left} log streams left behind{what}")
    return faults


def interrupted(here: machine.Machine, number: int, log_streams: int) -> list[dict]:
    """Presses Ctrl-C once so many log streams were made; returns the calls of the run."""
    here.control("clear_calls", {})
    with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
        process = here.start(f"verify --fleet fleet-{number}.toml --wait {VERIFY_SECONDS}", output)
        while process.poll() is None and made(here.control("calls", {})) < log_streams:
            time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        code = process.wait()
        output.seek(0)
        last = output.read().strip().splitlines()[-1:]
    calls = here.control("calls", {})
    print(f"  verify, Ctrl-C: {made(calls)} log streams made, exit code {code} {time.monotonic() - began:.1f} s later; {last}", flush=True)
    return calls


def made(calls: list[dict], operation: str = "CreateLogStream") -> int:
    """How many calls of an operation were carried out."""
    return sum(call["operation"] == operation and call["status"] == 200 for call in calls)


def left_behind(calls: list[dict]) -> int:
    """How many log streams were made and not deleted."""
    return made(calls) - made(calls, "DeleteLogStream")


def over(figures: Figures, over_bound_max: float = OVER_BOUND_MAX) -> list[str]:
    return [
        what
        for what, is_over in {
            f"{figures.seconds:.0f} s": figures.seconds > over_bound_max * max(figures.bound, figures.plain),
            f"{figures.memory_mib} MiB": figures.memory_mib >= MEMORY_MIB_MAX,
            f"{figures.sockets} sockets": figures.sockets >= SOCKETS_MAX,
            f"{figures.throttled:.1%} throttled": figures.throttled >= THROTTLED_MAX,
        }.items()
        if is_over
    ]


def check_broken(here: machine.Machine, accounts: Accounts, number: int) -> list[str]:
    """Applies a fleet with broken members: all others are done, and each cause is told once."""
    line = f"apply --yes --timeout {TIMEOUT_SECONDS}"
    figures = measure(here, line, number)
    print(f"  {line}: {figures}", flush=True)
    report = figures.output[figures.output.rindex("\n\n", 0, figures.output.index(" done, ")) :].strip()
    print("\n".join(f"    {line}" for line in report.splitlines()))
    faults = []
    if figures.code != 1:
        faults.append(f"exit code {figures.code}")
    if len(report.splitlines()) > SUMMARY_LINES_MAX:
        faults.append(f"a summary of {len(report.splitlines())} lines")
    missing = accounts.whole(number) - here.subscribed()
    if missing:
        faults.append(f"{len(missing)} whole log groups without a filter: {sorted(missing)[:3]}")
    return faults


if __name__ == "__main__":
    load, processors = os.getloadavg()[0], os.cpu_count()
    print(f"at most {CONCURRENCY} accounts at a time; {processors} processors, load {load:.1f} before the start")
    sys.exit(main())

"""`make fleet`: sets up a fleet of a thousand accounts, and measures it against what AWS's quotas allow.

    python tests/fleet [--members 1000] [--in-one-fleet 250] [--broken | --assumed]

A destination policy names about 320 accounts, so the members are in several fleets, each with a `logs::Destination` of its own.
"""

import argparse
import os
import sys
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


def main() -> int:
    parser = argparse.ArgumentParser(prog="make fleet", description=__doc__.partition("\n")[0])
    parser.add_argument("--members", type=int, default=1000)
    parser.add_argument("--in-one-fleet", type=int, default=250)
    parser.add_argument("--profiles", type=int, default=2000, help="profiles in AWS's configuration files")
    parser.add_argument("--broken", action="store_true", help="break one member in fifty, in six ways")
    parser.add_argument(
        "--assumed", action="store_true", help="members without profiles, entered by a role; their flow logs are selected by a pattern"
    )
    parser.add_argument("--catchment", type=Path, default=machine.ROOT / "target/release/catchment")
    options = parser.parse_args()
    with machine.Machine(options.catchment) as here:
        accounts = Accounts(options.members, options.in_one_fleet, options.profiles, options.broken, options.assumed)
        accounts.set_up(here)
        faults = []
        for number, members in enumerate(accounts.fleets):
            print(f"fleet {number}: {len(members)} members, 2 Regions, 3 log groups each", flush=True)
            if options.broken:
                faults += check_broken(here, accounts, number)
            else:
                faults += check(here, number, members)
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


def over(figures: Figures) -> list[str]:
    return [
        what
        for what, is_over in {
            f"{figures.seconds:.0f} s": figures.seconds > OVER_BOUND_MAX * max(figures.bound, figures.plain),
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

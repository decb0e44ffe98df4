"""Compares the transformer with an independent reading of its contract: `make contract`.

    python tests/contract --answers 5000 --seed 7 -- target/debug/catchment

The program is run as `PROGRAM replay --response --format …`, with events on standard input.
"""

import argparse
import secrets
import sys
import time

import show
from compare import run_of_shares


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--answers", type=int, default=5000, help="how many answers to compare, at least")
    parser.add_argument("--seed", default=None, help="of a run to be repeated; otherwise another each time")
    parser.add_argument("--share", type=int, default=None, help="only this share of the batches, as a difference names it")
    parser.add_argument("--schemas", type=int, default=1, help="how many settings with schemas and rules each share has, besides the six without")
    parser.add_argument("--most", type=int, default=8, help="how many differences to show")
    parser.add_argument("command", nargs="+", metavar="PROGRAM", help="catchment, or the tests' own `answer`, which starts sooner")
    options = parser.parse_args()
    seed = options.seed or secrets.token_hex(4)
    began = time.monotonic()
    seen, differences = run_of_shares(options.command, seed, options.answers, options.share, options.schemas)
    took = time.monotonic() - began
    print(f"{sum(seen.values())} answers to {len(seen)} kinds of records compared in {took:.0f} s; seed {seed}; {options.command[0]}")
    print(show.report(options.command, seed, differences, options.most), end="")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())

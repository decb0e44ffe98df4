"""Starts the emulator, prints its endpoint as one line of JSON, and exits when standard input closes or on SIGTERM.

python -m emulator ['{"auth": false, "deliver": false, "rules": {…}, "environment": {…}}']
"""

import asyncio
import concurrent.futures
import contextlib
import json
import signal
import sys
import tempfile
from dataclasses import dataclass, field

import supervise

from . import ministack


@dataclass
class Options:
    """Options, set at the start."""

    auth: bool = False
    """Enforce IAM identity policies (ministack's AUTH)."""
    deliver: bool = False
    """Deliver log events to the destinations of subscription filters, as CloudWatch Logs would."""
    deliver_twice_every: int = 0
    """Deliver every n-th message twice, since delivery is at least once; 0: none."""
    port: int = 0
    """The port to listen on; 0: a free one."""
    rules: dict = field(default_factory=dict)
    """See `rules.Settings`."""
    environment: dict = field(default_factory=dict)
    """Additional environment variables for ministack."""


async def serve(options: Options, folder: str, started: concurrent.futures.Future) -> None:
    """Runs until standard input closes or a signal arrives."""
    # imported here, because the import takes as long as ministack's start, which runs in parallel
    from .delivery import Delivery
    from .proxy import Proxy
    from .rules import Rules
    from .upstream import Upstream

    done = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, done.set)
    supervise.when_stdin_closes(lambda: loop.call_soon_threadsafe(done.set))
    async with contextlib.AsyncExitStack() as stack:
        upstream = await stack.enter_async_context(Upstream(await asyncio.wrap_future(started)))
        rules = Rules(upstream, options.rules)
        delivery = Delivery(upstream, rules, options.deliver, options.deliver_twice_every)
        proxy = await stack.enter_async_context(Proxy(upstream, rules, delivery))
        endpoint = await proxy.listen(options.port)
        print(json.dumps({"endpoint": endpoint, "ministack": upstream.endpoint, "folder": folder}), flush=True)
        await done.wait()


def main() -> None:
    supervise.adopt_orphans()
    options = Options(**json.loads(sys.argv[1] if len(sys.argv) > 1 else "{}"))
    with tempfile.TemporaryDirectory(prefix="catchment-emulator-") as folder:
        # the thread that starts ministack must not end before we do: PR_SET_PDEATHSIG would kill ministack with it
        with concurrent.futures.ThreadPoolExecutor(1) as executor:
            started = executor.submit(ministack.start, folder, options.auth, options.environment)
            try:
                asyncio.run(serve(options, folder, started))
            finally:
                # nothing in there needs a clean shutdown
                supervise.end_children(grace_seconds=0)


if __name__ == "__main__":
    main()

"""Starts the emulator, says on one line of JSON where it listens, and ends when standard input closes or on SIGTERM.

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
    """What a test may choose at the start."""

    auth: bool = False
    """IAM identity policies are enforced (ministack's AUTH)."""
    deliver: bool = False
    """Log events reach the destinations of subscription filters, as CloudWatch Logs would bring them there."""
    deliver_twice_every: int = 0
    """Every so many-th message is delivered twice, since delivery is at least once; 0: none is."""
    port: int = 0
    """Where to listen; 0: a free port."""
    rules: dict = field(default_factory=dict)
    """See `rules.Settings`."""
    environment: dict = field(default_factory=dict)
    """More environment for ministack."""


async def serve(options: Options, folder: str, started: concurrent.futures.Future) -> None:
    """Runs until told to end."""
    # imported here, because it takes as long as ministack's start, which goes on meanwhile
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
        delivery = Delivery(upstream, options.deliver, options.deliver_twice_every)
        proxy = await stack.enter_async_context(Proxy(upstream, Rules(upstream, options.rules), delivery))
        endpoint = await proxy.listen(options.port)
        print(json.dumps({"endpoint": endpoint, "ministack": upstream.endpoint, "folder": folder}), flush=True)
        await done.wait()


def main() -> None:
    supervise.adopt_orphans()
    options = Options(**json.loads(sys.argv[1] if len(sys.argv) > 1 else "{}"))
    with tempfile.TemporaryDirectory(prefix="catchment-emulator-") as folder:
        # the thread that starts ministack must live as long as we do: its end would be ministack's (PR_SET_PDEATHSIG)
        with concurrent.futures.ThreadPoolExecutor(1) as beside:
            started = beside.submit(ministack.start, folder, options.auth, options.environment)
            try:
                asyncio.run(serve(options, folder, started))
            finally:
                # nothing in it is worth a tidy end
                supervise.end_children(grace_seconds=0)


if __name__ == "__main__":
    main()

"""Two writes to one log group or one destination at the same time: the second is told to try again."""

import asyncio
import contextlib

from ..call import Call, Refusal


class Conflicts:
    """Knows what is being written to now."""

    def __init__(self):
        self._held = set()

    @contextlib.asynccontextmanager
    async def hold(self, call: Call, settings):
        """Holds what a write is about while the write lasts."""
        thing = _written(call)
        if not settings.conflicts or thing is None:
            yield
            return
        if thing in self._held:
            raise Refusal(
                "OperationAbortedException",
                "A conflicting operation is currently in progress against this resource. Please try again.",
            )
        self._held.add(thing)
        try:
            await asyncio.sleep(settings.write_seconds)
            yield
        finally:
            self._held.discard(thing)


def _written(call: Call) -> tuple | None:
    if call.service != "logs" or not call.is_write or call.operation in ("PutLogEvents", "CreateLogStream"):
        return None
    for key in ("logGroupName", "destinationName"):
        if key in call.params:
            return call.account, call.region, key, call.params[key]
    return None

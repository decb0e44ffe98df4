"""Refuses the second of two simultaneous writes to one log group or destination, as AWS does."""

import asyncio
import contextlib

from ..call import Call, Refusal


class Conflicts:
    """Locks what is being written to."""

    def __init__(self):
        self._held = set()

    @contextlib.asynccontextmanager
    async def hold(self, call: Call, settings):
        """Locks the resource of a write while it lasts."""
        resource = _written(call)
        if not settings.conflicts or resource is None:
            yield
            return
        if resource in self._held:
            raise Refusal(
                "OperationAbortedException",
                "A conflicting operation is currently in progress against this resource. Please try again.",
            )
        self._held.add(resource)
        try:
            await asyncio.sleep(settings.write_seconds)
            yield
        finally:
            self._held.discard(resource)


def _written(call: Call) -> tuple | None:
    if call.service != "logs" or not call.is_write or call.operation in ("PutLogEvents", "CreateLogStream"):
        return None
    for key in ("logGroupName", "destinationName", "policyName"):
        if key in call.params:
            return call.account, call.region, key, call.params[key]
    return None

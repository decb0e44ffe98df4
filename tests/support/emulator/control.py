"""Controls the emulator over HTTP, below a path that AWS never uses: always POST, JSON in, JSON out."""

import asyncio

from aiohttp import web

from .breakpoint import Breakpoint
from .faults import Faults
from .journal import Journal
from .organization import Organization

ROOT = "/_catchment"
DIRECT = "X-Catchment-Direct"
"""The header of a test's own calls: no rule, fault, breakpoint or journal applies to them."""
BREAKPOINT_SECONDS_MAX = 60.0


def add_routes(application: web.Application, proxy) -> None:
    """Adds one route for each function below."""
    clients = []

    async def faults(settings: dict) -> dict:
        """Replaces `faults.Settings`; what is not given takes its default, so `{}` ends all faults."""
        proxy.faults = Faults(**settings)
        return {}

    async def rules(settings: dict) -> dict:
        """Changes the given ones of `rules.Settings`."""
        proxy.rules.change(settings)
        return {}

    async def set_breakpoint(settings: dict) -> dict:
        """Replaces `breakpoint.Settings` and restarts the count."""
        proxy.breakpoint = Breakpoint(**settings)
        return {}

    async def await_breakpoint(wait: dict) -> dict:
        """Waits until the call is held, for `seconds` at most: `{"held": bool}`."""
        try:
            await asyncio.wait_for(proxy.breakpoint.reached.wait(), wait.get("seconds", BREAKPOINT_SECONDS_MAX))
            return {"held": True}
        except TimeoutError:
            return {"held": False}

    async def calls(_: dict) -> list:
        """The journal since the start or the last `clear_calls`."""
        return proxy.journal.as_json()

    async def clear_calls(_: dict) -> dict:
        """Empties the journal."""
        proxy.journal = Journal()
        return {}

    async def delivered(_: dict) -> dict:
        """The subscription messages that were delivered."""
        return proxy.delivery.as_json()

    async def count(metric: dict) -> dict:
        """Adds to a metric: `account`, `region`, `namespace`, `name`, `dimensions`, `value`."""
        proxy.delivery.metrics.add(**metric)
        return {}

    async def organization(settings: dict) -> dict:
        """Replaces `organization.Settings`."""
        proxy.gaps.organization = Organization(settings)
        return {}

    async def aws(order: dict) -> dict:
        """Makes one API call: `account`, `region`, `service`, `operation`, `params` -> `result` or `error`."""
        # imported here, because botocore is slow to import and not every test needs it
        from .client import Client

        if not clients:
            clients.append(Client(proxy.endpoint, DIRECT))
        return await asyncio.to_thread(clients[0].call, **order)

    for handler in (faults, rules, set_breakpoint, await_breakpoint, calls, clear_calls, delivered, count, organization, aws):
        application.router.add_post(f"{ROOT}/{handler.__name__}", _endpoint(handler))


def _endpoint(handler):
    async def answer(request: web.Request) -> web.Response:
        try:
            return web.json_response(await handler(await request.json()))
        except (TypeError, ValueError) as error:
            return web.json_response({"error": f"{type(error).__name__}: {error}"}, status=400)

    return answer

"""What a test says to the emulator over HTTP, below a path that AWS never uses; JSON in, JSON out, always POST."""

import asyncio

from aiohttp import web

from .faults import Faults
from .halt import Halt
from .journal import Journal

ROOT = "/_catchment"
BY_HAND = "X-Catchment-By-Client"
"""The header that marks what a test does to the world itself: no rule, fault, halt or journal applies to it."""
HALT_SECONDS_MAX = 60.0


def add_routes(application: web.Application, proxy) -> None:
    """One route a verb."""
    hands = []

    async def faults(settings: dict) -> dict:
        """`faults.Settings`; what is not given is the default, so `{}` ends all faults."""
        proxy.faults = Faults(**settings)
        return {}

    async def rules(settings: dict) -> dict:
        """Changes what is given of `rules.Settings`."""
        proxy.rules.change(settings)
        return {}

    async def halt(settings: dict) -> dict:
        """`halt.Settings`, and counting begins anew."""
        proxy.halt = Halt(**settings)
        return {}

    async def halted(wait: dict) -> dict:
        """Waits until the call is held: `{"halted": bool}` after `seconds` at most."""
        try:
            await asyncio.wait_for(proxy.halt.reached.wait(), wait.get("seconds", HALT_SECONDS_MAX))
            return {"halted": True}
        except TimeoutError:
            return {"halted": False}

    async def calls(_: dict) -> list:
        """The journal since the start or the last `forget`."""
        return proxy.journal.as_json()

    async def forget(_: dict) -> dict:
        """Empties the journal."""
        proxy.journal = Journal()
        return {}

    async def delivered(_: dict) -> dict:
        """What log events went where."""
        return proxy.delivery.as_json()

    async def aws(order: dict) -> dict:
        """One API call by hand: `account`, `region`, `service`, `operation`, `params` -> `result` or `error`."""
        # botocore takes its time to import: only those pay for it who ask
        from .client import Client

        if not hands:
            hands.append(Client(proxy.endpoint, BY_HAND))
        return await asyncio.to_thread(hands[0].call, **order)

    for act in (faults, rules, halt, halted, calls, forget, delivered, aws):
        application.router.add_post(f"{ROOT}/{act.__name__}", _endpoint(act))


def _endpoint(act):
    async def answer(request: web.Request) -> web.Response:
        try:
            return web.json_response(await act(await request.json()))
        except (TypeError, ValueError) as mistake:
            return web.json_response({"mistake": f"{type(mistake).__name__}: {mistake}"}, status=400)

    return answer
